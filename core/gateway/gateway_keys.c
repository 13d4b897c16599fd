/* See gateway_keys.h. */
#include "core/gateway/gateway_keys.h"

#include "core/base/assert.h"
#include "core/base/little.h"
#include "core/base/rows.h"
#include "core/gateway/gateway.h"
#include "core/http/http_write.h"
#include "core/tls/tls_hash.h"

#include <string.h>

#define MINUTE_US 60000000u
#define DAY_S 86400u
#define UNSET_CLOCK_S 60u /* Retry-After of a day whose end is not known */
#define RESET_BYTES 32    /* "23h59m59s" */

#define BLOB_MARK "mgkeys_1"
#define MARK_BYTES 8

_Static_assert(GATEWAY_KEYS_BLOB_BYTES >= MARK_BYTES + TLS_HASH_BYTES, "mark, uses, SHA-256");

/* ---- limits --------------------------------------------------------------------------------- */

static uint32_t day_now(void)
{
    return (uint32_t)(port_wall_ms() / 1000 / DAY_S);
}

static uint32_t day_left_s(void)
{
    uint64_t wall_s = port_wall_ms() / 1000;
    return wall_s == 0 ? UNSET_CLOCK_S : (uint32_t)(DAY_S - wall_s % DAY_S);
}

static uint64_t tokens_now(const struct gateway_key_use *use)
{
    return use->day == day_now() ? use->tokens : 0;
}

/* What one request takes out of the bucket, as time that it needs to come back. */
static uint64_t request_us(const struct settings_key *key)
{
    uint64_t us = MINUTE_US / key->requests_per_minute;
    return us > 0 ? us : 1;
}

/* And all that it may take. */
static uint64_t bucket_us(const struct settings_key *key)
{
    return request_us(key) * key->requests_per_minute;
}

/* How long the bucket needs to be full again. */
static uint64_t empty_us(const struct gateway *g, const struct gateway_key_use *use)
{
    return use->full_us > g->now_us ? use->full_us - g->now_us : 0;
}

static bool refuse(struct gateway_error *error, uint64_t wait_us, const char *why)
{
    *error = gateway_error_with(429, why, NULL, "rate_limit_exceeded");
    error->retry_after_s = (uint32_t)((wait_us + 999999) / 1000000);
    return false;
}

static bool judge(const struct gateway *g, int number, struct gateway_error *error)
{
    const struct settings_key *key = &g->settings->keys[number];
    const struct gateway_key_use *use = &g->keys.uses[number];
    if (key->concurrent != 0 && use->active >= key->concurrent)
        return refuse(error, 1000000, "This key has as many requests under way as it may have "
                                      "(concurrent)");
    if (key->tokens_per_day != 0 && tokens_now(use) >= key->tokens_per_day)
        return refuse(error, (uint64_t)day_left_s() * 1000000,
                      "This key has used its tokens of the day (tokens_per_day)");
    if (key->requests_per_minute == 0)
        return true;
    uint64_t after_us = empty_us(g, use) + request_us(key);
    return after_us <= bucket_us(key) ||
           refuse(error, after_us - bucket_us(key),
                  "This key has used its requests of the minute (requests_per_minute)");
}

static void touch(struct gateway *g, int number)
{
    const struct settings_key *key = &g->settings->keys[number];
    if (key->tokens_per_day == 0 && key->requests_per_minute == 0)
        return;
    g->keys.dirty = true;
    gateway_state_touch(g);
}

bool gateway_keys_begin(struct gateway *g, int number, struct gateway_error *error)
{
    if (FEATURE_RELOAD && number == GATEWAY_KEY_GONE) {
        *error = gateway_route_wrong_key();
        return false;
    }
    if (number < 0)
        return true;
    const struct settings_key *key = &g->settings->keys[number];
    struct gateway_key_use *use = &g->keys.uses[number];
    if (!judge(g, number, error))
        return false;
    use->active++;
    if (key->requests_per_minute != 0) {
        use->full_us = g->now_us + empty_us(g, use) + request_us(key);
        touch(g, number);
    }
    return true;
}

void gateway_keys_end(struct gateway *g, int number, uint64_t tokens)
{
    if (number < 0)
        return;
    struct gateway_key_use *use = &g->keys.uses[number];
    ASSERT(use->active > 0);
    use->active--;
    if (tokens == 0)
        return;
    use->tokens = tokens_now(use) + tokens;
    use->day = day_now();
    touch(g, number);
}

void gateway_keys_move(struct gateway *g, const int16_t *to)
{
    rows_move(g->keys.uses, sizeof(g->keys.uses[0]), to, LIMIT_KEYS);
}

/* ---- field lines ---------------------------------------------------------------------------- */

/* A time as OpenAI writes it: "20ms", "1s", "6m0s", "23h59m1s". */
static void add_time(struct text *out, uint64_t ms)
{
    uint64_t s = (ms + 999) / 1000;
    if (ms < 1000) {
        text_add_u64(out, ms);
        text_add_str(out, "ms");
        return;
    }
    if (s >= 3600) {
        text_add_u64(out, s / 3600);
        text_add_char(out, 'h');
    }
    if (s >= 60) {
        text_add_u64(out, s / 60 % 60);
        text_add_char(out, 'm');
    }
    text_add_u64(out, s % 60);
    text_add_char(out, 's');
}

