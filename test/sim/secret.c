/*
 * See secret.h. The services live in the same process as the daemon, whose TLS memory is an arena
 * that is to be watched: mbedTLS works with the heap while it works for them.
 */
#include "test/sim/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <psa/crypto.h>

#include "core/tls/tls_platform.h"
#include "test/sim/keys.h"
#include "test/sim/tally.h"
#include "test/sim/visit.h"

#define RAW_BYTES 32768
#define RAW_FULL 16384 /* no more is written then */

typedef void *(*calloc_function)(size_t, size_t);
typedef void (*free_function)(void *);

struct secret {
    bool tls, shaken, failed;
    int link;
    uint64_t harm_at; /* one byte of what is sent is changed */
    uint64_t sent;
    mbedtls_ssl_context ssl;
    size_t raw_len, raw_at;
    uint8_t raw[RAW_BYTES];
};

static struct secret secrets[VISIT_COUNT];

static struct {
    calloc_function calloc;
    free_function free;
    bool for_service;
    bool ready;
} memory;

static struct {
    enum keys_kind kind;
    bool ready;
    mbedtls_ssl_config config;
    mbedtls_ssl_ticket_context tickets;
} services[WORLD_SERVICES];

/* ---- memory ---- */

int __real_mbedtls_platform_set_calloc_free(calloc_function take, free_function give);
int __wrap_mbedtls_platform_set_calloc_free(calloc_function take, free_function give);

static void *take(size_t count, size_t size)
{
    return memory.for_service ? calloc(count, size) : memory.calloc(count, size);
}

static void give(void *at)
{
    if (memory.for_service)
        free(at);
    else
        memory.free(at);
}

/* The daemon gives mbedTLS its arena: it has it only for itself. */
int __wrap_mbedtls_platform_set_calloc_free(calloc_function arena_take, free_function arena_give)
{
    memory.calloc = arena_take;
    memory.free = arena_give;
    return __real_mbedtls_platform_set_calloc_free(take, give);
}

void secret_start(void)
{
    memory.for_service = true;
    (void)__real_mbedtls_platform_set_calloc_free(take, give);
    tls_platform_start(); /* the services look at the daemon's clock */
    keys_start();
    WORLD_CHECK(psa_crypto_init() == PSA_SUCCESS, "no PSA");
    memory.for_service = false;
    memory.ready = true;
}

/* ---- services ---- */

static int draw(void *context, unsigned char *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)sim_chance_next(&world.chance);
    return 0;
}

static void begin_tickets(int service)
{
    mbedtls_ssl_ticket_context *tickets = &services[service].tickets;
    int result = mbedtls_ssl_ticket_setup(tickets, draw, NULL, MBEDTLS_CIPHER_AES_256_GCM, 86400);
    WORLD_CHECK(result == 0, "no tickets: %d", result);
    mbedtls_ssl_conf_session_tickets_cb(&services[service].config, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, tickets);
}

static void begin_service(int service)
{
    mbedtls_ssl_config *config = &services[service].config;
    services[service].kind = world_bad(8) ? (enum keys_kind)(1 + world_below(3)) : KEYS_GOOD;
    services[service].ready = true;
    mbedtls_ssl_config_init(config);
    mbedtls_ssl_ticket_init(&services[service].tickets);
    WORLD_CHECK(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                            MBEDTLS_SSL_TRANSPORT_STREAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT) == 0,
                "no server");
    mbedtls_ssl_conf_rng(config, draw, NULL);
    if (world_one_in(3))
        mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_x509_crt *cert = keys_certificate(service, services[service].kind);
    WORLD_CHECK(mbedtls_ssl_conf_own_cert(config, cert, keys_key()) == 0, "no certificate");
    if (world_one_in(2))
        begin_tickets(service);
}

static void end_service(int service)
{
    if (!services[service].ready)
        return;
    mbedtls_ssl_config_free(&services[service].config);
    mbedtls_ssl_ticket_free(&services[service].tickets);
    services[service].ready = false;
}

void secret_begin(void)
{
    memory.for_service = true;
    for (int i = 0; i < VISIT_COUNT; i++)
        secret_close(i);
    memory.for_service = true;
    for (int i = 0; i < WORLD_SERVICES; i++)
        end_service(i);
    for (int i = 0; i < WORLD_SERVICES && world.tls; i++)
        begin_service(i);
    memory.for_service = false;
}

static bool trusts(const struct edition *e, const void *kind)
{
    return *(const enum keys_kind *)kind == (e->foreign ? KEYS_UNKNOWN_CA : KEYS_GOOD);
}

/* What began before a reload ends on the connection that it has. */
bool secret_is_good(int service)
{
    return !world.tls || service == WORLD_SINK ||
           edition_of(edition_under_way(), trusts, &services[service].kind) != 0;
}

/* ---- connections ---- */

static int send_raw(void *context, const unsigned char *bytes, size_t len)
{
    struct secret *s = context;
    if (len > RAW_BYTES - s->raw_len)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    memcpy(s->raw + s->raw_len, bytes, len);
    if (s->harm_at >= s->sent && s->harm_at < s->sent + len)
        s->raw[s->raw_len + (s->harm_at - s->sent)] ^= 0x55;
    s->raw_len += len;
    s->sent += len;
    return (int)len;
}

