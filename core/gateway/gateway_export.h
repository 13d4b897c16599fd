/*
 * Records go from the journal to a ClickHouse, a batch after the other, and the place reached is
 * kept on the disk. What happens to the database and its answers never holds up anything else.
 */
#ifndef MOONGATE_GATEWAY_EXPORT_H
#define MOONGATE_GATEWAY_EXPORT_H

#include "core/gateway/gateway_export_call.h"
#include "core/record/record_clickhouse.h"
#include "core/record/record_cursor.h"
#include "core/record/record_reader.h"
#include "core/settings/settings.h"

struct gateway;

#define GATEWAY_EXPORT_ROWS 10000            /* of a batch */
#define GATEWAY_EXPORT_BATCH_BYTES 4194304u  /* about; of each of its two tables */
#define GATEWAY_EXPORT_HALVINGS 8            /* of that, at the most, where the link is slow */
#define GATEWAY_EXPORT_GROWTH 16             /* batches that it takes before it is doubled again */
#define GATEWAY_EXPORT_GAP_US 1000000u       /* between two batches, and after a first record */
#define GATEWAY_EXPORT_PING_US 30000000u     /* without anything to send */
#define GATEWAY_EXPORT_PAUSE_MAX_S 12        /* after a failure: 1, 2, 4... */

/* What is asked of the database, in this order; behind the last one comes the first batch step. */
enum gateway_export_step {
    GATEWAY_EXPORT_PROBE, /* does it answer, and what does it know; also the ping */
    GATEWAY_EXPORT_DATABASE,
    GATEWAY_EXPORT_CHAT_TABLE,
    GATEWAY_EXPORT_MODEL_TABLE,
    GATEWAY_EXPORT_CHAT_ROWS,
    GATEWAY_EXPORT_MODEL_ROWS
};

enum gateway_export_state {
    GATEWAY_EXPORT_IDLE,
    GATEWAY_EXPORT_READING, /* looks for the first record of a batch */
    GATEWAY_EXPORT_CALLING
};

struct gateway_export {
    uint8_t step;
    uint8_t state;
    bool fresh;   /* the kept connection had died */
    bool ready;   /* the tables are there */
    bool modern;  /* the server is */
    bool good;    /* it does what it is asked */
    bool asked;   /* somebody wants to know whether it does */
    bool has_row; /* under way */
    bool cut;     /* the batch is full, and there was more */
    uint8_t halvings; /* of a batch's bytes */
    uint8_t taken;    /* batches, since that was last changed */
    uint16_t said; /* the failure that the log was told: a status, 1: no answer; 0: none */
    uint32_t pause_s;
    uint64_t next_us;    /* nothing is begun before */
    uint64_t batch_us;   /* when the last batch began */
    uint64_t contact_us; /* when it last did as it was asked, whatever that was */
    uint64_t behind_us;  /* since when there is something to send; 0: there is nothing */
    uint64_t end_at, end_number; /* of the batch */
    uint32_t rows;
    uint32_t bytes;
    uint64_t rows_total;
    uint64_t dropped_total; /* gone from the journal before they were sent */
    struct record_cursor cursor;
    struct record_reader reader;
    struct record_clickhouse_row row;
    struct settings_provider provider; /* the database's address, as the upstreams know one */
    struct gateway_export_call call;
};

/* Whether this build and this configuration send records anywhere. */
bool gateway_export_on(const struct gateway *g);

/* Prepares it, and finds the place reached, waiting for the disk; behind gateway_records_load.
 * False: it does not answer. */
bool gateway_export_load(struct gateway *g);

/* Once a turn, behind gateway_records_run. */
void gateway_export_run(struct gateway *g);

/* When there is something to do; UINT64_MAX: nothing, unless something happens. */
uint64_t gateway_export_due_us(const struct gateway *g);

/* Writes the place reached, waiting for the disk, for a clean stop. */
void gateway_export_flush(struct gateway *g);

/* Whether the database does what it is asked, as far as is known; true where there is none. Has it
 * asked again soon. */
bool gateway_export_good(struct gateway *g);

/* For how long the oldest record that is not sent has waited, in seconds. */
uint64_t gateway_export_lag_s(const struct gateway *g);

/* For gateway_export_call: the next part of what is sent, cap is large. DONE: the last one. MORE:
 * there may be none yet (*len is 0). */
enum result gateway_export_body(struct gateway *g, char *out, size_t cap, size_t *len);

#endif
