/* See unit_store.h. Defines all that port/posix/posix_store.c does. */
#include "test/unit/unit_store.h"

#include <stdlib.h>
#include <string.h>

#define BLOBS 24
#define BLOB_BYTES 1100000
#define JOBS 16

struct blob {
    char name[64]; /* "": none */
    size_t len;
    char bytes[BLOB_BYTES];
};

int unit_store_writes;
uint64_t unit_store_written;

static struct blob blobs[BLOBS], kept[BLOBS];
static struct port_store_job *done[JOBS];
static int done_count;
static bool held, powerless, blind;
static int32_t refused;
static size_t budget = SIZE_MAX;

static struct blob *find(const char *name, bool make)
{
    struct blob *free_one = NULL;
    for (int i = 0; i < BLOBS; i++) {
        if (strcmp(blobs[i].name, name) == 0)
            return &blobs[i];
        if (blobs[i].name[0] == '\0' && free_one == NULL)
            free_one = &blobs[i];
    }
    if (!make)
        return NULL;
    if (free_one == NULL)
        abort();
    strncpy(free_one->name, name, sizeof(free_one->name) - 1);
    free_one->len = 0;
    return free_one;
}

static int32_t read_blob(const struct port_store_job *job)
{
    const struct blob *blob = find(job->name, false);
    if (blob == NULL)
        return PORT_MISSING;
    size_t at = job->offset < blob->len ? (size_t)job->offset : blob->len;
    size_t len = blob->len - at < job->len ? blob->len - at : job->len;
    memcpy(job->data, blob->bytes + at, len);
    return (int32_t)len;
}

static int32_t write_blob(const struct port_store_job *job)
{
    bool append = job->kind == PORT_STORE_APPEND;
    size_t len = job->len < budget ? job->len : budget;
    powerless = len < job->len;
    budget -= budget == SIZE_MAX ? 0 : len;
    if (powerless && !append)
        return PORT_FAILED;
    struct blob *blob = find(job->name, true);
    size_t at = append ? blob->len : 0;
    if (at + len > BLOB_BYTES)
        abort();
    memcpy(blob->bytes + at, job->data, len);
    blob->len = at + len;
    unit_store_writes++;
    unit_store_written += len;
    return powerless ? PORT_FAILED : (int32_t)len;
}

static int32_t cut_blob(const struct port_store_job *job)
{
    struct blob *blob = find(job->name, false);
    if (blob == NULL || blob->len < job->offset)
        return PORT_FAILED;
    blob->len = (size_t)job->offset;
    return 0;
}

static int32_t do_job(const struct port_store_job *job)
{
    bool writes = job->kind == PORT_STORE_APPEND || job->kind == PORT_STORE_REPLACE;
    if (powerless)
        return PORT_FAILED;
    if (job->kind == PORT_STORE_READ)
        return blind ? PORT_FAILED : read_blob(job);
    if (job->kind == PORT_STORE_CUT)
        return cut_blob(job);
    if (writes)
        return refused != 0 ? refused : write_blob(job);
    struct blob *blob = job->kind == PORT_STORE_REMOVE ? find(job->name, false) : NULL;
    if (blob != NULL)
        blob->name[0] = '\0';
    return blob != NULL || job->kind == PORT_STORE_ROOM ? 0 : PORT_FAILED;
}

int port_store_open(const char *dir)
{
    (void)dir;
    return 0;
}

void port_store_begin(struct port_store_job *job)
{
    if (done_count == JOBS)
        abort();
    job->result = do_job(job);
    done[done_count++] = job;
}

struct port_store_job *port_store_done(void)
{
    if (held || done_count == 0)
        return NULL;
    struct port_store_job *job = done[0];
    memmove(&done[0], &done[1], (size_t)--done_count * sizeof(done[0]));
    return job;
}

void unit_store_clear(void)
{
    for (int i = 0; i < BLOBS; i++)
        blobs[i].name[0] = '\0';
    done_count = 0;
    held = blind = false;
    refused = 0;
    unit_store_writes = 0;
    unit_store_written = 0;
    unit_store_power();
}

void unit_store_blind(bool is_blind)
{
    blind = is_blind;
}

void unit_store_hold(bool hold)
{
    held = hold;
}

void unit_store_refuse(int32_t code)
{
    refused = code;
}

void unit_store_cut_after(size_t bytes)
{
    budget = bytes;
}

void unit_store_power(void)
{
    powerless = false;
    budget = SIZE_MAX;
}

char *unit_store_blob(const char *name, size_t *len)
{
    struct blob *blob = find(name, false);
    if (blob == NULL)
        return NULL;
    *len = blob->len;
    return blob->bytes;
}

static void copy(struct blob *to, const struct blob *from)
{
    for (int i = 0; i < BLOBS; i++) {
        memcpy(to[i].name, from[i].name, sizeof(to[i].name));
        to[i].len = from[i].len;
        if (from[i].name[0] != '\0')
            memcpy(to[i].bytes, from[i].bytes, from[i].len);
    }
}

void unit_store_keep(void)
{
    copy(kept, blobs);
}

void unit_store_back(void)
{
    copy(blobs, kept);
}
