/* The arena as mbedTLS sees it: record buffers, the rest, the counters, and what happens at its
 * end. */
#include "core/tls/tls_memory.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>

#include "config/bounds.h"
#include "core/tls/tls_platform.h"
#include "port/port.h"
#include "test/unit/unit.h"

#define IN_LEN (MBEDTLS_SSL_IN_CONTENT_LEN + 45)
#define OUT_LEN (MBEDTLS_SSL_OUT_CONTENT_LEN + 45)
#define RECORDS_BYTES (MBEDTLS_SSL_IN_CONTENT_LEN + MBEDTLS_SSL_OUT_CONTENT_LEN + 128)

static void nothing_in_use(void)
{
    struct tls_memory_use use = tls_memory_use();
    CU_ASSERT_EQUAL(use.in_use, 0);
    CU_ASSERT_EQUAL(use.records, 0);
    CU_ASSERT(use.cap <= LIMIT_TLS_ARENA_BYTES);
    CU_ASSERT(use.cap > LIMIT_TLS_ARENA_BYTES - LIMIT_TLS_PAGE_BYTES);
}

/* mbedTLS's own numbers: what it asks for when a connection is set up lands in slots. */
static void records_have_slots(void)
{
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, tls_platform_random, NULL);
    CU_ASSERT_EQUAL(mbedtls_ssl_setup(&ssl, &config), 0);
    struct tls_memory_use use = tls_memory_use();
    CU_ASSERT_EQUAL(use.records, 1);
    CU_ASSERT(use.in_use > RECORDS_BYTES && use.in_use < RECORDS_BYTES + 8 * LIMIT_TLS_PAGE_BYTES);
    CU_ASSERT_EQUAL((use.in_use - RECORDS_BYTES) % LIMIT_TLS_PAGE_BYTES, 0);
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    nothing_in_use();
}

static void all_connections_at_once(void)
{
    static void *in[LIMIT_TLS_CONNECTIONS];
    static void *out[LIMIT_TLS_CONNECTIONS];
    for (int i = 0; i < LIMIT_TLS_CONNECTIONS; i++) {
        in[i] = mbedtls_calloc(1, IN_LEN);
        out[i] = mbedtls_calloc(OUT_LEN, 1);
        CU_ASSERT_FATAL(in[i] != NULL && out[i] != NULL);
    }
    struct tls_memory_use use = tls_memory_use();
    CU_ASSERT_EQUAL(use.records, LIMIT_TLS_CONNECTIONS);
    CU_ASSERT_EQUAL(use.records_high, LIMIT_TLS_CONNECTIONS);
    CU_ASSERT_EQUAL(use.in_use, (size_t)LIMIT_TLS_CONNECTIONS * RECORDS_BYTES);
    CU_ASSERT_EQUAL(use.refused, 0);
    for (int i = 0; i < LIMIT_TLS_CONNECTIONS; i++) {
        memset(in[i], 0, IN_LEN);
        mbedtls_free(in[i]);
        mbedtls_free(out[i]);
    }
    nothing_in_use();
}

/* Every byte of the rest can be used; one more is refused, counted, and no harm is done. */
static void used_up(void)
{
    static void *at[LIMIT_TLS_ARENA_BYTES / LIMIT_TLS_PAGE_BYTES];
    uint32_t refused = tls_memory_use().refused;
    size_t n = 0;
    while (n < sizeof(at) / sizeof(at[0]) &&
           (at[n] = mbedtls_calloc(1, LIMIT_TLS_PAGE_BYTES)) != NULL)
        n++;
    CU_ASSERT(n >= (LIMIT_TLS_ARENA_BYTES - (size_t)LIMIT_TLS_CONNECTIONS * RECORDS_BYTES) /
                       LIMIT_TLS_PAGE_BYTES);
    CU_ASSERT_EQUAL(tls_memory_use().refused, refused + 1);
    CU_ASSERT_PTR_NULL(mbedtls_calloc(1, 16));
    CU_ASSERT_EQUAL(tls_memory_use().refused, refused + 2);
    CU_ASSERT_EQUAL(tls_memory_use().high, tls_memory_use().cap);
    for (size_t i = 0; i < n; i++)
        mbedtls_free(at[i]);
    nothing_in_use();
}

static void odd_requests(void)
{
    CU_ASSERT_PTR_NULL(mbedtls_calloc(0, 16));
    CU_ASSERT_PTR_NULL(mbedtls_calloc(16, 0));
    CU_ASSERT_PTR_NULL(mbedtls_calloc(SIZE_MAX / 2, 4));
    CU_ASSERT_PTR_NULL(mbedtls_calloc(SIZE_MAX, SIZE_MAX));
    CU_ASSERT_PTR_NULL(mbedtls_calloc(LIMIT_TLS_ARENA_BYTES + 1, 1));
    mbedtls_free(NULL);
    nothing_in_use();
}

/* After a burst the memory goes back, and what comes then is zero again. */
static void trimmed(void)
{
    enum { BURST = 200 };
    unsigned char *at[BURST];
    tls_memory_trim();
    uint64_t before = port_resident_bytes();
    for (int i = 0; i < BURST; i++) {
        at[i] = mbedtls_calloc(1, IN_LEN);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at[i]);
        memset(at[i], 0x5A, IN_LEN);
    }
    uint64_t during = port_resident_bytes();
    for (int i = 0; i < BURST; i++)
        mbedtls_free(at[i]);
    tls_memory_trim();
    uint64_t after = port_resident_bytes();
    CU_ASSERT(during >= before + BURST * IN_LEN * 9 / 10);
    CU_ASSERT(after + BURST * IN_LEN * 8 / 10 <= during);
    unsigned char *again = mbedtls_calloc(1, IN_LEN);
    CU_ASSERT(again[0] == 0 && again[IN_LEN - 1] == 0);
    CU_ASSERT_EQUAL(memcmp(again, again + 1, IN_LEN - 1), 0);
    mbedtls_free(again);
}

static void start_once(void)
{
    void *kept = mbedtls_calloc(1, 100);
    tls_memory_start();
    CU_ASSERT_EQUAL(tls_memory_use().in_use, LIMIT_TLS_PAGE_BYTES);
    mbedtls_free(kept);
    nothing_in_use();
}

static const struct unit_test tests[] = {
    {"nothing in use", nothing_in_use},
    {"records have slots", records_have_slots},
    {"all connections at once", all_connections_at_once},
    {"used up", used_up},
    {"odd requests", odd_requests},
    {"trimmed", trimmed},
    {"started once", start_once},
};

int main(void)
{
    tls_memory_start();
    return unit_run("tls_memory", tests, sizeof(tests) / sizeof(tests[0]));
}
