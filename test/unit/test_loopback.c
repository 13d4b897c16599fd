/* loopback: the words it counts, and the answer, piece by piece. */
#include "core/provider/loopback.h"

#include "test/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER                                                                                     \
    "This is moongate's loopback provider: it answers from this box, without any service. You "    \
    "sent "

/* The answer joined, a bar in front of each piece when bars are asked for. */
static void say(struct provider_call *call, bool bars, char *out, size_t cap)
{
    struct text all = text_over(out, cap);
    struct provider_news news;
    char bytes[64];
    do {
        struct text scratch = text_over(bytes, sizeof(bytes));
        loopback_protocol.answer(call, &scratch, &news);
        text_add_str(&all, bars ? "|" : "");
        text_add(&all, news.text);
        CU_ASSERT_TRUE(news.kind == PROVIDER_FINISH ? news.text.len == 0 : news.text.len > 0);
        CU_ASSERT_FALSE(news.raw);
    } while (news.kind == PROVIDER_TEXT);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_FINISH);
    text_str(&all);
}

#define USER(content) "[{\"role\":\"user\",\"content\":" content "}]"

static const struct {
    const char *messages;
    const char *end;
} rows[] = {
    {"[]", "0 words."},
    {USER("\"\""), "0 words."},
    {USER("\" \\n\\t \""), "0 words."},
    {USER("\"one\""), "1 word."},
    {USER("\"one two three\""), "3 words."},
    {USER("\"  one\\ntwo\\u0020three\\r\\n\\tfour  \""), "4 words."},
    {USER("\"a\\rb\\tc\\nd\""), "4 words."},
    {USER("\"a\\\\n\\\"b\\\" c\""), "2 words."},
    {USER("null"), "0 words."},
    {USER("[{\"type\":\"text\",\"text\":\"a b\"},{\"type\":\"image_url\"},"
          "{\"type\":\"text\",\"text\":\"c\"},{\"type\":\"text\",\"text\":\"d\"}]"),
     "4 words."},
    {"[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\",\"content\":\"hi\"},"
     "{\"role\":\"assistant\",\"content\":\"ha\",\"tool_calls\":[{\"function\":{\"name\":\"f g\","
     "\"arguments\":\"x y\"}}]}]",
     "4 words."},
    {USER("\"\xC3\xA9\xC3\xA9 \\u00e9\\u00e9\""), "2 words."},
};

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char answer[256];
        struct provider_call call = {.messages = span_of(rows[i].messages)};
        loopback_protocol.begin(&call);
        say(&call, false, answer, sizeof(answer));
        CU_ASSERT_EQUAL(strncmp(answer, ANSWER, strlen(ANSWER)), 0);
        CU_ASSERT_STRING_EQUAL(answer + strlen(ANSWER), rows[i].end);
    }
}

/* What is decoded at once ends inside a word, or at a space: neither shows. */
static void long_texts(void)
{
    static const struct {
        char last; /* of each 256 bytes */
        const char *end;
    } cases[] = {{'x', "1 word."}, {' ', "40 words."}};
    size_t len = 256 * 40;
    char *messages = malloc(len + 64);
    CU_ASSERT_PTR_NOT_NULL_FATAL(messages);
    for (size_t i = 0; i < 2; i++) {
        char answer[256];
        struct text text = text_over(messages, len + 64);
        text_add_str(&text, "[{\"role\":\"user\",\"content\":\"");
        for (size_t n = 1; n <= len; n++)
            text_add_char(&text, n % 256 == 0 ? cases[i].last : 'x');
        text_add_str(&text, "\"}]");
        struct provider_call call = {.messages = text_span(&text)};
        loopback_protocol.begin(&call);
        say(&call, false, answer, sizeof(answer));
        CU_ASSERT_STRING_EQUAL(answer + strlen(ANSWER), cases[i].end);
    }
    free(messages);
}

static void word_by_word_and_again(void)
{
    char answer[256];
    struct provider_call call = {.messages = SPAN(USER("\"a b\""))};
    for (int i = 0; i < 2; i++) {
        loopback_protocol.begin(&call);
        say(&call, true, answer, sizeof(answer));
        CU_ASSERT_STRING_EQUAL(answer,
                               "|This| is| moongate's| loopback| provider:| it| answers| from| "
                               "this| box,| without| any| service.| You| sent| 2| words.|");
    }
}

/* Scratch may hold something already. */
static void behind_other_text(void)
{
    char bytes[64];
    struct text scratch = text_over(bytes, sizeof(bytes));
    struct provider_call call = {.messages = SPAN("[]")};
    struct provider_news news;
    text_add_str(&scratch, "before");
    loopback_protocol.begin(&call);
    loopback_protocol.answer(&call, &scratch, &news);
    CU_ASSERT_TRUE(span_equal(news.text, SPAN("This")));
    CU_ASSERT_TRUE(span_equal(text_span(&scratch), SPAN("beforeThis")));
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"long texts", long_texts},
    {"word by word, and again", word_by_word_and_again},
    {"behind other text", behind_other_text},
};

UNIT_MAIN("loopback", tests)
