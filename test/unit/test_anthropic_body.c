/* anthropic_body: what each chat is told as, in pieces of every size. */
#include "core/json/json_walk.h"
#include "core/provider/anthropic.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_BYTES 4096
#define MIN_CAP 64
#define NAME "claude-x"
#define LARGE_BYTES 4194304
#define LARGE_MS 5000 /* with the sanitizers 600 were measured; what is quadratic takes minutes */

static const struct settings_provider service = {.protocol = SETTINGS_ANTHROPIC,
                                                 .max_tokens_default = 4096};

struct row {
    const char *body;
    const char *sent;
};

#define BEGIN "{\"model\":\"" NAME "\",\"stream\":true"
#define TOKENS ",\"max_tokens\":4096"
#define USER(inside) "{\"role\":\"user\",\"content\":[" inside "]}"
#define ASSISTANT(inside) "{\"role\":\"assistant\",\"content\":[" inside "]}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define SAYS(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define CHAT(messages) "{\"model\":\"it\",\"messages\":[" messages "]}"
#define SENT(messages) BEGIN ",\"messages\":[" messages "]" TOKENS "}"
#define HI SAYS("user", "Hi")
#define HI_SENT USER(TEXT("Hi"))
#define MEMBERS(more) "{\"model\":\"it\",\"messages\":[" HI "]," more "}"
#define MEMBERS_SENT(more) BEGIN ",\"messages\":[" HI_SENT "]" more "}"
#define PARTS(parts) CHAT("{\"role\":\"user\",\"content\":[" parts "]}")
#define CALL(id, name, arguments)                                                                  \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name                      \
    "\",\"arguments\":" arguments "}}"
#define CALLS(calls)                                                                               \
    CHAT(HI ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" calls "]}")
#define USE(id, name, input)                                                                       \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}"
#define RESULT(id, more) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\"" more "}"
#define TOOL(id, content) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":" content "}"
#define TOOLS(tools) MEMBERS("\"tools\":[" tools "]")
#define F "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"
#define F_SENT "{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}"

