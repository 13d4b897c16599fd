/* See batch_seen.h. A table with open addresses. */
#include "core/batch/batch_seen.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/batch/batch_line.h"
#include "core/json/json_string.h"
#include "core/tls/tls_hash.h"
#include "port/port.h"

_Static_assert((LIMIT_BATCH_SEEN & (LIMIT_BATCH_SEEN - 1)) == 0, "places are taken from a hash");
_Static_assert(LIMIT_BATCH_SEEN > LIMIT_BATCH_LINES, "a place stays free");

void batch_seen_begin(struct batch_seen *seen)
{
    memset(seen->hashes, 0, sizeof(seen->hashes));
    seen->count = 0;
    port_random(seen->secret, sizeof(seen->secret));
}

static uint64_t hash_of(const struct batch_seen *seen, struct span raw)
{
    char bytes[BATCH_LINE_ID_BYTES];
    uint8_t digest[TLS_HASH_BYTES];
    struct tls_hash hash;
    uint64_t short_hash;
    tls_hash_begin(&hash);
    tls_hash_add(&hash, (struct span){(const char *)seen->secret, sizeof(seen->secret)});
    tls_hash_add(&hash, (struct span){bytes, json_string_decode(raw, bytes, sizeof(bytes))});
    tls_hash_end(&hash, digest);
    memcpy(&short_hash, digest, sizeof(short_hash));
    return short_hash != 0 ? short_hash : 1;
}

bool batch_seen_add(struct batch_seen *seen, struct span raw)
{
    ASSERT(seen->count < LIMIT_BATCH_SEEN - 1 && raw.len <= BATCH_LINE_ID_BYTES);
    uint64_t hash = hash_of(seen, raw);
    size_t at = (size_t)hash % LIMIT_BATCH_SEEN;
    while (seen->hashes[at] != 0 && seen->hashes[at] != hash)
        at = (at + 1) % LIMIT_BATCH_SEEN;
    if (seen->hashes[at] == hash)
        return false;
    seen->hashes[at] = hash;
    seen->count++;
    return true;
}
