/* openai_blocks: every shape of body in Anthropic's words, told in OpenAI's, in pieces. */
#include "core/provider/openai.h"

#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define OUT_BYTES 4096

static const struct settings_provider provider = {
    .name = "p", .type = "openai", .protocol = SETTINGS_OPENAI,
    .url = {.host = "h", .authority = "h", .path = "/v1", .port = 80}};

#define IN_HEAD "{\"model\":\"x\",\"max_tokens\":9,"
#define OUT_HEAD                                                                                   \
    "{\"model\":\"mo\\\"del\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"        \
    "\"max_tokens\":9,"
#define HI_IN "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define HI_OUT "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define USER(content) "\"messages\":[{\"role\":\"user\",\"content\":" content "}]"
#define SAID(content) "\"messages\":[{\"role\":\"assistant\",\"content\":" content "}]"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE                                                                                      \
    "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"," \
    "\"data\":\"AA==\"}}"
#define IMAGE_OUT "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}"
#define LINK "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a/b\"}}"
#define LINK_OUT "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b\"}}"
#define USE(id)                                                                                    \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{\"a\":\"\\\"\"}}"
#define CALL(id)                                                                                   \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"         \
    "\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\"}}"
#define RESULT(content) "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":" content "}"
#define TOLD(text) "{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"" text "\"}"

static const struct {
    const char *in;  /* behind IN_HEAD */
    const char *out; /* behind OUT_HEAD */
} rows[] = {
    {HI_IN "}", HI_OUT "}"},
    {"\"unknown\":{\"a\":[1]},\"stream\":false," HI_IN " } \n", HI_OUT "}"},
    {HI_IN ",\"system\":\"be\\nnice\"}",
     "\"messages\":[{\"role\":\"system\",\"content\":\"be\\nnice\"},"
     "{\"role\":\"user\",\"content\":\"hi\"}]}"},
    {"\"system\":[" TEXT("a") ",{\"type\":\"new\"}," TEXT("") "," TEXT("b") "]," HI_IN "}",
     "\"messages\":[{\"role\":\"system\",\"content\":\"a\\n\\nb\"},"
     "{\"role\":\"user\",\"content\":\"hi\"}]}"},
    {"\"system\":\"\"," HI_IN "}", HI_OUT "}"},
    {"\"system\":[]," HI_IN "}", HI_OUT "}"},
    {"\"temperature\":0.50,\"top_p\":null,\"top_k\":4,\"thinking\":{\"type\":\"x\"}," HI_IN "}",
     "\"temperature\":0.50," HI_OUT "}"},
    {"\"stop_sequences\":[\"a\"],\"metadata\":{\"user_id\":\"u\\u0031\"}," HI_IN "}",
     "\"stop\":[\"a\"],\"user\":\"u\\u0031\"," HI_OUT "}"},
    {"\"stop_sequences\":[],\"metadata\":{}," HI_IN "}", HI_OUT "}"},
    /* what users say */
    {USER("[" TEXT("a") "]") "}", USER("\"a\"") "}"},
    {USER("[" TEXT("a") "," TEXT("b") "]") "}", USER("\"a\\n\\nb\"") "}"},
    {USER("[]") "}", USER("\"\"") "}"},
    {USER("[" TEXT("a") "," IMAGE "," LINK "]") "}",
     USER("[" TEXT("a") "," IMAGE_OUT "," LINK_OUT "]") "}"},
    {USER("[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"doc\"}}," TEXT("b")
          "]") "}",
     USER("\"doc\\n\\nb\"") "}"},
    {USER("[{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"data\":\"AA\"}}," TEXT("b")
          "]") "}",
     USER("[" TEXT("[Non-text content]") "," TEXT("b") "]") "}"},
    {USER("[" RESULT("\"4\\u0032\"") "]") "}", "\"messages\":[" TOLD("4\\u0032") "]}"},
    {USER("[" TEXT("x") "," RESULT("[" TEXT("a") "," IMAGE "]") "," RESULT("\"\"") "," TEXT("y")
          "]") "}",
     "\"messages\":[" TOLD("a\\n\\n[Non-text content]") "," TOLD("")
     ",{\"role\":\"user\",\"content\":\"x\\n\\ny\"}]}"},
    /* what assistants say */
    {SAID("[" TEXT("a") "," TEXT("b") "]") "}", SAID("\"a\\n\\nb\"") "}"},
    {SAID("[{\"type\":\"thinking\",\"thinking\":\"x\"}]") "}", SAID("\"\"") "}"},
    {SAID("[{\"type\":\"thinking\",\"thinking\":\"x\"}," USE("t1") "]") "}",
     "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL("t1") "]}]}"},
    {SAID("[" TEXT("a") "," USE("t1") "," TEXT("b") "," USE("t2") "]") "}",
     "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\\n\\nb\",\"tool_calls\":[" CALL("t1")
     "," CALL("t2") "]}]}"},
    {"\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":["
     USE("t1") "]},{\"content\":[" RESULT("\"r\"") "],\"role\":\"user\"}]}",
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,"
     "\"tool_calls\":[" CALL("t1") "]}," TOLD("r") "]}"},
    /* tools */
    {"\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}},"
     "{\"type\":\"web_search_20250305\",\"name\":\"w\"},{\"name\":\"g\",\"input_schema\":{}}],"
     "\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}," HI_IN "}",
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
     "\"parameters\":{\"type\":\"object\"}}},{\"type\":\"function\",\"function\":{\"name\":\"g\","
     "\"description\":\"\",\"parameters\":{}}}],\"tool_choice\":\"required\","
     "\"parallel_tool_calls\":false," HI_OUT "}"},
    /* no tool goes, and so no choice among them */
    {"\"tools\":[],\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}," HI_IN "}", HI_OUT "}"},
    {"\"tools\":null,\"tool_choice\":{\"type\":\"auto\"}," HI_IN "}", HI_OUT "}"},
    {"\"tool_choice\":{\"type\":\"none\",\"disable_parallel_tool_use\":true}," HI_IN "}",
     HI_OUT "}"},
    {"\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}," HI_IN
     ",\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"w\"}]}",
     HI_OUT "}"},
};

