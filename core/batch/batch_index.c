/*
 * See batch_index.h. The blob: a mark, the newest serial, how many files and batches there are,
 * these, one behind the other, and CRC-32 over all before; numbers little-endian with 8 bytes,
 * texts with their length in front. One set of functions reads and writes it.
 */
#include "core/batch/batch_index.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/crc32.h"
#include "core/base/little.h"
#include "core/record/record_log.h"
#include "core/tls/tls_hash.h"

#define NAME "batch-index"
#define NAME_BAD "batch-index.bad"
#define MARK "mgbatch1"
#define MARK_BYTES 8
#define CRC_BYTES 4

/* ---- the blob -------------------------------------------------------------------------------- */

/* A place in the blob that is read or written. */
struct pass {
    char *at;
    size_t left;
    bool reads;
    bool good;
};

static void pass_bytes(struct pass *p, void *field, size_t len)
{
    p->good = p->good && len <= p->left;
    if (!p->good)
        return;
    if (p->reads)
        memcpy(field, p->at, len);
    else
        memcpy(p->at, field, len);
    p->at += len;
    p->left -= len;
}

static void pass_number(struct pass *p, uint64_t *number)
{
    uint8_t bytes[8];
    little_put(bytes, *number, sizeof(bytes));
    pass_bytes(p, bytes, sizeof(bytes));
    *number = little_get(bytes, sizeof(bytes));
}

/* A number that is less than limit. */
static void pass_small(struct pass *p, uint8_t *number, uint8_t limit)
{
    pass_bytes(p, number, 1);
    p->good = p->good && *number < limit;
}

static void pass_text(struct pass *p, char *text, size_t cap)
{
    uint8_t bytes[2];
    size_t len = strlen(text);
    little_put(bytes, len, sizeof(bytes));
    pass_bytes(p, bytes, sizeof(bytes));
    len = (size_t)little_get(bytes, sizeof(bytes));
    p->good = p->good && len < cap;
    if (p->good)
        text[len] = '\0';
    pass_bytes(p, text, len);
}

static void pass_entry(struct pass *p, struct batch_entry *entry)
{
    pass_bytes(p, entry->id, sizeof(entry->id));
    pass_bytes(p, entry->key, sizeof(entry->key));
    pass_number(p, &entry->serial);
    pass_number(p, &entry->created_s);
    p->good = p->good && entry->serial != 0;
}

static void pass_file(struct pass *p, struct batch_file *file)
{
    uint8_t is_output = file->is_output;
    pass_entry(p, &file->entry);
    pass_small(p, &file->state, BATCH_FILE_GOING + 1);
    pass_small(p, &is_output, 2);
    pass_number(p, &file->bytes);
    pass_text(p, file->filename, sizeof(file->filename));
    file->is_output = is_output != 0;
}

static void pass_numbers(struct pass *p, struct batch *batch)
{
    uint64_t *const numbers[] = {&batch->window_s, &batch->expires_s, &batch->total,
                                 &batch->completed, &batch->failed};
    for (int i = 0; i < BATCH_STATUSES; i++)
        pass_number(p, &batch->times_s[i]);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        pass_number(p, numbers[i]);
}

static void pass_batch(struct pass *p, struct batch *batch)
{
    pass_entry(p, &batch->entry);
    pass_small(p, &batch->status, BATCH_STATUSES);
    pass_small(p, &batch->endpoint, UINT8_MAX);
    pass_bytes(p, batch->input, sizeof(batch->input));
    pass_bytes(p, batch->output, sizeof(batch->output));
    pass_bytes(p, batch->errors, sizeof(batch->errors));
    pass_numbers(p, batch);
    pass_small(p, &batch->fault_count, LIMIT_BATCH_FAULTS + 1);
    for (int i = 0; p->good && i < batch->fault_count; i++) {
        pass_number(p, &batch->faults[i].line);
        pass_small(p, &batch->faults[i].code, UINT8_MAX);
        pass_text(p, batch->faults[i].message, sizeof(batch->faults[i].message));
    }
    pass_text(p, batch->metadata, sizeof(batch->metadata));
}

