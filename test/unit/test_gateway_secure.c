/* Clients of an HTTPS listener: let in, kept out, and too many of them. */
#include "core/gateway/gateway_secure.h"

#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "port/port.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"
#include "test/unit/unit_peer.h"
#include "test/unit/unit_tls.h"

#define HEALTH "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct gateway *const g = &unit_front;
static struct tls tls;

/* Begins anew, with that certificate. */
static bool fresh(const char *cert, const char *key, struct text *why)
{
    static char paths[2][512];
    snprintf(paths[0], sizeof(paths[0]), "%s/%s", unit_peer_certs(), cert);
    snprintf(paths[1], sizeof(paths[1]), "%s/%s", unit_peer_certs(), key);
    unit_front_fresh();
    unit_front_settings.cert_file = paths[0];
    unit_front_settings.key_file = paths[1];
    return gateway_secure_init(g, why);
}

static void secure(void)
{
    char bytes[256];
    struct text why = text_over(bytes, sizeof(bytes));
    CU_ASSERT_TRUE_FATAL(fresh("server.pem", "server.key", &why));
}

static void insecure(void)
{
    unit_front_fresh();
    if (g->secure.servers[0].ready)
        tls_server_free(&g->secure.servers[0]);
}

static void without_it(void)
{
    char bytes[256];
    struct text why = text_over(bytes, sizeof(bytes));
    unit_front_fresh();
    CU_ASSERT_TRUE(gateway_secure_init(g, &why));
    CU_ASSERT_FALSE(g->secure.servers[0].ready);
    CU_ASSERT_TRUE(gateway_secure_has_room(g));
    CU_ASSERT_EQUAL(unit_front_ask(HEALTH), 200);
}

static void a_bad_file(void)
{
    char bytes[1500];
    struct text why = text_over(bytes, sizeof(bytes));
    CU_ASSERT_FALSE(fresh("server.pem", "no.key", &why));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&why), "no.key: it cannot be opened"));
}

static void shake(struct tls_connection *c)
{
    enum result result = RESULT_MORE;
    for (int i = 0; i < 1000 && result == RESULT_MORE; i++) {
        unit_front_run();
        result = tls_handshake(c);
    }
    CU_ASSERT_EQUAL_FATAL(result, RESULT_DONE);
}

static void a_request(void)
{
    const struct tls_peer peer = {"localhost", 1, false};
    struct tls_connection c;
    char answer[1024];
    int got = PORT_AGAIN;
    secure();
    int slot = unit_tls_connect(port_listen_number(g->listeners[0]));
    gateway_client_accept(g, g->listeners[0]); /* its event went to unit_tls_connect */
    CU_ASSERT_TRUE_FATAL(tls_open(&tls, &c, slot, &peer));
    shake(&c);
    CU_ASSERT_EQUAL(tls_send(&c, HEALTH, strlen(HEALTH), false), (int)strlen(HEALTH));
    for (int i = 0; i < 1000 && got == PORT_AGAIN; i++) {
        unit_front_run();
        got = tls_recv(&c, answer, sizeof(answer));
    }
    CU_ASSERT_TRUE_FATAL(got > 12);
    CU_ASSERT_EQUAL(memcmp(answer, "HTTP/1.1 200", 12), 0);
    tls_close(&c);
    port_close(slot);
    unit_front_run();
    CU_ASSERT_EQUAL(g->secure.index.in_use, 0);
    insecure();
}

/* TLS may have had to write before it could go on reading: that there is room again is told as a
 * chance to read, of TLS alone. */
static void room_to_write_lets_tls_read(void)
{
    for (int tls_on = 0; tls_on < 2; tls_on++) {
        if (tls_on == 1)
            secure();
        else
            unit_front_fresh();
        (void)unit_front_peer();
        struct gateway_client *client = &g->clients[0];
        client->readable = client->writable = false;
        gateway_client_event(g, 0, PORT_EVENT_WRITE);
        CU_ASSERT_TRUE(client->writable);
        CU_ASSERT_EQUAL(client->readable, tls_on == 1);
    }
    insecure();
}

