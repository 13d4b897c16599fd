/* See settings_take_secret.h. */
#include "core/settings/settings_take_secret.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"
#include "core/settings/settings_secret.h"
#include "core/tls/tls_hash.h"

#define KEY_CHARACTERS_MIN 16 /* of a client's secret, so that nobody guesses it */

static enum settings_secret secret(struct settings_taking *t, const char **out)
{
    *out = NULL;
    if (!settings_take_text(t))
        return SETTINGS_SECRET_BAD;
    return settings_secret_read(t->scratch, t->spot, t->name, t->value.text, out);
}

void settings_take_secret_plain(struct settings_taking *t)
{
    const char *found;
    if (secret(t, &found) == SETTINGS_SECRET_LITERAL)
        settings_secret_warn(t->scratch, t->spot, t->name);
    settings_keys_put_text(t->row, t->thing, found);
}

void settings_take_secret_clickhouse(struct settings_taking *t)
{
    enum settings_secret kind = secret(t, &t->scratch->clickhouse_url);
    struct span url = span_of(t->scratch->clickhouse_url);
    if (kind == SETTINGS_SECRET_LITERAL && span_find(url, '@') < url.len)
        settings_secret_warn(t->scratch, t->spot, t->name);
}

static size_t characters(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

void settings_take_secret_key(struct settings_taking *t)
{
    static const char short_one[] = "$ has fewer than 16 characters";
    struct settings_key *key = t->thing;
    ASSERT(sizeof(key->sha256) == TLS_HASH_BYTES);
    enum settings_secret kind = secret(t, &key->secret);
    if (kind == SETTINGS_SECRET_BAD)
        return;
    if (kind == SETTINGS_SECRET_NONE) {
        settings_take_fault(t, "$ is none: a key without a secret opens nothing", SPAN(""));
        return;
    }
    bool brief = characters(span_of(key->secret)) < KEY_CHARACTERS_MIN;
    if (kind == SETTINGS_SECRET_LITERAL && brief)
        settings_take_fault(t, short_one, SPAN(""));
    else if (kind == SETTINGS_SECRET_LITERAL)
        settings_secret_warn(t->scratch, t->spot, t->name);
    else if (brief)
        settings_report_warn(t->scratch, t->spot, short_one, t->name, SPAN(""));
    tls_hash_of(span_of(key->secret), key->sha256);
}

void settings_take_secret_sha256(struct settings_taking *t)
{
    struct settings_key *key = t->thing;
    struct span text = t->value.text;
    if (!settings_take_text(t))
        return;
    bool good = text.len == 2 * SETTINGS_SHA256_BYTES;
    for (size_t i = 0; i < SETTINGS_SHA256_BYTES && good; i++) {
        int high = http_token_hex(text.at[2 * i]);
        int low = http_token_hex(text.at[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good)
            key->sha256[i] = (uint8_t)(high << 4 | low);
    }
    if (!good)
        settings_take_fault(t, "$ is not 64 hexadecimal digits", SPAN(""));
}
