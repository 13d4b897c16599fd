/* What the store does with one blob; on the storage thread, because a disk may take its time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "port/jobs.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "port/why.h"

#define NEW_MARK "~" /* behind the name while a blob is written; no name has it */
#define PROBE ".~"
#define PATH_BYTES 4096

/* ---- the directory -------------------------------------------------------------------------- */

/* Makes the folders of a path one after the other. */
static void make_folders(const char *path)
{
    char part[PATH_BYTES];
    size_t len = strlen(path);
    if (len >= sizeof(part))
        return;
    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        (void)mkdir(part, 0700);
    }
}

/* Rights alone do not tell: the disk may be mounted for reading, or full. */
static bool is_writable(int folder)
{
    int fd = openat(folder, PROBE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    (void)close(fd);
    return unlinkat(folder, PROBE, 0) == 0;
}

int posix_blob_folder(const char *path)
{
    make_folders(path);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && !is_writable(folder)) {
        int error = errno;
        (void)close(folder);
        errno = error;
        return -1;
    }
    return folder;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static int32_t refused(int error)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG || why_is_full(error);
    return full ? PORT_FULL : PORT_FAILED;
}

static int32_t count_of(size_t len)
{
    return len < INT32_MAX ? (int32_t)len : INT32_MAX;
}

static int32_t read_at(int fd, const struct port_store_job *job)
{
    char *to = job->data;
    size_t len = (size_t)count_of(job->len);
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(fd, to + done, len - done, (off_t)(job->offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refused(errno);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int32_t)done;
}

static bool write_all(int fd, const struct port_store_job *job)
{
    const char *from = job->data;
    size_t done = 0;
    while (done < job->len) {
        ssize_t written = write(fd, from + done, job->len - done);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            done += (size_t)written;
    }
    return true;
}

/* Some file systems cannot sync a directory, and need not. */
static bool sync_folder(int folder)
{
    return fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/* ---- jobs ----------------------------------------------------------------------------------- */

static int32_t read_blob(int folder, const struct port_store_job *job)
{
    if (job->offset > INT64_MAX - (uint64_t)INT32_MAX)
        return 0;
    int fd = openat(folder, job->name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? PORT_MISSING : PORT_FAILED;
    int32_t result = read_at(fd, job);
    (void)close(fd);
    return result;
}

static bool write_new(int folder, const char *name, const struct port_store_job *job)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write_all(fd, job) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    errno = error;
    return good;
}

static int32_t replace_blob(int folder, const struct port_store_job *job)
{
    char name[JOBS_NAME_LEN_MAX + sizeof(NEW_MARK)];
    size_t len = strlen(job->name);
    memcpy(name, job->name, len);
    memcpy(name + len, NEW_MARK, sizeof(NEW_MARK));
    if (write_new(folder, name, job) && renameat(folder, name, folder, job->name) == 0)
        return sync_folder(folder) ? count_of(job->len) : PORT_FAILED;
    int32_t result = refused(errno);
    (void)unlinkat(folder, name, 0);
    return result;
}

/* Half a record helps nobody: what did not fit is taken back. */
static int32_t append_to(int fd, const struct port_store_job *job)
{
    struct stat before;
    if (fstat(fd, &before) != 0)
        return refused(errno);
    if (write_all(fd, job) && fsync(fd) == 0)
        return count_of(job->len);
    int32_t result = refused(errno);
    int undone = ftruncate(fd, before.st_size);
    (void)undone; /* the disk is failing already */
    return result;
}

static int32_t append_blob(int folder, const struct port_store_job *job)
{
    const int how = O_WRONLY | O_APPEND | O_CLOEXEC;
    int fd = openat(folder, job->name, how);
    bool made = fd < 0 && errno == ENOENT;
    if (made)
        fd = openat(folder, job->name, how | O_CREAT, 0600);
    if (fd < 0)
        return refused(errno);
    int32_t result = append_to(fd, job);
    (void)close(fd);
    return result >= 0 && made && !sync_folder(folder) ? PORT_FAILED : result;
}

static int32_t remove_blob(int folder, const struct port_store_job *job)
{
    if (unlinkat(folder, job->name, 0) != 0)
        return PORT_FAILED;
    return sync_folder(folder) ? 0 : PORT_FAILED;
}

static int32_t cut_to(int fd, uint64_t len)
{
    struct stat before;
    if (fstat(fd, &before) != 0 || (uint64_t)before.st_size < len)
        return PORT_FAILED;
    return ftruncate(fd, (off_t)len) == 0 && fsync(fd) == 0 ? 0 : PORT_FAILED;
}

static int32_t cut_blob(int folder, const struct port_store_job *job)
{
    int fd = openat(folder, job->name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return PORT_FAILED;
    int32_t result = cut_to(fd, job->offset);
    (void)close(fd);
    return result;
}

static int32_t room(int folder)
{
    struct statvfs disk;
    if (fstatvfs(folder, &disk) != 0)
        return PORT_FAILED;
    uint64_t block = disk.f_frsize;
    uint64_t blocks = disk.f_bavail;
    uint64_t kib = block >= 1024 ? blocks * (block / 1024) : blocks * block / 1024;
    return kib < INT32_MAX ? (int32_t)kib : INT32_MAX;
}

int32_t posix_blob_do(int folder, const struct port_store_job *job)
{
    if (folder < 0 || !jobs_named(job))
        return PORT_FAILED;
    switch (job->kind) {
    case PORT_STORE_READ:
        return read_blob(folder, job);
    case PORT_STORE_REPLACE:
        return replace_blob(folder, job);
    case PORT_STORE_APPEND:
        return append_blob(folder, job);
    case PORT_STORE_REMOVE:
        return remove_blob(folder, job);
    case PORT_STORE_CUT:
        return cut_blob(folder, job);
    case PORT_STORE_ROOM:
        return room(folder);
    }
    return PORT_FAILED;
}
