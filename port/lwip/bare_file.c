/* The operator's files. */
#include <stddef.h>

#include "config/bounds.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/promise.h"
#include "port/why.h"

/* The board's number and one more, so that 0 is a free handle. */
static int files[LIMIT_FILES];

static int number_of(int file)
{
    PROMISE(file >= 0 && file < LIMIT_FILES && files[file] > 0);
    return files[file] - 1;
}

int port_file_open(const char *path)
{
    int file = 0;
    while (file < LIMIT_FILES && files[file] > 0)
        file++;
    if (file == LIMIT_FILES)
        return PORT_FULL;
    int number = board_file_open(path);
    if (number < 0) {
        why_keep(PORT_WHY_MISSING);
        return PORT_FAILED;
    }
    files[file] = number + 1;
    return file;
}

int port_file_read(int file, uint64_t at, void *out, size_t cap)
{
    int got = board_file_read(number_of(file), at, out, cap);
    return got >= 0 ? got : PORT_FAILED;
}

/* There are no other users. */
bool port_file_shared(int file)
{
    (void)number_of(file);
    return false;
}

void port_file_close(int file)
{
    board_file_close(number_of(file));
    files[file] = 0;
}

const char *port_env(const char *name)
{
    (void)name;
    return NULL;
}
