/* See gateway_runner_out.h. */
#include "core/gateway/gateway_runner_out.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

static uint8_t *id_of(struct gateway *g, bool errors)
{
    struct batch *batch = gateway_runner_batch(g);
    return errors ? batch->errors : batch->output;
}

int gateway_runner_out_file(const struct gateway *g, bool errors)
{
    const struct batch *batch = &g->batch->index.batches[g->runner->batch];
    return batch_index_file(&g->batch->index, errors ? batch->errors : batch->output);
}

/* There was no room, or the disk failed. */
static enum result pause(struct gateway *g)
{
    struct gateway_runner_out *out = &g->runner->out;
    out->state = GATEWAY_RUNNER_OUT_PAUSE;
    out->retry_us = g->now_us + GATEWAY_RUNNER_DISK_US;
    gateway_runner_waits(g->runner, GATEWAY_RUNNER_DISK);
    gateway_runner_due(g->runner, out->retry_us);
    return RESULT_MORE;
}

static void fill_in(struct gateway *g, struct batch_file *file, bool errors)
{
    struct text name = text_over(file->filename, sizeof(file->filename));
    text_add_str(&name, g->runner->name);
    text_add_str(&name, errors ? "_error.jsonl" : "_output.jsonl");
    text_str(&name);
    file->is_output = true;
}

/* An entry for a file that the batch does not have yet. False: the table is full. */
static bool make_entry(struct gateway *g, bool errors)
{
    struct batch_index *index = &g->batch->index;
    struct gateway_runner_out *out = &g->runner->out;
    int file = batch_index_new_file(index, gateway_runner_batch(g)->entry.key, BATCH_FILE_GROWING);
    if (file < 0)
        return false;
    fill_in(g, &index->files[file], errors);
    memcpy(id_of(g, errors), index->files[file].entry.id, BATCH_INDEX_ID_BYTES);
    out->file = (int16_t)file;
    out->mark = batch_index_touch(index);
    return true;
}

static void begin_job(struct gateway *g, enum gateway_runner_out_state state)
{
    struct gateway_runner_out *out = &g->runner->out;
    const struct batch_file *file = &g->batch->index.files[out->file];
    struct port_store_job what = {.kind = PORT_STORE_CUT, .offset = file->bytes};
    if (state == GATEWAY_RUNNER_OUT_APPEND) {
        char *bytes;
        memcpy(&bytes, &out->bytes.at, sizeof(bytes)); /* the port only reads them */
        what = (struct port_store_job){.kind = PORT_STORE_APPEND, .data = bytes,
                                       .len = out->bytes.len};
    }
    out->state = (uint8_t)state;
    batch_index_job(&out->blob, file, &what);
}

void gateway_runner_out_begin(struct gateway *g, bool errors, struct span bytes)
{
    struct gateway_runner_out *out = &g->runner->out;
    ASSERT(out->state == GATEWAY_RUNNER_OUT_IDLE && bytes.len > 0);
    out->state = GATEWAY_RUNNER_OUT_ENTRY;
    out->errors = errors;
    out->bytes = bytes;
    out->mark = g->batch->index.saved;
}

static enum result enter(struct gateway *g)
{
    struct batch_index *index = &g->batch->index;
    struct gateway_runner_out *out = &g->runner->out;
    bool room = batch_index_total(index) + out->bytes.len <= g->settings->batch.max_store_bytes &&
                index->retry_us <= g->now_us;
    out->file = (int16_t)gateway_runner_out_file(g, out->errors);
    if (!room || (out->file < 0 && !make_entry(g, out->errors)))
        return pause(g);
    if (batch_index_saved(index, out->mark))
        begin_job(g, out->torn[out->errors] ? GATEWAY_RUNNER_OUT_CUT : GATEWAY_RUNNER_OUT_APPEND);
    return RESULT_MORE;
}

/* A job has ended. */
static enum result take_job(struct gateway *g)
{
    struct gateway_runner_out *out = &g->runner->out;
    struct batch_file *file = &g->batch->index.files[out->file];
    bool good = out->blob.job.job.result >= 0;
    bool appended = out->state == GATEWAY_RUNNER_OUT_APPEND;
    bool none = !appended && file->bytes == 0; /* there is no blob yet that could be cut */
    out->torn[out->errors] = !good && !none;
    if (!good && !none)
        return pause(g);
    if (!appended) {
        begin_job(g, GATEWAY_RUNNER_OUT_APPEND);
        return RESULT_MORE;
    }
    file->bytes += out->bytes.len;
    out->state = GATEWAY_RUNNER_OUT_IDLE;
    return RESULT_DONE;
}

enum result gateway_runner_out_run(struct gateway *g)
{
    struct gateway_runner_out *out = &g->runner->out;
    ASSERT(out->state != GATEWAY_RUNNER_OUT_IDLE);
    if (out->state == GATEWAY_RUNNER_OUT_PAUSE && g->now_us < out->retry_us) {
        gateway_runner_waits(g->runner, GATEWAY_RUNNER_DISK);
        gateway_runner_due(g->runner, out->retry_us);
        return RESULT_MORE;
    }
    if (out->state == GATEWAY_RUNNER_OUT_PAUSE)
        out->state = GATEWAY_RUNNER_OUT_ENTRY;
    if (out->state == GATEWAY_RUNNER_OUT_ENTRY)
        return enter(g);
    return out->blob.job.busy ? RESULT_MORE : take_job(g);
}

/* It may be the batch's own input that fills the disk: it could never end. */
bool gateway_runner_out_drop(struct gateway *g)
{
    struct gateway_runner_out *out = &g->runner->out;
    bool drops = out->state == GATEWAY_RUNNER_OUT_PAUSE &&
                 gateway_runner_batch(g)->status == BATCH_CANCELLING;
    if (drops)
        out->state = GATEWAY_RUNNER_OUT_IDLE;
    return drops;
}

void gateway_runner_out_show(struct gateway *g)
{
    for (int errors = 0; errors < 2; errors++) {
        int file = gateway_runner_out_file(g, errors == 1);
        if (file >= 0)
            g->batch->index.files[file].state = BATCH_FILE_WHOLE;
    }
}