static const struct row messages[] = {
    {CHAT(HI), SENT(HI_SENT)},
    {" " CHAT(HI) "\n", SENT(HI_SENT)},
    {CHAT(SAYS("user", "a\\\"b\\u00e9\\n")), SENT(USER(TEXT("a\\\"b\\u00e9\\n")))},
    {CHAT(HI "," SAYS("assistant", "Ho") "," SAYS("user", "Hm")),
     SENT(HI_SENT "," ASSISTANT(TEXT("Ho")) "," USER(TEXT("Hm")))},
    /* the same side speaks on */
    {CHAT(HI "," HI "," SAYS("assistant", "1") "," SAYS("assistant", "2")),
     SENT(USER(TEXT("Hi") "," TEXT("Hi")) "," ASSISTANT(TEXT("1") "," TEXT("2")))},
    {CHAT(HI "," SAYS("assistant", "") "," HI), SENT(USER(TEXT("Hi") "," TEXT("Hi")))},
    {CHAT(SAYS("user", "") "," SAYS("assistant", "a")), SENT(ASSISTANT(TEXT("a")))},
    {CHAT(SAYS("user", "")), SENT("")},
    /* what the system says */
    {CHAT(SAYS("system", "Be kind.") "," HI),
     BEGIN ",\"system\":\"Be kind.\",\"messages\":[" HI_SENT "]" TOKENS "}"},
    {CHAT(SAYS("developer", "a\\n") "," HI "," SAYS("system", "") "," SAYS("system", "\\u0062")),
     BEGIN ",\"system\":\"a\\n\\n\\n\\u0062\",\"messages\":[" HI_SENT "]" TOKENS "}"},
    {CHAT(HI ",{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
             "{\"type\":\"text\",\"text\":\"b\"}]}," HI),
     BEGIN ",\"system\":\"a\\n\\nb\",\"messages\":["
     USER(TEXT("Hi") "," TEXT("Hi")) "]" TOKENS "}"},
    {CHAT(SAYS("system", "a") "," SAYS("user", "") "," SAYS("developer", "b")),
     SENT(USER(TEXT("a") "," TEXT("b")))},
    {CHAT(SAYS("system", "a") "," TOOL("c1", "\"\"")),
     BEGIN ",\"system\":\"a\",\"messages\":[" USER(RESULT("c1", "")) "]" TOKENS "}"},
    /* parts */
    {PARTS("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"\"},"
           "{\"text\":\"b\",\"type\":\"text\"}"),
     SENT(USER(TEXT("a") "," TEXT("b")))},
    {PARTS("{\"type\":\"image_url\",\"image_url\":{\"detail\":\"low\",\"url\":"
           "\"https://x.y/z.png\"}},{\"type\":\"text\",\"text\":\"?\"}"),
     SENT(USER("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x.y/z.png\"}},"
               TEXT("?")))},
    {PARTS("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image\\/png;base64,iV\\/Bo=\"}}"),
     SENT(USER("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image\\/png\","
               "\"data\":\"iV\\/Bo=\"}}"))},
    {PARTS("{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":"
           "\"data:application/pdf;base64,AA\"}}"),
     SENT(USER("{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":"
               "\"application/pdf\",\"data\":\"AA\"}}"))},
    {CHAT(HI ",{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"No.\"}]}"),
     SENT(HI_SENT "," ASSISTANT(TEXT("No.")))},
    {CHAT(HI ",{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No.\"}"),
     SENT(HI_SENT "," ASSISTANT(TEXT("No.")))},
    /* calls and results */
    {CALLS(CALL("c1", "f", "\"{\\\"a\\\": [1,\\\"\\\\n\\u00e9\\\"]}\"")),
     SENT(HI_SENT "," ASSISTANT(USE("c1", "f", "{\"a\": [1,\"\\n\xC3\xA9\"]}")))},
    {CALLS(CALL("c1", "f", "\"\"") "," CALL("c2", "g", "\"{\"") "," CALL("c3", "h", "\"[1]\"")),
     SENT(HI_SENT "," ASSISTANT(USE("c1", "f", "{}") "," USE("c2", "g", "{}") ","
                                USE("c3", "h", "{}")))},
    {CALLS(CALL("c1", "f", "{\"a\":1}") "," CALL("c2", "g", "\" \\n{} \"") ","
           CALL("c3", "h", "null")),
     SENT(HI_SENT "," ASSISTANT(USE("c1", "f", "{\"a\":1}") "," USE("c2", "g", " \n{} ") ","
                                USE("c3", "h", "{}")))},
    {CHAT("{\"role\":\"assistant\",\"content\":\"A\",\"tool_calls\":[" CALL("c1", "f", "\"{}\"")
          "]}," TOOL("c1", "\"R\"") "," TOOL("c2", "\"\"") "," HI),
     SENT(ASSISTANT(TEXT("A") "," USE("c1", "f", "{}")) ","
          USER(RESULT("c1", ",\"content\":[" TEXT("R") "]") "," RESULT("c2", "") "," TEXT("Hi")))},
    {CHAT(TOOL("c1", "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":"
                     "{\"url\":\"data:image/gif;base64,R0\"}}]")),
     SENT(USER(RESULT("c1", ",\"content\":[" TEXT("a") ",{\"type\":\"image\",\"source\":{\"type\":"
                            "\"base64\",\"media_type\":\"image/gif\",\"data\":\"R0\"}}]")))},
    {CHAT("{\"role\":\"assistant\",\"tool_calls\":[" CALL("f.x:0", "f.x", "\"{}\"") "]},"
          TOOL("f.x:0", "\"R\"")),
     SENT(ASSISTANT(USE("f_x_0", "f.x", "{}")) ","
          USER(RESULT("f_x_0", ",\"content\":[" TEXT("R") "]")))},
    {CHAT("{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
          "{\"role\":\"function\",\"name\":\"f\",\"content\":\"R\"}"),
     SENT(ASSISTANT(USE("f", "f", "{}")) ","
          USER(RESULT("f", ",\"content\":[" TEXT("R") "]")))},
};

