/* What the client is told when several providers failed. */
#include "core/gateway/gateway_told.h"

#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "test/unit/unit.h"

static struct gateway_told told;

static struct gateway_error error_of(uint16_t status, const char *message)
{
    struct gateway_error error = gateway_error(status, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, message);
    text_str(&text);
    return error;
}

static void failed(uint8_t key, const char *name, uint16_t status, const char *message)
{
    struct gateway_error error = error_of(status, message);
    gateway_told_failed(&told, key, name, &error);
}

static void passed(uint8_t key, const char *name, const char *message)
{
    struct gateway_error error = error_of(404, message);
    gateway_told_passed(&told, key, name, &error);
}

static const char *message(void)
{
    static struct gateway_error error;
    gateway_told_error(&told, &error);
    CU_ASSERT_EQUAL(error.status, told.status);
    return error.message;
}

static void begin(void)
{
    memset(&told, 0, sizeof(told));
}

static void one_provider(void)
{
    begin();
    failed(0, "main", 502, "Request failed: x.example: refused");
    CU_ASSERT_STRING_EQUAL(message(), "Request failed: x.example: refused");
    failed(0, "main", 503, "Request failed: the service answered 503");
    CU_ASSERT_STRING_EQUAL(message(), "Request failed: the service answered 503");
}

/* As long as there may be: nothing is lost, whatever the name. */
static void one_at_length(void)
{
    char name[100], long_message[GATEWAY_ERROR_BYTES];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    for (size_t len = 0; len < sizeof(name); len += 9) {
        snprintf(long_message, sizeof(long_message), "Request failed: %0300d", 7);
        begin();
        failed(255, name + len, 502, long_message);
        CU_ASSERT_STRING_EQUAL(message(), long_message);
        failed(255, name + len, 502, long_message);
        CU_ASSERT_STRING_EQUAL(message(), long_message);
    }
}

static void several(void)
{
    begin();
    passed(7, "used", "Model not available: x: its usage is used up");
    failed(3, "a", 502, "Request failed: the service answered 500");
    failed(0, "b", 503, "Request failed: the service answered 503: busy");
    CU_ASSERT_STRING_EQUAL(message(),
                           "Request failed: used: Model not available: x: its usage is used up; "
                           "a: the service answered 500; b: the service answered 503: busy");
    failed(3, "a", 504, "Request failed: x.example: too slow"); /* its last words */
    CU_ASSERT_STRING_EQUAL(message(),
                           "Request failed: used: Model not available: x: its usage is used up; "
                           "b: the service answered 503: busy; a: x.example: too slow");
    CU_ASSERT_EQUAL(told.status, 504);
}

/* The rest of the error is the last failure's, whoever is passed over behind it. */
static void the_last_one(void)
{
    begin();
    struct gateway_error error = gateway_error_with(429, "Request failed: wait", "p", "c");
    error.retry_after_s = 7;
    failed(0, "a", 502, "Request failed: no");
    gateway_told_failed(&told, 1, "b", &error);
    passed(2, "c", "has a rest");
    gateway_told_error(&told, &error);
    CU_ASSERT_EQUAL(error.status, 429);
    CU_ASSERT_EQUAL(error.retry_after_s, 7);
    CU_ASSERT_STRING_EQUAL(error.param, "p");
    CU_ASSERT_STRING_EQUAL(error.code, "c");
    CU_ASSERT_STRING_EQUAL(error.message, "Request failed: a: no; b: wait; c: has a rest");
}

static size_t times(const char *text, char c)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == c;
    return n;
}

/* The short words stay whole, the long ones share what is left. */
static void cut_fairly(void)
{
    char x[GATEWAY_ERROR_BYTES], y[GATEWAY_ERROR_BYTES];
    memset(x, 'x', sizeof(x));
    memset(y, 'y', sizeof(y));
    x[sizeof(x) - 1] = y[250] = '\0';
    begin();
    failed(0, "one", 502, x);
    failed(1, "two", 502, "Request failed: refused");
    failed(2, "three", 502, y);
    const char *words = message();
    CU_ASSERT_PTR_NOT_NULL(strstr(words, "; two: refused; three: yyy"));
    size_t nx = times(words, 'x'), ny = times(words, 'y');
    CU_ASSERT(nx > 120 && ny > 120);
    CU_ASSERT_EQUAL(nx, ny + 2); /* with their names they are equally long */
    CU_ASSERT(strlen(words) > GATEWAY_ERROR_BYTES - 14 && strlen(words) < GATEWAY_ERROR_BYTES);
}

/* Between two characters, in the middle of a message too. */
static void cut_in_characters(void)
{
    char words[GATEWAY_ERROR_BYTES];
    for (size_t front = 0; front < 4; front++) {
        struct text text = text_over(words, sizeof(words));
        for (size_t i = 0; i < front; i++)
            text_add_char(&text, 'a');
        while (!text.cut)
            text_add_str(&text, "\xF0\x9F\x8C\x99");
        text_str(&text);
        begin();
        for (uint8_t key = 0; key < 5; key++) {
            failed(key, key % 2 == 0 ? "p" : "\xC3\xA4hm", 502, words);
            struct gateway_error error;
            gateway_told_error(&told, &error);
            struct span rest = gateway_error_message(&error);
            while (rest.len > 0 && utf8_len(rest) > 0)
                rest = span_skip(rest, utf8_len(rest));
            CU_ASSERT_EQUAL(rest.len, 0);
        }
        CU_ASSERT_EQUAL(times(message(), ';'), 4);
    }
}

/* As many as a configuration may have: the last dozen is named. */
static void very_many(void)
{
    char name[GATEWAY_TOLD_NAME_BYTES * 2];
    begin();
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "provider-number-%d-of-very-many", i);
        failed((uint8_t)i, name, 502, "Request failed: the service answered 500: so it is");
        const char *words = message();
        CU_ASSERT(strlen(words) < GATEWAY_ERROR_BYTES && told.len <= GATEWAY_TOLD_BYTES);
        size_t named = (size_t)i < GATEWAY_TOLD_NOTES ? (size_t)i + 1 : GATEWAY_TOLD_NOTES;
        if (i > 0) {
            CU_ASSERT_EQUAL(times(words, ';'), named - 1);
        }
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(message(), "provider-number-299"));
}

static const struct unit_test tests[] = {
    {"one provider's message stays as it is", one_provider},
    {"and whole, however long", one_at_length},
    {"several are named", several},
    {"status and the rest are the last one's", the_last_one},
    {"cut fairly", cut_fairly},
    {"cut between characters", cut_in_characters},
    {"very many", very_many},
};

UNIT_MAIN("gateway_told", tests)