static int recv_raw(void *context, unsigned char *out, size_t cap)
{
    struct secret *s = context;
    uint32_t got = sim_read(s->link, out, (uint32_t)cap);
    return got > 0 ? (int)got : MBEDTLS_ERR_SSL_WANT_READ;
}

void secret_open(int visit, int service, int link)
{
    struct secret *s = &secrets[visit];
    s->tls = world.tls && service != WORLD_SINK;
    s->shaken = s->failed = false;
    s->link = link;
    s->raw_len = s->raw_at = 0;
    s->sent = 0;
    if (!s->tls)
        return;
    tally_if(!secret_is_good(service), TALLY_SERVICE_UNTRUSTED);
    s->harm_at = world_bad(12) ? world_below(8000) : UINT64_MAX;
    memory.for_service = true;
    mbedtls_ssl_init(&s->ssl);
    WORLD_CHECK(mbedtls_ssl_setup(&s->ssl, &services[service].config) == 0, "no TLS");
    mbedtls_ssl_set_bio(&s->ssl, s, send_raw, recv_raw, NULL);
    memory.for_service = false;
}

static void flush(struct secret *s)
{
    if (s->raw_at < s->raw_len)
        s->raw_at += sim_write(s->link, s->raw + s->raw_at, (uint32_t)(s->raw_len - s->raw_at));
    if (s->raw_at == s->raw_len)
        s->raw_at = s->raw_len = 0;
}

/* What mbedTLS answers, as a count; what is no count and no patience is the end. */
static size_t count_of(struct secret *s, int result)
{
    bool waits = result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE ||
                 result == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
    if (result < 0 && !waits) {
        world_trace("TLS of a service ends: -0x%x", (unsigned)-result);
        s->failed = true;
    }
    flush(s);
    return result > 0 ? (size_t)result : 0;
}

void secret_pump(int visit)
{
    struct secret *s = &secrets[visit];
    if (!s->tls)
        return;
    flush(s);
    if (s->shaken || s->failed)
        return;
    memory.for_service = true;
    int result = mbedtls_ssl_handshake(&s->ssl);
    memory.for_service = false;
    s->shaken = result == 0;
    count_of(s, result);
}

size_t secret_write(int visit, const void *bytes, size_t len)
{
    struct secret *s = &secrets[visit];
    if (!s->tls)
        return sim_write(s->link, bytes, (uint32_t)len);
    if (!s->shaken || s->failed || s->raw_len > RAW_FULL)
        return 0;
    memory.for_service = true;
    int result = mbedtls_ssl_write(&s->ssl, bytes, len);
    memory.for_service = false;
    return count_of(s, result);
}

size_t secret_read(int visit, void *out, size_t cap)
{
    struct secret *s = &secrets[visit];
    if (!s->tls)
        return sim_read(s->link, out, (uint32_t)cap);
    if (!s->shaken || s->failed)
        return 0;
    memory.for_service = true;
    int result = mbedtls_ssl_read(&s->ssl, out, cap);
    memory.for_service = false;
    return count_of(s, result);
}

void secret_notify(int visit)
{
    struct secret *s = &secrets[visit];
    if (!s->tls || !s->shaken)
        return;
    memory.for_service = true;
    (void)mbedtls_ssl_close_notify(&s->ssl);
    memory.for_service = false;
    flush(s);
}

bool secret_flushed(int visit)
{
    return !secrets[visit].tls || secrets[visit].raw_len == 0;
}

bool secret_failed(int visit)
{
    return secrets[visit].tls && secrets[visit].failed;
}

void secret_close(int visit)
{
    struct secret *s = &secrets[visit];
    if (!s->tls)
        return;
    memory.for_service = true;
    mbedtls_ssl_free(&s->ssl);
    memory.for_service = false;
    s->tls = false;
}

/* ---- the daemon's ---- */

static bool is_secured(const struct gateway_upstream *upstream)
{
    return upstream->state >= GATEWAY_UPSTREAM_TLS && upstream->tls;
}

void secret_check(void)
{
    const struct gateway_upstreams *u = &world_daemon->gateway.upstreams;
    int secured = 0;
    if (!world.tls)
        return;
    for (int i = 0; i < LIMIT_UPSTREAMS; i++)
        secured += is_secured(&u->all[i]);
    struct tls_memory_use use = tls_memory_use();
    WORLD_CHECK(use.records == secured, "%d TLS connections, %u have record buffers", secured,
                use.records);
    WORLD_CHECK(use.refused == 0, "the arena was too small");
    WORLD_CHECK(secured > 0 || use.in_use == 0, "%zu bytes of TLS are left", use.in_use);
}

void secret_bury(void)
{
    struct gateway_upstreams *u = &world_daemon->gateway.upstreams;
    for (int i = 0; i < LIMIT_UPSTREAMS && world.tls; i++)
        if (is_secured(&u->all[i]))
            mbedtls_ssl_free(&u->all[i].connection._ssl);
    if (world.tls)
        WORLD_CHECK(tls_memory_use().in_use == 0, "%zu bytes of TLS are left",
                    tls_memory_use().in_use);
}
