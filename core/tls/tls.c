/* See tls.h. */
#include "core/tls/tls.h"

#include <string.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/platform.h>
#include <psa/crypto.h>

#include "core/base/assert.h"
#include "core/tls/tls_platform.h"
#include "core/tls/tls_suites.h"

/* What brings neither data nor an end and is taken in one call: messages, and bytes of whatever
 * kind. Nobody sends as much; who does would hold the loop. */
#define IDLE_MESSAGES_MAX 32
#define IDLE_BYTES_MAX 131072

/* ---- start ---------------------------------------------------------------------------------- */

/* Signatures that we take, the preferred first. A server of 1.3 takes no PKCS #1, one of 1.2 that
 * follows our order takes it before PSS: mbedTLS 3.6.6 offers PSS and then refuses it in 1.2. */
static const uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE,
};

/* False: this mbedTLS was built without something that it needs. */
static bool configure(struct tls *tls, mbedtls_ssl_config *config,
                      mbedtls_ssl_protocol_version newest)
{
    mbedtls_ssl_config_init(config);
    if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return false;
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(config, newest);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    tls_suites_order(config);
    mbedtls_ssl_conf_sig_algs(config, signatures);
    mbedtls_ssl_conf_ca_cb(config, tls_anchors_find, &tls->anchors);
    mbedtls_ssl_conf_rng(config, tls_platform_random, NULL);
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    return true;
}

bool tls_prepare(void)
{
    tls_memory_start();
    tls_platform_start();
    return psa_crypto_init() == PSA_SUCCESS;
}

bool tls_start(struct tls *tls, const char *ca_file, const char **why)
{
    bool prepared = tls_prepare();
    tls_anchors_init(&tls->anchors);
    tls_session_clear(&tls->sessions);
    tls->ready = prepared && configure(tls, &tls->_config, MBEDTLS_SSL_VERSION_TLS1_3) &&
                 configure(tls, &tls->_config_12, MBEDTLS_SSL_VERSION_TLS1_2);
    *why = "no memory is left for TLS";
    return tls->ready && tls_anchors_load(&tls->anchors, ca_file, why);
}

bool tls_trust(struct tls *tls, const char *ca_file, const char **why)
{
    ASSERT(tls->ready);
    if (!tls_anchors_load(&tls->anchors, ca_file, why))
        return false;
    tls_session_clear(&tls->sessions);
    return true;
}

/* ---- what mbedTLS calls --------------------------------------------------------------------- */

static int send_raw(void *context, const unsigned char *bytes, size_t len)
{
    const struct tls_connection *c = context;
    int n = port_send(c->_slot, bytes, len, c->_more);
    if (n > 0)
        return n;
    return n == PORT_AGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_CONN_RESET;
}

static int receive(struct tls_connection *c, unsigned char *out, size_t cap)
{
    if (c->_taken > IDLE_BYTES_MAX)
        return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
    int n = port_recv(c->_slot, out, cap);
    c->_short = n > 0 && (size_t)n < cap;
    if (n > 0) {
        c->_taken += (uint32_t)n;
        return n;
    }
    c->_starved = n == PORT_AGAIN;
    if (n == PORT_CLOSED)
        return 0;
    return n == PORT_AGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONN_RESET;
}

/* mbedTLS asks for a record's head, and then for the rest: short ones come in one call. */
static int recv_raw(void *context, unsigned char *out, size_t cap)
{
    struct tls_connection *c = context;
    if (c->_ahead_len == 0 && cap < sizeof(c->_ahead)) {
        int n = receive(c, c->_ahead, sizeof(c->_ahead));
        if (n <= 0)
            return n;
        c->_ahead_at = 0;
        c->_ahead_len = (uint16_t)n;
    }
    if (c->_ahead_len == 0)
        return receive(c, out, cap);
    size_t n = cap < c->_ahead_len ? cap : c->_ahead_len;
    memcpy(out, c->_ahead + c->_ahead_at, n);
    c->_ahead_at = (uint16_t)(c->_ahead_at + n);
    c->_ahead_len = (uint16_t)(c->_ahead_len - n);
    return (int)n;
}

static bool same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* mbedTLS would send an address as server name, which RFC 6066 section 3 forbids; so it is not
 * told, and the certificate's addresses are looked at here. */
static bool is_for_address(const mbedtls_x509_crt *certificate, const struct tls_connection *c)
{
    const mbedtls_x509_sequence *at = &certificate->subject_alt_names;
    for (; at != NULL; at = at->next) {
        int kind = at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (kind == MBEDTLS_X509_SAN_IP_ADDRESS && at->buf.len == c->_address_len &&
            memcmp(at->buf.p, c->_address, c->_address_len) == 0)
            return true;
    }
    return false;
}