static const struct row members[] = {
    {MEMBERS("\"max_tokens\":5"), MEMBERS_SENT(",\"max_tokens\":5")},
    {MEMBERS("\"max_tokens\":5,\"max_completion_tokens\":6"), MEMBERS_SENT(",\"max_tokens\":6")},
    {MEMBERS("\"max_completion_tokens\":null,\"max_tokens\":5"),
     MEMBERS_SENT(",\"max_tokens\":5")},
    {MEMBERS("\"max_tokens\":null"), MEMBERS_SENT(TOKENS)},
    {"{\"max_tokens\" : 1e2 ,\"messages\" : [ " HI " ] , \"model\" : \"it\"}",
     MEMBERS_SENT(",\"max_tokens\":1e2")},
    {MEMBERS("\"temperature\":1.50,\"top_p\":0.9,\"top_k\":3,\"seed\":1,\"stream\":false"),
     MEMBERS_SENT(",\"temperature\":1.50,\"top_p\":0.9,\"top_k\":3" TOKENS)},
    {MEMBERS("\"temperature\":null,\"n\":1,\"t\\u006fp_p\":1"),
     MEMBERS_SENT(",\"top_p\":1" TOKENS)},
    {MEMBERS("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}"),
     MEMBERS_SENT(",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}" TOKENS)},
    {MEMBERS("\"stop\":\"a\\n\""), MEMBERS_SENT(",\"stop_sequences\":[\"a\\n\"]" TOKENS)},
    {MEMBERS("\"stop\":[\"a\", \"b\"]"),
     MEMBERS_SENT(",\"stop_sequences\":[\"a\", \"b\"]" TOKENS)},
    {MEMBERS("\"stop\":null"), MEMBERS_SENT(TOKENS)},
    {MEMBERS("\"stop_sequences\":[\"b\"]"), MEMBERS_SENT(",\"stop_sequences\":[\"b\"]" TOKENS)},
    {MEMBERS("\"stop_sequences\":[\"b\"],\"stop\":\"a\""),
     MEMBERS_SENT(",\"stop_sequences\":[\"a\"]" TOKENS)},
    {MEMBERS("\"stop\":null,\"stop_sequences\":[\"b\"]"),
     MEMBERS_SENT(",\"stop_sequences\":[\"b\"]" TOKENS)},
    {MEMBERS("\"user\":\"u\""), MEMBERS_SENT(",\"metadata\":{\"user_id\":\"u\"}" TOKENS)},
    /* tools */
    {TOOLS(F), MEMBERS_SENT(",\"tools\":[" F_SENT "]" TOKENS)},
    {TOOLS(F ",{\"type\":\"function\",\"function\":{\"description\":\"d\",\"name\":\"g\","
             "\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":{}}}}"),
     MEMBERS_SENT(",\"tools\":[" F_SENT ",{\"name\":\"g\",\"description\":\"d\",\"input_schema\":"
                  "{\"type\":\"object\",\"properties\":{}}}]" TOKENS)},
    {TOOLS("{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}"),
     MEMBERS_SENT(",\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"
                  TOKENS)},
    {TOOLS(""), MEMBERS_SENT(TOKENS)},
    {MEMBERS("\"tools\":null,\"tool_choice\":\"auto\",\"parallel_tool_calls\":false"),
     MEMBERS_SENT(TOKENS)},
    {TOOLS(F), MEMBERS_SENT(",\"tools\":[" F_SENT "]" TOKENS)},
    {MEMBERS("\"tool_choice\":\"auto\",\"tools\":[" F "],\"user\":\"u\""),
     MEMBERS_SENT(",\"tool_choice\":{\"type\":\"auto\"},\"tools\":[" F_SENT
                  "],\"metadata\":{\"user_id\":\"u\"}" TOKENS)},
    {MEMBERS("\"tools\":[" F "],\"tool_choice\":\"none\",\"parallel_tool_calls\":false"),
     MEMBERS_SENT(",\"tools\":[" F_SENT "],\"tool_choice\":{\"type\":\"none\"}" TOKENS)},
    {MEMBERS("\"tools\":[" F "],\"tool_choice\":\"required\",\"parallel_tool_calls\":true"),
     MEMBERS_SENT(",\"tools\":[" F_SENT "],\"tool_choice\":{\"type\":\"any\"}" TOKENS)},
    {MEMBERS("\"parallel_tool_calls\":false,\"tools\":[" F "],\"tool_choice\":"
             "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"),
     MEMBERS_SENT(",\"tools\":[" F_SENT "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\","
                  "\"disable_parallel_tool_use\":true}" TOKENS)},
    {MEMBERS("\"tools\":[" F "],\"tool_choice\":null,\"parallel_tool_calls\":false"),
     MEMBERS_SENT(",\"tools\":[" F_SENT "]" TOKENS
                  ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}")},
};

