/*
 * Files and stored state by semihosting, and random bytes, which this board has no source of its
 * own for; see port/lwip/board.h.
 */
#include <string.h>

#include "board/qemu-mps2/semihost.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/promise.h"

#define PATH_BYTES 256
#define NEW_MARK "~" /* behind the name while a blob is written; no name has it */
#define PROBE ".~"

static char dir[PATH_BYTES];
static char path[PATH_BYTES], path_new[PATH_BYTES];

/* ---- chance ---- */

void board_random(void *out, size_t len)
{
    static bool open;
    static int handle;
    if (!open)
        handle = semihost_open("/dev/urandom", SEMIHOST_READ);
    open = true;
    PROMISE(handle >= 0 && semihost_read(handle, out, len) == len);
}

/* ---- files ---- */

int board_file_open(const char *name)
{
    return semihost_open(name, SEMIHOST_READ);
}

int board_file_read(int file, uint64_t at, void *out, size_t cap)
{
    if (at >= INT32_MAX || !semihost_seek(file, (uint32_t)at))
        return 0;
    return (int)semihost_read(file, out, cap);
}

void board_file_close(int file)
{
    semihost_close(file);
}

/* ---- blobs ---- */

/* dir/name and more behind it. False: it is too long. */
static bool join(char out[PATH_BYTES], const char *name, const char *more)
{
    size_t dir_len = strlen(dir), name_len = strlen(name), more_len = strlen(more);
    if (dir_len + 1 + name_len + more_len >= PATH_BYTES)
        return false;
    memcpy(out, dir, dir_len);
    out[dir_len] = '/';
    memcpy(out + dir_len + 1, name, name_len);
    memcpy(out + dir_len + 1 + name_len, more, more_len + 1);
    return true;
}

bool board_store_open(const char *name)
{
    size_t len = strlen(name);
    if (len >= sizeof(dir))
        return false;
    memcpy(dir, name, len + 1);
    if (!join(path, PROBE, ""))
        return false;
    int handle = semihost_open(path, SEMIHOST_WRITE);
    if (handle < 0)
        return false;
    semihost_close(handle);
    return semihost_remove(path);
}

static int32_t read_blob(const struct port_store_job *job)
{
    int handle = semihost_open(path, SEMIHOST_READ);
    if (handle < 0)
        return PORT_MISSING; /* the host does not say why */
    int got = board_file_read(handle, job->offset, job->data, job->len);
    semihost_close(handle);
    return got;
}

static int32_t write_blob(const char *to, enum semihost_mode mode, const struct port_store_job *job)
{
    int handle = semihost_open(to, mode);
    if (handle < 0)
        return PORT_FAILED;
    size_t done = semihost_write(handle, job->data, job->len);
    semihost_close(handle);
    return done == job->len ? (int32_t)done : PORT_FULL;
}

static int32_t replace_blob(const struct port_store_job *job)
{
    int32_t result = write_blob(path_new, SEMIHOST_WRITE, job);
    if (result >= 0 && semihost_rename(path_new, path))
        return result;
    (void)semihost_remove(path_new);
    return result >= 0 ? PORT_FAILED : result;
}

int32_t board_store_do(const struct port_store_job *job)
{
    if (job->kind == PORT_STORE_ROOM)
        return INT32_MAX; /* the host does not say */
    if (dir[0] == '\0' || !join(path, job->name, "") || !join(path_new, job->name, NEW_MARK))
        return PORT_FAILED;
    switch (job->kind) {
    case PORT_STORE_READ:
        return read_blob(job);
    case PORT_STORE_REPLACE:
        return replace_blob(job);
    case PORT_STORE_APPEND:
        return write_blob(path, SEMIHOST_APPEND, job);
    case PORT_STORE_REMOVE:
        return semihost_remove(path) ? 0 : PORT_FAILED;
    case PORT_STORE_CUT: /* semihosting has no call for it */
    case PORT_STORE_ROOM:
        break;
    }
    return PORT_FAILED;
}