/* Called for each certificate of the chain once it was checked; depth 0 is the peer's own. */
static int look_at(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct tls_connection *c = context;
    if (depth > 0)
        return 0;
    c->_seen = true;
    c->_self_signed = same(&certificate->issuer_raw, &certificate->subject_raw);
    if (c->_address_len > 0 && !is_for_address(certificate, c))
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

/* ---- open ----------------------------------------------------------------------------------- */

static int set_host(struct tls_connection *c, const char *host)
{
    c->_address_len = (uint8_t)mbedtls_x509_crt_parse_cn_inet_pton(host, c->_address);
    return mbedtls_ssl_set_hostname(&c->_ssl, c->_address_len > 0 ? NULL : host);
}

bool tls_begin(struct tls_connection *connection, const mbedtls_ssl_config *config, int slot)
{
    struct tls_connection *c = connection;
    memset(c, 0, sizeof(*c));
    c->_slot = slot;
    mbedtls_ssl_init(&c->_ssl);
    mbedtls_ssl_set_bio(&c->_ssl, c, send_raw, recv_raw, NULL);
    if (mbedtls_ssl_setup(&c->_ssl, config) == 0)
        return true;
    mbedtls_ssl_free(&c->_ssl);
    return false;
}

bool tls_open(struct tls *tls, struct tls_connection *connection, int slot,
              const struct tls_peer *peer)
{
    ASSERT(tls->ready);
    struct tls_connection *c = connection;
    if (!tls_begin(c, peer->tls_12_only ? &tls->_config_12 : &tls->_config, slot))
        return false;
    if (set_host(c, peer->host) != 0) {
        mbedtls_ssl_free(&c->_ssl);
        return false;
    }
    c->_tls = tls;
    c->_client = true;
    c->_session_id = tls_session_id(peer->session_key, peer->host, peer->tls_12_only);
    mbedtls_ssl_set_verify(&c->_ssl, look_at, c);
    c->offered = tls_session_offer(&tls->sessions, c->_session_id, &c->_ssl, &c->_verified_us);
    return true;
}

/* ---- faults --------------------------------------------------------------------------------- */

static bool failed(const struct tls_connection *c)
{
    return c->fault != TLS_FAULT_NONE;
}

/* Notes why mbedTLS gave up with code; refused is tls_memory_use's count from before the call. */
static void fail(struct tls_connection *c, int code, uint32_t refused)
{
    struct tls_fault_signs signs = {
        .code = code,
        .self_signed = c->_self_signed,
        .no_memory = tls_memory_use().refused != refused,
    };
    if (!c->_open && (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
                      code == MBEDTLS_ERR_SSL_BAD_CERTIFICATE))
        signs.verify_flags = mbedtls_ssl_get_verify_result(&c->_ssl);
    if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        signs.alert = c->_ssl.MBEDTLS_PRIVATE(in_msg)[1];
    c->fault = tls_fault_of(&signs);
    c->detail = signs.alert > 0 ? signs.alert : code;
    c->verify_flags = signs.verify_flags;
    if (!c->_open && c->offered)
        tls_session_drop(&c->_tls->sessions, c->_session_id);
}

/* ---- handshake ------------------------------------------------------------------------------ */

/* mbedTLS 3.6 keeps the peer's chain (in 1.3 it must), though nobody asks for it any more: it
 * would be a fifth of an open connection's memory. */
static void drop_chain(mbedtls_ssl_context *ssl)
{
    mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);
    if (session == NULL || session->MBEDTLS_PRIVATE(peer_cert) == NULL)
        return;
    mbedtls_x509_crt_free(session->MBEDTLS_PRIVATE(peer_cert));
    mbedtls_free(session->MBEDTLS_PRIVATE(peer_cert));
    session->MBEDTLS_PRIVATE(peer_cert) = NULL;
}

/* "Want read" also means that a message was passed over, and then no event would come. */
static bool wants_another_call(const struct tls_connection *c, int code)
{
    return code == MBEDTLS_ERR_SSL_WANT_READ && !c->_starved;
}

static int shake(struct tls_connection *c)
{
    int code;
    int calls = 0;
    c->_taken = 0;
    do {
        c->_starved = false;
        code = mbedtls_ssl_handshake(&c->_ssl);
    } while (wants_another_call(c, code) && ++calls < IDLE_MESSAGES_MAX);
    return code;
}

static void finish(struct tls_connection *c)
{
    c->_open = true;
    if (!c->_client)
        return;
    /* Either the certificate was verified now, or when the session began that was offered. */
    ASSERT(c->_seen || c->offered);
    c->resumed = !c->_seen;
    if (c->_seen)
        c->_verified_us = port_now_us();
    drop_chain(&c->_ssl);
    tls_session_keep(&c->_tls->sessions, c->_session_id, &c->_ssl, c->_verified_us);
}

