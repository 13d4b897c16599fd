/* Kept sessions: whose they are, which gives way, when they end. The sessions are made up. */
#include "core/tls/tls_session.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform.h>
#include <psa/crypto.h>

#include "core/tls/tls_memory.h"
#include "core/tls/tls_platform.h"
#include "port/port.h"
#include "test/unit/unit.h"

static mbedtls_ssl_config config;
static struct tls_sessions sessions;

static void set_up(mbedtls_ssl_context *ssl)
{
    mbedtls_ssl_init(ssl);
    CU_ASSERT_EQUAL_FATAL(mbedtls_ssl_setup(ssl, &config), 0);
}

/* An ssl that seems to have shaken hands: a session of TLS 1.2 with a ticket that is len times
 * byte. */
static void pretend(mbedtls_ssl_context *ssl, unsigned char byte, size_t len)
{
    set_up(ssl);
    mbedtls_ssl_session *session = mbedtls_calloc(1, sizeof(*session));
    CU_ASSERT_PTR_NOT_NULL_FATAL(session);
    mbedtls_ssl_session_init(session);
    session->MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_2;
    session->MBEDTLS_PRIVATE(ciphersuite) = MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    session->MBEDTLS_PRIVATE(ticket) = mbedtls_calloc(1, len);
    session->MBEDTLS_PRIVATE(ticket_len) = len;
    memset(session->MBEDTLS_PRIVATE(ticket), byte, len);
    ssl->MBEDTLS_PRIVATE(session) = session;
}

static void keep(uint64_t id, unsigned char byte, size_t len)
{
    mbedtls_ssl_context ssl;
    pretend(&ssl, byte, len);
    tls_session_keep(&sessions, id, &ssl, port_now_us());
    mbedtls_ssl_free(&ssl);
}

/* The first byte of the ticket that is offered for id; -1: none. */
static int offered(uint64_t id)
{
    mbedtls_ssl_context ssl;
    uint64_t verified_us = 0;
    int byte = -1;
    set_up(&ssl);
    if (tls_session_offer(&sessions, id, &ssl, &verified_us)) {
        CU_ASSERT(verified_us > 0);
        byte = ssl.MBEDTLS_PRIVATE(session_negotiate)->MBEDTLS_PRIVATE(ticket)[0];
    }
    mbedtls_ssl_free(&ssl);
    return byte;
}

static void ids(void)
{
    uint64_t id = tls_session_id(1, "example.com", false);
    CU_ASSERT_NOT_EQUAL(id, 0);
    CU_ASSERT_EQUAL(id, tls_session_id(1, "example.com", false));
    CU_ASSERT_NOT_EQUAL(id, tls_session_id(2, "example.com", false));
    CU_ASSERT_NOT_EQUAL(id, tls_session_id(1, "example.org", false));
    CU_ASSERT_NOT_EQUAL(id, tls_session_id(1, "example.com", true));
}

static void kept_and_offered(void)
{
    CU_ASSERT_EQUAL(offered(7), -1);
    keep(7, 'a', 100);
    keep(8, 'b', 200);
    CU_ASSERT_EQUAL(offered(7), 'a');
    CU_ASSERT_EQUAL(offered(7), 'a');
    CU_ASSERT_EQUAL(offered(8), 'b');
    keep(7, 'c', 50); /* takes the old one's place */
    CU_ASSERT_EQUAL(offered(7), 'c');
    tls_session_drop(&sessions, 7);
    tls_session_drop(&sessions, 9);
    CU_ASSERT_EQUAL(offered(7), -1);
    CU_ASSERT_EQUAL(offered(8), 'b');
    tls_session_clear(&sessions);
    CU_ASSERT_EQUAL(offered(8), -1);
}

/* A clock of microseconds stands still between two calls; the order must not depend on it. */
static void tick(void)
{
    uint64_t now_us = port_now_us();
    while (port_now_us() == now_us) {
    }
}