/* The blob's length, or 0: it is none of ours. What is free has no place in it. */
static size_t pass_all(struct batch_index *index, bool reads, size_t len)
{
    struct pass p = {index->bytes + MARK_BYTES, len - MARK_BYTES, reads, true};
    uint64_t files = 0, batches = 0;
    for (int i = 0; i < LIMIT_BATCH_FILES; i++)
        files += index->files[i].entry.serial != 0;
    for (int i = 0; i < LIMIT_BATCHES; i++)
        batches += index->batches[i].entry.serial != 0;
    pass_number(&p, &index->serial);
    pass_number(&p, &files);
    pass_number(&p, &batches);
    p.good = p.good && files <= LIMIT_BATCH_FILES && batches <= LIMIT_BATCHES;
    for (int i = 0; p.good && i < LIMIT_BATCH_FILES; i++)
        if (reads ? (uint64_t)i < files : index->files[i].entry.serial != 0)
            pass_file(&p, &index->files[i]);
    for (int i = 0; p.good && i < LIMIT_BATCHES; i++)
        if (reads ? (uint64_t)i < batches : index->batches[i].entry.serial != 0)
            pass_batch(&p, &index->batches[i]);
    return p.good ? (size_t)(p.at - index->bytes) : 0;
}

static uint32_t crc_of(const struct batch_index *index, size_t len)
{
    return crc32_of((struct span){index->bytes, len});
}

static size_t write_blob(struct batch_index *index)
{
    memcpy(index->bytes, MARK, MARK_BYTES);
    size_t len = pass_all(index, false, sizeof(index->bytes) - CRC_BYTES);
    ASSERT(len > 0);
    little_put(index->bytes + len, crc_of(index, len), CRC_BYTES);
    return len + CRC_BYTES;
}