/* A call whose body ends at a page that nobody may touch. */
static struct provider_call call_of(struct span bytes)
{
    struct span body = {unit_guard(0, bytes.at, bytes.len), bytes.len};
    struct span object = json_walk_document(body);
    return (struct provider_call){
        .provider = &service,
        .identifier = SPAN(NAME),
        .messages = json_walk_find(object, SPAN("messages")),
        .asked = {.api = PROVIDER_API_OPENAI, .body = body,
                  .model = json_walk_find(object, SPAN("model"))},
    };
}

static size_t emit(struct provider_call *call, size_t cap, char *out)
{
    size_t len = 0;
    size_t some;
    do {
        char *room = unit_guard_room(1, cap);
        some = anthropic_protocol.body_some(call, room, cap);
        CU_ASSERT_TRUE_FATAL(some <= cap && len + some <= BODY_BYTES);
        memcpy(out + len, room, some);
        len += some;
    } while (some > 0);
    return len;
}

static void check_row(const struct row *row, size_t cap)
{
    char out[BODY_BYTES];
    struct provider_call call = call_of(span_of(row->body));
    anthropic_protocol.begin(&call);
    size_t len = emit(&call, cap, out);
    bool same = span_equal((struct span){out, len}, span_of(row->sent));
    CU_ASSERT_TRUE(same);
    CU_ASSERT_EQUAL(call.body_len, len);
    CU_ASSERT_PTR_NOT_NULL(json_walk_document((struct span){out, len}).at);
    CU_ASSERT_EQUAL(anthropic_protocol.body_some(&call, out, sizeof(out)), 0);
    if (!same)
        printf("  got %.*s\n  not %s\n", (int)len, out, row->sent);
}

static void every_message(void)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        for (size_t cap = MIN_CAP; cap <= strlen(messages[i].sent) + MIN_CAP; cap++)
            check_row(&messages[i], cap);
}

static void every_member(void)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        for (size_t cap = MIN_CAP; cap <= strlen(members[i].sent) + MIN_CAP; cap += 7)
            check_row(&members[i], cap);
}