static void oldest_gives_way(void)
{
    for (uint64_t id = 1; id <= LIMIT_TLS_SESSIONS; id++) {
        keep(id, (unsigned char)('a' + id), 20);
        tick();
    }
    CU_ASSERT_EQUAL(offered(1), 'b'); /* used, so the second is the oldest now */
    tick();
    keep(1000, 'z', 20);
    CU_ASSERT_EQUAL(offered(2), -1);
    for (uint64_t id = 1; id <= LIMIT_TLS_SESSIONS; id++)
        CU_ASSERT_EQUAL(offered(id), id == 2 ? -1 : (int)('a' + id));
    CU_ASSERT_EQUAL(offered(1000), 'z');
    tls_session_clear(&sessions);
}

/* The largest that fits is found by growing; one byte more is not kept, and the old one is gone,
 * because the peer may have forgotten it. */
static void too_large(void)
{
    size_t largest = 0;
    for (size_t len = LIMIT_TLS_SESSION_BYTES - 200; len < LIMIT_TLS_SESSION_BYTES; len++) {
        keep(5, 'x', len);
        if (offered(5) == 'x') {
            CU_ASSERT(largest == 0 || largest == len - 1);
            largest = len;
        }
    }
    CU_ASSERT(largest > LIMIT_TLS_SESSION_BYTES - 200 && largest < LIMIT_TLS_SESSION_BYTES - 1);
    keep(5, 'x', LIMIT_TLS_SESSION_BYTES * 2);
    CU_ASSERT_EQUAL(offered(5), -1);
    keep(5, 'y', 10);
    CU_ASSERT_EQUAL(offered(5), 'y');
    tls_session_clear(&sessions);
}

static void too_old(void)
{
    keep(5, 'x', 10);
    keep(6, 'y', 10);
    uint64_t now_us = port_now_us();
    sessions.kept[0].verified_us = now_us - TLS_SESSION_AGE_US + 1000000; /* a second is left */
    CU_ASSERT_EQUAL(offered(5), 'x');
    sessions.kept[0].verified_us = now_us - TLS_SESSION_AGE_US;
    CU_ASSERT_EQUAL(offered(5), -1);
    CU_ASSERT_EQUAL(sessions.kept[0].id, 0);
    CU_ASSERT_EQUAL(offered(6), 'y');
    tls_session_clear(&sessions);
}

/* Keys do not stay in memory. */
static void wiped(void)
{
    static const uint8_t zero[LIMIT_TLS_SESSION_BYTES];
    keep(5, 'x', 1000);
    CU_ASSERT_NOT_EQUAL(memcmp(sessions.kept[0].bytes, zero, sizeof(zero)), 0);
    keep(5, 'x', 10);
    CU_ASSERT_EQUAL(memcmp(sessions.kept[0].bytes + 900, zero, sizeof(zero) - 900), 0);
    tls_session_drop(&sessions, 5);
    CU_ASSERT_EQUAL(memcmp(sessions.kept[0].bytes, zero, sizeof(zero)), 0);
}

/* A session that is asked for twice is there once; one that never was is not kept. */
static void nothing_new(void)
{
    mbedtls_ssl_context ssl;
    pretend(&ssl, 'a', 10);
    tls_session_keep(&sessions, 3, &ssl, port_now_us());
    tls_session_drop(&sessions, 3);
    tls_session_keep(&sessions, 3, &ssl, port_now_us());
    CU_ASSERT_EQUAL(offered(3), -1);
    mbedtls_ssl_free(&ssl);
    set_up(&ssl);
    tls_session_keep(&sessions, 3, &ssl, port_now_us());
    CU_ASSERT_EQUAL(offered(3), -1);
    mbedtls_ssl_free(&ssl);
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

static const struct unit_test tests[] = {
    {"ids", ids},
    {"kept and offered", kept_and_offered},
    {"the oldest gives way", oldest_gives_way},
    {"too large", too_large},
    {"too old", too_old},
    {"wiped", wiped},
    {"nothing new", nothing_new},
};

int main(void)
{
    tls_memory_start();
    tls_platform_start();
    mbedtls_ssl_config_init(&config);
    if (psa_crypto_init() != PSA_SUCCESS ||
        mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return EXIT_FAILURE;
    mbedtls_ssl_conf_rng(&config, tls_platform_random, NULL);
    return unit_run("tls_session", tests, sizeof(tests) / sizeof(tests[0]));
}
