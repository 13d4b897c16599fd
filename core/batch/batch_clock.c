/* See batch_clock.h. */
#include "core/batch/batch_clock.h"

#define MINUTE_US 60000000u
#define HOUR_S 3600u
#define DAY_S 86400u

bool batch_clock_open(uint8_t from_hour, uint8_t to_hour, int hour)
{
    if (from_hour == 0 && to_hour == 24)
        return true;
    if (hour < 0)
        return false;
    return from_hour < to_hour ? hour >= from_hour && hour < to_hour
                               : hour >= from_hour || hour < to_hour;
}

uint64_t batch_clock_next_us(uint64_t now_us, uint32_t per_minute)
{
    return per_minute > 0 ? now_us + MINUTE_US / per_minute : now_us;
}

bool batch_clock_window(struct span text, uint64_t *seconds)
{
    uint64_t count;
    char unit = text.len > 1 ? text.at[text.len - 1] : '\0';
    if (unit != 'h' && unit != 'd')
        return false;
    uint32_t unit_s = unit == 'h' ? HOUR_S : DAY_S;
    if (!span_number((struct span){text.at, text.len - 1}, BATCH_CLOCK_WINDOW_S / unit_s, &count))
        return false;
    *seconds = count * unit_s;
    return count > 0;
}