static bool read_blob(struct batch_index *index, size_t len)
{
    if (len < MARK_BYTES + CRC_BYTES || memcmp(index->bytes, MARK, MARK_BYTES) != 0)
        return false;
    len -= CRC_BYTES;
    return little_get(index->bytes + len, CRC_BYTES) == crc_of(index, len) &&
           pass_all(index, true, len) == len;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void begin(struct batch_index *index, enum port_store_kind kind, const char *name,
                  size_t len)
{
    struct text text = text_over(index->name, sizeof(index->name));
    text_add_str(&text, name);
    text_str(&text);
    index->busy = true;
    index->job.job = (struct port_store_job){
        .kind = kind, .name = index->name, .data = index->bytes, .len = len};
    store_begin(&index->job);
}

static void set_aside(struct batch_index *index, size_t len)
{
    memset(index->files, 0, sizeof(index->files));
    memset(index->batches, 0, sizeof(index->batches));
    index->serial = 0;
    record_log_line(PORT_LOG_ERROR, index->log_level,
                    "the index of files and batches is damaged: it is set aside as " NAME_BAD
                    " in state_dir, and a new one begun");
    begin(index, PORT_STORE_REPLACE, NAME_BAD, len);
}

bool batch_index_load(struct batch_index *index, enum port_level log_level)
{
    index->log_level = log_level;
    index->going = -1;
    index->looked = index->changes - 1;
    begin(index, PORT_STORE_READ, NAME, sizeof(index->bytes));
    if (!store_wait(&index->job, BATCH_INDEX_START_US))
        return false;
    int32_t len = index->job.job.result;
    if (len < 0 && len != PORT_MISSING)
        return false;
    if (len >= 0 && !read_blob(index, (size_t)len)) {
        set_aside(index, (size_t)len);
        if (!store_wait(&index->job, BATCH_INDEX_START_US))
            return false;
    }
    index->busy = false;
    for (int i = 0; i < LIMIT_BATCH_FILES; i++)
        if (index->files[i].entry.serial != 0 && index->files[i].state == BATCH_FILE_COMING)
            batch_index_remove_file(index, i);
    return true;
}

uint32_t batch_index_touch(struct batch_index *index)
{
    return ++index->changes;
}

bool batch_index_saved(const struct batch_index *index, uint32_t mark)
{
    return (int32_t)(index->saved - mark) >= 0;
}

bool batch_index_waits(const struct batch_index *index, uint32_t mark, uint64_t now_us)
{
    return !batch_index_saved(index, mark) && index->retry_us <= now_us;
}

/* Such a file, or -1. That there is none holds until something is changed. */
static int find_going(const struct batch_index *index)
{
    bool known = index->looked == index->changes;
    for (int i = 0; !known && i < LIMIT_BATCH_FILES; i++)
        if (index->files[i].entry.serial != 0 && index->files[i].state == BATCH_FILE_GOING)
            return i;
    return -1;
}

static void end_write(struct batch_index *index, uint64_t now_us)
{
    if (index->job.job.result >= 0) {
        index->saved = index->writing;
        return;
    }
    index->retry_us = now_us + BATCH_INDEX_RETRY_US;
    record_log_line(PORT_LOG_ERROR, index->log_level,
                    index->job.job.result == PORT_FULL
                        ? "no room on the disk for the index of files and batches"
                        : "the index of files and batches cannot be saved");
}

static void end_job(struct batch_index *index, uint64_t now_us)
{
    index->busy = false;
    if (index->going < 0) {
        end_write(index, now_us);
        return;
    }
    /* It has gone, or it never came; there may be room now for the index. */
    index->files[index->going].entry.serial = 0;
    index->going = -1;
    index->retry_us = 0;
    batch_index_touch(index);
}

static void begin_next(struct batch_index *index, uint64_t now_us)
{
    int going = find_going(index);
    if (going < 0)
        index->looked = index->changes;
    if (index->saved != index->changes && now_us >= index->retry_us) {
        index->writing = index->changes;
        begin(index, PORT_STORE_REPLACE, NAME, write_blob(index));
    } else if (going >= 0) {
        char name[BATCH_INDEX_NAME_BYTES];
        batch_index_name(name, BATCH_INDEX_FILES, index->files[going].entry.id);
        index->going = (int16_t)going;
        begin(index, PORT_STORE_REMOVE, name, 0);
    }
}

void batch_index_run(struct batch_index *index, uint64_t now_us)
{
    if (index->busy && !index->job.busy)
        end_job(index, now_us);
    if (!index->busy)
        begin_next(index, now_us);
}

uint64_t batch_index_due_us(const struct batch_index *index)
{
    if (index->busy)
        return UINT64_MAX;
    if (find_going(index) >= 0)
        return 0;
    return index->saved != index->changes ? index->retry_us : UINT64_MAX;
}

void batch_index_flush(struct batch_index *index)
{
    index->retry_us = 0;
    for (int i = 0; i < 2 * LIMIT_BATCH_FILES + 2; i++) {
        if (!index->busy)
            begin_next(index, 0);
        if (!index->busy || !store_wait(&index->job, BATCH_INDEX_START_US))
            return;
        end_job(index, 0);
    }
}

/* ---- entries --------------------------------------------------------------------------------- */

void batch_index_key(const char *name, uint8_t key[BATCH_INDEX_KEY_BYTES])
{
    uint8_t hash[TLS_HASH_BYTES];
    memset(key, 0, BATCH_INDEX_KEY_BYTES);
    if (name == NULL)
        return;
    tls_hash_of(span_of(name), hash);
    memcpy(key, hash, BATCH_INDEX_KEY_BYTES);
}

void batch_index_name(char out[BATCH_INDEX_NAME_BYTES], enum batch_index_kind kind,
                      const uint8_t id[BATCH_INDEX_ID_BYTES])
{
    struct text text = text_over(out, BATCH_INDEX_NAME_BYTES);
    text_add_str(&text, kind == BATCH_INDEX_FILES ? "file-" : "batch_");
    text_add_hex(&text, id, BATCH_INDEX_ID_BYTES);
    text_str(&text);
}

static void begin_entry(struct batch_index *index, struct batch_entry *entry, const uint8_t *key)
{
    port_random(entry->id, sizeof(entry->id));
    memcpy(entry->key, key, sizeof(entry->key));
    entry->serial = ++index->serial;
    entry->created_s = port_wall_ms() / 1000;
    batch_index_touch(index);
}

int batch_index_new_file(struct batch_index *index, const uint8_t key[BATCH_INDEX_KEY_BYTES],
                         enum batch_file_state state)
{
    int i = 0;
    while (i < LIMIT_BATCH_FILES && index->files[i].entry.serial != 0)
        i++;
    if (i == LIMIT_BATCH_FILES)
        return -1;
    index->files[i] = (struct batch_file){.state = (uint8_t)state};
    begin_entry(index, &index->files[i].entry, key);
    return i;
}

bool batch_index_has_ended(enum batch_status status)
{
    return status == BATCH_COMPLETED || status == BATCH_FAILED || status == BATCH_EXPIRED ||
           status == BATCH_CANCELLED;
}

/* A free place, or that of the batch which ended and was begun first. */
int batch_index_new_batch(struct batch_index *index, const uint8_t key[BATCH_INDEX_KEY_BYTES])
{
    int best = -1;
    for (int i = 0; i < LIMIT_BATCHES; i++) {
        const struct batch *batch = &index->batches[i];
        bool may = batch->entry.serial == 0 || batch_index_has_ended(batch->status);
        if (may && (best < 0 || batch->entry.serial < index->batches[best].entry.serial))
            best = i;
    }
    if (best < 0)
        return -1;
    memset(&index->batches[best], 0, sizeof(index->batches[best]));
    begin_entry(index, &index->batches[best].entry, key);
    index->batches[best].times_s[BATCH_VALIDATING] = index->batches[best].entry.created_s;
    return best;
}

void batch_index_step(struct batch_index *index, int batch, enum batch_status status)
{
    index->batches[batch].status = (uint8_t)status;
    index->batches[batch].times_s[status] = port_wall_ms() / 1000;
    batch_index_touch(index);
}

void batch_index_remove_file(struct batch_index *index, int file)
{
    index->files[file].state = BATCH_FILE_GOING;
    batch_index_touch(index);
}

static bool same_id(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, BATCH_INDEX_ID_BYTES) == 0;
}

