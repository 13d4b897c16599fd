/* See gateway_transfer.h. */
#include "core/gateway/gateway_transfer.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_files.h"
#include "core/gateway/gateway_read.h"
#include "core/gateway/gateway_wait.h"

#define PIECE_MIN_BYTES 256 /* of room in the client's queue */
#define SLACK_BYTES BATCH_MULTIPART_DELIMITER_BYTES /* what a form gives may have begun earlier */

_Static_assert(LIMIT_BATCH_PIECE_BYTES >= 4 * SLACK_BYTES, "a piece has room for a delimiter");
_Static_assert(LIMIT_OUT_BYTES >= PIECE_MIN_BYTES, "an empty queue has room");

/* ---- transfers ------------------------------------------------------------------------------- */

static struct batch_file *file_of(struct gateway *g, const struct gateway_transfer *t)
{
    return &g->batch->index.files[t->file];
}

/* Whether it was not removed meanwhile. */
static bool is_there(struct gateway *g, const struct gateway_transfer *t)
{
    const struct batch_file *file = file_of(g, t);
    return file->entry.serial == t->serial && file->state != BATCH_FILE_GOING;
}

/* The client's, or NULL. */
static struct gateway_transfer *transfer_of(struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    bool may = client->route == GATEWAY_ROUTE_FILES || client->route == GATEWAY_ROUTE_FILE;
    return may && client->cursor > 0 ? &g->batch->transfers[client->cursor - 1] : NULL;
}

/* One that is free, for a client, or NULL: all are in use, which the client is told. */
static struct gateway_transfer *take(struct gateway *g, int number)
{
    for (int i = 0; i < LIMIT_BATCH_TRANSFERS; i++) {
        struct gateway_transfer *t = &g->batch->transfers[i];
        if (t->taken)
            continue;
        memset(t, 0, offsetof(struct gateway_transfer, piece));
        t->taken = true;
        t->client = (int16_t)number;
        t->file = -1;
        t->mark = g->batch->index.saved;
        g->clients[number].cursor = (uint32_t)i + 1;
        return t;
    }
    struct gateway_error error = gateway_error_busy("The gateway is busy: too many files at once");
    gateway_read_refuse(g, number, &error, SPAN(""));
    return NULL;
}

/* A piece that the disk still has is free once that is over. */
static void give(struct gateway *g, struct gateway_transfer *t)
{
    if (t->client >= 0)
        g->clients[t->client].cursor = 0;
    t->client = -1;
    t->taken = t->blob.job.busy;
    if (t->uploads && !t->kept && t->file >= 0 && is_there(g, t))
        batch_index_remove_file(&g->batch->index, t->file);
    t->uploads = false;
    if (!t->taken)
        port_trim(t->piece, sizeof(t->piece));
}

void gateway_transfer_left(struct gateway *g, int client)
{
    struct gateway_transfer *t = transfer_of(g, client);
    if (t != NULL)
        give(g, t);
}

/* Whether the disk is still to answer. */
static bool is_waiting(const struct gateway *g, const struct gateway_transfer *t)
{
    return t->blob.job.busy || batch_index_waits(&g->batch->index, t->mark, g->now_us);
}

static bool is_ready(const struct gateway *g, const struct gateway_transfer *t)
{
    if (!t->taken)
        return false;
    bool waits = t->waits || t->client < 0 || (!t->uploads && t->asked);
    return waits && !is_waiting(g, t);
}

bool gateway_transfer_wait(const struct gateway *g)
{
    for (int i = 0; i < LIMIT_BATCH_TRANSFERS; i++)
        if (is_ready(g, &g->batch->transfers[i]))
            return true;
    return false;
}

