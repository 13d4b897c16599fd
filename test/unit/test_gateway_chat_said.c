/* gateway_chat: temperature and the like, token limits, n and stop. */
#include "core/gateway/gateway_chat.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define GOOD_MESSAGES "[{\"role\":\"user\",\"content\":\"hi\"}]"
#define MEMBERS "\"model\":\"mini\",\"messages\":" GOOD_MESSAGES
#define GOOD "{" MEMBERS "}"
#define WITH(more) "{" MEMBERS "," more "}"

#define NAME "tensorzero::episode_id"
#define ID "0198f3a2-1c4d-7abc-8def-0123456789ab"

static struct json_tokens tokens;
static struct json_outline outline;
static struct gateway_chat chat;
static struct gateway_error error;

static bool judge(const char *body)
{
    gateway_chat_outline(&outline);
    CU_ASSERT_EQUAL_FATAL(json_outline_take(&outline, body, strlen(body)), RESULT_MORE);
    CU_ASSERT_EQUAL_FATAL(json_outline_end(&outline), RESULT_DONE);
    return gateway_chat_judge(&chat, &outline, body, &tokens, &error);
}

static const struct {
    const char *body;
    const char *param;
    const char *message; /* what it begins with */
} refusals[] = {
    {WITH("\"temperature\":\"1\""), "temperature", "temperature is no number"},
    {WITH("\"top_p\":[1]"), "top_p", "top_p is no number"},
    {WITH("\"max_tokens\":true"), "max_tokens", "max_tokens is no number"},
    {WITH("\"max_completion_tokens\":{}"), "max_completion_tokens",
     "max_completion_tokens is no number"},
    {WITH("\"seed\":\"a\""), "seed", "seed is no number"},
    {WITH("\"presence_penalty\":false"), "presence_penalty", "presence_penalty is no"},
    {WITH("\"frequency_penalty\":\"\""), "frequency_penalty", "frequency_penalty is no"},
    {WITH("\"n\":\"2\""), "n", "n is no number"},
    {WITH("\"n\":0"), "n", "n is no whole number from 1 up"},
    {WITH("\"n\":-1"), "n", "n is no whole number from 1 up"},
    {WITH("\"n\":1.5"), "n", "n is no whole number from 1 up"},
    {WITH("\"n\":99999999999999999999"), "n", "n is no whole number from 1 up"},
    {WITH("\"n\":1,\"n\":1"), "n", "n is there twice"},
    {WITH("\"stop\":1"), "stop", "stop is neither a string nor a list of strings"},
    {WITH("\"stop\":{\"a\":\"b\"}"), "stop", "stop is neither"},
    {WITH("\"stop\":true"), "stop", "stop is neither"},
    {WITH("\"stop\":[\"a\",1]"), "stop", "stop is neither"},
    {WITH("\"stop\":[[\"a\"]]"), "stop", "stop is neither"},
    {WITH("\"tensorzero::episode_id\":1"), NAME, NAME " is no UUID"},
    {WITH("\"tensorzero::episode_id\":\"1\""), NAME, NAME " is no UUID"},
    {WITH("\"tensorzero::episode_id\":\"" ID "\",\"tensorzero::\\u0065pisode_id\":null"), NAME,
     NAME " is there twice"},
};

static void every_refusal(void)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const char *wanted = refusals[i].message;
        CU_ASSERT_FALSE_FATAL(judge(refusals[i].body));
        CU_ASSERT_EQUAL(error.status, 400);
        CU_ASSERT_STRING_EQUAL(error.param, refusals[i].param);
        CU_ASSERT_EQUAL(strncmp(error.message, wanted, strlen(wanted)), 0);
        if (strncmp(error.message, wanted, strlen(wanted)) != 0)
            printf("%s: %s\n", refusals[i].body, error.message);
    }
}

static const struct {
    const char *body;
    unsigned given; /* a bit for each enum settings_sampling */
    bool many;
} said[] = {
    {GOOD, 0, false},
    {WITH("\"temperature\":1.5e0,\"seed\":-1"), 1u << SETTINGS_TEMPERATURE | 1u << SETTINGS_SEED,
     false},
    {WITH("\"top_p\":null"), 1u << SETTINGS_TOP_P, false},
    {WITH("\"max_tokens\":-1"), 1u << SETTINGS_MAX_TOKENS, false},
    {WITH("\"max_completion_tokens\":5"), 1u << SETTINGS_MAX_TOKENS, false},
    {WITH("\"presence_penalty\":1,\"frequency_penalty\":0,\"stop\":null,\"n\":null"),
     1u << SETTINGS_PRESENCE_PENALTY | 1u << SETTINGS_FREQUENCY_PENALTY, false},
    {WITH("\"n\":1,\"stop\":\"a\""), 0, false},
    {WITH("\"n\":2,\"stop\":[]"), 0, true},
    {WITH("\"n\":128,\"stop\":[\"a\" , \"\"]"), 0, true},
};

static void what_is_said(void)
{
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        CU_ASSERT_TRUE_FATAL(judge(said[i].body));
        CU_ASSERT_EQUAL(chat.given, said[i].given);
        CU_ASSERT_EQUAL(chat.many, said[i].many);
        CU_ASSERT_TRUE(gateway_chat_judge_relayed(&chat, &outline, said[i].body, &error));
        CU_ASSERT_EQUAL(chat.given, said[i].given);
    }
}

#define EPISODE "\"" NAME "\":\"" ID "\""
#define WIDE "\"tensorzero::\\u0065pisode_id\" : null"

/* No service knows the episode: white space stands where it was, and its comma. */
static void the_episode(void)
{
    static const struct {
        const char *before, *member, *behind; /* it, with what goes with it, in the middle */
    } rows[] = {
        {"{", EPISODE ",", MEMBERS "}"},
        {"{", " " EPISODE "\n ,", "\n" MEMBERS "}"},
        {"{" MEMBERS, "," EPISODE, "}"},
        {"{" MEMBERS, " ,\n" EPISODE " ", "}"},
        {"{\"model\":\"m\",", EPISODE ",", "\"messages\":" GOOD_MESSAGES "}"},
        {"{" MEMBERS ",", WIDE ",", "\"a\":1}"},
        {"{" MEMBERS ",\"user\":\"a\\\"\"", "," WIDE, "} "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && FEATURE_INFERENCE; i++) {
        char text[512];
        size_t before = strlen(rows[i].before);
        size_t len = (size_t)snprintf(text, sizeof(text), "%s%s%s", rows[i].before,
                                      rows[i].member, rows[i].behind);
        char *body = unit_guard(0, text, len + 1);
        CU_ASSERT_TRUE(judge(body));
        CU_ASSERT_EQUAL(chat.episode[1], strstr(text, ID) != NULL ? 0x98 : 0);
        gateway_chat_blank(&outline, body);
        memset(text + before, ' ', strlen(rows[i].member));
        CU_ASSERT_STRING_EQUAL(body, text);
        gateway_chat_outline(&outline);
        CU_ASSERT_EQUAL(json_outline_take(&outline, body, len), RESULT_MORE);
        CU_ASSERT_EQUAL(json_outline_end(&outline), RESULT_DONE);
        gateway_chat_blank(&outline, body); /* there is none */
        CU_ASSERT_STRING_EQUAL(body, text);
    }
}

static const struct unit_test tests[] = {
    {"the episode", the_episode},
    {"every refusal", every_refusal},
    {"what is said", what_is_said},
};

UNIT_MAIN("gateway_chat: what is said", tests)
