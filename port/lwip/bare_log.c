/* Lines to the board's console, and the end after a broken promise. */
#include <stddef.h>
#include <string.h>

#include "port/lwip/board.h"
#include "port/port.h"
#include "port/stamp.h"

#define EXIT_BROKEN 70
#define NUMBER_LEN 5

static void say(const char *text)
{
    board_write(text, strlen(text));
}

void port_log(enum port_level level, const char *line, size_t len)
{
    char when[STAMP_LEN];
    uint64_t wall_ms = port_wall_ms();
    stamp_write(when, wall_ms != 0 ? wall_ms : port_now_us() / 1000);
    board_write(when, sizeof(when));
    say(stamp_level(level));
    board_write(line, len);
    say("\n");
}

void port_panic(const char *file, int line)
{
    char number[NUMBER_LEN];
    stamp_digits(number, NUMBER_LEN, (uint64_t)line);
    say("moongate: a promise was broken at ");
    say(file);
    say(":");
    board_write(number, NUMBER_LEN);
    say("\n");
    board_stop(EXIT_BROKEN);
}
