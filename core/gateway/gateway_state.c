/* See gateway_state.h. */
#include "core/gateway/gateway_state.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/tls/tls_hash.h"

/* What keys have used: see gateway_keys.h. */
#define KEYS_NAME "keys"

/* The identity's blob: a mark, both ids, the seal, and SHA-256 over all before. */
#define IDENTITY_NAME "identity"
#define IDENTITY_MARK "mgident1"
#define MARK_BYTES 8
#define ID_BYTES (UUID_TEXT_BYTES - 1)
#define IDENTITY_BODY_BYTES (MARK_BYTES + 2 * ID_BYTES + GATEWAY_STATE_SEAL_BYTES)
#define IDENTITY_BYTES (IDENTITY_BODY_BYTES + TLS_HASH_BYTES)

#define BENCHES_NAME "benches" /* see gateway_bench.c */
#define BAD ".bad" /* behind the name of one that is damaged */
#define READ_TRIES 3

_Static_assert(IDENTITY_BYTES <= GATEWAY_STATE_BYTES, "the buffer holds an identity");
_Static_assert(GATEWAY_KEYS_BLOB_BYTES <= GATEWAY_STATE_BYTES, "and what keys have used");

static void hash_identity(const uint8_t *blob, uint8_t out[TLS_HASH_BYTES])
{
    tls_hash_of((struct span){(const char *)blob, IDENTITY_BODY_BYTES}, out);
}

static size_t write_identity(const struct gateway_state *state, uint8_t *blob)
{
    uint8_t *at = blob + MARK_BYTES;
    memcpy(blob, IDENTITY_MARK, MARK_BYTES);
    memcpy(at, state->device_id, ID_BYTES);
    memcpy(at + ID_BYTES, state->session_id, ID_BYTES);
    memcpy(at + 2 * ID_BYTES, state->seal, GATEWAY_STATE_SEAL_BYTES);
    hash_identity(blob, blob + IDENTITY_BODY_BYTES);
    return IDENTITY_BYTES;
}

static bool read_identity(struct gateway_state *state, const uint8_t *blob, size_t len)
{
    uint8_t hash[TLS_HASH_BYTES];
    if (len != IDENTITY_BYTES || memcmp(blob, IDENTITY_MARK, MARK_BYTES) != 0)
        return false;
    hash_identity(blob, hash);
    if (memcmp(hash, blob + IDENTITY_BODY_BYTES, TLS_HASH_BYTES) != 0)
        return false;
    const uint8_t *at = blob + MARK_BYTES;
    memcpy(state->device_id, at, ID_BYTES);
    memcpy(state->session_id, at + ID_BYTES, ID_BYTES);
    memcpy(state->seal, at + 2 * ID_BYTES, GATEWAY_STATE_SEAL_BYTES);
    return true;
}

static void make_identity(struct gateway_state *state)
{
    uuid_v4(state->device_id);
    uuid_v4(state->session_id);
    port_random(state->seal, sizeof(state->seal));
    state->identity_dirty = true;
}

static void log_state(const struct gateway *g, enum port_level level, const char *what,
                      const char *name)
{
    struct record_log log;
    record_log_begin(&log, level, what);
    record_log_add_str(&log, "file", name);
    record_log_add_str(&log, "state_dir", g->settings->state_dir);
    record_log_end(&log, g->settings->log_level);
}

static int first_dirty(const struct gateway *g)
{
    for (int i = 0; i < LIMIT_CATALOGS; i++)
        if (g->catalogs.dirty[i])
            return i;
    return MODEL_CATALOG_NONE;
}

/* ---- jobs ---- */

static void begin(struct gateway *g, enum port_store_kind kind, const char *name, size_t len)
{
    struct gateway_state *state = &g->state;
    ASSERT(!state->busy);
    struct text text = text_over(state->name, sizeof(state->name));
    text_add_str(&text, name);
    text_str(&text);
    state->busy = true;
    state->job.job = (struct port_store_job){
        .kind = kind, .name = state->name, .data = state->bytes, .len = len};
    store_begin(&state->job);
}

