/*
 * See gateway_bench.h. The blob is text: a mark; a line for each bench: whose it is, when it ends
 * (Unix ms), its seconds left when it was written, the status, the message; and the SHA-256 of all
 * before in hexadecimal.
 */
#include "core/gateway/gateway_bench.h"

#include "config/features.h"
#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/model/model_account.h"
#include "core/tls/tls_hash.h"

#define MARK SPAN("mgbench1\n")
#define OWNER_BYTES 8
#define HASH_DIGITS (2 * TLS_HASH_BYTES)
#define LINE_BYTES (2 * OWNER_BYTES + 40 + GATEWAY_ERROR_BYTES) /* the longest there is */

static uint64_t left_us(const struct gateway *g, int provider)
{
    uint64_t until_us = g->benches[provider].until_us;
    return until_us > g->now_us ? until_us - g->now_us : 0;
}

static uint32_t seconds_of(uint64_t us)
{
    return (uint32_t)((us + 999999) / 1000000);
}

void gateway_bench_set(struct gateway *g, int provider, uint32_t seconds,
                       const struct gateway_error *error)
{
    struct gateway_bench *bench = &g->benches[provider];
    seconds = seconds < GATEWAY_BENCH_MAX_S ? seconds : GATEWAY_BENCH_MAX_S;
    *bench = (struct gateway_bench){g->now_us + (uint64_t)seconds * 1000000, *error};
    bench->error.retry_after_s = seconds;
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "provider is passed over for a while");
    record_log_add_str(&log, "provider", gateway_provider(g, provider)->name);
    record_log_add_u64(&log, "seconds", seconds);
    record_log_add_u64(&log, "status", error->status);
    record_log_end(&log, g->settings->log_level);
    if (FEATURE_KEPT_BENCHES && seconds > GATEWAY_BENCH_KEPT_S) {
        g->state.benches_dirty = true;
        gateway_state_touch(g);
    }
}

bool gateway_bench_is_on(const struct gateway *g, int provider, struct gateway_error *error)
{
    uint64_t us = left_us(g, provider);
    if (us > 0 && error != NULL) {
        *error = g->benches[provider].error;
        error->retry_after_s = seconds_of(us);
    }
    return us > 0;
}

/* ---- kept ---- */

/* Whose a bench is, whatever the file names it: an account's with a model. */
static void add_owner(const struct settings_provider *provider, struct text *out)
{
    char digits[20];
    uint8_t hash[TLS_HASH_BYTES];
    struct tls_hash state;
    struct text account = text_over(digits, sizeof(digits));
    text_add_u64(&account, model_account_key(provider));
    tls_hash_begin(&state);
    tls_hash_add(&state, text_span(&account));
    tls_hash_add(&state, SPAN(" "));
    tls_hash_add(&state, span_of(provider->model_name));
    tls_hash_end(&state, hash);
    text_add_hex(out, hash, OWNER_BYTES);
}

static void add_hash(struct text *out, struct span bytes)
{
    uint8_t hash[TLS_HASH_BYTES];
    tls_hash_of(bytes, hash);
    text_add_hex(out, hash, sizeof(hash));
}

static void add_line(const struct gateway *g, int provider, struct text *out)
{
    const struct gateway_error *error = &g->benches[provider].error;
    uint64_t us = left_us(g, provider);
    add_owner(gateway_provider(g, provider), out);
    text_add_char(out, ' ');
    text_add_u64(out, port_wall_ms() + us / 1000);
    text_add_char(out, ' ');
    text_add_u64(out, seconds_of(us));
    text_add_char(out, ' ');
    text_add_u64(out, error->status);
    text_add_char(out, ' ');
    text_add(out, gateway_error_message(error));
    text_add_char(out, '\n');
}

size_t gateway_bench_save(const struct gateway *g, char *out, size_t cap)
{
    struct text text = text_over(out, cap);
    text_add(&text, MARK);
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    int end = first + g->settings->provider_count;
    for (int i = first; i < end && port_wall_ms() != 0; i++)
        if (g->benches[i].error.retry_after_s > GATEWAY_BENCH_KEPT_S && left_us(g, i) > 0 &&
            cap - text.len >= LINE_BYTES + HASH_DIGITS)
            add_line(g, i, &text);
    add_hash(&text, text_span(&text));
    ASSERT(!text.cut);
    return text.len;
}

/* What stands before the next c, which is taken away too. */
static struct span field(struct span *rest, char c)
{
    struct span taken = {rest->at, span_find(*rest, c)};
    *rest = span_skip(*rest, taken.len + (taken.len < rest->len));
    return taken;
}

static void put(struct gateway *g, struct span owner, uint64_t us,
                const struct gateway_error *error)
{
    char name[2 * OWNER_BYTES];
    for (int i = 0; i < g->settings->provider_count; i++) {
        struct text own = text_over(name, sizeof(name));
        add_owner(&g->settings->providers[i], &own);
        if (span_equal(text_span(&own), owner))
            g->benches[i] = (struct gateway_bench){g->now_us + us, *error};
    }
}

/* A clock that was set back must not make a bench longer. */
static bool take_line(struct gateway *g, struct span line)
{
    uint64_t end_ms, seconds, status;
    struct span owner = field(&line, ' ');
    if (!span_number(field(&line, ' '), UINT64_MAX, &end_ms) ||
        !span_number(field(&line, ' '), GATEWAY_BENCH_MAX_S, &seconds) ||
        !span_number(field(&line, ' '), 599, &status) || status < 400)
        return false;
    uint64_t now_ms = port_wall_ms();
    struct gateway_error error = gateway_error((uint16_t)status, "");
    struct text text = gateway_error_text(&error);
    text_add(&text, line);
    text_str(&text);
    error.retry_after_s = (uint32_t)seconds;
    uint64_t ms = end_ms > now_ms ? end_ms - now_ms : 0;
    ms = ms < seconds * 1000 ? ms : seconds * 1000;
    if (now_ms != 0 && ms > 0)
        put(g, owner, ms * 1000, &error);
    return true;
}

bool gateway_bench_load(struct gateway *g, struct span blob)
{
    char digits[HASH_DIGITS];
    if (!span_starts(blob, MARK) || blob.len < MARK.len + HASH_DIGITS)
        return false;
    struct span rest = {blob.at, blob.len - HASH_DIGITS};
    struct text hash = text_over(digits, sizeof(digits));
    add_hash(&hash, rest);
    if (!span_equal(text_span(&hash), span_skip(blob, rest.len)))
        return false;
    rest = span_skip(rest, MARK.len);
    while (rest.len > 0)
        if (!take_line(g, field(&rest, '\n')))
            return false;
    return true;
}
