/* See daemon_key.h. */
#include "core/daemon_key.h"

#include "core/base/assert.h"
#include "core/tls/tls_hash.h"
#include "port/port.h"

#define SECRET_BYTES 24 /* 192 bits: nobody guesses them */
#define KEY_BYTES 64    /* "mg-" and twice as many digits */
#define NAME_BYTES 64

static bool is_name(struct span name)
{
    char bytes[NAME_BYTES + 1];
    struct text safe = text_over(bytes, sizeof(bytes));
    text_add_safe(&safe, name, NAME_BYTES);
    return name.len > 0 && span_equal(text_span(&safe), name) && span_find(name, '.') == name.len;
}

bool daemon_key_new(struct span name, struct text *out)
{
    char bytes[KEY_BYTES];
    struct text key = text_over(bytes, sizeof(bytes));
    uint8_t secret[SECRET_BYTES];
    uint8_t sum[TLS_HASH_BYTES];
    if (!is_name(name))
        return false;
    port_random(secret, sizeof(secret));
    text_add_str(&key, "mg-");
    text_add_hex(&key, secret, sizeof(secret));
    tls_hash_of(text_span(&key), sum);
    text_add_str(out, "The key, shown this once:\n");
    text_add(out, text_span(&key));
    text_add_str(out, "\n\nThese lines in the configuration let it in:\n[keys.");
    text_add(out, name);
    text_add_str(out, "]\nsha256 = \"");
    text_add_hex(out, sum, sizeof(sum));
    text_add_str(out, "\"\n");
    ASSERT(!key.cut && !out->cut);
    return true;
}
