/* Hosts, origins and keys. */
#include "core/gateway/gateway_access.h"
#include "core/tls/tls_hash.h"
#include "test/unit/unit.h"

#include <string.h>

static struct settings settings = {
    .allow_hosts = {"gate.example.com\0ai.example.org", 2},
    .allow_origins = {"https://app.example.com\0http://localhost:5173", 2},
};

static const struct {
    const char *host;
    bool ours;
} hosts[] = {
    {"127.0.0.1", true},
    {"192.168.1.1", true},
    {"8.8.8.8", true},
    {"[::1]", true},
    {"[fe80::1]", true},
    {"localhost", true},
    {"router", true},
    {"box.lan", true},
    {"BOX.LAN", true},
    {"a.b.local", true},
    {"gateway.internal", true},
    {"a.home.arpa", true},
    {"gate.example.com", true},
    {"Gate.Example.COM", true},
    {"ai.example.org", true},
    {"evil.example.com", false},
    {"gate.example.com.evil.net", false},
    {"xgate.example.com", false},
    {"example.com", false},
    {"1.2.3", false},
    {"1.2.3.4.5", false},
    {"1.2.3.256", false},
    {"1.2.3.", false},
    {".1.2.3", false},
    {"1..2.3", false},
    {"1.2.3.4.", false},
    {"1.2.3.0004", false},
    {"1.2.3:4", false},
    {"1.2.3.4.evil.net", false},
    {"0x7f.0.0.1", false},
    {"0177.0.0.01", false},
    {"127.1", false},
    {"evil.net.lan.com", false},
    {".lan", false},
    {"home.arpa", false},
    {"evillocal.com", false},
    {"box.lann", false},
    {"arpa.home", false},
};

static void test_hosts(void)
{
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        size_t len = strlen(hosts[i].host);
        struct span host = {unit_guard(0, hosts[i].host, len), len};
        if (gateway_access_host(&settings, host) != hosts[i].ours)
            CU_FAIL(hosts[i].host);
    }
    CU_ASSERT_TRUE(gateway_access_host(&settings, (struct span){NULL, 0}));
}

static const struct {
    const char *origin;
    const char *authority;
    bool allowed;
} origins[] = {
    {"http://localhost:3000", "localhost:3000", true},
    {"https://localhost:3000", "localhost:3000", true},
    {"http://box.lan", "box.lan", true},
    {"http://BOX.lan", "box.LAN", true},
    {"http://[::1]:3000", "[::1]:3000", true},
    {"https://app.example.com", "box.lan", true},
    {"https://APP.example.com", "box.lan", true},
    {"http://localhost:5173", "localhost:3000", true},
    {"http://localhost:3001", "localhost:3000", false},
    {"http://localhost", "localhost:3000", false},
    {"http://app.example.com", "box.lan", false},
    {"https://app.example.com:444", "box.lan", false},
    {"https://evil.example.com", "box.lan", false},
    {"https://app.example.com.evil.net", "box.lan", false},
    {"file://box.lan", "box.lan", false},
    {"box.lan", "box.lan", false},
    {"null", "box.lan", false},
    {"null", "null", false},
    {"", "box.lan", false},
    {"http://", NULL, false},
    {"https://app.example.com", NULL, true},
};

static void test_origins(void)
{
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct http_request request = {.origin = span_of(origins[i].origin),
                                       .authority = span_of(origins[i].authority)};
        if (gateway_access_origin(&settings, &request) != origins[i].allowed)
            CU_FAIL(origins[i].origin);
    }
}

/* ---- keys ---- */

#define HASHED "a key that is only known by its hash"

static void set_keys(void)
{
    struct tls_hash hash;
    settings.key_count = 3;
    settings.keys[0] = (struct settings_key){.name = "one", .secret = "sixteen-letters-1"};
    settings.keys[1] = (struct settings_key){.name = "two"};
    settings.keys[2] = (struct settings_key){.name = "three", .secret = "sixteen-letters-3"};
    tls_hash_begin(&hash);
    tls_hash_add(&hash, SPAN(HASHED));
    tls_hash_end(&hash, settings.keys[1].sha256);
}

static const struct {
    const char *authorization;
    const char *x_api_key;
    int key;
    bool shown;
} shown[] = {
    {NULL, NULL, -1, false},
    {"", NULL, -1, false},
    {"Bearer sixteen-letters-1", NULL, 0, true},
    {"Bearer sixteen-letters-3", NULL, 2, true},
    {"bearer sixteen-letters-1", NULL, 0, true},
    {"BEARER   sixteen-letters-1", NULL, 0, true},
    {"Bearer " HASHED, NULL, 1, true},
    {NULL, "sixteen-letters-1", 0, true},
    {NULL, HASHED, 1, true},
    {"Bearer wrong", "sixteen-letters-3", 2, true},
    {"Bearer sixteen-letters-1", "sixteen-letters-3", 0, true},
    {"Bearer sixteen-letters-1", "wrong", 0, true},
    {"Bearer", NULL, -1, true},
    {"Bearer ", NULL, -1, true},
    {"Bearersixteen-letters-1", NULL, -1, true},
    {"sixteen-letters-1", NULL, -1, true},
    {"Basic sixteen-letters-1", NULL, -1, true},
    {"Bearer sixteen-letters-", NULL, -1, true},
    {"Bearer sixteen-letters-11", NULL, -1, true},
    {"Bearer Sixteen-letters-1", NULL, -1, true},
    {"Bearer sixteen-letters-2", NULL, -1, true},
    {NULL, "Bearer sixteen-letters-1", -1, true},
};

static void test_keys(void)
{
    set_keys();
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        struct http_request request = {.authorization = span_of(shown[i].authorization),
                                       .x_api_key = span_of(shown[i].x_api_key)};
        CU_ASSERT_EQUAL(gateway_access_key(&settings, &request), shown[i].key);
        CU_ASSERT_EQUAL(gateway_access_shown(&request), shown[i].shown);
    }
}

/* Without keys none is good, not even one that was. */
static void test_no_keys(void)
{
    struct http_request request = {.authorization = SPAN("Bearer sixteen-letters-1")};
    set_keys();
    settings.key_count = 0;
    CU_ASSERT_EQUAL(gateway_access_key(&settings, &request), -1);
}

/* An empty secret is no key, whatever stands in the settings. */
static void test_empty_key(void)
{
    struct http_request request = {.authorization = SPAN("Bearer "), .x_api_key = SPAN("")};
    settings.key_count = 1;
    settings.keys[0] = (struct settings_key){.name = "none", .secret = ""};
    CU_ASSERT_EQUAL(gateway_access_key(&settings, &request), -1);
}

static const struct unit_test tests[] = {
    {"hosts", test_hosts},       {"origins", test_origins},     {"keys", test_keys},
    {"no keys", test_no_keys},   {"an empty key", test_empty_key},
};

UNIT_MAIN("gateway_access", tests)
