/* The date of HTTP: every field stands at a fixed place. */
#include "core/http/http_date.h"

#include "core/base/assert.h"

#include <string.h>

#define DAY_S 86400u
#define LAST_S 253402300799u /* 9999-12-31 23:59:59 */

#define DAYS "MonTueWedThuFriSatSun"
#define MONTHS "JanFebMarAprMayJunJulAugSepOctNovDec"
#define FIRST_DAY 3 /* 1970-01-01 was a Thursday */

static bool number_at(struct span s, size_t at, size_t len, uint64_t max, uint64_t *value)
{
    return span_number((struct span){s.at + at, len}, max, value);
}

/* Which of the three-letter names stands there, counted from 0; -1: none. */
static int name_at(struct span s, size_t at, struct span names)
{
    for (size_t i = 0; i < names.len; i += 3) {
        if (memcmp(s.at + at, names.at + i, 3) == 0)
            return (int)(i / 3);
    }
    return -1;
}

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first day of the month, month counted from 0. */
static uint32_t days_before(uint32_t year, unsigned month)
{
    static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint32_t past = year - 1;
    uint32_t leaps = past / 4 - past / 100 + past / 400;
    uint32_t leaps_1970 = 1969 / 4 - 1969 / 100 + 1969 / 400;
    uint32_t days = (year - 1970) * 365 + leaps - leaps_1970 + before[month];
    return days + (month > 1 && is_leap(year) ? 1 : 0);
}

static uint32_t month_days(uint32_t year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

/* The separators, with the fields left open. */
static bool has_shape(struct span s)
{
    static const char shape[] = "???, ?? ??? ???? ??:??:?? GMT";
    if (s.len != HTTP_DATE_BYTES)
        return false;
    for (size_t i = 0; i < HTTP_DATE_BYTES; i++) {
        if (shape[i] != '?' && shape[i] != s.at[i])
            return false;
    }
    return true;
}

bool http_date_parse(struct span s, uint64_t *unix_s)
{
    uint64_t day, year, hour, minute, second;
    if (!has_shape(s) || name_at(s, 0, SPAN(DAYS)) < 0)
        return false;
    int month = name_at(s, 8, SPAN(MONTHS));
    if (month < 0 || !number_at(s, 12, 4, 9999, &year) || year < 1970)
        return false;
    if (!number_at(s, 5, 2, 31, &day) || day == 0 ||
        day > month_days((uint32_t)year, (unsigned)month))
        return false;
    if (!number_at(s, 17, 2, 23, &hour) || !number_at(s, 20, 2, 59, &minute) ||
        !number_at(s, 23, 2, 60, &second))
        return false;
    uint64_t days = days_before((uint32_t)year, (unsigned)month) + day - 1;
    *unix_s = days * DAY_S + hour * 3600 + minute * 60 + second;
    return true;
}

/* The year that day lies in, days counted from 1970-01-01. */
static uint32_t year_of(uint32_t day)
{
    uint32_t year = 1970 + day / 366;
    while (days_before(year + 1, 0) <= day)
        year++;
    return year;
}

static unsigned month_of(uint32_t year, uint32_t day)
{
    unsigned month = (day - days_before(year, 0)) / 32;
    while (month < 11 && days_before(year, month + 1) <= day)
        month++;
    return month;
}

static void put_two(char *at, uint32_t value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

void http_date_write(struct text *t, uint64_t unix_s)
{
    char date[] = "DDD, 00 MMM 0000 00:00:00 GMT";
    ASSERT(unix_s <= LAST_S);
    uint32_t day = (uint32_t)(unix_s / DAY_S);
    uint32_t second = (uint32_t)(unix_s % DAY_S);
    uint32_t year = year_of(day);
    unsigned month = month_of(year, day);
    memcpy(date, &DAYS[(day + FIRST_DAY) % 7 * 3], 3);
    put_two(date + 5, day - days_before(year, month) + 1);
    memcpy(date + 8, &MONTHS[month * 3], 3);
    put_two(date + 12, year / 100);
    put_two(date + 14, year % 100);
    put_two(date + 17, second / 3600);
    put_two(date + 20, second / 60 % 60);
    put_two(date + 23, second % 60);
    text_add(t, (struct span){date, HTTP_DATE_BYTES});
}