static void add_reset(struct text *out, enum http_name name, uint64_t ms)
{
    char bytes[RESET_BYTES];
    struct text time = text_over(bytes, sizeof(bytes));
    add_time(&time, ms);
    http_write_field(out, name, text_span(&time));
}

void gateway_keys_fields(const struct gateway *g, int number, struct text *out)
{
    if (number < 0)
        return;
    const struct settings_key *key = &g->settings->keys[number];
    const struct gateway_key_use *use = &g->keys.uses[number];
    if (key->requests_per_minute != 0) {
        uint64_t us = empty_us(g, use);
        uint64_t left = us < bucket_us(key) ? (bucket_us(key) - us) / request_us(key) : 0;
        http_write_field_u64(out, HTTP_NAME_X_RATELIMIT_LIMIT_REQUESTS, key->requests_per_minute);
        http_write_field_u64(out, HTTP_NAME_X_RATELIMIT_REMAINING_REQUESTS, left);
        add_reset(out, HTTP_NAME_X_RATELIMIT_RESET_REQUESTS, us / 1000);
    }
    if (key->tokens_per_day != 0) {
        uint64_t used = tokens_now(use);
        http_write_field_u64(out, HTTP_NAME_X_RATELIMIT_LIMIT_TOKENS, key->tokens_per_day);
        http_write_field_u64(out, HTTP_NAME_X_RATELIMIT_REMAINING_TOKENS,
                             used < key->tokens_per_day ? key->tokens_per_day - used : 0);
        add_reset(out, HTTP_NAME_X_RATELIMIT_RESET_TOKENS, (uint64_t)day_left_s() * 1000);
    }
}

/* ---- what is saved: a mark, then for each key that was used its name's hash, the day, its tokens,
 * the wall time of a full bucket in ms, all little-endian; SHA-256 over all before ---- */

static void hash_name(const struct gateway *g, int number, uint8_t out[TLS_HASH_BYTES])
{
    tls_hash_of(span_of(g->settings->keys[number].name), out);
}

/* A bucket's time by the wall clock; 0: it is full, or the clock is not set. */
static uint64_t full_wall_ms(const struct gateway *g, const struct gateway_key_use *use)
{
    uint64_t left_ms = empty_us(g, use) / 1000;
    uint64_t wall_ms = port_wall_ms();
    return left_ms == 0 || wall_ms == 0 ? 0 : wall_ms + left_ms;
}

size_t gateway_keys_save(const struct gateway *g, uint8_t *out)
{
    uint8_t *at = out + MARK_BYTES;
    memcpy(out, BLOB_MARK, MARK_BYTES);
    for (int i = 0; i < g->settings->key_count; i++) {
        const struct gateway_key_use *use = &g->keys.uses[i];
        uint8_t name[TLS_HASH_BYTES];
        if (use->tokens == 0 && use->full_us == 0)
            continue;
        hash_name(g, i, name);
        memcpy(at, name, GATEWAY_KEYS_NAME_BYTES);
        at = little_put(at + GATEWAY_KEYS_NAME_BYTES, use->day, 4);
        at = little_put(at, use->tokens, 8);
        at = little_put(at, full_wall_ms(g, use), 8);
    }
    tls_hash_of((struct span){(const char *)out, (size_t)(at - out)}, at);
    return (size_t)(at - out) + TLS_HASH_BYTES;
}

static int find_name(const struct gateway *g, const uint8_t *hashed)
{
    for (int i = 0; i < g->settings->key_count; i++) {
        uint8_t name[TLS_HASH_BYTES];
        hash_name(g, i, name);
        if (memcmp(name, hashed, GATEWAY_KEYS_NAME_BYTES) == 0)
            return i;
    }
    return -1;
}

/* A bucket that a stepped clock would leave empty for longer than a minute is empty for one. */
static uint64_t full_us(const struct gateway *g, uint64_t saved_ms)
{
    uint64_t wall_ms = port_wall_ms();
    uint64_t left_ms = saved_ms > wall_ms ? saved_ms - wall_ms : 0;
    left_ms = left_ms < MINUTE_US / 1000 ? left_ms : MINUTE_US / 1000;
    return wall_ms == 0 || left_ms == 0 ? 0 : g->now_us + left_ms * 1000;
}

bool gateway_keys_load(struct gateway *g, const uint8_t *blob, size_t len)
{
    uint8_t sum[TLS_HASH_BYTES];
    size_t body = len - TLS_HASH_BYTES;
    if (len < MARK_BYTES + TLS_HASH_BYTES || len > GATEWAY_KEYS_BLOB_BYTES ||
        (body - MARK_BYTES) % GATEWAY_KEYS_USE_BYTES != 0 ||
        memcmp(blob, BLOB_MARK, MARK_BYTES) != 0)
        return false;
    tls_hash_of((struct span){(const char *)blob, body}, sum);
    if (memcmp(sum, blob + body, TLS_HASH_BYTES) != 0)
        return false;
    for (size_t at = MARK_BYTES; at < body; at += GATEWAY_KEYS_USE_BYTES) {
        const uint8_t *saved = blob + at + GATEWAY_KEYS_NAME_BYTES;
        int number = find_name(g, blob + at);
        if (number < 0)
            continue;
        struct gateway_key_use *use = &g->keys.uses[number];
        use->day = (uint32_t)little_get(saved, 4);
        use->tokens = little_get(saved + 4, 8);
        use->full_us = full_us(g, little_get(saved + 12, 8));
    }
    return true;
}
