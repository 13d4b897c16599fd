/* The box's time zone, which was read at the start, before the program shuts itself in. */
#define _GNU_SOURCE
#include <time.h>

#include "port/port.h"

int port_local_hour(void)
{
    uint64_t wall_ms = port_wall_ms();
    time_t now = (time_t)(wall_ms / 1000);
    struct tm local;
    if (wall_ms == 0 || localtime_r(&now, &local) == NULL)
        return -1;
    return local.tm_hour;
}