/* A call whose body ends at a page that nobody may touch. */
static struct provider_call call_of(const char *body, size_t len)
{
    struct provider_call call = {.provider = &provider, .identifier = SPAN("mo\"del")};
    struct span rest = {unit_guard(0, body, len), len};
    call.asked.body = rest;
    json_walk_element(&rest, &call.messages);
    call.asked.model = json_walk_find(call.messages, SPAN("model"));
    call.messages = json_walk_find(call.messages, SPAN("messages"));
    call.asked.api = PROVIDER_API_ANTHROPIC;
    call.asked.path = SPAN("/messages");
    return call;
}

static void a_row(size_t i, size_t cap)
{
    char in[OUT_BYTES];
    char wanted[OUT_BYTES];
    char out[OUT_BYTES];
    int in_len = snprintf(in, sizeof(in), "%s%s", IN_HEAD, rows[i].in);
    int wanted_len = snprintf(wanted, sizeof(wanted), "%s%s", OUT_HEAD, rows[i].out);
    struct provider_call call = call_of(in, (size_t)in_len);
    size_t len = 0;
    size_t some;
    openai_protocol.begin(&call);
    while ((some = openai_protocol.body_some(&call, out + len, cap)) > 0)
        len += some;
    CU_ASSERT_EQUAL(call.body_len, len);
    struct span written = {out, len};
    if (!span_equal(written, (struct span){wanted, (size_t)wanted_len})) {
        printf("%.*s\n  not %s\n", (int)len, out, wanted);
        CU_FAIL("body");
    }
    CU_ASSERT_PTR_NOT_NULL(json_walk_document(written).at);
}

static void bodies(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        a_row(i, 64);
        a_row(i, 1000);
    }
}

/* What a function's variant says goes as well, but for what the body has. */
static void defaults_of_a_variant(void)
{
    static const struct settings_variant variant = {
        .sampling = {"0.70", "1", "99", "-7", "-2.0", "1e-1"}};
    static const char *const all[] = {"temperature", "top_p", "max_tokens", "seed",
                                      "presence_penalty", "frequency_penalty"};
    static const char body[] = "{\"model\":\"x\"," HI_IN "}";
    for (unsigned given = 0; given < 64; given++) {
        char out[OUT_BYTES];
        struct provider_call call = call_of(body, sizeof(body) - 1);
        call.asked.variant = &variant;
        call.asked.given = (uint8_t)given;
        openai_protocol.begin(&call);
        struct span written = {out, openai_protocol.body_some(&call, out, sizeof(out))};
        struct span object = json_walk_document(written);
        CU_ASSERT_EQUAL(call.body_len, written.len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(object.at);
        for (unsigned n = 0; n < SETTINGS_SAMPLINGS; n++) {
            const char *wanted = (given >> n & 1) != 0 ? NULL : variant.sampling[n];
            struct span value = json_walk_find(object, span_of(all[n]));
            CU_ASSERT_TRUE(span_equal(value, span_of(wanted)));
        }
        CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("messages")),
                                  SPAN("[{\"role\":\"user\",\"content\":\"hi\"}]")));
    }
}

static void what_goes_further(void)
{
    static const char *const names[] = {"messages", "tools", "tool_choice", "stop_sequences",
                                        "metadata", "max_tokens", "temperature", "t\\u006fp_p",
                                        "seed", "presence_penalty", "frequency_penalty"};
    static const char *const others[] = {"thinking", "top_k", "model", "", "top"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CU_ASSERT_TRUE(openai_protocol.carries(span_of(names[i])));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CU_ASSERT_FALSE(openai_protocol.carries(span_of(others[i])));
}

static void the_head(void)
{
    char bytes[1024];
    struct text out = text_over(bytes, sizeof(bytes));
    static const char body[] = IN_HEAD HI_IN "}";
    struct provider_call call = call_of(body, sizeof(body) - 1);
    openai_protocol.begin(&call);
    openai_protocol.head(&call, &out);
    CU_ASSERT_TRUE(span_starts(text_span(&out), SPAN("POST /v1/chat/completions HTTP/1.1\r\n")));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "accept: text/event-stream\r\n"));
}

static const struct unit_test tests[] = {
    {"bodies", bodies},
    {"defaults of a variant", defaults_of_a_variant},
    {"what goes further", what_goes_further},
    {"the head", the_head},
};

UNIT_MAIN("openai_blocks", tests)
