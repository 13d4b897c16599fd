/* settings_url: base URLs and addresses to listen at, and everything that is none. */
#include "core/settings/settings_url.h"

#include <string.h>

#include "config/bounds.h"
#include "test/unit/unit.h"

static struct settings_url_parts parts;

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

static void good_urls(void)
{
    static const struct {
        const char *text;
        bool tls;
        const char *host;
        int port;
        const char *path;
    } rows[] = {
        {"https://api.devv.ai/api/v1/stream/chat", true, "api.devv.ai", 443, "/api/v1/stream/chat"},
        {"http://localhost", false, "localhost", 80, ""},
        {"HTTPS://Host/", true, "Host", 443, ""},
        {"http://h:8080/v1///", false, "h", 8080, "/v1"},
        {"https://10.0.0.1:1/x", true, "10.0.0.1", 1, "/x"},
        {"http://[::1]:65535", false, "::1", 65535, ""},
        {"http://[fe80::1]/a", false, "fe80::1", 80, "/a"},
        {"https://my_box-1.local/a%20b", true, "my_box-1.local", 443, "/a%20b"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_PTR_NULL(settings_url_read(&parts, guarded(rows[i].text), false));
        CU_ASSERT_EQUAL(parts.tls, rows[i].tls);
        CU_ASSERT(is(parts.host, rows[i].host));
        CU_ASSERT_EQUAL(parts.port, rows[i].port);
        CU_ASSERT(is(parts.path, rows[i].path));
    }
}

static void bad_urls(void)
{
    static const char *const rows[] = {
        "", "somewhere", "ftp://h", "https:/h", "https//h", "https://", "https:///a", "http://:80",
        "https://h:0", "https://h:65536", "https://h:", "https://h:8o", "https://h:-1",
        "https://h?x", "https://h/a?b=c", "https://h/a#b", "https://u@h", "https://u:p@h/",
        "https://h h/", "https://h/a b", "https://h/\x01", "https://h/\xC3\xA9", "https://h/\"",
        "https://[::1", "https://[1.2.3.4]", "https://[::g]", "https://[]", "https://::1/",
        "https://1.2.3", "https://1.2.3.4.5", "https://300.1.1.1", "https://.h", "https://h\\a",
        "https://h*", "https://[::1]x", " https://h",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_PTR_NOT_NULL(settings_url_read(&parts, guarded(rows[i]), false));
    char text[LIMIT_URL_BYTES + 16] = "https://h/";
    memset(text + 10, 'a', sizeof(text) - 11);
    CU_ASSERT_PTR_NOT_NULL(settings_url_read(&parts, guarded(text), false));
}

static void users(void)
{
    static const struct {
        const char *text;
        const char *user;
        const char *password;
    } rows[] = {
        {"http://u:p@h:8123/db", "u", "p"},
        {"http://u@h", "u", ""},
        {"http://h", "", ""},
        {"http://u:p%40%3A@h", "u", "p%40%3A"},
        {"http://u:a:b@h", "u", "a:b"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_PTR_NULL(settings_url_read(&parts, guarded(rows[i].text), true));
        CU_ASSERT(is(parts.user, rows[i].user));
        CU_ASSERT(is(parts.password, rows[i].password));
        CU_ASSERT(is(parts.host, "h"));
    }
    CU_ASSERT_PTR_NOT_NULL(settings_url_read(&parts, guarded("http://u:p@x@h"), true));
    CU_ASSERT_PTR_NOT_NULL(settings_url_read(&parts, guarded("http://u:p\x01@h"), true));
}

static void listeners(void)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: none */
        int port;
    } rows[] = {
        {"127.0.0.1:3000", "127.0.0.1", 3000},
        {"[::]:3000", "::", 3000},
        {"[::1]:0", "::1", 0},
        {"localhost:80", "127.0.0.1", 80},
        {"LOCALHOST:80", "127.0.0.1", 80},
        {"0.0.0.0:65535", "0.0.0.0", 65535},
        {"", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {":3000", NULL, 0},
        {"3000", NULL, 0},
        {"::1:3000", NULL, 0},
        {"[::1]", NULL, 0},
        {"host:80", NULL, 0},
        {"127.0.0.1:65536", NULL, 0},
        {"127.0.0.1:x", NULL, 0},
        {"http://127.0.0.1:80", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = settings_url_listener(&parts, guarded(rows[i].text));
        CU_ASSERT_EQUAL(why == NULL, rows[i].host != NULL);
        if (why != NULL || rows[i].host == NULL)
            continue;
        CU_ASSERT(is(parts.host, rows[i].host));
        CU_ASSERT_EQUAL(parts.port, rows[i].port);
        CU_ASSERT_TRUE(parts.literal);
    }
}

static void every_prefix(void)
{
    static const char text[] = "https://user:word@[2001:db8::1]:8443/a/b/";
    for (size_t len = 0; len < sizeof(text); len++) {
        struct span prefix = {unit_guard(0, text, len), len};
        (void)settings_url_read(&parts, prefix, true);
        (void)settings_url_read(&parts, prefix, false);
        (void)settings_url_listener(&parts, prefix);
    }
    CU_ASSERT_PTR_NULL(settings_url_read(&parts, span_of(text), true));
}

static const struct unit_test tests[] = {
    {"good URLs", good_urls},
    {"bad URLs", bad_urls},
    {"users", users},
    {"listeners", listeners},
    {"every prefix", every_prefix},
};

UNIT_MAIN("settings_url", tests)