enum result tls_handshake(struct tls_connection *connection)
{
    struct tls_connection *c = connection;
    ASSERT(!c->_open);
    if (c->_client && port_wall_ms() == 0)
        c->fault = TLS_FAULT_CLOCK;
    if (failed(c))
        return RESULT_FAULT;
    uint32_t refused = tls_memory_use().refused;
    int code = shake(c);
    if (code == 0) {
        finish(c);
        return RESULT_DONE;
    }
    if (code == MBEDTLS_ERR_SSL_WANT_WRITE || (code == MBEDTLS_ERR_SSL_WANT_READ && c->_starved))
        return RESULT_MORE;
    fail(c, code, refused);
    return RESULT_FAULT;
}

/* ---- data ----------------------------------------------------------------------------------- */

/* True when code only tells of a ticket, which is kept now, or of a message that was passed
 * over. */
static bool passed_over(struct tls_connection *c, int code)
{
    if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        tls_session_keep(&c->_tls->sessions, c->_session_id, &c->_ssl, c->_verified_us);
        return true;
    }
    return wants_another_call(c, code);
}

static int read_some(struct tls_connection *c, void *out, size_t cap)
{
    int code;
    int calls = 0;
    c->_taken = 0;
    c->_short = false; /* of a call before: an event may have told of more since then */
    do {
        c->_starved = false;
        code = mbedtls_ssl_read(&c->_ssl, out, cap);
    } while (passed_over(c, code) && ++calls < IDLE_MESSAGES_MAX);
    return code;
}

int tls_recv(struct tls_connection *connection, void *out, size_t cap)
{
    struct tls_connection *c = connection;
    ASSERT(c->_open && cap > 0);
    if (failed(c) || c->_ended)
        return c->_ended ? PORT_CLOSED : PORT_FAILED;
    uint32_t refused = tls_memory_use().refused;
    int code = read_some(c, out, cap < INT32_MAX ? cap : INT32_MAX);
    if (code > 0)
        return code;
    if (code == MBEDTLS_ERR_SSL_WANT_WRITE || (code == MBEDTLS_ERR_SSL_WANT_READ && c->_starved))
        return PORT_AGAIN;
    if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        c->_ended = true;
        return PORT_CLOSED;
    }
    fail(c, code == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : code, refused);
    return PORT_FAILED;
}

bool tls_drained(const struct tls_connection *connection)
{
    return connection->_short && connection->_ahead_len == 0 &&
           mbedtls_ssl_check_pending(&connection->_ssl) == 0;
}

/* An answer of mbedTLS's own that is still to be sent goes first: it would be taken for our
 * data. */
static int flush_other(struct tls_connection *c)
{
    if (c->_sending > 0 || c->_ssl.MBEDTLS_PRIVATE(out_left) == 0)
        return 0;
    return mbedtls_ssl_write(&c->_ssl, (const unsigned char *)"", 0);
}

/* One record. mbedTLS looks for the end of a ticket before it writes, and reading sends what waits
 * to go: then the record has gone already, and must not be sent again. */
static int write_record(struct tls_connection *c, const void *bytes, size_t len)
{
    if (c->_sending > 0 && c->_ssl.MBEDTLS_PRIVATE(out_left) == 0)
        return c->_sending;
    int code = flush_other(c);
    if (code != 0)
        return code;
    code = mbedtls_ssl_write(&c->_ssl, bytes, len);
    if (code == MBEDTLS_ERR_SSL_WANT_WRITE)
        c->_sending = (uint16_t)len;
    return code;
}

int tls_send(struct tls_connection *connection, const void *bytes, size_t len, bool more)
{
    struct tls_connection *c = connection;
    ASSERT(c->_open && len > 0 && len >= c->_sending);
    if (failed(c))
        return PORT_FAILED;
    uint32_t refused = tls_memory_use().refused;
    /* A record that was begun has its length, even if there is more to send by now: so it must be
     * known what mbedTLS makes of it, which may be less than the buffer has room for. */
    size_t n = c->_sending > 0 ? c->_sending : len;
    int most = mbedtls_ssl_get_max_out_record_payload(&c->_ssl);
    n = most > 0 && n > (size_t)most ? (size_t)most : n;
    int code;
    int calls = 0;
    c->_taken = 0;
    c->_more = more;
    do {
        c->_starved = false;
        code = write_record(c, bytes, n);
    } while (passed_over(c, code) && ++calls < IDLE_MESSAGES_MAX);
    c->_more = false;
    if (code > 0) {
        c->_sending = 0;
        return code;
    }
    if (code == MBEDTLS_ERR_SSL_WANT_WRITE || code == MBEDTLS_ERR_SSL_WANT_READ)
        return PORT_AGAIN;
    fail(c, code, refused);
    return PORT_FAILED;
}

void tls_close(struct tls_connection *connection)
{
    struct tls_connection *c = connection;
    if (c->_open && !failed(c))
        (void)mbedtls_ssl_close_notify(&c->_ssl);
    mbedtls_ssl_free(&c->_ssl);
    c->_open = false;
}
