/*
 * What a client's key may still do: requests a minute, tokens a day, answers at once. A minute's
 * requests are a bucket that refills evenly; a day is one of UTC.
 */
#ifndef MOONGATE_GATEWAY_KEYS_H
#define MOONGATE_GATEWAY_KEYS_H

#include "config/bounds.h"
#include "core/gateway/gateway_error.h"

struct gateway;

/* x-ratelimit-* as field lines, at most. */
#define GATEWAY_KEYS_FIELDS_BYTES 384

#define GATEWAY_KEYS_NAME_BYTES 8 /* of SHA-256 over a key's name: whose a saved use is */
#define GATEWAY_KEYS_USE_BYTES (GATEWAY_KEYS_NAME_BYTES + 4 + 8 + 8)
#define GATEWAY_KEYS_BLOB_BYTES (8 + LIMIT_KEYS * GATEWAY_KEYS_USE_BYTES + 32)

struct gateway_key_use {
    uint64_t full_us;     /* when its bucket of requests is full again */
    uint64_t tokens;      /* of that day */
    uint32_t day;         /* since 1970; 0: the clock was not set */
    uint16_t active;      /* requests under way */
};

struct gateway_keys {
    struct gateway_key_use uses[LIMIT_KEYS]; /* by the number of the key in the settings */
    bool dirty;
};

/* Counts a request of a key (-1: none was asked for) as begun. False: *error is a 429 with
 * Retry-After, and nothing is counted. */
bool gateway_keys_begin(struct gateway *g, int key, struct gateway_error *error);

/* The same request is over; it used that many tokens. */
void gateway_keys_end(struct gateway *g, int key, uint64_t tokens);

/* x-ratelimit-limit-requests, -remaining-requests, -reset-requests and the same with -tokens, of
 * the limits that the key has. */
void gateway_keys_fields(const struct gateway *g, int key, struct text *out);

/* Keys get other numbers: those that stand at theirs, or -1 for one that is gone. */
void gateway_keys_move(struct gateway *g, const int16_t *to);

/* Writes what is counted as a blob to be stored; out has GATEWAY_KEYS_BLOB_BYTES. Returns its
 * length. */
size_t gateway_keys_save(const struct gateway *g, uint8_t *out);

/* Reads such a blob; uses of names that are no keys any more are dropped. False: it is damaged, and
 * nothing is taken from it. */
bool gateway_keys_load(struct gateway *g, const uint8_t *blob, size_t len);

#endif
