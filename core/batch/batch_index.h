/*
 * The table of files and of batches, kept in one small blob of the state directory. A file's bytes
 * stand in a blob of their own, named as the file is. Everything that the disk has can be found
 * from here: an entry is saved before its blob gets a byte, and freed after the blob has gone.
 */
#ifndef MOONGATE_BATCH_INDEX_H
#define MOONGATE_BATCH_INDEX_H

#include "config/bounds.h"
#include "core/base/store.h"
#include "core/base/text.h"

#define BATCH_INDEX_ID_BYTES 16
#define BATCH_INDEX_KEY_BYTES 8
#define BATCH_INDEX_NAME_BYTES 40        /* "file-" or "batch_", 32 digits, a NUL */
#define BATCH_INDEX_START_US 5000000u    /* a job at start or stop may take that long */
#define BATCH_INDEX_RETRY_US 30000000u   /* after a write that failed */

enum batch_index_kind { BATCH_INDEX_FILES, BATCH_INDEX_BATCHES };

/* What files and batches have alike. */
struct batch_entry {
    uint8_t id[BATCH_INDEX_ID_BYTES];
    uint8_t key[BATCH_INDEX_KEY_BYTES]; /* whose: of SHA-256 over the key's name; 0: nobody's */
    uint64_t serial;    /* grows from one to the next; 0: there is no such thing, it is free */
    uint64_t created_s; /* since 1970; 0: the clock was not set */
};

enum batch_file_state {
    BATCH_FILE_COMING,  /* an upload; at a start it is taken for one that broke off */
    BATCH_FILE_GROWING, /* a batch writes it; clients do not see it yet; kept over a restart */
    BATCH_FILE_WHOLE,
    BATCH_FILE_GOING    /* its blob is being removed, then its entry is free */
};

struct batch_file {
    struct batch_entry entry;
    uint8_t state;  /* enum batch_file_state */
    bool is_output; /* purpose "batch_output", else "batch" */
    uint64_t bytes; /* of its blob that count; while it grows, its writer's to set */
    char filename[LIMIT_BATCH_FILENAME_BYTES]; /* printable UTF-8 */
};

enum batch_status {
    BATCH_VALIDATING,
    BATCH_IN_PROGRESS,
    BATCH_FINALIZING,
    BATCH_COMPLETED,
    BATCH_FAILED,
    BATCH_EXPIRED,
    BATCH_CANCELLING,
    BATCH_CANCELLED,
    BATCH_STATUSES
};

/* Why a batch failed, an element of `errors`. */
struct batch_fault {
    uint64_t line; /* from 1 on; 0: none */
    uint8_t code;  /* the runner's number for it */
    char message[LIMIT_BATCH_FAULT_BYTES];
};

struct batch {
    struct batch_entry entry;
    uint8_t status;   /* enum batch_status */
    uint8_t endpoint; /* the runner's number for it */
    uint8_t input[BATCH_INDEX_ID_BYTES]; /* files; all 0: there is none */
    uint8_t output[BATCH_INDEX_ID_BYTES];
    uint8_t errors[BATCH_INDEX_ID_BYTES];
    uint64_t times_s[BATCH_STATUSES]; /* when it came to a status; 0: it did not */
    uint64_t window_s;
    uint64_t expires_s; /* 0: the clock was not set yet */
    uint64_t total, completed, failed; /* lines */
    uint32_t mark; /* of the index: of what a client changed last; not kept over a restart */
    uint8_t fault_count;
    struct batch_fault faults[LIMIT_BATCH_FAULTS];
    char metadata[LIMIT_BATCH_METADATA_BYTES]; /* a JSON object, or "" */
};

/* Texts have two bytes of padding to spare for their lengths. */
#define BATCH_INDEX_BYTES                                                                          \
    (64 + LIMIT_BATCH_FILES * (sizeof(struct batch_file) + 8) +                                    \
     LIMIT_BATCHES * (sizeof(struct batch) + 8 * (LIMIT_BATCH_FAULTS + 1)))

struct batch_index {
    uint64_t serial;    /* of the newest entry there ever was */
    enum port_level log_level;
    uint32_t changes;   /* that were made */
    uint32_t writing;   /* so many of them are in the write under way, */
    uint32_t saved;     /* and so many are on the disk */
    uint64_t retry_us;  /* a write failed: none before */
    uint32_t looked;    /* at so many changes no file was going */
    bool busy;          /* a job is under way, or has ended and was not looked at */
    int16_t going;      /* the job removes that file's blob; -1: it writes the index */
    struct store_job job;
    char name[BATCH_INDEX_NAME_BYTES]; /* of the job's blob */
    struct batch_file files[LIMIT_BATCH_FILES];
    struct batch batches[LIMIT_BATCHES];
    char bytes[BATCH_INDEX_BYTES];
};

