/* See gateway_batches.h. */
#include "core/gateway/gateway_batches.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/batch/batch_clock.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_files.h"
#include "core/gateway/gateway_read.h"
#include "core/gateway/gateway_wait.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/json/json_write.h"

#define PAIRS 16 /* of metadata */
#define OBJECT_BYTES                                                                               \
    (1536 + LIMIT_BATCH_METADATA_BYTES + LIMIT_BATCH_FAULTS * (6 * LIMIT_BATCH_FAULT_BYTES + 128))

_Static_assert(LIMIT_BATCHES <= UINT8_MAX, "who waits is counted in a byte");

static struct gateway_error refused(const char *message, const char *param)
{
    return gateway_error_with(400, message, param, NULL);
}

/* ---- the object ---- */

static void add_id(struct text *out, const char *name, enum batch_index_kind kind,
                   const uint8_t id[BATCH_INDEX_ID_BYTES])
{
    static const uint8_t none[BATCH_INDEX_ID_BYTES];
    char bytes[BATCH_INDEX_NAME_BYTES];
    batch_index_name(bytes, kind, id);
    if (memcmp(id, none, sizeof(none)) != 0)
        json_write_member(out, name, span_of(bytes));
    else
        json_write_member_null(out, name);
}

static void add_time(struct text *out, const char *name, uint64_t seconds)
{
    if (seconds > 0)
        json_write_member_u64(out, name, seconds);
    else
        json_write_member_null(out, name);
}

static const char *const statuses[BATCH_STATUSES] = {
    [BATCH_VALIDATING] = "validating", [BATCH_IN_PROGRESS] = "in_progress",
    [BATCH_FINALIZING] = "finalizing", [BATCH_COMPLETED] = "completed",
    [BATCH_FAILED] = "failed",         [BATCH_EXPIRED] = "expired",
    [BATCH_CANCELLING] = "cancelling", [BATCH_CANCELLED] = "cancelled",
};

/* When it came to each status; to the first one it came when it was made. */
static void add_times(struct text *out, const struct batch *batch)
{
    char bytes[16];
    json_write_member_u64(out, "created_at", batch->entry.created_s);
    add_time(out, "expires_at", batch->expires_s);
    for (int i = BATCH_IN_PROGRESS; i < BATCH_STATUSES; i++) {
        struct text name = text_over(bytes, sizeof(bytes));
        text_add_str(&name, statuses[i]);
        text_add_str(&name, "_at");
        add_time(out, text_str(&name), batch->times_s[i]);
    }
}

static void add_faults(struct text *out, const struct batch *batch)
{
    if (batch->status != BATCH_FAILED) {
        json_write_member_null(out, "errors");
        return;
    }
    json_write_name(out, "errors");
    text_add_str(out, "{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < batch->fault_count; i++) {
        const struct batch_fault *fault = &batch->faults[i];
        text_add_str(out, i > 0 ? ",{" : "{");
        json_write_member(out, "code", span_of(batch_line_code(fault->code)));
        json_write_member(out, "message", span_of(fault->message));
        json_write_member_null(out, "param");
        add_time(out, "line", fault->line);
        text_add_char(out, '}');
    }
    text_add_str(out, "]}");
}

static void add_counts(struct text *out, const struct batch *batch)
{
    json_write_name(out, "request_counts");
    text_add_char(out, '{');
    json_write_member_u64(out, "total", batch->total);
    json_write_member_u64(out, "completed", batch->completed);
    json_write_member_u64(out, "failed", batch->failed);
    text_add_char(out, '}');
}

static void add_window(struct text *out, uint64_t seconds)
{
    json_write_name(out, "completion_window");
    text_add_char(out, '"');
    text_add_u64(out, seconds / 3600);
    text_add_str(out, "h\"");
}

