/* OpenAI's error object for every status, and messages cut anywhere. */
#include "core/gateway/gateway_error.h"
#include "core/json/json_rules.h"
#include "test/unit/unit.h"

#include <string.h>

#define OBJECT_BYTES 2304

static const struct {
    uint16_t status;
    const char *code;
    const char *type;
} types[] = {
    {400, NULL, "invalid_request_error"},
    {401, "invalid_api_key", "authentication_error"},
    {403, NULL, "permission_error"},
    {404, "model_not_found", "invalid_request_error"},
    {405, NULL, "invalid_request_error"},
    {408, NULL, "timeout_error"},
    {411, NULL, "invalid_request_error"},
    {413, NULL, "invalid_request_error"},
    {414, NULL, "invalid_request_error"},
    {415, NULL, "invalid_request_error"},
    {417, NULL, "invalid_request_error"},
    {421, NULL, "invalid_request_error"},
    {422, NULL, "invalid_request_error"},
    {429, NULL, "rate_limit_error"},
    {429, "insufficient_quota", "insufficient_quota"},
    {429, "other", "rate_limit_error"},
    {404, "insufficient_quota", "invalid_request_error"},
    {431, NULL, "invalid_request_error"},
    {500, NULL, "server_error"},
    {501, NULL, "server_error"},
    {502, NULL, "server_error"},
    {503, NULL, "server_error"},
    {504, NULL, "timeout_error"},
    {505, NULL, "server_error"},
    {507, NULL, "server_error"},
};

static void a_type_for_each_status(void)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct gateway_error error =
            gateway_error_with(types[i].status, "x", NULL, types[i].code);
        CU_ASSERT_STRING_EQUAL(gateway_error_type(&error), types[i].type);
        CU_ASSERT_EQUAL(error.status, types[i].status);
        CU_ASSERT_EQUAL(error.retry_after_s, 0);
    }
}

/* Anthropic's words for the same. */
static void another_shape(void)
{
    static const struct {
        uint16_t status;
        const char *type;
    } rows[] = {
        {400, "invalid_request_error"}, {401, "authentication_error"}, {403, "permission_error"},
        {404, "not_found_error"},       {405, "invalid_request_error"}, {408, "timeout_error"},
        {413, "request_too_large"},     {421, "invalid_request_error"}, {429, "rate_limit_error"},
        {500, "api_error"},             {502, "api_error"},             {503, "overloaded_error"},
        {504, "timeout_error"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[256];
        char bytes[OBJECT_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        struct text wanted = text_over(expected, sizeof(expected));
        struct gateway_error error = gateway_error_with(rows[i].status, "a \"b\"", "model", "c");
        gateway_error_object_anthropic(&out, &error, SPAN("req\"1"));
        text_add_str(&wanted, "{\"type\":\"error\",\"error\":{\"type\":\"");
        text_add_str(&wanted, rows[i].type);
        text_add_str(&wanted, "\",\"message\":\"a \\\"b\\\"\"},\"request_id\":\"req\\\"1\"}");
        CU_ASSERT_STRING_EQUAL(text_str(&out), text_str(&wanted));
    }
}

static bool is_json(struct span text)
{
    struct json_rules rules;
    json_rules_init(&rules);
    return json_rules_take(&rules, text) != RESULT_FAULT && json_rules_end(&rules) == RESULT_DONE;
}

static bool object_is(const struct gateway_error *error, const char *expected)
{
    char bytes[OBJECT_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    gateway_error_object(&out, error);
    return is_json(text_span(&out)) && span_equal(text_span(&out), span_of(expected));
}

static void the_object(void)
{
    struct gateway_error plain = gateway_error(502, "Request failed: closed");
    CU_ASSERT_TRUE(object_is(&plain, "{\"error\":{\"message\":\"Request failed: closed\",\"type\":"
                                     "\"server_error\",\"param\":null,\"code\":null}}"));
    struct gateway_error full = gateway_error_with(400, "a \"b\"\n\xC3\xA9", "model", "bad");
    CU_ASSERT_TRUE(object_is(&full, "{\"error\":{\"message\":\"a \\\"b\\\"\\n\xC3\xA9\",\"type\":"
                                    "\"invalid_request_error\",\"param\":\"model\",\"code\":"
                                    "\"bad\"}}"));
    struct gateway_error empty = gateway_error(500, "");
    CU_ASSERT_TRUE(object_is(&empty, "{\"error\":{\"message\":\"\",\"type\":\"server_error\","
                                     "\"param\":null,\"code\":null}}"));
}

/* A message of characters of that many bytes, cut by its buffer wherever it ends. */
static void a_cut_message_ends_with_a_character(void)
{
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x9C\xA8", "\xF0\x9D\x84\x9E"};
    for (size_t width = 1; width <= 4; width++) {
        for (size_t shift = 0; shift < 4; shift++) {
            struct gateway_error error = gateway_error(502, "");
            struct text text = gateway_error_text(&error);
            text_add(&text, (struct span){"....", shift});
            for (int i = 0; i < GATEWAY_ERROR_BYTES; i++)
                text_add_str(&text, characters[width - 1]);
            text_str(&text);
            CU_ASSERT_TRUE(text.cut);
            char bytes[OBJECT_BYTES];
            struct text out = text_over(bytes, sizeof(bytes));
            gateway_error_object(&out, &error);
            CU_ASSERT_TRUE(is_json(text_span(&out)));
            size_t whole = (GATEWAY_ERROR_BYTES - 1 - shift) / width * width + shift;
            size_t frame = strlen("{\"error\":{\"message\":\"");
            CU_ASSERT_EQUAL(memcmp(bytes + frame + whole, "\",\"type\":", 9), 0);
        }
    }
}

static void an_unfinished_character_alone(void)
{
    struct gateway_error error = gateway_error(502, "");
    memcpy(error.message, "\xF0\x9D", 3);
    CU_ASSERT_TRUE(object_is(&error, "{\"error\":{\"message\":\"\",\"type\":\"server_error\","
                                     "\"param\":null,\"code\":null}}"));
}

static void the_longest_fits(void)
{
    struct gateway_error error = gateway_error(504, "");
    memset(error.message, 1, sizeof(error.message) - 1);
    char bytes[OBJECT_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    gateway_error_object(&out, &error);
    CU_ASSERT_FALSE(out.cut);
    CU_ASSERT_TRUE(is_json(text_span(&out)));
}

static const struct unit_test tests[] = {
    {"a type for each status", a_type_for_each_status},
    {"the object", the_object},
    {"a cut message ends with a character", a_cut_message_ends_with_a_character},
    {"an unfinished character alone", an_unfinished_character_alone},
    {"the longest fits", the_longest_fits},
    {"Anthropic's shape", another_shape},
};

UNIT_MAIN("gateway_error", tests)