static void plain_http_is_no_tls(void)
{
    bool ended;
    secure();
    int fd = unit_front_peer();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), 1);
    unit_front_send_str(fd, HEALTH);
    unit_front_read(fd, &ended);
    CU_ASSERT_TRUE(ended);
    CU_ASSERT_EQUAL(g->secure.index.in_use, 0);
    insecure();
}

static void a_client_that_says_nothing(void)
{
    bool ended;
    secure();
    int fd = unit_front_peer();
    unit_front_pass(9999);
    unit_front_read(fd, &ended);
    CU_ASSERT_FALSE(ended);
    unit_front_pass(2);
    unit_front_read(fd, &ended);
    CU_ASSERT_TRUE(ended);
    CU_ASSERT_EQUAL(g->secure.index.in_use, 0);
    insecure();
}

/* The one too many waits outside, and is let in when one has gone. */
static void more_than_there_is_room(void)
{
    secure();
    while (gateway_secure_has_room(g))
        (void)unit_front_peer();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), LIMIT_TLS_CLIENTS);
    (void)unit_front_knock();
    unit_front_run();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), LIMIT_TLS_CLIENTS);
    unit_front_pass(10001);
    unit_front_run();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), 1);
    insecure();
}

/* Another certificate: who is in the midst of a handshake with the old one goes at once. */
static void another_certificate(void)
{
    static char paths[2][512];
    const char *why = "";
    bool ended;
    if (!FEATURE_RELOAD)
        return;
    secure();
    struct settings other = unit_front_settings;
    snprintf(paths[0], sizeof(paths[0]), "%s/server-rsa.pem", unit_peer_certs());
    snprintf(paths[1], sizeof(paths[1]), "%s/server-rsa.key", unit_peer_certs());
    int fd = unit_front_peer();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), 1);
    CU_ASSERT_TRUE(gateway_secure_load(g, &other, &why)); /* the same as before */
    gateway_secure_renew(g);
    gateway_secure_renew(g); /* nothing was loaded */
    other.cert_file = paths[0];
    CU_ASSERT_FALSE(gateway_secure_load(g, &other, &why)); /* not its key */
    other.key_file = paths[1];
    CU_ASSERT_TRUE(gateway_secure_load(g, &other, &why));
    gateway_secure_forget(g);
    CU_ASSERT_FALSE(gateway_secure_renews(g));
    CU_ASSERT_EQUAL(g->secure.now, 0);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_TLS), 1);
    CU_ASSERT_TRUE(gateway_secure_load(g, &other, &why));
    gateway_secure_renew(g);
    CU_ASSERT_EQUAL(g->secure.now, 1);
    CU_ASSERT_FALSE(gateway_secure_renews(g)); /* nobody has the old one any more */
    unit_front_run();
    unit_front_read(fd, &ended);
    CU_ASSERT_TRUE(ended);
    unit_front_close(fd);
    tls_server_free(&g->secure.servers[1]);
    g->secure.now = 0;
    insecure();
}

static void start(void)
{
    char path[512];
    const char *why = "";
    unit_front_fresh();
    snprintf(path, sizeof(path), "%s/ca.pem", unit_peer_certs());
    CU_ASSERT_TRUE_FATAL(tls_start(&tls, path, &why));
}

static const struct unit_test tests[] = {
    {"start", start},
    {"without it", without_it},
    {"a bad file", a_bad_file},
    {"a request", a_request},
    {"room to write lets TLS read", room_to_write_lets_tls_read},
    {"plain HTTP is no TLS", plain_http_is_no_tls},
    {"a client that says nothing", a_client_that_says_nothing},
    {"more than there is room", more_than_there_is_room},
    {"another certificate", another_certificate},
    {"the end", unit_peer_end},
};

UNIT_MAIN("gateway_secure", tests)
