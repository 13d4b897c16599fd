/* openai_news: what chunks are told as, one thing at a time; broken ones. */
#include "core/provider/openai.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define OUT_BYTES 1024

static const struct settings_provider provider = {
    .name = "p", .type = "openai", .protocol = SETTINGS_OPENAI};

static void add_number(struct text *out, char letter, bool there, uint64_t number)
{
    if (!there)
        return;
    text_add_char(out, letter);
    text_add_u64(out, number);
}

/* A thing: its letter and text, then what else it tells. */
static void note(struct text *out, const struct provider_news *news)
{
    static const char letters[] = "?-TRCA???F!M??";
    text_add_char(out, letters[news->kind]);
    text_add(out, news->text);
    if (news->id.len > 0) {
        text_add_char(out, '#');
        text_add(out, news->id);
    }
    if (news->stop != PROVIDER_STOP_UNKNOWN && !news->more) {
        CU_ASSERT_EQUAL(news->marks.finished, 1);
        add_number(out, '.', true, news->stop);
    }
    add_number(out, '<', news->usage.has_input, news->usage.input);
    add_number(out, '>', news->usage.has_output, news->usage.output);
    add_number(out, '=', news->usage.cached > 0, news->usage.cached);
    text_add_char(out, '|');
}

#define DELTA(members)                                                                             \
    "{\"choices\":[{\"index\":0,\"delta\":{" members "},\"finish_reason\":null}]}\n"
#define CALLS(inside) DELTA("\"tool_calls\":[" inside "]")
#define BEGIN(index, id, name, arguments)                                                          \
    "{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name  \
    "\",\"arguments\":\"" arguments "\"}}"
#define MORE(index, arguments)                                                                     \
    "{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}"
#define STOP(reason) "{\"choices\":[{\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n"

static const struct {
    const char *chunks; /* a line each */
    const char *things;
} rows[] = {
    {DELTA("\"role\":\"assistant\",\"content\":\"\"") DELTA("\"content\":\"a\\u0062\""),
     "-|Ta\\u0062|"},
    {DELTA("\"content\":\"a\",\"reasoning_content\":\"r\""), "Rr|Ta|"},
    {DELTA("\"reasoning\":\"r\",\"content\":null"), "Rr|"},
    {DELTA("\"reasoning\":\"r\",\"reasoning_content\":\"r\""), "Rr|"},
    {DELTA("\"refusal\":\"no\""), "Tno|"},
    {STOP("stop") STOP("length") STOP("tool_calls") STOP("content_filter") STOP("eos"),
     "-.1|-.2|-.3|-.5|-.1|"},
    {"{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,"
     "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n[DONE]\n",
     "-<12>3=4|F|"},
    {"{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
     "\"usage\":{\"prompt_tokens\":1}}\n",
     "Tx.1<1|"},
    {"{}\n{\"choices\":{}}\n{\"choices\":[1]}\n{\"choices\":[{\"delta\":[]}],\"usage\":null}\n",
     "-|-|-|-|"},
    {CALLS(BEGIN("0", "c1", "f", "")) CALLS(MORE("0", "{\\\"a\\\"")) CALLS(MORE("0", ":1}"))
         CALLS(BEGIN("1", "c2", "g", "{}")) STOP("tool_calls"),
     "Cf#c1|A{\\\"a\\\"|A:1}|Cg#c2|A{}|-.3|"},
    {CALLS(BEGIN("0", "c1", "f", "1") "," BEGIN("1", "c2", "g", "2")) CALLS(MORE("1", "3")),
     "Cf#c1|A1|Cg#c2|A2|A3|"},
    {CALLS(BEGIN("0", "c1", "f", "1")) CALLS(BEGIN("0", "c1", "f", "2")), "Cf#c1|A1|A2|"},
    {CALLS("{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}")
         CALLS("{\"function\":{\"name\":null,\"arguments\":\"x\"}}")
             CALLS("{\"id\":\"c2\",\"function\":{\"name\":\"g\"}}"),
     "Cf#c1|A{\"a\":1}|Ax|Cg#c2|"},
    {CALLS(BEGIN("0", "c1", "f", "1") "," BEGIN("1", "c2", "g", "2")) CALLS(MORE("0", "3")),
     "Cf#c1|A1|Cg#c2|A2|!its tool calls come in pieces, one among the other|A3|"},
    {CALLS(BEGIN("0", "c1", "", "1")),
     "!a tool call without a name, or with one that is too long|A1|"},
    {"{\"error\":{\"message\":\"broke\"}}\nnonsense\n\n", "!broke|M|-|"},
};

/* Each chunk ends at a page that nobody may touch. */
static void read_chunks(const char *chunks, struct text *out)
{
    struct provider_call call = {.provider = &provider};
    struct span rest = span_of(chunks);
    call.asked.api = PROVIDER_API_ANTHROPIC;
    while (rest.len > 0) {
        struct span line = {rest.at, span_find(rest, '\n')};
        struct provider_news news = {0};
        rest = span_skip(rest, line.len + 1);
        line.at = unit_guard(0, line.at, line.len);
        do {
            openai_protocol.event(&call, (struct span){NULL, 0}, line, &news);
            note(out, &news);
        } while (news.more && !out->cut);
        CU_ASSERT_EQUAL(call.reading.part, 0);
    }
}

static void chunks(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[OUT_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        read_chunks(rows[i].chunks, &out);
        if (strcmp(text_str(&out), rows[i].things) != 0) {
            printf("%s\n  not %s\n", bytes, rows[i].things);
            CU_FAIL("things");
        }
    }
}

/* So many things in one chunk that they cannot be counted: that is no answer. */
static void too_many(void)
{
    static char chunk[64 * 1024];
    struct text text = text_over(chunk, sizeof(chunk));
    struct provider_call call = {.provider = &provider};
    struct provider_news news = {0};
    int count = 0;
    call.asked.api = PROVIDER_API_ANTHROPIC;
    text_add_str(&text, "{\"choices\":[{\"delta\":{\"tool_calls\":[");
    for (int i = 0; i < 600; i++) {
        text_add_str(&text, i > 0 ? ",{\"id\":\"c\",\"function\":{\"name\":\"f\"}}"
                                  : "{\"id\":\"c\",\"function\":{\"name\":\"f\"}}");
    }
    text_add_str(&text, "]}}]}");
    CU_ASSERT_FALSE(text.cut);
    do {
        openai_protocol.event(&call, (struct span){NULL, 0}, text_span(&text), &news);
        count++;
    } while (news.more && count < 1000);
    CU_ASSERT_EQUAL(count, 250);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_ERROR);
}

static const struct unit_test tests[] = {
    {"chunks", chunks},
    {"too many things", too_many},
};

UNIT_MAIN("openai_news", tests)