/* Waits for the job under way. False: the disk does not answer in time. */
static bool wait_for_job(struct gateway *g)
{
    g->state.busy = !store_wait(&g->state.job, GATEWAY_STATE_START_US);
    return !g->state.busy;
}

/* What could not be written is dirty still, and tried again later. */
static void end_job(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    state->busy = false;
    if (state->job.job.result >= 0 || state->job.job.kind == PORT_STORE_REMOVE)
        return; /* there may have been nothing */
    log_state(g, PORT_LOG_ERROR,
              state->job.job.result == PORT_FULL ? "no room on the disk: not saved"
                                                 : "cannot be saved",
              state->name);
    if (span_equal(span_of(state->name), SPAN(IDENTITY_NAME)))
        state->identity_dirty = true;
    g->keys.dirty |= span_equal(span_of(state->name), SPAN(KEYS_NAME));
    state->benches_dirty |=
        FEATURE_KEPT_BENCHES && span_equal(span_of(state->name), SPAN(BENCHES_NAME));
    for (int i = 0; i < LIMIT_CATALOGS; i++) {
        char name[MODEL_CATALOG_FILE_BYTES];
        model_catalog_file(i, name);
        g->catalogs.dirty[i] |= span_equal(span_of(name), span_of(state->name));
    }
    state->flush_us = state->retry_us = g->now_us + GATEWAY_STATE_RETRY_US;
}

/* Reads a whole blob into the buffer: its length, or a negative result. What is there is asked for
 * more than once before it is given up. */
static int read_blob(struct gateway *g, const char *name)
{
    int result = PORT_FAILED;
    for (int i = 0; i < READ_TRIES && result < 0 && result != PORT_MISSING; i++) {
        begin(g, PORT_STORE_READ, name, sizeof(g->state.bytes));
        if (!wait_for_job(g))
            return PORT_AGAIN;
        result = g->state.job.job.result;
    }
    if (result < 0 && result != PORT_MISSING)
        log_state(g, PORT_LOG_ERROR, "cannot be read", name);
    return result;
}

/* The list in the file of a catalog's number, which may be another's since: then it moves, and what
 * nobody has any more is removed. */
static void load_list(struct gateway *g, int number)
{
    struct gateway_catalogs *catalogs = &g->catalogs;
    char name[MODEL_CATALOG_FILE_BYTES];
    model_catalog_file(number, name);
    int len = read_blob(g, name);
    if (len < 0)
        return;
    int catalog = model_catalog_load(&catalogs->models, g->state.bytes, (size_t)len);
    log_state(g, PORT_LOG_INFO,
              catalog == MODEL_CATALOG_NONE
                  ? "a saved model list is damaged, or its account is gone: it is removed"
                  : "the saved model list serves, stale, until a new one comes",
              name);
    if (catalog == number)
        return;
    catalogs->dirty[number] = true;
    if (catalog != MODEL_CATALOG_NONE)
        catalogs->dirty[catalog] = true;
}

/* What was read is damaged: it stays on the disk under another name, for whoever looks into it. */
static void set_aside(struct gateway *g, const char *name_bad, int len)
{
    log_state(g, PORT_LOG_WARN, "a state file is damaged: set aside as this one, and made anew",
              name_bad);
    begin(g, PORT_STORE_REPLACE, name_bad, (size_t)len);
    if (wait_for_job(g))
        end_job(g);
}

static void load_keys(struct gateway *g)
{
    int len = g->settings->key_count > 0 ? read_blob(g, KEYS_NAME) : 0;
    if (len > 0 && !gateway_keys_load(g, g->state.bytes, (size_t)len))
        set_aside(g, KEYS_NAME BAD, len);
}

static void load_benches(struct gateway *g)
{
    int len = FEATURE_KEPT_BENCHES ? read_blob(g, BENCHES_NAME) : 0;
    if (len > 0 && !gateway_bench_load(g, (struct span){(char *)g->state.bytes, (size_t)len}))
        set_aside(g, BENCHES_NAME BAD, len);
}