bool batch_index_in_use(const struct batch_index *index, int file)
{
    const uint8_t *id = index->files[file].entry.id;
    for (int i = 0; i < LIMIT_BATCHES; i++) {
        const struct batch *batch = &index->batches[i];
        bool runs = batch->entry.serial != 0 && !batch_index_has_ended(batch->status);
        if (runs && (same_id(batch->input, id) || same_id(batch->output, id) ||
                     same_id(batch->errors, id)))
            return true;
    }
    return false;
}

const struct batch_entry *batch_index_entry(const struct batch_index *index,
                                            enum batch_index_kind kind, int number)
{
    return kind == BATCH_INDEX_FILES ? &index->files[number].entry : &index->batches[number].entry;
}

/* The entry with that number when the key may see it, else NULL. */
static const struct batch_entry *seen(const struct batch_index *index, enum batch_index_kind kind,
                                      int i, const uint8_t *key)
{
    const struct batch_entry *entry = batch_index_entry(index, kind, i);
    bool shown = entry->serial != 0 && memcmp(entry->key, key, sizeof(entry->key)) == 0 &&
                 (kind != BATCH_INDEX_FILES || index->files[i].state == BATCH_FILE_WHOLE);
    return shown ? entry : NULL;
}

static int count_of(enum batch_index_kind kind)
{
    return kind == BATCH_INDEX_FILES ? LIMIT_BATCH_FILES : LIMIT_BATCHES;
}

int batch_index_find(const struct batch_index *index, enum batch_index_kind kind, struct span id,
                     const uint8_t key[BATCH_INDEX_KEY_BYTES])
{
    char name[BATCH_INDEX_NAME_BYTES];
    for (int i = 0; i < count_of(kind); i++) {
        const struct batch_entry *entry = seen(index, kind, i, key);
        if (entry == NULL)
            continue;
        batch_index_name(name, kind, entry->id);
        if (span_equal(id, span_of(name)))
            return i;
    }
    return -1;
}

int batch_index_older(const struct batch_index *index, enum batch_index_kind kind, uint64_t serial,
                      const uint8_t key[BATCH_INDEX_KEY_BYTES])
{
    int best = -1;
    uint64_t newest = 0;
    for (int i = 0; i < count_of(kind); i++) {
        const struct batch_entry *entry = seen(index, kind, i, key);
        if (entry == NULL || entry->serial >= serial || entry->serial <= newest)
            continue;
        best = i;
        newest = entry->serial;
    }
    return best;
}

int batch_index_file(const struct batch_index *index, const uint8_t id[BATCH_INDEX_ID_BYTES])
{
    for (int i = 0; i < LIMIT_BATCH_FILES; i++) {
        const struct batch_file *file = &index->files[i];
        bool there = file->state == BATCH_FILE_WHOLE || file->state == BATCH_FILE_GROWING;
        if (file->entry.serial != 0 && there && same_id(file->entry.id, id))
            return i;
    }
    return -1;
}

uint64_t batch_index_total(const struct batch_index *index)
{
    uint64_t total = 0;
    for (int i = 0; i < LIMIT_BATCH_FILES; i++) {
        const struct batch_file *file = &index->files[i];
        bool counts = file->entry.serial != 0 && file->state != BATCH_FILE_GOING;
        total += counts ? file->bytes : 0;
    }
    return total;
}

/* ---- blobs of files -------------------------------------------------------------------------- */

void batch_index_job(struct batch_blob *blob, const struct batch_file *file,
                     const struct port_store_job *what)
{
    batch_index_name(blob->name, BATCH_INDEX_FILES, file->entry.id);
    blob->job.job = *what;
    blob->job.job.name = blob->name;
    store_begin(&blob->job);
}

void batch_index_read(struct batch_blob *blob, const struct batch_file *file, char *data,
                      size_t len, uint64_t offset)
{
    const struct port_store_job what = {
        .kind = PORT_STORE_READ, .data = data, .len = len, .offset = offset};
    batch_index_job(blob, file, &what);
}
