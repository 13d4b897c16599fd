/* The table of files and batches: found again after a restart, damaged in every way, full, removed
 * from, and on a disk that refuses. */
#include "core/batch/batch_index.h"

#include <string.h>

#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define SECOND_US 1000000u

static struct batch_index index_;
static uint64_t now_us;
static uint8_t anna[BATCH_INDEX_KEY_BYTES], nobody[BATCH_INDEX_KEY_BYTES];

static void start(void)
{
    memset(&index_, 0, sizeof(index_));
    CU_ASSERT_FATAL(batch_index_load(&index_, PORT_LOG_ERROR));
}

static void fresh(void)
{
    unit_store_clear();
    now_us = 100 * SECOND_US;
    batch_index_key("anna", anna);
    batch_index_key(NULL, nobody);
    start();
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) {
        store_poll();
        batch_index_run(&index_, now_us);
    }
}

static int new_file(const uint8_t *key, enum batch_file_state state)
{
    int file = batch_index_new_file(&index_, key, state);
    CU_ASSERT_FATAL(file >= 0);
    return file;
}

/* A file's id as clients have it. */
static struct span name_of(int file)
{
    static char name[BATCH_INDEX_NAME_BYTES];
    batch_index_name(name, BATCH_INDEX_FILES, index_.files[file].entry.id);
    return span_of(name);
}

static void kept(void)
{
    fresh();
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
    int file = new_file(anna, BATCH_FILE_WHOLE);
    int output = new_file(anna, BATCH_FILE_GROWING);
    int batch = batch_index_new_batch(&index_, anna);
    struct batch_file before = index_.files[file];
    before.bytes = index_.files[file].bytes = UINT64_MAX - 5;
    before.is_output = index_.files[file].is_output = true;
    memset(index_.files[file].filename, 'n', LIMIT_BATCH_FILENAME_BYTES - 1);
    struct batch *b = &index_.batches[batch];
    memcpy(b->input, before.entry.id, sizeof(b->input));
    b->endpoint = 3;
    b->total = 50000;
    b->fault_count = 1;
    b->faults[0].line = 77;
    memset(b->faults[0].message, 'm', sizeof(b->faults[0].message) - 1);
    memset(b->metadata, 'x', sizeof(b->metadata) - 1);
    batch_index_step(&index_, batch, BATCH_IN_PROGRESS);
    uint32_t mark = batch_index_touch(&index_);
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), 0);
    CU_ASSERT_FALSE(batch_index_saved(&index_, mark));
    CU_ASSERT(batch_index_waits(&index_, mark, now_us));
    turns(2);
    CU_ASSERT(batch_index_saved(&index_, mark));
    CU_ASSERT_FALSE(batch_index_waits(&index_, mark, now_us));
    CU_ASSERT_EQUAL(unit_store_writes, 1);
    struct batch was = *b;
    uint8_t growing[BATCH_INDEX_ID_BYTES];
    memcpy(growing, index_.files[output].entry.id, sizeof(growing));
    start();
    file = batch_index_file(&index_, before.entry.id);
    CU_ASSERT_FATAL(file >= 0);
    CU_ASSERT_EQUAL(index_.files[file].bytes, before.bytes);
    CU_ASSERT(index_.files[file].is_output);
    CU_ASSERT_EQUAL(strlen(index_.files[file].filename), LIMIT_BATCH_FILENAME_BYTES - 1);
    CU_ASSERT_EQUAL(memcmp(&index_.batches[0], &was, sizeof(was)), 0);
    CU_ASSERT(batch_index_file(&index_, growing) >= 0); /* its batch goes on */
    CU_ASSERT_EQUAL(batch_index_older(&index_, BATCH_INDEX_FILES, UINT64_MAX, anna), file);
    int next = new_file(anna, BATCH_FILE_WHOLE);
    CU_ASSERT(index_.files[next].entry.serial > was.entry.serial);
}