bool gateway_state_load(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    state->flush_us = UINT64_MAX;
    int len = read_blob(g, IDENTITY_NAME);
    state->unreadable = len < 0 && len != PORT_MISSING;
    if (state->unreadable)
        return false;
    bool good = len > 0 && read_identity(state, state->bytes, (size_t)len);
    if (!good && len >= 0)
        set_aside(g, IDENTITY_NAME BAD, len);
    if (!good)
        make_identity(state);
    if (!state->busy)
        load_benches(g);
    for (int i = 0; i < LIMIT_CATALOGS && !state->busy; i++)
        load_list(g, i);
    if (!state->busy)
        load_keys(g);
    if (state->identity_dirty || first_dirty(g) != MODEL_CATALOG_NONE)
        state->flush_us = 0;
    return !state->busy;
}

void gateway_state_identify(const struct gateway *g, struct provider_call *call)
{
    const struct settings_provider *own = call->provider;
    call->device_id = span_of(own->device_id != NULL ? own->device_id : g->state.device_id);
    call->session_id = span_of(own->session_id != NULL ? own->session_id : g->state.session_id);
}

void gateway_state_touch(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    uint64_t due_us = g->now_us + (uint64_t)g->settings->state_flush_s * 1000000;
    if (due_us < state->retry_us)
        due_us = state->retry_us;
    if (due_us < state->flush_us)
        state->flush_us = due_us;
}

/* Benches end at a time of day: they wait for a clock. */
static bool has_benches(const struct gateway *g)
{
    return FEATURE_KEPT_BENCHES && g->state.benches_dirty && port_wall_ms() != 0;
}

/* Writes a catalog's list; without one, what may be there of an account before is removed. */
static void write_list(struct gateway *g, int catalog)
{
    struct gateway_state *state = &g->state;
    const struct model_catalogs *models = &g->catalogs.models;
    char name[MODEL_CATALOG_FILE_BYTES];
    model_catalog_file(catalog, name);
    size_t len = models->catalogs[catalog].users == 0
                     ? 0
                     : model_catalog_save(models, catalog, state->bytes, sizeof(state->bytes));
    g->catalogs.dirty[catalog] = false;
    begin(g, len > 0 ? PORT_STORE_REPLACE : PORT_STORE_REMOVE, name, len);
}

/* Begins to write the next thing that is dirty. */
static void write_next(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    int catalog = first_dirty(g);
    if (state->identity_dirty) {
        state->identity_dirty = false;
        begin(g, PORT_STORE_REPLACE, IDENTITY_NAME, write_identity(state, state->bytes));
    } else if (g->keys.dirty) {
        g->keys.dirty = false;
        begin(g, PORT_STORE_REPLACE, KEYS_NAME, gateway_keys_save(g, state->bytes));
    } else if (has_benches(g)) {
        state->benches_dirty = false;
        begin(g, PORT_STORE_REPLACE, BENCHES_NAME,
              gateway_bench_save(g, (char *)state->bytes, sizeof(state->bytes)));
    } else if (catalog != MODEL_CATALOG_NONE) {
        write_list(g, catalog);
    } else {
        bool waits = FEATURE_KEPT_BENCHES && state->benches_dirty;
        state->flush_us = waits ? g->now_us + GATEWAY_STATE_RETRY_US : UINT64_MAX;
    }
}

void gateway_state_run(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    if (state->busy && !state->job.busy)
        end_job(g);
    if (!state->busy && g->now_us >= state->flush_us)
        write_next(g);
}

void gateway_state_flush(struct gateway *g)
{
    struct gateway_state *state = &g->state;
    if (state->busy && wait_for_job(g))
        end_job(g);
    state->retry_us = 0;
    for (int i = 0; i < LIMIT_CATALOGS + 3 && !state->busy && state->retry_us == 0; i++) {
        write_next(g);
        if (state->busy && wait_for_job(g))
            end_job(g);
    }
}
