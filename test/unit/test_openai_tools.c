/* openai_tools: which tools go to a service, and every choice among them. */
#include "core/provider/openai_tools.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define OUT_BYTES 512

/* What was made is written to out. */
static void check(struct provider_call *call, const char *wanted)
{
    char bytes[OUT_BYTES];
    size_t len = 0;
    struct provider_piece *piece;
    while ((piece = provider_pieces_front(&call->cursor.pieces)) != NULL)
        len += provider_pieces_take(piece, bytes + len, sizeof(bytes) - len);
    if (!span_equal((struct span){bytes, len}, span_of(wanted))) {
        printf("%.*s\n  not %s\n", (int)len, bytes, wanted);
        CU_FAIL("pieces");
    }
}

static struct span guarded(int page, const char *text)
{
    return (struct span){unit_guard(page, text, strlen(text)), strlen(text)};
}

static void tools(void)
{
    static const char *const rows[][2] = {
        {"{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}",
         ",{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
         "\"parameters\":{\"type\":\"object\"}}}"},
        {"{\"input_schema\":{},\"description\":null,\"x\":1}",
         ",{\"type\":\"function\",\"function\":{\"name\":\"\",\"description\":\"\","
         "\"parameters\":{}}}"},
        {"{\"type\":\"web_search_20250305\",\"name\":\"w\"}", ""},
        {"{\"name\":\"f\",\"input_schema\":null}", ""},
        {"{\"name\":\"f\",\"input_schema\":[]}", ""},
        {"1", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct provider_call call = {0};
        bool made = openai_tools_push(&call, ",", guarded(0, rows[i][0]));
        CU_ASSERT_EQUAL(made, rows[i][1][0] != '\0');
        check(&call, rows[i][1]);
    }
}

#define TOOLS                                                                                      \
    "{\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"w\"},"                               \
    "{\"name\":\"\\u0066\",\"input_schema\":{}}]}"
#define ALONE ",\"parallel_tool_calls\":false"
#define FUNCTION(name)                                                                             \
    ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"

static void choices(void)
{
    static const struct {
        const char *choice;
        const char *made;
    } rows[] = {
        {"{\"type\":\"auto\"}", ",\"tool_choice\":\"auto\""},
        {"{\"type\":\"any\",\"disable_parallel_tool_use\":true}",
         ",\"tool_choice\":\"required\"" ALONE},
        {"{\"type\":\"none\",\"disable_parallel_tool_use\":false}", ",\"tool_choice\":\"none\""},
        {"{\"type\":\"new\"}", ""},
        {"{\"type\":\"tool\",\"name\":\"f\"}", FUNCTION("f")},
        {"{\"name\":\"\\u0066\",\"type\":\"tool\"}", FUNCTION("\\u0066")},
        /* of a tool that is not there, or not known to the service */
        {"{\"type\":\"tool\",\"name\":\"g\"}", ""},
        {"{\"type\":\"tool\",\"name\":\"w\",\"disable_parallel_tool_use\":true}", ALONE},
        {"{\"type\":\"tool\",\"name\":\"\"}", ""},
        {"{\"type\":\"tool\",\"name\":1}", ""},
        {"{\"type\":\"tool\"}", ""},
    };
    static const char *const without[] = {
        "{}",
        "{\"tools\":null}",
        "{\"tools\":[]}",
        "{\"tools\":{\"name\":\"f\",\"input_schema\":{}}}",
        "{\"tools\":[1,{\"name\":\"f\"},{\"name\":\"f\",\"input_schema\":1}]}",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span choice = guarded(1, rows[i].choice);
        struct provider_call call = {.asked.body = guarded(0, TOOLS)};
        openai_tools_choose(&call, choice);
        check(&call, rows[i].made);
        for (size_t j = 0; j < sizeof(without) / sizeof(without[0]); j++) {
            call = (struct provider_call){.asked.body = guarded(0, without[j])};
            openai_tools_choose(&call, choice);
            check(&call, "");
        }
    }
}

static const struct unit_test tests[] = {
    {"tools", tools},
    {"choices", choices},
};

UNIT_MAIN("openai_tools", tests)
