/* See unit_folder.h. */
#define _GNU_SOURCE
#include "test/unit/unit_folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/unit.h"

static char folder[PATH_MAX];

void unit_folder_make(void)
{
    const char *where = getenv("TMPDIR");
    (void)snprintf(folder, sizeof(folder), "%s/unit.XXXXXX", where != NULL ? where : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

void unit_folder_remove(void)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *unit_folder_path(const char *name)
{
    static char path[PATH_MAX + 256];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

void unit_folder_write(const char *name, const char *text, mode_t mode)
{
    int fd = open(unit_folder_path(name), O_WRONLY | O_CREAT | O_TRUNC, mode);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
    (void)close(fd);
}