static void whose(void)
{
    fresh();
    int first = new_file(anna, BATCH_FILE_WHOLE), other = new_file(nobody, BATCH_FILE_WHOLE);
    int coming = new_file(anna, BATCH_FILE_COMING), last = new_file(anna, BATCH_FILE_WHOLE);
    CU_ASSERT_NOT_EQUAL(memcmp(anna, nobody, sizeof(anna)), 0);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_FILES, name_of(first), anna), first);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_FILES, name_of(other), anna), -1);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_FILES, name_of(other), nobody), other);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_FILES, name_of(coming), anna), -1);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_BATCHES, name_of(first), anna), -1);
    CU_ASSERT_EQUAL(batch_index_find(&index_, BATCH_INDEX_FILES, SPAN("file-"), anna), -1);
    int at = batch_index_older(&index_, BATCH_INDEX_FILES, UINT64_MAX, anna);
    CU_ASSERT_EQUAL(at, last);
    at = batch_index_older(&index_, BATCH_INDEX_FILES, index_.files[at].entry.serial, anna);
    CU_ASSERT_EQUAL(at, first);
    at = batch_index_older(&index_, BATCH_INDEX_FILES, index_.files[at].entry.serial, anna);
    CU_ASSERT_EQUAL(at, -1);
}

/* Its blob goes, and then its entry; an upload that broke off goes at the next start. */
static void removed(void)
{
    struct batch_blob blob = {.job.busy = false};
    char bytes[] = "line\n";
    size_t len;
    fresh();
    int file = new_file(anna, BATCH_FILE_COMING);
    const struct port_store_job append = {
        .kind = PORT_STORE_APPEND, .data = bytes, .len = sizeof(bytes)};
    turns(2);
    batch_index_job(&blob, &index_.files[file], &append);
    store_poll();
    CU_ASSERT_FALSE(blob.job.busy);
    index_.files[file].bytes = sizeof(bytes);
    CU_ASSERT_EQUAL(batch_index_total(&index_), sizeof(bytes));
    char name[BATCH_INDEX_NAME_BYTES];
    memcpy(name, name_of(file).at, sizeof(name));
    CU_ASSERT_PTR_NOT_NULL(unit_store_blob(name, &len));
    start();
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), 0);
    turns(4);
    CU_ASSERT_PTR_NULL(unit_store_blob(name, &len));
    CU_ASSERT_EQUAL(batch_index_total(&index_), 0);
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
    start();
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
}

static void full_table(void)
{
    fresh();
    for (int i = 0; i < LIMIT_BATCH_FILES; i++)
        new_file(anna, BATCH_FILE_WHOLE);
    CU_ASSERT_EQUAL(batch_index_new_file(&index_, anna, BATCH_FILE_COMING), -1);
    batch_index_remove_file(&index_, 3);
    turns(6);
    CU_ASSERT_EQUAL(batch_index_new_file(&index_, anna, BATCH_FILE_COMING), 3);
    for (int i = 0; i < LIMIT_BATCHES; i++)
        CU_ASSERT_EQUAL(batch_index_new_batch(&index_, anna), i);
    CU_ASSERT_EQUAL(batch_index_new_batch(&index_, anna), -1);
    batch_index_step(&index_, 5, BATCH_FAILED);
    batch_index_step(&index_, 2, BATCH_COMPLETED);
    index_.batches[2].total = 9;
    turns(2); /* the largest index there is finds room in its buffer */
    CU_ASSERT_EQUAL(batch_index_new_batch(&index_, anna), 2);
    CU_ASSERT_EQUAL(index_.batches[2].total, 0);
    CU_ASSERT_EQUAL(index_.batches[2].status, BATCH_VALIDATING);
}

