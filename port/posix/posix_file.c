/* The operator's files: configuration, keys, certificates. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/port.h"
#include "port/promise.h"
#include "port/why.h"

/* A descriptor and one more, so that 0 is a free handle. */
static int files[LIMIT_FILES];

static int descriptor(int file)
{
    PROMISE(file >= 0 && file < LIMIT_FILES && files[file] > 0);
    return files[file] - 1;
}

static int free_handle(void)
{
    int file = 0;
    while (file < LIMIT_FILES && files[file] > 0)
        file++;
    return file < LIMIT_FILES ? file : PORT_FULL;
}

static int refused(int error)
{
    why_keep(why_of(error));
    return why_is_full(error) ? PORT_FULL : PORT_FAILED;
}

int port_file_open(const char *path)
{
    struct stat about;
    int file = free_handle();
    if (file < 0)
        return file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return refused(errno);
    /* A pipe or a folder has no bytes at a place. */
    if (fstat(fd, &about) != 0 || S_ISDIR(about.st_mode) || S_ISFIFO(about.st_mode)) {
        (void)close(fd);
        return refused(EINVAL);
    }
    files[file] = fd + 1;
    return file;
}

int port_file_read(int file, uint64_t at, void *out, size_t cap)
{
    int fd = descriptor(file);
    ssize_t got;
    if (at > INT64_MAX)
        return 0;
    do {
        got = pread(fd, out, cap < INT_MAX ? cap : INT_MAX, (off_t)at);
    } while (got < 0 && errno == EINTR);
    return got >= 0 ? (int)got : PORT_FAILED;
}

bool port_file_shared(int file)
{
    struct stat about;
    if (fstat(descriptor(file), &about) != 0)
        return true;
    return (about.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

void port_file_close(int file)
{
    (void)close(descriptor(file));
    files[file] = 0;
}