void gateway_transfer_run(struct gateway *g)
{
    for (int i = 0; i < LIMIT_BATCH_TRANSFERS; i++) {
        struct gateway_transfer *t = &g->batch->transfers[i];
        if (!is_ready(g, t))
            continue;
        t->waits = false;
        if (t->client < 0)
            give(g, t);
        else if (t->uploads)
            queue_add(&g->client_run, t->client);
        else
            gateway_transfer_some(g, t->client);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static enum result refuse(struct gateway *g, int number, const struct gateway_error *error)
{
    gateway_read_refuse(g, number, error, SPAN("")); /* which gives the transfer back */
    return RESULT_DONE;
}

static enum result refuse_with(struct gateway *g, int number, uint16_t status, const char *message)
{
    struct gateway_error error = gateway_error(status, message);
    return refuse(g, number, &error);
}

static enum result refuse_limit(struct gateway *g, int number, uint16_t status, uint64_t limit)
{
    struct gateway_error error = gateway_error(status, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, status == 413 ? "The file is larger than "
                                      : "There is no room for the file: all together may have ");
    text_add_u64(&text, limit);
    text_add_str(&text, status == 413 ? " bytes ([batch] max_file_bytes)"
                                      : " bytes ([batch] max_store_bytes): delete some");
    text_str(&text);
    return refuse(g, number, &error);
}

static enum result refuse_form(struct gateway *g, int number, const char *why)
{
    struct gateway_error error = gateway_error(400, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "The form cannot be read: ");
    text_add_str(&text, why);
    text_str(&text);
    return refuse(g, number, &error);
}

static enum result refuse_disk(struct gateway *g, int number, int32_t code)
{
    return code == PORT_FULL
               ? refuse_with(g, number, 507, "There is no room for the file on the gateway's disk")
               : refuse_with(g, number, 500, "The gateway's disk does not take the file");
}

/* False: so many bytes are too many, and the client was told. */
static bool fits(struct gateway *g, int number, uint64_t file_bytes, uint64_t more)
{
    const struct settings_batch *limits = &g->settings->batch;
    uint64_t total = batch_index_total(&g->batch->index);
    if (file_bytes > limits->max_file_bytes)
        refuse_limit(g, number, 413, limits->max_file_bytes);
    else if (total > limits->max_store_bytes || more > limits->max_store_bytes - total)
        refuse_limit(g, number, 507, limits->max_store_bytes);
    else
        return true;
    return false;
}

/* ---- uploads --------------------------------------------------------------------------------- */

/* A client that sends nothing, and a disk that does not answer, have an end. */
static void set_timer(struct gateway *g, int number)
{
    uint64_t body_us = (uint64_t)g->settings->timeouts.client_body_ms * 1000;
    timers_set(&g->client_timers, number, g->now_us + body_us);
}

static void begin_file(struct gateway *g, struct gateway_transfer *t)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    struct batch_index *index = &g->batch->index;
    gateway_files_key(g, t->client, key);
    t->file = (int16_t)batch_index_new_file(index, key, BATCH_FILE_COMING);
    if (t->file < 0) {
        refuse_with(g, t->client, 507, "There are too many files: delete some");
        return;
    }
    t->mark = index->changes;
    t->serial = index->serial;
    g->clients[t->client].state = GATEWAY_CLIENT_UPLOAD;
    set_timer(g, t->client);
}

void gateway_transfer_upload(struct gateway *g, int number, const struct http_request *request)
{
    uint64_t least = request->content_length > BATCH_MULTIPART_BESIDE_BYTES
                         ? request->content_length - BATCH_MULTIPART_BESIDE_BYTES
                         : 0;
    struct gateway_client *client = &g->clients[number];
    client->unread = true;
    if (!request->chunked && !request->has_length) {
        refuse_with(g, number, 411, "The request has neither Content-Length nor chunks");
        return;
    }
    if (!fits(g, number, least, least))
        return;
    struct gateway_transfer *t = take(g, number);
    if (t == NULL)
        return;
    t->uploads = true;
    t->chunked = request->chunked;
    t->left = request->content_length;
    t->whole = !t->chunked && t->left == 0;
    http_chunked_init(&t->coding);
    if (batch_multipart_begin(&t->form, request->content_type))
        begin_file(g, t);
    else
        refuse_with(g, number, 415, "The content type must be multipart/form-data with a boundary");
}

/* The next bytes of the form go to the piece, which has room. */
static enum result take_form(struct gateway *g, struct gateway_transfer *t, struct span in)
{
    struct span data;
    enum result result = batch_multipart_next(&t->form, &in, &data);
    for (; result == RESULT_DONE; result = batch_multipart_next(&t->form, &in, &data)) {
        ASSERT(data.len <= sizeof(t->piece) - t->len);
        memcpy(t->piece + t->len, data.at, data.len);
        t->len += (uint32_t)data.len;
    }
    if (result == RESULT_FAULT)
        return refuse_form(g, t->client, t->form.why);
    uint64_t file_bytes = file_of(g, t)->bytes + t->len;
    uint64_t beside = t->came > file_bytes ? t->came - file_bytes : 0;
    if (beside > BATCH_MULTIPART_BESIDE_BYTES)
        return refuse_with(g, t->client, 413, "The form has too much besides its file");
    fits(g, t->client, file_bytes, t->len);
    return RESULT_DONE;
}

/* What stands in the head buffer, as far as the piece has room for it. */
static enum result take_buffered(struct gateway *g, struct gateway_transfer *t, size_t room)
{
    int number = t->client;
    struct gateway_client *client = &g->clients[number];
    struct span in = gateway_read_buffered(g, number);
    struct span data = in;
    in.len = in.len < room ? in.len : room;
    data.len = in.len < t->left ? in.len : (size_t)t->left;
    enum result result = RESULT_MORE;
    const char *start = in.at;
    if (t->chunked) {
        result = http_chunked_next(&t->coding, &in, &data);
    } else {
        in = span_skip(in, data.len);
        t->left -= data.len;
    }
    if (result == RESULT_FAULT)
        return gateway_read_broken(g, number, t->coding.fault);
    t->whole = t->chunked ? result == RESULT_DONE : t->left == 0;
    t->came += data.len;
    client->unread = !t->whole;
    client->head_at = (uint16_t)(client->head_at + (size_t)(in.at - start));
    result = take_form(g, t, data);
    gateway_wait_spare_head(g, number);
    return result;
}

static enum result read_some(struct gateway *g, struct gateway_transfer *t, size_t room)
{
    int number = t->client;
    enum result result = RESULT_DONE;
    if (!gateway_read_continue(g, number))
        return RESULT_MORE;
    if (gateway_read_buffered(g, number).len == 0) {
        result = gateway_read_fill(g, number);
        if (result == RESULT_DONE)
            set_timer(g, number);
    }
    return result == RESULT_DONE ? take_buffered(g, t, room) : result;
}

/* All of it is on the disk. */
static enum result end_upload(struct gateway *g, struct gateway_transfer *t)
{
    struct batch_file *file = file_of(g, t);
    const char *why = batch_multipart_fault(&t->form);
    if (why != NULL)
        return refuse_form(g, t->client, why);
    if (!span_equal((struct span){t->form.purpose, t->form.purpose_len}, SPAN("batch"))) {
        struct gateway_error error =
            gateway_error_with(400, "The purpose must be batch", "purpose", NULL);
        return refuse(g, t->client, &error);
    }
    if (file->bytes == 0)
        return refuse_with(g, t->client, 400, "The file is empty");
    struct text name = text_over(file->filename, sizeof(file->filename));
    text_add_str(&name, t->form.filename[0] != '\0' ? t->form.filename : "upload.jsonl");
    text_str(&name);
    file->state = BATCH_FILE_WHOLE;
    t->mark = batch_index_touch(&g->batch->index);
    t->kept = true;
    return RESULT_DONE;
}

/* It is saved, and so is its entry. */
static enum result answer_upload(struct gateway *g, struct gateway_transfer *t)
{
    int number = t->client, file = t->file;
    if (!is_there(g, t))
        return refuse_with(g, number, 404, "The file was deleted meanwhile");
    g->clients[number].state = GATEWAY_CLIENT_ANSWER;
    give(g, t);
    gateway_files_one(g, number, file);
    return RESULT_DONE;
}

/* What the disk has answered. */
static enum result end_append(struct gateway *g, struct gateway_transfer *t)
{
    int32_t result = t->blob.job.job.result;
    if (!batch_index_saved(&g->batch->index, t->mark)) { /* the index was refused */
        t->kept = false;
        return refuse_disk(g, t->client, PORT_FULL);
    }
    if (t->asked && result < 0)
        return refuse_disk(g, t->client, result);
    if (t->asked) {
        file_of(g, t)->bytes += t->len;
        t->len = 0;
    }
    t->asked = false;
    set_timer(g, t->client);
    return RESULT_MORE;
}

enum result gateway_transfer_read(struct gateway *g, int number)
{
    struct gateway_transfer *t = transfer_of(g, number);
    ASSERT(t != NULL);
    t->waits = is_waiting(g, t);
    if (t->waits)
        return RESULT_MORE;
    if (end_append(g, t) == RESULT_DONE)
        return RESULT_DONE;
    if (t->kept)
        return answer_upload(g, t);
    size_t room = sizeof(t->piece) - t->len;
    if (!t->whole && room > 2 * SLACK_BYTES)
        return read_some(g, t, room - SLACK_BYTES);
    if (t->len == 0)
        return end_upload(g, t);
    const struct port_store_job append = {
        .kind = PORT_STORE_APPEND, .data = t->piece, .len = t->len};
    t->asked = true;
    batch_index_job(&t->blob, file_of(g, t), &append);
    return RESULT_DONE;
}

/* ---- content --------------------------------------------------------------------------------- */

/* Queues what the piece has left. False: there is no room for all of it. */
static bool send_piece(struct gateway *g, struct gateway_transfer *t)
{
    while (t->used < t->len) {
        size_t rest = t->len - t->used;
        size_t room = gateway_answer_room(g, t->client);
        if (room < rest && room < PIECE_MIN_BYTES)
            return false;
        struct span bytes = {t->piece + t->used, rest < room ? rest : room};
        if (!gateway_answer_put(g, t->client, bytes))
            return false;
        t->used += (uint32_t)bytes.len;
    }
    return true;
}

static void read_piece(struct gateway *g, struct gateway_transfer *t)
{
    const struct batch_file *file = file_of(g, t);
    size_t len = t->left < sizeof(t->piece) ? (size_t)t->left : sizeof(t->piece);
    t->asked = true;
    batch_index_read(&t->blob, file, t->piece, len, file->bytes - t->left);
}

/* False: the file is not what it was. */
static bool end_read(struct gateway_transfer *t)
{
    int32_t result = t->blob.job.job.result;
    t->asked = false;
    t->used = 0;
    t->len = result > 0 ? (uint32_t)result : 0;
    t->left -= t->len;
    return result > 0;
}

void gateway_transfer_some(struct gateway *g, int number)
{
    struct gateway_transfer *t = transfer_of(g, number);
    if (t == NULL || t->uploads || t->blob.job.busy)
        return;
    if ((t->asked && !end_read(t)) || !is_there(g, t))
        gateway_answer_cut(g, number);
    else if (send_piece(g, t) && t->left > 0)
        read_piece(g, t);
    else if (t->used == t->len && t->left == 0)
        gateway_answer_end(g, number, false);
    if (g->clients[number].ended)
        give(g, t);
}

void gateway_transfer_content(struct gateway *g, int number, int file)
{
    const struct gateway_answer answer = {.status = 200,
                                          .content_type = "application/octet-stream",
                                          .has_length = true,
                                          .length = g->batch->index.files[file].bytes};
    struct gateway_transfer *t = take(g, number);
    if (t == NULL)
        return;
    t->file = (int16_t)file;
    t->serial = g->batch->index.files[file].entry.serial;
    t->left = g->clients[number].is_head ? 0 : answer.length;
    if (gateway_answer_start(g, number, &answer))
        gateway_transfer_some(g, number);
    else
        give(g, t);
}