static void add_rest(const struct gateway *g, int number, struct text *out)
{
    const struct batch *batch = &g->batch->index.batches[number];
    const char *waits = gateway_runner_waits_for(g, number);
    json_write_name(out, "metadata");
    text_add_str(out, batch->metadata[0] != '\0' ? batch->metadata : "null");
    if (waits != NULL) {
        json_write_name(out, "moongate");
        text_add_char(out, '{');
        json_write_member(out, "waiting_for", span_of(waits));
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}

/* A batch's files are told of once they can be read. */
static void write_object(const struct gateway *g, int number, struct text *out)
{
    static const uint8_t none[BATCH_INDEX_ID_BYTES];
    const struct batch *batch = &g->batch->index.batches[number];
    bool ended = batch_index_has_ended(batch->status);
    text_add_char(out, '{');
    add_id(out, "id", BATCH_INDEX_BATCHES, batch->entry.id);
    json_write_member(out, "object", SPAN("batch"));
    json_write_member(out, "endpoint", span_of(gateway_runner_path(batch->endpoint)));
    add_faults(out, batch);
    add_id(out, "input_file_id", BATCH_INDEX_FILES, batch->input);
    add_window(out, batch->window_s);
    json_write_member(out, "status", span_of(statuses[batch->status]));
    add_id(out, "output_file_id", BATCH_INDEX_FILES, ended ? batch->output : none);
    add_id(out, "error_file_id", BATCH_INDEX_FILES, ended ? batch->errors : none);
    add_times(out, batch);
    add_counts(out, batch);
    add_rest(g, number, out);
}

static void give(struct gateway *g, int client, int batch)
{
    char bytes[OBJECT_BYTES];
    struct text object = text_over(bytes, sizeof(bytes));
    write_object(g, batch, &object);
    ASSERT(!object.cut);
    gateway_answer_json(g, client, 200, text_span(&object));
}

/* ---- answers that wait for the disk ---- */

/* False: too many wait, which the client was told. */
static bool may_wait(struct gateway *g, int client)
{
    if (g->batch->wait_count < LIMIT_BATCHES)
        return true;
    struct gateway_error error = gateway_error_busy("The gateway is busy: its disk is slow");
    gateway_read_refuse(g, client, &error, SPAN(""));
    return false;
}

/* What the batch is now is told once that is on the disk, or cannot be. */
static void give_saved(struct gateway *g, int client, int batch)
{
    uint64_t idle_us = (uint64_t)g->settings->timeouts.client_idle_ms * 1000;
    g->batch->waits[g->batch->wait_count++] =
        (struct gateway_batches_wait){(int16_t)client, (int16_t)batch};
    g->clients[client].cursor = (uint32_t)batch + 1;
    timers_set(&g->client_timers, client, g->now_us + idle_us);
}

/* Whether it did not leave meanwhile. */
static bool is_there(const struct gateway *g, const struct gateway_batches_wait *wait)
{
    const struct gateway_client *client = &g->clients[wait->client];
    return client->state == GATEWAY_CLIENT_ANSWER && client->framing == GATEWAY_FRAMING_NONE &&
           (client->route == GATEWAY_ROUTE_BATCH_NEW ||
            client->route == GATEWAY_ROUTE_BATCH_CANCEL) &&
           client->cursor == (uint32_t)wait->batch + 1;
}

static void end_wait(struct gateway *g, const struct gateway_batches_wait *wait)
{
    struct batch_index *index = &g->batch->index;
    struct batch *batch = &index->batches[wait->batch];
    bool saved = batch_index_saved(index, batch->mark);
    struct gateway_error error = gateway_error(507, "The gateway's disk has no room for this");
    if (is_there(g, wait) && saved)
        give(g, wait->client, wait->batch);
    else if (is_there(g, wait))
        gateway_read_refuse(g, wait->client, &error, SPAN(""));
    if (!saved && batch->status == BATCH_VALIDATING) {
        batch->entry.serial = 0;
        batch_index_touch(index);
    }
    gateway_runner_wake(g);
}

void gateway_batches_run(struct gateway *g)
{
    struct gateway_batch *all = g->batch;
    uint8_t left = 0;
    for (int i = 0; i < all->wait_count; i++) {
        const struct gateway_batches_wait wait = all->waits[i];
        if (batch_index_waits(&all->index, all->index.batches[wait.batch].mark, g->now_us))
            all->waits[left++] = wait;
        else
            end_wait(g, &wait);
    }
    all->wait_count = left;
}

/* ---- one ---- */

static void refuse_unknown(struct gateway *g, int client)
{
    struct gateway_error error = gateway_error(404, "There is no such batch");
    gateway_answer_error(g, client, &error, SPAN(""));
}

void gateway_batches_one(struct gateway *g, int client, struct span id)
{
    int batch = gateway_files_find(g, client, BATCH_INDEX_BATCHES, id);
    if (batch >= 0)
        give(g, client, batch);
    else
        refuse_unknown(g, client);
}

void gateway_batches_cancel(struct gateway *g, int client, struct span id)
{
    struct span tail = SPAN("/cancel");
    struct batch_index *index = &g->batch->index;
    int batch = -1;
    if (span_ends(id, tail))
        batch = gateway_files_find(g, client, BATCH_INDEX_BATCHES,
                                   (struct span){id.at, id.len - tail.len});
    if (batch < 0) {
        refuse_unknown(g, client);
        return;
    }
    enum batch_status status = index->batches[batch].status;
    if (batch_index_has_ended(status)) {
        struct gateway_error error = gateway_error(409, "The batch has ended already");
        gateway_answer_error(g, client, &error, SPAN(""));
        return;
    }
    if (!may_wait(g, client))
        return;
    if (status != BATCH_CANCELLING) {
        batch_index_step(index, batch, BATCH_CANCELLING);
        index->batches[batch].mark = index->changes;
    }
    give_saved(g, client, batch);
    gateway_runner_wake(g);
}

/* ---- a list ---- */

static void write_listed(struct gateway *g, const struct gateway_list *list, int number,
                         struct text *out)
{
    (void)list;
    write_object(g, number, out);
}

void gateway_batches_list(struct gateway *g, int client, struct span query)
{
    const struct gateway_list list = {BATCH_INDEX_BATCHES, query, write_listed};
    gateway_files_list(g, client, &list);
}

/* ---- a new one ---- */

enum member { MEMBER_INPUT, MEMBER_ENDPOINT, MEMBER_WINDOW, MEMBER_METADATA, MEMBERS };

static bool take_input(struct gateway *g, int client, struct span value, struct batch *batch,
                       struct gateway_error *error)
{
    int file = gateway_files_find(g, client, BATCH_INDEX_FILES, json_walk_string(value));
    if (file < 0)
        *error = gateway_error_with(404, "input_file_id is not one of your files", "input_file_id",
                                    NULL);
    else if (g->batch->index.files[file].is_output)
        *error = refused("The file's purpose is not batch", "input_file_id");
    else
        memcpy(batch->input, g->batch->index.files[file].entry.id, BATCH_INDEX_ID_BYTES);
    return file >= 0 && !g->batch->index.files[file].is_output;
}

static bool take_endpoint(struct span value, struct batch *batch, struct gateway_error *error)
{
    char bytes[LIMIT_ROUTE_BYTES];
    struct span path = {bytes, json_string_decode(json_walk_string(value), bytes, sizeof(bytes))};
    int endpoint = gateway_runner_endpoint(path);
    batch->endpoint = (uint8_t)endpoint;
    *error = refused("endpoint must be /v1/chat/completions, /v1/embeddings or /v1/responses",
                     "endpoint");
    return endpoint >= 0;
}

static bool take_window(struct span value, struct batch *batch, struct gateway_error *error)
{
    *error = refused("completion_window must be hours or days, 30 days at the most, such as 24h",
                     "completion_window");
    return batch_clock_window(json_walk_string(value), &batch->window_s);
}

/* A few pairs of strings, kept as they came. */
static bool take_metadata(struct span value, struct batch *batch, struct gateway_error *error)
{
    struct span inside = json_walk_inside(value);
    struct span name, text;
    int pairs = 0;
    enum json_kind kind = json_walk_kind(value);
    bool good = kind == JSON_OBJECT && value.len < sizeof(batch->metadata);
    while (good && json_walk_member(&inside, &name, &text))
        good = json_walk_kind(text) == JSON_STRING && ++pairs <= PAIRS;
    batch->metadata[0] = '\0';
    if (good)
        memcpy(batch->metadata, value.at, value.len);
    if (good)
        batch->metadata[value.len] = '\0';
    *error = refused("metadata must be an object of at most 16 strings, 2 KiB together",
                     "metadata");
    return good || kind == JSON_ABSENT || kind == JSON_NULL;
}

static bool take_body(struct gateway *g, int client, struct batch *batch,
                      struct gateway_error *error)
{
    static const char *const names[MEMBERS] = {"input_file_id", "endpoint", "completion_window",
                                               "metadata"};
    int body = g->clients[client].body;
    struct span text = {gateway_body_bytes(&g->bodies, body), g->bodies.bodies[body].len};
    struct span values[MEMBERS];
    if (FEATURE_RELOAD && g->clients[client].key == GATEWAY_KEY_GONE) {
        *error = gateway_route_wrong_key();
        return false;
    }
    *error = refused("input_file_id, endpoint, completion_window or metadata is there twice", NULL);
    return json_walk_members(json_walk_root(text), names, MEMBERS, values) &&
           take_input(g, client, values[MEMBER_INPUT], batch, error) &&
           take_endpoint(values[MEMBER_ENDPOINT], batch, error) &&
           take_window(values[MEMBER_WINDOW], batch, error) &&
           take_metadata(values[MEMBER_METADATA], batch, error);
}

static int add(struct gateway *g, int client, const struct batch *wanted)
{
    struct batch_index *index = &g->batch->index;
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    gateway_files_key(g, client, key);
    int number = batch_index_new_batch(index, key);
    if (number < 0)
        return number;
    struct batch *batch = &index->batches[number];
    memcpy(batch->input, wanted->input, sizeof(batch->input));
    memcpy(batch->metadata, wanted->metadata, sizeof(batch->metadata));
    batch->endpoint = wanted->endpoint;
    batch->window_s = wanted->window_s;
    batch->expires_s = batch->entry.created_s > 0 ? batch->entry.created_s + wanted->window_s : 0;
    batch->mark = batch_index_touch(index);
    return number;
}

void gateway_batches_new(struct gateway *g, int client)
{
    struct gateway_error error;
    struct batch wanted = {0};
    int batch = -1;
    if (!may_wait(g, client))
        return;
    bool good = take_body(g, client, &wanted, &error);
    if (good)
        batch = add(g, client, &wanted);
    if (batch < 0) {
        if (good)
            error = gateway_error(507, "All batches that this gateway can keep are under way");
        gateway_read_refuse(g, client, &error, SPAN(""));
        return;
    }
    gateway_wait_drop_body(g, client);
    g->clients[client].state = GATEWAY_CLIENT_ANSWER;
    give_saved(g, client, batch);
}
