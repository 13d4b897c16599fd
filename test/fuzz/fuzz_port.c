/* The port of fuzz targets: nothing is outside but a store in memory. */
#include "port/port.h"

#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOBS 16
#define BLOB_BYTES 1100000

static struct blob {
    char name[64]; /* "": none */
    size_t len;
    char bytes[BLOB_BYTES];
} blobs[BLOBS];

static struct port_store_job *first_done, **last_done = &first_done;

/* ---- time and chance ------------------------------------------------------------------------ */

uint64_t port_now_us(void)
{
    return 5000000;
}

uint64_t port_wall_ms(void)
{
    return 1800000000000u;
}

void port_random(void *out, size_t len)
{
    memset(out, 0x5A, len);
}

/* ---- no network ------------------------------------------------------------------------------ */

int port_listen(const char *host, uint16_t port)
{
    (void)host, (void)port;
    return PORT_FAILED;
}

uint16_t port_listen_number(int listener)
{
    (void)listener;
    return 0;
}

int port_accept(int listener, struct port_address *peer)
{
    (void)listener, (void)peer;
    return PORT_AGAIN;
}

int port_connect(const char *host, uint16_t port, unsigned flags)
{
    (void)host, (void)port, (void)flags;
    return PORT_FULL;
}

int port_recv(int slot, void *out, size_t cap)
{
    (void)slot, (void)out, (void)cap;
    return PORT_FAILED;
}

int port_send(int slot, const void *bytes, size_t len, bool more)
{
    (void)slot, (void)bytes, (void)len, (void)more;
    return PORT_FAILED;
}

void port_close(int slot)
{
    (void)slot;
}

void port_reset(int slot)
{
    (void)slot;
}

void port_shut(int slot)
{
    (void)slot;
}

enum port_why port_why(int slot)
{
    (void)slot;
    return PORT_WHY_OTHER;
}

const char *port_why_text(enum port_why why)
{
    (void)why;
    return "it is not there";
}

int port_wait(struct port_event *events, int cap, uint64_t until_us)
{
    (void)events, (void)cap, (void)until_us;
    return 0;
}

unsigned port_signals(void)
{
    return 0;
}

/* ---- the store ------------------------------------------------------------------------------- */

static struct blob *find(const char *name, bool make)
{
    struct blob *unused = NULL;
    for (int i = 0; i < BLOBS; i++) {
        if (strcmp(blobs[i].name, name) == 0)
            return &blobs[i];
        if (unused == NULL && blobs[i].name[0] == '\0')
            unused = &blobs[i];
    }
    if (!make || unused == NULL)
        return NULL;
    (void)snprintf(unused->name, sizeof(unused->name), "%s", name);
    unused->len = 0;
    return unused;
}

void fuzz_blob(const char *name, struct span bytes)
{
    for (int i = 0; i < BLOBS && name == NULL; i++)
        blobs[i].name[0] = '\0';
    if (name == NULL || bytes.len > BLOB_BYTES)
        return;
    struct blob *blob = find(name, true);
    FUZZ_CHECK(blob != NULL);
    blob->len = bytes.len;
    if (bytes.len > 0)
        memcpy(blob->bytes, bytes.at, bytes.len);
}

static int32_t read_blob(const struct port_store_job *job)
{
    const struct blob *blob = find(job->name, false);
    if (blob == NULL)
        return PORT_MISSING;
    if (job->offset >= blob->len)
        return 0;
    size_t len = blob->len - (size_t)job->offset;
    len = len < job->len ? len : job->len;
    memcpy(job->data, blob->bytes + job->offset, len);
    return (int32_t)len;
}

static int32_t write_blob(const struct port_store_job *job)
{
    struct blob *blob = find(job->name, true);
    if (blob == NULL)
        return PORT_FULL;
    size_t at = job->kind == PORT_STORE_APPEND ? blob->len : 0;
    if (job->len > BLOB_BYTES - at)
        return PORT_FULL;
    memcpy(blob->bytes + at, job->data, job->len);
    blob->len = at + job->len;
    return (int32_t)job->len;
}

int port_store_open(const char *dir)
{
    (void)dir;
    return 1;
}

void port_store_begin(struct port_store_job *job)
{
    if (job->kind == PORT_STORE_READ)
        job->result = read_blob(job);
    else if (job->kind == PORT_STORE_REPLACE || job->kind == PORT_STORE_APPEND)
        job->result = write_blob(job);
    else
        job->result = job->kind == PORT_STORE_ROOM ? INT32_MAX : PORT_FAILED;
    job->_next = NULL;
    *last_done = job;
    last_done = &job->_next;
}

struct port_store_job *port_store_done(void)
{
    struct port_store_job *job = first_done;
    if (job == NULL)
        return NULL;
    first_done = job->_next;
    if (first_done == NULL)
        last_done = &first_done;
    return job;
}

/* ---- no files -------------------------------------------------------------------------------- */

int port_file_open(const char *path)
{
    (void)path;
    return PORT_FAILED;
}

int port_file_read(int file, uint64_t at, void *out, size_t cap)
{
    (void)file, (void)at, (void)out, (void)cap;
    return PORT_FAILED;
}

bool port_file_shared(int file)
{
    (void)file;
    return false;
}

void port_file_close(int file)
{
    (void)file;
}

const char *port_env(const char *name)
{
    return strcmp(name, "SECRET") == 0 ? "sk-of-the-environment" : NULL;
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* What is logged is one line that a terminal can show. */
void port_log(enum port_level level, const char *line, size_t len)
{
    (void)level;
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((uint8_t)line[i] >= 0x20 && line[i] != 0x7F);
}

void port_trim(void *start, size_t len)
{
    (void)start, (void)len;
}

uint64_t port_resident_bytes(void)
{
    return 1;
}

void port_panic(const char *file, int line)
{
    fuzz_fail(file, line, "an assertion of core");
}
