/* See tls_server.h. */
#include "core/tls/tls_server.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "config/features.h"
#include "core/base/assert.h"
#include "core/tls/tls_platform.h"
#include "core/tls/tls_suites.h"
#include "port/port.h"

/* Reads a file whole, with a NUL behind it, as mbedTLS wants PEM. 0: *why. */
static size_t read_file(struct tls_server *server, const char *path, const char **why)
{
    size_t len = 0;
    int got = 1;
    int file = port_file_open(path);
    *why = "it cannot be opened";
    if (file < 0)
        return 0;
    while (got > 0 && len < sizeof(server->_file)) {
        got = port_file_read(file, len, server->_file + len, sizeof(server->_file) - len);
        len += got > 0 ? (size_t)got : 0;
    }
    port_file_close(file);
    *why = got < 0 ? "it cannot be read" : "it is larger than a certificate's file may be";
    if (got < 0 || len == sizeof(server->_file))
        return 0;
    server->_file[len] = '\0';
    return len + 1;
}

static bool load_chain(struct tls_server *server, const char *path, const char **why)
{
    size_t len = read_file(server, path, why);
    if (len == 0)
        return false;
    *why = "it holds no certificate in PEM, or a damaged one";
    return mbedtls_x509_crt_parse(&server->_chain, (const unsigned char *)server->_file, len) == 0;
}

static bool load_key(struct tls_server *server, const char *path, const char **why)
{
    size_t len = read_file(server, path, why);
    if (len == 0)
        return false;
    int code = mbedtls_pk_parse_key(&server->_key, (const unsigned char *)server->_file, len, NULL,
                                    0, tls_platform_random, NULL);
    mbedtls_platform_zeroize(server->_file, sizeof(server->_file));
    *why = "it holds no private key in PEM, or one with a password";
    if (code != 0)
        return false;
    *why = "it is not the key of the first certificate in cert_file";
    return mbedtls_pk_check_pair(&server->_chain.pk, &server->_key, tls_platform_random, NULL) == 0;
}

/* ---- tickets ---- */

#if FEATURE_HTTPS_LISTENER

static void begin_tickets(struct tls_server *server)
{
    mbedtls_ssl_ticket_init(&server->_tickets);
}

/* Who comes again is spared a certificate and a signature. */
static bool offer_tickets(struct tls_server *server)
{
    if (mbedtls_ssl_ticket_setup(&server->_tickets, tls_platform_random, NULL,
                                 MBEDTLS_CIPHER_CHACHA20_POLY1305, TLS_SERVER_TICKET_S) != 0)
        return false;
    mbedtls_ssl_conf_session_tickets_cb(&server->_config, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &server->_tickets);
    return true;
}

static void end_tickets(struct tls_server *server)
{
    mbedtls_ssl_ticket_free(&server->_tickets);
}

#else

static void begin_tickets(struct tls_server *server)
{
    (void)server;
}

static bool offer_tickets(struct tls_server *server)
{
    (void)server;
    return true;
}

static void end_tickets(struct tls_server *server)
{
    (void)server;
}

#endif

/* ---- a server ---- */

static bool configure(struct tls_server *server)
{
    mbedtls_ssl_config *config = &server->_config;
    if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return false;
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_rng(config, tls_platform_random, NULL);
    tls_suites_order(config);
    return mbedtls_ssl_conf_own_cert(config, &server->_chain, &server->_key) == 0 &&
           offer_tickets(server);
}

bool tls_server_load(struct tls_server *server, const char *cert_file, const char *key_file,
                     const char **why)
{
    ASSERT(!server->ready);
    *why = "no memory is left for TLS";
    if (!FEATURE_HTTPS_LISTENER || !tls_prepare())
        return false;
    mbedtls_ssl_config_init(&server->_config);
    mbedtls_x509_crt_init(&server->_chain);
    mbedtls_pk_init(&server->_key);
    begin_tickets(server);
    server->ready = load_chain(server, cert_file, why) && load_key(server, key_file, why);
    if (server->ready) {
        *why = "no memory is left for TLS";
        server->ready = configure(server);
    }
    if (!server->ready)
        tls_server_free(server);
    return server->ready;
}

void tls_server_free(struct tls_server *server)
{
    mbedtls_ssl_config_free(&server->_config);
    mbedtls_x509_crt_free(&server->_chain);
    mbedtls_pk_free(&server->_key);
    end_tickets(server);
    mbedtls_platform_zeroize(server, sizeof(*server));
}

bool tls_server_same(const struct tls_server *a, const struct tls_server *b)
{
    const mbedtls_x509_crt *one = &a->_chain;
    const mbedtls_x509_crt *other = &b->_chain;
    while (one != NULL && other != NULL && one->raw.len == other->raw.len &&
           (one->raw.len == 0 || memcmp(one->raw.p, other->raw.p, one->raw.len) == 0)) {
        one = one->next;
        other = other->next;
    }
    return one == NULL && other == NULL;
}

bool tls_server_accept(struct tls_server *server, struct tls_connection *connection, int slot)
{
    ASSERT(server->ready);
    return tls_begin(connection, &server->_config, slot);
}
