/* openai: a body that goes on as it came, but for two members, in pieces of every size. */
#include "core/json/json_walk.h"
#include "core/provider/openai.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define BODY_BYTES 4096
#define MIN_CAP 64
#define NAME "vendor/m:1"
#define ADDED ",\"stream_options\":{\"include_usage\":true}"

static const struct settings_provider service = {.protocol = SETTINGS_OPENAI};

/* Whether the usage is asked for, the body, and what the service gets. */
struct row {
    bool usage;
    const char *body;
    const char *sent;
};

static const struct row rows[] = {
    {false, "{\"model\":\"it\"}", "{\"model\":\"" NAME "\"}"},
    {false, " { \"model\" : \"it\" } \n", " { \"model\" : \"" NAME "\" } \n"},
    {false, "{\"a\":1,\"model\":\"it\",\"b\":2.50}", "{\"a\":1,\"model\":\"" NAME "\",\"b\":2.50}"},
    {false, "{\"stream_options\":{\"include_usage\":false},\"model\":\"\"}",
     "{\"stream_options\":{\"include_usage\":false},\"model\":\"" NAME "\"}"},
    {true, "{\"model\":\"it\"}", "{\"model\":\"" NAME "\"" ADDED "}"},
    {true, "{\"model\" : \"it\" ,\"b\":[ ]}", "{\"model\" : \"" NAME "\"" ADDED " ,\"b\":[ ]}"},
    {true, "{\"model\":\"it\",\"stream_options\":null}",
     "{\"model\":\"" NAME "\",\"stream_options\":{\"include_usage\":true}}"},
    {true, "{\"model\":\"it\",\"x\":1,\"stream_options\":{}}",
     "{\"model\":\"" NAME "\",\"x\":1,\"stream_options\":{\"include_usage\":true}}"},
    {true, "{\"stream_options\":{ \"a\":{\"include_usage\":0}} ,\"model\":\"it\"}",
     "{\"stream_options\":{\"include_usage\":true, \"a\":{\"include_usage\":0}} ,\"model\":\"" NAME
     "\"}"},
    {true,
     "{\"stream_options\":{\"a\":[1],\"include_usage\" : null , \"b\":2},\"model\":\"it\",\"c\":3}",
     "{\"stream_options\":{\"a\":[1],\"include_usage\" : true , \"b\":2},\"model\":\"" NAME
     "\",\"c\":3}"},
    {true, "{\"model\":\"it\",\"stream_options\":{\"include\\u005fusage\":false}}",
     "{\"model\":\"" NAME "\",\"stream_options\":{\"include\\u005fusage\":true}}"},
    {true, "{\"model\":\"it\",\"stream_options\":{\"include_usage\":true},\"model_\":\"it\"}",
     "{\"model\":\"" NAME "\",\"stream_options\":{\"include_usage\":true},\"model_\":\"it\"}"},
};

/* A call whose body ends at a page that nobody may touch. */
static struct provider_call call_of(const struct row *row)
{
    struct span body = {unit_guard(0, row->body, strlen(row->body)), strlen(row->body)};
    struct span object = json_walk_document(body);
    return (struct provider_call){
        .provider = &service,
        .identifier = SPAN(NAME),
        .asked = {.body = body,
                  .model = json_walk_find(object, SPAN("model")),
                  .options = json_walk_find(object, SPAN("stream_options")),
                  .stream = row->usage,
                  .usage = row->usage},
    };
}

static size_t emit(struct provider_call *call, size_t cap, char *out)
{
    size_t len = 0;
    size_t some;
    do {
        char *room = unit_guard_room(1, cap);
        some = openai_protocol.body_some(call, room, cap);
        CU_ASSERT_TRUE_FATAL(some <= cap && len + some <= BODY_BYTES);
        memcpy(out + len, room, some);
        len += some;
    } while (some > 0);
    return len;
}

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t cap = MIN_CAP; cap <= strlen(rows[i].sent) + MIN_CAP; cap++) {
            char out[BODY_BYTES];
            struct provider_call call = call_of(&rows[i]);
            openai_protocol.begin(&call);
            size_t len = emit(&call, cap, out);
            bool same = span_equal((struct span){out, len}, span_of(rows[i].sent));
            CU_ASSERT_TRUE(same);
            CU_ASSERT_EQUAL(call.body_len, len);
            CU_ASSERT_PTR_NOT_NULL(json_walk_document((struct span){out, len}).at);
            if (!same)
                printf("  got %.*s\n  not %s\n", (int)len, out, rows[i].sent);
        }
}

/* What a function's variant says goes behind the model, but for what the body has. */
static void defaults(void)
{
    static const struct settings_variant variant = {
        .sampling = {"0.70", "1", "99", "-7", "-2.0", "1e-1"}};
    static const char *const all[] = {"temperature", "top_p", "max_tokens", "seed",
                                      "presence_penalty", "frequency_penalty"};
    for (unsigned given = 0; given < 64; given++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            char out[BODY_BYTES];
            struct provider_call call = call_of(&rows[i]);
            call.asked.variant = &variant;
            call.asked.given = (uint8_t)given;
            openai_protocol.begin(&call);
            size_t len = emit(&call, MIN_CAP, out);
            CU_ASSERT_EQUAL(call.body_len, len);
            struct span object = json_walk_document((struct span){out, len});
            CU_ASSERT_PTR_NOT_NULL_FATAL(object.at);
            for (unsigned n = 0; n < SETTINGS_SAMPLINGS; n++) {
                struct span value = json_walk_find(object, span_of(all[n]));
                const char *wanted = (given >> n & 1) != 0 ? NULL : variant.sampling[n];
                CU_ASSERT_TRUE(span_equal(value, span_of(wanted)));
            }
            if (given == 63)
                CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(rows[i].sent)));
        }
}

/* A further try begins in the middle of the first one's body, with another name. */
static void begun_again(void)
{
    char out[BODY_BYTES];
    struct provider_call call = call_of(&rows[8]);
    openai_protocol.begin(&call);
    openai_protocol.body_some(&call, out, 30);
    call.identifier = SPAN("a\"b\n");
    openai_protocol.begin(&call);
    size_t len = emit(&call, MIN_CAP, out);
    CU_ASSERT_EQUAL(len, call.body_len);
    struct span object = json_walk_document((struct span){out, len});
    CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("model")), SPAN("\"a\\\"b\\n\"")));
    CU_ASSERT_EQUAL(openai_protocol.body_some(&call, out, sizeof(out)), 0);
}

/* A name that is to be escaped, in the middle of each body. */
static void odd_names(void)
{
    static const char *const names[][2] = {
        {"a\"b\n", "\"a\\\"b\\n\""}, {"\\", "\"\\\\\""}, {"m\xC3\xA9", "\"m\xC3\xA9\""},
        {"a name without any", "\"a name without any\""}, {"", "\"\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
            char out[BODY_BYTES];
            struct provider_call call = call_of(&rows[i]);
            call.identifier = span_of(names[n][0]);
            openai_protocol.begin(&call);
            size_t len = emit(&call, MIN_CAP, out);
            CU_ASSERT_EQUAL(call.body_len, len);
            struct span object = json_walk_document((struct span){out, len});
            struct span model = json_walk_find(object, SPAN("model"));
            CU_ASSERT_TRUE(span_equal(model, span_of(names[n][1])));
        }
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"odd names", odd_names},
    {"defaults", defaults},
    {"begun again", begun_again},
};

UNIT_MAIN("openai body", tests)
