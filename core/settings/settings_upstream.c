/* See settings_upstream.h. */
#include "core/settings/settings_upstream.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"
#include "core/settings/settings_address.h"
#include "core/settings/settings_store.h"
#include "core/settings/settings_string.h"
#include "core/settings/settings_url.h"

static const char no_room[] = "no room for it";

/* What is judged here is what the file says; where a name leads is judged at each connect. */
static const char *judge(const struct settings_scratch *scratch,
                         const struct settings_url_parts *parts)
{
    bool allowed = parts->tls || scratch->settings->upstream.allow_plain_http || !parts->literal;
    if (allowed || settings_address_private(parts->address))
        return NULL;
    return "http:// to a public address, which needs [gateway.upstream] allow_plain_http = true";
}

/* Host and port as a head has them. */
static const char *keep_authority(struct settings_scratch *scratch,
                                  const struct settings_url_parts *parts)
{
    struct span authority = parts->authority;
    if (parts->port == (parts->tls ? 443 : 80))
        authority.len = (size_t)(span_end(parts->host) - authority.at) + (authority.at[0] == '[');
    return settings_store_lower(scratch, authority);
}

const char *settings_upstream_take(struct settings_scratch *scratch, struct span text,
                                   struct settings_url *url, const char **kept)
{
    struct settings_url_parts parts;
    const char *why = settings_url_read(&parts, text, false);
    if (why == NULL)
        why = judge(scratch, &parts);
    if (why != NULL)
        return why;
    while (text.at[text.len - 1] == '/')
        text.len--;
    const char *whole = settings_store_add(scratch, text);
    const char *host = settings_store_lower(scratch, parts.host);
    const char *authority = keep_authority(scratch, &parts);
    if (whole == NULL || host == NULL || authority == NULL)
        return no_room;
    ASSERT(text.len > parts.path.len);
    const char *path = whole + (text.len - parts.path.len);
    *url = (struct settings_url){host, path, parts.port, parts.tls, authority};
    if (kept != NULL)
        *kept = whole;
    return NULL;
}

/* A part of a URL with its %XX resolved; NULL: no room, broken, or it hides a control character. */
static const char *keep_decoded(struct settings_scratch *scratch, struct span part)
{
    struct text out = text_over(scratch->string, sizeof(scratch->string));
    for (size_t i = 0; i < part.len; i++) {
        if (part.at[i] != '%') {
            text_add_char(&out, part.at[i]);
            continue;
        }
        int high = i + 2 < part.len ? http_token_hex(part.at[i + 1]) : -1;
        int low = i + 2 < part.len ? http_token_hex(part.at[i + 2]) : -1;
        if (high < 0 || low < 0)
            return NULL;
        text_add_char(&out, (char)(high << 4 | low));
        i += 2;
    }
    bool good = !out.cut && settings_string_clean(text_span(&out));
    return good ? settings_store_add(scratch, text_span(&out)) : NULL;
}

const char *settings_upstream_clickhouse(struct settings_scratch *scratch, struct span text)
{
    struct settings_observability *to = &scratch->settings->observability;
    struct settings_url_parts parts;
    const char *why = settings_url_read(&parts, text, true);
    if (why == NULL)
        why = judge(scratch, &parts);
    if (why != NULL)
        return why;
    struct span database = parts.path.len > 0 ? span_skip(parts.path, 1) : SPAN("default");
    if (span_find(database, '/') < database.len)
        return "more than a database's name behind the host";
    to->clickhouse_database = keep_decoded(scratch, database);
    to->clickhouse_user = keep_decoded(scratch, parts.user);
    to->clickhouse_password = keep_decoded(scratch, parts.password);
    const char *host = settings_store_lower(scratch, parts.host);
    const char *authority = keep_authority(scratch, &parts);
    if (to->clickhouse_database == NULL || to->clickhouse_user == NULL ||
        to->clickhouse_password == NULL || host == NULL || authority == NULL)
        return "a user, password or database that is not well escaped";
    to->clickhouse_user = parts.user.len > 0 ? to->clickhouse_user : NULL;
    to->clickhouse_password = parts.password.len > 0 ? to->clickhouse_password : NULL;
    to->clickhouse = (struct settings_url){host, "", parts.port, parts.tls, authority};
    return NULL;
}
