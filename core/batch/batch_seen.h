/* The custom_ids that a file had so far. Of each a keyed hash of 64 bits is kept, so that nobody
 * can make two that collide. */
#ifndef MOONGATE_BATCH_SEEN_H
#define MOONGATE_BATCH_SEEN_H

#include "config/bounds.h"
#include "core/base/span.h"

#define BATCH_SEEN_SECRET_BYTES 16

struct batch_seen {
    uint8_t secret[BATCH_SEEN_SECRET_BYTES];
    uint32_t count;
    uint64_t hashes[LIMIT_BATCH_SEEN]; /* 0: free */
};

/* None so far. */
void batch_seen_begin(struct batch_seen *seen);

/* Notes a judged JSON string, given between its quotes, of at most 512 bytes. False: it was there
 * before. At most LIMIT_BATCH_LINES are noted. */
bool batch_seen_add(struct batch_seen *seen, struct span raw);

#endif
