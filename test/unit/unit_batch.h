/*
 * Batches in the whole daemon, with a store in memory: a file is put there, a batch of it begun,
 * and its results are read. A test that uses this includes unit_live.h and unit_store.h too.
 */
#ifndef MOONGATE_UNIT_BATCH_H
#define MOONGATE_UNIT_BATCH_H

#include "test/unit/unit_live.h"

#define UNIT_BATCH_INDEX (&unit_live.batch.index)
#define UNIT_BATCH_LINE(id, model)                                                                 \
    "{\"custom_id\":\"" id "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"     \
    "{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\",\"content\":\"A\"}]}}\n"

/* A service's answer. */
#define UNIT_BATCH_GOOD                                                                            \
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 94\r\n\r\n"              \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"          \
    "\"finish_reason\":\"stop\"}]}"

/* The batch that was begun last, and its number. */
extern int unit_batch;
#define UNIT_BATCH (&UNIT_BATCH_INDEX->batches[unit_batch])

/* The listener of the service of model "m"; "box" is answered by the box itself. */
extern int unit_batch_listener;

/* An empty store and a daemon; the end of it. */
void unit_batch_set_up(void);
void unit_batch_tear_down(void);

/* All memory is lost; what the store has stays. */
void unit_batch_restart(void);

/* A file of that text, and its entry's number. */
int unit_batch_file(const char *text);

/* A file of that text, and a batch of it. */
void unit_batch_add(const char *text);

/* n lines, "id-0" and so on, that the box itself answers. */
const char *unit_batch_lines(int n);

/* Turns until the batch has that status, or waits for that; false: it does not come to it. */
bool unit_batch_until(enum batch_status status);
bool unit_batch_until_waits(const char *words);

/* A moment passes. */
void unit_batch_turns(void);

/* The text of its output or error file; "" when there is none. */
const char *unit_batch_results(bool errors);

/* How often words stand in a text. */
int unit_batch_count(const char *text, const char *words);

/* Checks its counts; that the first n ids of unit_batch_lines are answered, each once. */
void unit_batch_check(uint64_t total, uint64_t completed, uint64_t failed);
void unit_batch_check_each(int n);

/* The service's next request. */
struct unit_wire *unit_batch_take(void);

#endif