static void in_use(void)
{
    fresh();
    int file = new_file(anna, BATCH_FILE_WHOLE);
    int batch = batch_index_new_batch(&index_, anna);
    CU_ASSERT_FALSE(batch_index_in_use(&index_, file));
    memcpy(index_.batches[batch].input, index_.files[file].entry.id, BATCH_INDEX_ID_BYTES);
    for (int status = 0; status < BATCH_STATUSES; status++) {
        batch_index_step(&index_, batch, (enum batch_status)status);
        CU_ASSERT_EQUAL(batch_index_in_use(&index_, file),
                        !batch_index_has_ended((enum batch_status)status));
    }
}

/* A full disk cannot take the index, and still files can be removed: then there is room. */
static void refused(void)
{
    fresh();
    int file = new_file(anna, BATCH_FILE_WHOLE);
    turns(2);
    unit_store_refuse(PORT_FULL);
    batch_index_remove_file(&index_, file);
    turns(2); /* the index is refused, the blob goes */
    unit_store_refuse(0);
    turns(3);
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
    start();
    CU_ASSERT_EQUAL(batch_index_new_file(&index_, anna, BATCH_FILE_WHOLE), 0);
    unit_store_refuse(PORT_FAILED);
    turns(4);
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), now_us + BATCH_INDEX_RETRY_US);
    CU_ASSERT_FALSE(batch_index_waits(&index_, index_.changes, now_us)); /* refused */
    CU_ASSERT(batch_index_waits(&index_, index_.changes, now_us + BATCH_INDEX_RETRY_US));
    unit_store_refuse(0);
    batch_index_flush(&index_);
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
}

static void expect_set_aside(size_t len)
{
    size_t found;
    start();
    CU_ASSERT_EQUAL(batch_index_older(&index_, BATCH_INDEX_FILES, UINT64_MAX, anna), -1);
    CU_ASSERT_PTR_NOT_NULL(unit_store_blob("batch-index.bad", &found));
    CU_ASSERT_EQUAL(found, len);
    batch_index_touch(&index_);
    turns(2);
    start();
    CU_ASSERT_EQUAL(batch_index_due_us(&index_), UINT64_MAX);
}

/* Every byte and every length of a blob. */
static void damaged(void)
{
    size_t len;
    fresh();
    new_file(anna, BATCH_FILE_WHOLE);
    batch_index_new_batch(&index_, anna);
    turns(2);
    unit_store_keep();
    CU_ASSERT_PTR_NOT_NULL_FATAL(unit_store_blob("batch-index", &len));
    for (size_t i = 0; i < len; i++) {
        unit_store_back();
        unit_store_blob("batch-index", &len)[i] ^= 0x10;
        expect_set_aside(len);
    }
    for (size_t cut = 0; cut < len; cut++) {
        const struct port_store_job shorter = {
            .kind = PORT_STORE_CUT, .name = "batch-index", .offset = cut};
        struct store_job job = {.job = shorter};
        unit_store_back();
        store_begin(&job);
        store_poll();
        expect_set_aside(cut);
    }
}

static void late_disk(void)
{
    fresh();
    memset(&index_, 0, sizeof(index_));
    unit_store_hold(true);
    CU_ASSERT_FALSE(batch_index_load(&index_, PORT_LOG_ERROR));
    unit_store_hold(false);
    fresh();
    unit_store_cut_after(0); /* what cannot be read is not given up */
    new_file(anna, BATCH_FILE_WHOLE);
    turns(2);
    memset(&index_, 0, sizeof(index_));
    CU_ASSERT_FALSE(batch_index_load(&index_, PORT_LOG_ERROR));
    unit_store_power();
}

static const struct unit_test tests[] = {
    {"kept", kept},           {"whose", whose},     {"removed", removed},
    {"full table", full_table}, {"in use", in_use}, {"refused", refused},
    {"damaged", damaged},     {"late disk", late_disk},
};

int main(void)
{
    posix_start();
    return unit_run("batch_index", tests, sizeof(tests) / sizeof(tests[0]));
}