/* What a function's variant says is told where the client says nothing; what has no word is not. */
static void defaults_of_a_variant(void)
{
    static const struct settings_variant variant = {
        .sampling = {[SETTINGS_TEMPERATURE] = "0.5", [SETTINGS_TOP_P] = "0.9",
                     [SETTINGS_MAX_TOKENS] = "77", [SETTINGS_SEED] = "1"}};
    static const struct {
        const char *body;
        unsigned given;
        const char *sent;
    } rows[] = {
        {CHAT(HI), 0,
         BEGIN ",\"messages\":[" HI_SENT
               "],\"max_tokens\":77,\"temperature\":0.5,\"top_p\":0.9}"},
        {MEMBERS("\"temperature\":1,\"max_tokens\":5"),
         1u << SETTINGS_TEMPERATURE | 1u << SETTINGS_MAX_TOKENS,
         BEGIN ",\"messages\":[" HI_SENT "],\"temperature\":1,\"max_tokens\":5,\"top_p\":0.9}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[512];
        struct provider_call call = call_of(span_of(rows[i].body));
        call.asked.variant = &variant;
        call.asked.given = (uint8_t)rows[i].given;
        anthropic_protocol.begin(&call);
        size_t len = anthropic_protocol.body_some(&call, out, sizeof(out));
        CU_ASSERT_EQUAL(call.body_len, len);
        CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(rows[i].sent)));
        if (!span_equal((struct span){out, len}, span_of(rows[i].sent)))
            printf("%.*s\n%s\n", (int)len, out, rows[i].sent);
    }
}

/* A further try begins in the middle of the first one's body, with another name. */
static void begun_again(void)
{
    char out[BODY_BYTES];
    struct provider_call call = call_of(span_of(messages[3].body));
    anthropic_protocol.begin(&call);
    anthropic_protocol.body_some(&call, out, 70);
    call.identifier = SPAN("a\"b\n");
    anthropic_protocol.begin(&call);
    size_t len = emit(&call, MIN_CAP, out);
    CU_ASSERT_EQUAL(len, call.body_len);
    struct span object = json_walk_document((struct span){out, len});
    CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("model")), SPAN("\"a\\\"b\\n\"")));
}

/* Things that may stand in a chat, if not where they are put here. */
static const char *const values[] = {
    "null", "true", "7", "-1.5e3", "\"\"", "\"a\"", "\"\\u0000\\ud800\"", "[]", "{}", "[[]]",
    "\"user\"", "\"system\"", "\"assistant\"", "\"tool\"", "\"function\"", "\"text\"",
    "[" TEXT("a") ",{},{\"type\":\"text\",\"text\":null},{\"type\":\"x\",\"text\":\"b\"}]",
    "[{\"image_url\":\"https://x\"},{\"image_url\":{\"url\":\"data:a/b;base64,AA\"}}]",
    "[{\"image_url\":{\"url\":\"data:;\"}},{\"file\":{\"file_data\":[]}},{\"refusal\":\"r\"}]",
    "[" F ",{\"function\":7},{\"function\":{\"name\":[],\"parameters\":\"\"}}]",
    "[" CALL("c", "f", "\"{\\\"a\\\":\\\"\\\\u00\"") "," CALL("", "", "[]") ",{},{\"id\":[]}]",
    "[{\"function\":{\"arguments\":\"\\u007b\\u0022\\u0022\\u003a\\ud834\\udd1e\"}}]",
    "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}",
};

static const char *const message_names[] = {"role", "content", "tool_calls", "tool_call_id",
                                            "function_call", "refusal", "name", "r\\u006fle"};
static const char *const member_names[] = {
    "tools", "tool_choice", "parallel_tool_calls", "stop", "user", "max_tokens", "top_k",
    "max_completion_tokens", "thinking", "temperature", "n", "x", "t\\u006fols"};

static void add_random(struct text *out, const char *const *names, size_t count, uint32_t *state)
{
    size_t some = *state % 7;
    for (size_t i = 0; i < some; i++) {
        *state = *state * 1103515245u + 12345u;
        text_add_str(out, out->at[out->len - 1] == '{' ? "\"" : ",\"");
        text_add_str(out, names[(*state >> 16) % count]);
        text_add_str(out, "\":");
        *state = *state * 1103515245u + 12345u;
        text_add_str(out, values[(*state >> 16) % (sizeof(values) / sizeof(values[0]))]);
    }
}

