/* What is stored, in memory: each blob with the new one that is being written beside it. */
#include <string.h>

#include "port/jobs.h"
#include "port/promise.h"
#include "port/sim/sim_inside.h"
#include "port/why.h"

#define NAME_BYTES 64
#define BLOB_BYTES 65536
#define ROOM_KIB 4096

struct blob {
    char name[NAME_BYTES]; /* "": none */
    bool exists;
    uint32_t len;
    uint32_t replaced;
    uint8_t bytes[BLOB_BYTES];
};

static struct blob blobs[SIM_BLOBS];

static struct {
    struct jobs waiting;
    struct jobs done; /* and not taken */
    uint64_t due_us;  /* when the first that waits is done */
} jobs;

static struct blob *find(const char *name)
{
    int i = 0;
    while (i < SIM_BLOBS && blobs[i].name[0] != '\0' && strcmp(blobs[i].name, name) != 0)
        i++;
    PROMISE(i < SIM_BLOBS && strlen(name) < NAME_BYTES);
    if (blobs[i].name[0] == '\0')
        memcpy(blobs[i].name, name, strlen(name) + 1);
    return &blobs[i];
}

void sim_store_forget(void)
{
    for (int i = 0; i < SIM_BLOBS; i++) {
        blobs[i].name[0] = '\0';
        blobs[i].exists = false;
        blobs[i].len = blobs[i].replaced = 0;
    }
}

uint32_t sim_store_replaced(const char *name)
{
    return find(name)->replaced;
}

bool sim_store_damage(const char *name)
{
    struct sim_chance *chance = &sim_inside.chance;
    struct blob *blob = find(name);
    if (!blob->exists || blob->len == 0)
        return false;
    uint32_t at = sim_chance_below(chance, blob->len);
    if (sim_chance_one_in(chance, 2))
        blob->len = at;
    else
        blob->bytes[at] ^= (uint8_t)sim_chance_range(chance, 1, 255);
    return true;
}

int port_store_open(const char *dir)
{
    (void)dir;
    why_keep(PORT_WHY_NONE);
    return 0;
}

/* ---- jobs ---- */

static void plan(void)
{
    struct sim_chance *chance = &sim_inside.chance;
    uint64_t us = sim_chance_size(chance, 500);
    if (sim_inside_fault(SIM_JOB_SLOW))
        us = sim_chance_size(chance, sim_inside.faults.job_slow_us);
    jobs.due_us = sim_inside.now_us + us;
}

void port_store_begin(struct port_store_job *job)
{
    sim_busy();
    if (jobs.waiting.first == NULL)
        plan();
    jobs_put(&jobs.waiting, job);
}

static int32_t read_blob(const struct blob *blob, const struct port_store_job *job)
{
    if (!blob->exists)
        return PORT_MISSING;
    if (job->offset >= blob->len)
        return 0;
    size_t left = blob->len - (size_t)job->offset;
    size_t len = left < job->len ? left : job->len;
    memcpy(job->data, blob->bytes + job->offset, len);
    return (int32_t)len;
}

static int32_t write_blob(struct blob *blob, const struct port_store_job *job, uint32_t at)
{
    if (at + job->len > BLOB_BYTES)
        return PORT_FULL;
    memcpy(blob->bytes + at, job->data, job->len);
    blob->len = at + (uint32_t)job->len;
    blob->exists = true;
    return (int32_t)job->len;
}

static int32_t cut_blob(struct blob *blob, const struct port_store_job *job)
{
    if (!blob->exists || blob->len < job->offset)
        return PORT_FAILED;
    blob->len = (uint32_t)job->offset;
    return 0;
}

static int32_t apply(const struct port_store_job *job)
{
    struct blob *blob = find(job->name);
    switch (job->kind) {
    case PORT_STORE_READ:
        return read_blob(blob, job);
    case PORT_STORE_REPLACE:
        blob->replaced++;
        return write_blob(blob, job, 0);
    case PORT_STORE_APPEND:
        return write_blob(blob, job, blob->exists ? blob->len : 0);
    case PORT_STORE_REMOVE:
        blob->exists = false;
        return 0;
    case PORT_STORE_CUT:
        return cut_blob(blob, job);
    default:
        return ROOM_KIB;
    }
}

/* A job that fails has done nothing, but for an append, which may have come half as far. */
static int32_t refuse(struct port_store_job *job)
{
    struct sim_chance *chance = &sim_inside.chance;
    if (job->kind == PORT_STORE_APPEND && job->len > 0) {
        struct port_store_job some = *job;
        some.len = sim_chance_below(chance, (uint32_t)job->len);
        (void)apply(&some);
    }
    return sim_chance_one_in(chance, 2) ? PORT_FULL : PORT_FAILED;
}

static void finish_first(void)
{
    struct port_store_job *job = jobs_take(&jobs.waiting);
    bool reads = job->kind == PORT_STORE_READ;
    bool fails = sim_inside_fault(reads ? SIM_READ_FAILED : SIM_JOB_FAILED);
    job->result = fails ? refuse(job) : apply(job);
    jobs_put(&jobs.done, job);
    if (jobs.waiting.first != NULL)
        plan();
}

void sim_inside_store_begin(void)
{
    memset(&jobs, 0, sizeof(jobs));
}

/* The first job may be done though nobody was told, an append half done; those behind it never
 * began. */
void sim_inside_store_cut(void)
{
    struct port_store_job *job = jobs.waiting.first;
    if (job != NULL && sim_chance_one_in(&sim_inside.chance, 2))
        (void)apply(job);
    else if (job != NULL && job->kind == PORT_STORE_APPEND)
        (void)refuse(job);
    memset(&jobs, 0, sizeof(jobs));
}

void sim_inside_store_run(void)
{
    while (jobs.waiting.first != NULL && jobs.due_us <= sim_inside.now_us)
        finish_first();
}

uint64_t sim_inside_store_due_us(void)
{
    return jobs.waiting.first != NULL ? jobs.due_us : SIM_NEVER;
}

bool sim_inside_store_ready(void)
{
    return jobs.done.first != NULL;
}

struct port_store_job *port_store_done(void)
{
    struct port_store_job *job = jobs_take(&jobs.done);
    if (job != NULL)
        sim_busy();
    return job;
}
