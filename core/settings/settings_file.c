/* See settings_file.h. */
#include "core/settings/settings_file.h"

#include "core/base/assert.h"
#include "port/port.h"

static const char broken[] = "it cannot be read";

static const char *open_file(const char *path, int *file)
{
    ASSERT(path != NULL);
    *file = port_file_open(path);
    if (*file >= 0)
        return NULL;
    return *file == PORT_FULL ? "too many files are open" : port_why_text(port_why(-1));
}

const char *settings_file_check(const char *path)
{
    char one = 0;
    int file = -1;
    const char *why = open_file(path, &file);
    if (why != NULL)
        return why;
    int got = port_file_read(file, 0, &one, sizeof(one));
    port_file_close(file);
    return got < 0 ? broken : NULL;
}

const char *settings_file_read(const char *path, struct text *out, bool *shared)
{
    char more = 0;
    uint64_t at = 0;
    int got = 1;
    int file = -1;
    const char *why = open_file(path, &file);
    if (why != NULL)
        return why;
    *shared = port_file_shared(file);
    while (got > 0 && !out->cut) {
        bool full = out->len == out->cap;
        char *to = full ? &more : out->at + out->len;
        got = port_file_read(file, at, to, full ? 1 : out->cap - out->len);
        out->cut = full && got > 0;
        if (got > 0 && !full)
            out->len += (size_t)got;
        at += got > 0 ? (uint64_t)got : 0;
    }
    port_file_close(file);
    return got < 0 ? broken : NULL;
}