/* Whatever stands in a chat, what is sent is JSON, and as long as was said. */
static void hostile_ones(void)
{
    static char body[32768];
    static char out[65536];
    uint32_t state = 1;
    for (int round = 0; round < 20000; round++) {
        struct text text = text_over(body, sizeof(body));
        text_add_str(&text, "{\"messages\":[");
        for (int i = 0; i <= round % 5; i++) {
            text_add_str(&text, i > 0 ? ",{" : "{");
            add_random(&text, message_names, 8, &state);
            text_add_char(&text, '}');
        }
        text_add_str(&text, "],\"model\":\"it\"");
        add_random(&text, member_names, 13, &state);
        text_add_char(&text, '}');
        struct provider_call call = call_of(text_span(&text));
        struct provider_refusal refusal;
        size_t len = 0;
        size_t some;
        CU_ASSERT_PTR_NOT_NULL_FATAL(call.messages.at);
        anthropic_protocol.check(&call, &refusal);
        anthropic_protocol.begin(&call);
        while ((some = anthropic_protocol.body_some(&call, out + len, sizeof(out) - len)) > 0)
            len += some;
        bool good = json_walk_document((struct span){out, len}).at != NULL;
        CU_ASSERT_TRUE(good && len == call.body_len);
        if (!good) {
            printf("  round %d: %.*s\n  is %.*s\n", round, (int)text.len, body, (int)len, out);
            return;
        }
    }
}

/* A chat of one picture, or of as many small things, as a body may have at the most. */
static void check_large(const char *before, const char *again, const char *behind)
{
    static char body[LARGE_BYTES];
    static char out[16384];
    struct text text = text_over(body, sizeof(body));
    text_add_str(&text, before);
    while (text.len + strlen(again) + strlen(behind) < sizeof(body))
        text_add_str(&text, again);
    text_add_str(&text, behind);
    CU_ASSERT_FALSE(text.cut);
    struct provider_call call = call_of(text_span(&text));
    CU_ASSERT_PTR_NOT_NULL_FATAL(call.messages.at);
    struct provider_refusal refusal;
    uint64_t len = 0;
    size_t some;
    clock_t began = clock();
    CU_ASSERT_TRUE(anthropic_protocol.check(&call, &refusal));
    anthropic_protocol.begin(&call);
    while ((some = anthropic_protocol.body_some(&call, out, sizeof(out))) > 0)
        len += some;
    long ms = (long)((clock() - began) * 1000 / CLOCKS_PER_SEC);
    CU_ASSERT_EQUAL(len, call.body_len);
    printf("  %ld ms\n", ms);
    CU_ASSERT_TRUE(ms < LARGE_MS);
}

static void large_ones(void)
{
    check_large("{\"model\":\"it\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                "\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,",
                "iVBORw0KGgoAAAANSUhEUgAA", "\"}}]}],\"temperature\":1}");
    check_large("{\"model\":\"it\",\"messages\":[{\"role\":\"user\",\"content\":[", TEXT("a") ",",
                TEXT("b") "]}],\"stop\":\"x\"}");
    check_large("{\"model\":\"it\",\"messages\":[", HI "," SAYS("assistant", "Ho") ",", HI "]}");
    check_large("{\"model\":\"it\",\"messages\":[" HI ",{\"role\":\"assistant\",\"tool_calls\":["
                "{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"",
                "\\\\n\\u00e9", "\\\"}\"}}]}]}");
    check_large("{\"model\":\"it\",\"messages\":[" HI "],\"tools\":[", F ",", F "]}");
}

static const struct unit_test tests[] = {
    {"every message", every_message},
    {"every other member", every_member},
    {"defaults of a variant", defaults_of_a_variant},
    {"begun again", begun_again},
    {"hostile ones", hostile_ones},
    {"large ones", large_ones},
};

UNIT_MAIN("anthropic body", tests)
