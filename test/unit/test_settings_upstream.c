/* settings_upstream: where http:// may lead, and what is kept of a URL. */
#include "core/settings/settings_upstream.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static struct settings_scratch *scratch;
static struct settings_url url;
static const char *kept;

static const char *take(const char *text, bool plain)
{
    size_t len = strlen(text);
    scratch = unit_settings_fresh();
    scratch->settings->upstream.allow_plain_http = plain;
    url = (struct settings_url){0};
    kept = NULL;
    return settings_upstream_take(scratch, (struct span){unit_guard(0, text, len), len}, &url,
                                  &kept);
}

static void what_is_kept(void)
{
    static const struct {
        const char *text;
        const char *kept;
        const char *host;
        const char *authority;
        const char *path;
        int port;
        bool tls;
    } rows[] = {
        {"https://api.devv.ai/api/v1/stream/chat", "https://api.devv.ai/api/v1/stream/chat",
         "api.devv.ai", "api.devv.ai", "/api/v1/stream/chat", 443, true},
        {"https://API.Example:8443/V1/", "https://API.Example:8443/V1", "api.example",
         "api.example:8443", "/V1", 8443, true},
        {"https://h///", "https://h", "h", "h", "", 443, true},
        {"https://h:443/", "https://h:443", "h", "h", "", 443, true},
        {"https://h:80/", "https://h:80", "h", "h:80", "", 80, true},
        {"http://h", "http://h", "h", "h", "", 80, false},
        {"http://h:80", "http://h:80", "h", "h", "", 80, false},
        {"http://h:443", "http://h:443", "h", "h:443", "", 443, false},
        {"https://10.0.0.1:65535/x", "https://10.0.0.1:65535/x", "10.0.0.1", "10.0.0.1:65535", "/x",
         65535, true},
        {"http://[::1]:11434/v1", "http://[::1]:11434/v1", "::1", "[::1]:11434", "/v1", 11434,
         false},
        {"https://[FD00::1]/x", "https://[FD00::1]/x", "fd00::1", "[fd00::1]", "/x", 443, true},
        {"http://[::1]:80", "http://[::1]:80", "::1", "[::1]", "", 80, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_PTR_NULL(take(rows[i].text, false));
        CU_ASSERT_STRING_EQUAL(kept, rows[i].kept);
        CU_ASSERT_STRING_EQUAL(url.host, rows[i].host);
        CU_ASSERT_STRING_EQUAL(url.authority, rows[i].authority);
        CU_ASSERT_STRING_EQUAL(url.path, rows[i].path);
        CU_ASSERT_EQUAL(url.port, rows[i].port);
        CU_ASSERT_EQUAL(url.tls, rows[i].tls);
    }
}

static void plain_http(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"http://127.0.0.1:1/x", true},  {"http://10.1.2.3", true},
        {"http://192.168.0.1", true},    {"http://172.31.0.1", true},
        {"http://[fd00::1]", true},      {"http://[fe80::1]", true},
        {"http://localhost", true},      {"http://api.example", true}, /* judged at connect */
        {"http://8.8.8.8", false},       {"http://172.32.0.1", false},
        {"http://[2001:db8::1]", false}, {"http://[::ffff:8.8.8.8]", false},
        {"https://8.8.8.8", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = take(rows[i].text, false);
        CU_ASSERT_EQUAL(why == NULL, rows[i].good);
        if (why != NULL)
            CU_ASSERT_PTR_NOT_NULL(strstr(why, "allow_plain_http"));
        CU_ASSERT_PTR_NULL(take(rows[i].text, true));
    }
    CU_ASSERT_PTR_NOT_NULL(take("somewhere", true));
    CU_ASSERT_PTR_NOT_NULL(take("https://u:p@h", true));
    CU_ASSERT_PTR_NULL(url.host);
}

static void clickhouse(void)
{
    static const struct {
        const char *text;
        const char *user;
        const char *password;
        const char *database; /* NULL: refused */
    } rows[] = {
        {"http://user:word@10.0.0.1:8123/tensorzero", "user", "word", "tensorzero"},
        {"https://h", NULL, NULL, "default"},
        {"https://h/", NULL, NULL, "default"},
        {"https://u%40x:p%3A%25%c3%a9@h/a%20b", "u@x", "p:%\xC3\xA9", "a b"},
        {"https://u@h/d", "u", NULL, "d"},
        {"https://u:p@h/a/b", NULL, NULL, NULL},
        {"https://u:p%4@h/d", NULL, NULL, NULL},
        {"https://u:p%zz@h/d", NULL, NULL, NULL},
        {"https://u:p%0A@h/d", NULL, NULL, NULL},
        {"https://u:p%00@h/d", NULL, NULL, NULL},
        {"https://u:p%FF@h/d", NULL, NULL, NULL},
        {"http://u:p@8.8.8.8/d", NULL, NULL, NULL},
        {"tcp://u:p@h/d", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].text);
        scratch = unit_settings_fresh();
        const char *why = settings_upstream_clickhouse(
            scratch, (struct span){unit_guard(0, rows[i].text, len), len});
        const struct settings_observability *o = &scratch->settings->observability;
        CU_ASSERT_EQUAL(why == NULL, rows[i].database != NULL);
        CU_ASSERT_EQUAL(o->clickhouse.host != NULL, rows[i].database != NULL);
        if (why != NULL || rows[i].database == NULL)
            continue;
        CU_ASSERT(span_equal(span_of(o->clickhouse_user), span_of(rows[i].user)));
        CU_ASSERT_EQUAL(o->clickhouse_user == NULL, rows[i].user == NULL);
        CU_ASSERT(span_equal(span_of(o->clickhouse_password), span_of(rows[i].password)));
        CU_ASSERT_EQUAL(o->clickhouse_password == NULL, rows[i].password == NULL);
        CU_ASSERT_STRING_EQUAL(o->clickhouse_database, rows[i].database);
        CU_ASSERT_STRING_EQUAL(o->clickhouse.path, "");
        CU_ASSERT_STRING_EQUAL(o->clickhouse.authority, i == 0 ? "10.0.0.1:8123" : "h");
    }
}

static const struct unit_test tests[] = {
    {"what is kept", what_is_kept},
    {"plain HTTP", plain_http},
    {"ClickHouse", clickhouse},
};

UNIT_MAIN("settings_upstream", tests)