/* ---- the whole table ---- */

/* Finds what is on the disk, waiting for it. Uploads that broke off are going. An index that is
 * damaged is set aside as batch-index.bad, which the log says, and a new one begun. index is all
 * zero. False: the disk does not answer, or not with what it has. */
bool batch_index_load(struct batch_index *index, enum port_level log_level);

/* Something in an entry was changed: it is saved in the next turn. Returns a mark for
 * batch_index_saved. */
uint32_t batch_index_touch(struct batch_index *index);

/* Whether everything up to that mark is on the disk. */
bool batch_index_saved(const struct batch_index *index, uint32_t mark);

/* Whether the disk is still to say: what that mark is of is neither saved nor refused. */
bool batch_index_waits(const struct batch_index *index, uint32_t mark, uint64_t now_us);

/* Takes the end of a job, begins the next one: saves what was changed, removes what is going (also
 * while the disk is too full to save that). Behind store_poll. */
void batch_index_run(struct batch_index *index, uint64_t now_us);

/* When there is something to do; UINT64_MAX: nothing, or the disk tells. */
uint64_t batch_index_due_us(const struct batch_index *index);

/* Saves what was changed, waiting for the disk, for a clean stop. */
void batch_index_flush(struct batch_index *index);

/* ---- entries, by their numbers; -1 is none ---- */

/* Whose the entries of a key are: by the key's name in the configuration; NULL: where no keys are
 * asked for. */
void batch_index_key(const char *name, uint8_t key[BATCH_INDEX_KEY_BYTES]);

/* A new file, without a name, to be saved: its writer waits for that. -1: there is no room in the
 * table. */
int batch_index_new_file(struct batch_index *index, const uint8_t key[BATCH_INDEX_KEY_BYTES],
                         enum batch_file_state state);

/* A new batch that validates; the caller fills in the rest at once. With no room in the table the
 * oldest that has ended gives way; -1: none has. */
int batch_index_new_batch(struct batch_index *index, const uint8_t key[BATCH_INDEX_KEY_BYTES]);

/* The batch has come to a status at that wall time: both are noted, to be saved. */
void batch_index_step(struct batch_index *index, int batch, enum batch_status status);

/* Whether a batch in that status does nothing any more. */
bool batch_index_has_ended(enum batch_status status);

/* The file and its blob go, now or after a restart. */
void batch_index_remove_file(struct batch_index *index, int file);

/* A batch that has not ended reads or writes it. */
bool batch_index_in_use(const struct batch_index *index, int file);

/* The key's file (whole ones alone) or batch with that id, as its text has it. */
int batch_index_find(const struct batch_index *index, enum batch_index_kind kind, struct span id,
                     const uint8_t key[BATCH_INDEX_KEY_BYTES]);

/* The key's newest file (whole ones alone) or batch that is older than a serial; UINT64_MAX: the
 * newest of all. */
int batch_index_older(const struct batch_index *index, enum batch_index_kind kind, uint64_t serial,
                      const uint8_t key[BATCH_INDEX_KEY_BYTES]);

/* What stands in front of the file or batch with that number. */
const struct batch_entry *batch_index_entry(const struct batch_index *index,
                                            enum batch_index_kind kind, int number);

/* A file by its id in a batch, whole or growing. */
int batch_index_file(const struct batch_index *index, const uint8_t id[BATCH_INDEX_ID_BYTES]);

/* All bytes that files have together, those coming too, but not those going. */
uint64_t batch_index_total(const struct batch_index *index);

/* An id as clients see it: "file-..." or "batch_..."; a file's is its blob's name as well. */
void batch_index_name(char out[BATCH_INDEX_NAME_BYTES], enum batch_index_kind kind,
                      const uint8_t id[BATCH_INDEX_ID_BYTES]);

/* ---- blobs of files ---- */

/* A job on a file's blob: its memory is the caller's until job.busy has fallen. */
struct batch_blob {
    struct store_job job;
    char name[BATCH_INDEX_NAME_BYTES];
};

/* Hands a job to the disk: what has its kind, data, len and offset. An append goes behind all that
 * is there: where one has failed before, a PORT_STORE_CUT to the known length comes first. */
void batch_index_job(struct batch_blob *blob, const struct batch_file *file,
                     const struct port_store_job *what);

/* The same for a read of up to len bytes from offset on. */
void batch_index_read(struct batch_blob *blob, const struct batch_file *file, char *data,
                      size_t len, uint64_t offset);

#endif
