/* Requests become records: what is noted while they are under way, and the journal they end in. */
#ifndef MOONGATE_GATEWAY_RECORDS_H
#define MOONGATE_GATEWAY_RECORDS_H

#include "core/base/index.h"
#include "core/gateway/gateway_inferences.h"
#include "core/record/record_journal.h"

struct gateway;
struct provider_news;

/* What a request and its answer say, where that is kept. */
struct gateway_content {
    uint32_t input_len;
    bool input_cut; /* there was more of it */
    char input[LIMIT_CONTENT_BYTES];
    char output[LIMIT_CONTENT_BYTES]; /* relay.text_bytes of it are used */
};

struct gateway_records {
    struct record_journal journal;
    struct gateway_content contents[LIMIT_CONTENTS];
    uint16_t content_numbers[LIMIT_CONTENTS];
    struct index_stack content_index;
    struct gateway_inferences lists[LIMIT_RECORD_READERS];
};

/* Whether this build and this configuration keep records. */
bool gateway_records_on(const struct gateway *g);

/* Prepares them, and finds what is on the disk, waiting for it, also when none are kept for now.
 * False: it does not answer. Before the listeners are open. */
bool gateway_records_load(struct gateway *g);

/* A request has begun, its body is there: its input is kept when that is asked for. */
void gateway_records_begin(struct gateway *g, int request);

/* News of its answer, before it is passed on. */
void gateway_records_news(struct gateway *g, int request, const struct provider_news *news);

/* It has ended: its record is added. error is NULL when it did not fail. */
void gateway_records_end(struct gateway *g, int request, enum record_outcome outcome,
                         uint16_t status, const char *error);

/* Writes what is due, and goes on with lists that waited for the disk. Behind store_poll. */
void gateway_records_run(struct gateway *g);

/* When there is something to do; UINT64_MAX: nothing, unless the disk tells. */
uint64_t gateway_records_due_us(const struct gateway *g);

/* Writes all there is, waiting for the disk, for a clean stop. */
void gateway_records_flush(struct gateway *g);

/* All is quiet: memory that is not in use goes back to the system. */
void gateway_records_trim(struct gateway *g);

#endif
