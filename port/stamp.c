/* See stamp.h. */
#include "port/stamp.h"

#include <stdbool.h>
#include <string.h>

#define DAY_S 86400

void stamp_digits(char *out, int count, uint64_t value)
{
    for (; count > 0; count--) {
        out[count - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Days since 1970 to a date of the Gregorian calendar. Counted from 1 March of the year 0 leap
 * days come last, so that months and years are plain divisions. */
static void date(char *out, uint64_t days)
{
    days += 719468;
    uint64_t era = days / 146097;
    uint64_t day = days % 146097;
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    uint64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    bool next_year = month >= 10;
    stamp_digits(out, 4, era * 400 + year + next_year);
    stamp_digits(out + 5, 2, next_year ? month - 9 : month + 3);
    stamp_digits(out + 8, 2, day + 1);
}

void stamp_write(char out[STAMP_LEN], uint64_t wall_ms)
{
    uint64_t seconds = wall_ms / 1000;
    uint64_t of_day = seconds % DAY_S;
    memcpy(out, "0000-00-00T00:00:00.000Z ", STAMP_LEN);
    date(out, seconds / DAY_S);
    stamp_digits(out + 11, 2, of_day / 3600);
    stamp_digits(out + 14, 2, of_day / 60 % 60);
    stamp_digits(out + 17, 2, of_day % 60);
    stamp_digits(out + 20, 3, wall_ms % 1000);
}

const char *stamp_level(enum port_level level)
{
    static const char words[][8] = {
        [PORT_LOG_ERROR] = "ERROR ",
        [PORT_LOG_WARN] = "WARN ",
        [PORT_LOG_INFO] = "INFO ",
        [PORT_LOG_DEBUG] = "DEBUG ",
    };
    return words[level];
}
