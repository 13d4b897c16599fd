/* provider_blocks: what each shape of message is taken apart into. */
#include "core/provider/provider_blocks.h"

#include "core/base/text.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define OUT_BYTES 512

/* A thing as a letter and its text: R role (and #ID), T text, O other, C call, . the end. */
static void note(struct text *out, const struct provider_messages_thing *thing)
{
    static const char letters[] = "?RTOC.";
    text_add_char(out, letters[thing->kind]);
    text_add(out, thing->text);
    if (thing->id.len > 0) {
        text_add_char(out, '#');
        text_add(out, thing->id);
    }
    if (thing->kind == PROVIDER_MESSAGES_CALL) {
        CU_ASSERT_TRUE(thing->arguments_as_json);
        text_add(out, thing->arguments);
    }
    if (thing->kind == PROVIDER_MESSAGES_OTHER)
        CU_ASSERT_EQUAL(json_walk_kind(thing->part), JSON_OBJECT);
    text_add_char(out, '|');
}

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define USER(content) "[{\"role\":\"user\",\"content\":" content "}]"
#define SAID(content) "[{\"role\":\"assistant\",\"content\":" content "}]"
#define USE "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\":[1]}}"
#define RESULT(content) "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":" content "}"
#define IMAGE "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"AA==\"}}"

static const struct {
    const char *system; /* NULL: there is none */
    const char *messages;
    const char *things;
} rows[] = {
    {NULL, "[]", ".|"},
    {NULL, USER("\"hi\""), "Ruser|Thi|.|"},
    {"\"be nice\"", USER("\"hi\""), "Rsystem|Tbe nice|Ruser|Thi|.|"},
    {"\"\"", USER("\"hi\""), "Rsystem|Ruser|Thi|.|"},
    {"[]", USER("\"hi\""), "Ruser|Thi|.|"},
    {"null", USER("\"hi\""), "Ruser|Thi|.|"},
    {"[" TEXT("a") "," TEXT("b") "]", USER("\"\""), "Rsystem|Ta|Tb|Ruser|.|"},
    {NULL, USER("[]"), "Ruser|.|"},
    {NULL, USER("[" TEXT("a") "," TEXT("b") "]"), "Ruser|Ta|Tb|.|"},
    {NULL, USER("[" IMAGE "," TEXT("b") "]"), "Ruser|O|Tb|.|"},
    {NULL, USER("[{\"type\":\"text\",\"text\":1},{\"type\":\"new\"},{}]"), "Ruser|O|O|O|.|"},
    {NULL, SAID("[" TEXT("a") "," USE "]"), "Rassistant|Ta|Cf#t1{\"a\":[1]}|.|"},
    {NULL, SAID("[" USE "," USE "]"), "Rassistant|Cf#t1{\"a\":[1]}|Cf#t1{\"a\":[1]}|.|"},
    {NULL, SAID("[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"y\"}," TEXT("a") "]"),
     "Rassistant|Ta|.|"},
    {NULL, SAID("[{\"type\":\"redacted_thinking\",\"data\":\"y\"}]"), "Rassistant|.|"},
    {NULL, USER("[" RESULT("\"42\"") "]"), "Rtool#t1|T42|.|"},
    {NULL, USER("[" RESULT("\"42\"") "," TEXT("and?") "]"), "Rtool#t1|T42|Ruser|Tand?|.|"},
    {NULL, USER("[" TEXT("so") "," RESULT("[]") "," TEXT("and?") "]"),
     "Ruser|Tso|Rtool#t1|Ruser|Tand?|.|"},
    {NULL, USER("[" RESULT("[" TEXT("a") "," IMAGE "," TEXT("b") "]") "," RESULT("\"c\"") "]"),
     "Rtool#t1|Ta|O|Tb|Rtool#t1|Tc|.|"},
    {NULL, USER("[{\"type\":\"tool_result\"}]"), "Rtool|.|"},
    {NULL, "[{\"content\":\"a\\\"]}\",\"role\":\"u\\u0073er\"} , {\"role\":\"assistant\","
           "\"content\":[ " TEXT("b") " ]}]",
     "Ruser|Ta\\\"]}|Rassistant|Tb|.|"},
};

static void shapes(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[OUT_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        struct provider_blocks blocks;
        struct provider_messages_thing thing;
        struct span messages = span_of(rows[i].messages);
        struct span system = {NULL, 0};
        messages.at = unit_guard(0, messages.at, messages.len);
        if (rows[i].system != NULL)
            system = (struct span){unit_guard(1, rows[i].system, strlen(rows[i].system)),
                                   strlen(rows[i].system)};
        provider_blocks_begin(&blocks, system, messages);
        do {
            provider_blocks_next(&blocks, &thing);
            note(&out, &thing);
            struct provider_blocks elsewhere = blocks; /* it can be left, and taken up again */
            memset(&blocks, 0xA5, sizeof(blocks));
            blocks = elsewhere;
        } while (thing.kind != PROVIDER_MESSAGES_END && !out.cut);
        if (strcmp(text_str(&out), rows[i].things) != 0) {
            printf("%s\n  is     %s\n  not    %s\n", rows[i].messages, bytes, rows[i].things);
            CU_FAIL("things");
        }
    }
}

static void types(void)
{
    CU_ASSERT_TRUE(provider_blocks_is(SPAN(USE), SPAN("tool_use")));
    CU_ASSERT_TRUE(provider_blocks_is(SPAN("{\"type\":\"te\\u0078t\"}"), SPAN("text")));
    CU_ASSERT_FALSE(provider_blocks_is(SPAN("{\"type\":1}"), SPAN("text")));
    CU_ASSERT_FALSE(provider_blocks_is(SPAN("{\"x\":\"text\"}"), SPAN("text")));
}

static const struct unit_test tests[] = {
    {"every shape of message", shapes},
    {"what a block is", types},
};

UNIT_MAIN("provider_blocks", tests)
