/* The date of HTTP. */
#include "core/http/http_date.h"
#include "test/unit/unit.h"

#include <string.h>

struct row {
    const char *text;
    uint64_t unix_s;
};

static const struct row good[] = {
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
    {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
    {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
    {"Fri, 01 Mar 2024 00:00:00 GMT", 1709251200},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
    {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
    {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
};

static const char *const bad[] = {
    "",
    "0",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT ",
    "Sun, 06 Nov 1994 08:49:37 GM",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 30 Feb 2024 08:49:37 GMT",
    "Sun, 29 Feb 2023 08:49:37 GMT",
    "Sun, 29 Feb 2100 08:49:37 GMT",
    "Sun, 06 Nov 1969 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, +6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov -994 08:49:37 GMT",
    "Sun  06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
};

static bool parse(const char *text, size_t len, uint64_t *unix_s)
{
    return http_date_parse((struct span){unit_guard(0, text, len), len}, unix_s);
}

static void test_good(void)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t unix_s = 1;
        CU_ASSERT_TRUE(parse(good[i].text, strlen(good[i].text), &unix_s));
        CU_ASSERT_EQUAL(unix_s, good[i].unix_s);
    }
}

static void test_bad(void)
{
    uint64_t unix_s;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(parse(bad[i], strlen(bad[i]), &unix_s));
    for (size_t len = 0; len < strlen(good[2].text); len++)
        CU_ASSERT_FALSE(parse(good[2].text, len, &unix_s));
}

/* Day after day from 1970 to 2200 each date is the one before and 86400 seconds. */
static void test_calendar(void)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    uint64_t expected = 0;
    for (int n = 0; n < (2200 - 1970) * 12 * 31; n++) {
        int year = 1970 + n / 372, month = n / 31 % 12, day = n % 31 + 1;
        char text[] = "Thu, 00 Xxx 0000 00:00:00 GMT";
        uint64_t unix_s;
        memcpy(text + 8, months[month], 3);
        text[5] = (char)('0' + day / 10);
        text[6] = (char)('0' + day % 10);
        for (int i = 3, rest = year; i >= 0; i--, rest /= 10)
            text[12 + i] = (char)('0' + rest % 10);
        if (http_date_parse(SPAN(text), &unix_s)) {
            CU_ASSERT_EQUAL(unix_s, expected);
            expected += 86400;
        }
    }
    CU_ASSERT_EQUAL(expected, 7258118400u);
}

static void check_written(uint64_t unix_s, const char *expected)
{
    char *room = unit_guard_room(1, 29);
    struct text t = text_over(room, 29);
    http_date_write(&t, unix_s);
    CU_ASSERT_FALSE(t.cut);
    CU_ASSERT_TRUE(span_equal(text_span(&t), span_of(expected)));
}

/* All of them but the leap second, which no count of seconds has. */
static void test_write(void)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (strstr(good[i].text, ":60 ") == NULL)
            check_written(good[i].unix_s, good[i].text);
    }
}

/* What is written is read again, through all months and hours; the days' names go round. */
static void test_write_calendar(void)
{
    uint64_t step;
    for (uint64_t unix_s = 0; unix_s < 253402300799u; unix_s += step) {
        step = unix_s < 8000000000u ? 86400 + 3671 : 991 * 90071;
        char bytes[30];
        struct text t = text_over(bytes, sizeof(bytes));
        uint64_t again = 0;
        http_date_write(&t, unix_s);
        CU_ASSERT_TRUE_FATAL(http_date_parse(text_span(&t), &again));
        CU_ASSERT_EQUAL_FATAL(again, unix_s);
        const char *day = &"ThuFriSatSunMonTueWed"[unix_s / 86400 % 7 * 3];
        CU_ASSERT_EQUAL_FATAL(memcmp(bytes, day, 3), 0);
    }
}

static const struct unit_test tests[] = {
    {"dates", test_good},
    {"refused dates", test_bad},
    {"every day", test_calendar},
    {"dates are written", test_write},
    {"what is written is read", test_write_calendar},
};

UNIT_MAIN("http_date", tests)
