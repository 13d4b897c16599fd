/*
 * What goes over open TLS connections: much of it, in pieces, against a slow peer; cut, damaged and
 * ended in order; many connections at once.
 */
#include "core/tls/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "test/unit/unit.h"
#include "test/unit/unit_peer.h"
#include "test/unit/unit_tls.h"

#define MANY 200
#define FILE_BYTES 1000003 /* no multiple of anything */

static struct tls tls;
static uint32_t new_key = 100;

#define S_SERVER "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "@server.pem", "-key",  \
                 "@server.key", "-cert_chain", "@server.pem"

static struct tls_peer to_localhost(bool tls_12_only)
{
    return (struct tls_peer){"localhost", new_key++, tls_12_only};
}

static struct unit_peer start_upstream(void)
{
    static const char *const argv[] = {"@upstream", "--listen",    "127.0.0.1:0", "--cert",
                                       "@server.pem", "--key", "@server.key", NULL};
    struct unit_peer peer;
    CU_ASSERT_TRUE_FATAL(unit_peer_program(&peer, argv));
    return peer;
}

static struct unit_peer start_s_server(const char *option)
{
    const char *const argv[] = {S_SERVER, option, NULL};
    struct unit_peer peer;
    CU_ASSERT_TRUE_FATAL(unit_peer_program(&peer, argv));
    return peer;
}

static struct unit_peer start_relay(struct unit_peer_harm harm)
{
    static struct unit_peer_harm kept;
    struct unit_peer relay;
    kept = harm;
    CU_ASSERT_TRUE_FATAL(unit_peer_relay(&relay, &kept));
    return relay;
}

static char pattern(size_t at)
{
    return (char)('a' + (at * 7 + at / 26 + at / 999) % 26);
}

static void fill(char *out, size_t from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = pattern(from + i);
}

/* ---- much ----------------------------------------------------------------------------------- */

/* A file comes whole and in order, whatever room there is for each piece; then the end, in
 * order. */
static void fetch_file(struct tls_connection *c)
{
    static const char question[] = "GET /file.txt HTTP/1.0\r\n\r\n";
    static char room[20000];
    size_t at = 0, cap = 1;
    int n;
    CU_ASSERT_EQUAL(unit_tls_send(c, question, sizeof(question) - 1), (int)sizeof(question) - 1);
    while ((n = unit_tls_recv(c, room, cap)) > 0) {
        CU_ASSERT_FATAL((size_t)n <= cap);
        for (int i = 0; i < n; i++)
            CU_ASSERT_EQUAL_FATAL(room[i], pattern(at++));
        cap = 1 + (cap * 5 + at) % sizeof(room);
    }
    CU_ASSERT_EQUAL(n, PORT_CLOSED);
    CU_ASSERT_EQUAL(at, FILE_BYTES);
    CU_ASSERT_EQUAL(c->fault, TLS_FAULT_NONE);
}

static void write_file(void)
{
    static char bytes[FILE_BYTES];
    char path[512];
    fill(bytes, 0, sizeof(bytes));
    snprintf(path, sizeof(path), "%s/file.txt", unit_peer_certs());
    FILE *file = fopen(path, "w");
    CU_ASSERT_FATAL(file != NULL && fwrite(bytes, 1, sizeof(bytes), file) == sizeof(bytes));
    fclose(file);
}

static void much_comes(void)
{
    write_file();
    struct unit_peer peer = start_s_server("-HTTP");
    for (int i = 0; i < 4; i++) { /* both versions, full and resumed */
        struct tls_peer to = {"localhost", 5, i % 2 == 1};
        struct tls_connection c;
        CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
        fetch_file(&c);
        unit_tls_close(&c);
    }
    unit_peer_stop(&peer);
}

/* The peer does not read for a while: a send is refused, and is then repeated with more behind it.
 * Goes on until that has happened, whatever the system's buffers hold, and a little more; returns
 * how much was sent. */
static size_t send_slowly(struct tls_connection *c)
{
    static char bytes[6000];
    size_t at = 0, len = 1, end = 0;
    while ((end == 0 || at < end) && at < 100000000) {
        fill(bytes, at, len);
        int n = tls_send(c, bytes, len, false);
        CU_ASSERT_FATAL(n > 0 || n == PORT_AGAIN);
        at += n > 0 ? (size_t)n : 0;
        if (n == PORT_AGAIN) {
            end = at + 100000;
            CU_ASSERT_TRUE_FATAL(unit_tls_wait(c->_slot));
            len = len < sizeof(bytes) - 500 ? len + 500 : len;
        } else {
            len = 1 + (len * 7 + at) % 3000; /* no full record: what is added could go along */
        }
    }
    CU_ASSERT(end > 0);
    return at;
}

static bool printed_all(const struct unit_peer *peer, size_t total)
{
    size_t len;
    static char start[200];
    char *text = unit_peer_printed(peer, &len);
    fill(start, 0, 199);
    const char *at = strstr(text, start);
    bool all = at != NULL && strlen(at) >= total;
    for (size_t i = 0; all && i < total; i++)
        all = at[i] == pattern(i);
    free(text);
    return all;
}

static void much_goes(void)
{
    for (int i = 0; i < 2; i++) {
        struct unit_peer peer = start_s_server("-no_ticket");
        struct unit_peer slow =
            start_relay((struct unit_peer_harm){.to = peer.port, .pause_ms = 700});
        struct tls_peer to = to_localhost(i == 1);
        struct tls_connection c;
        CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, slow.port, &to), RESULT_DONE);
        size_t total = send_slowly(&c);
        uint64_t end_us = port_now_us() + 3000000;
        while (!printed_all(&peer, total) && port_now_us() < end_us) {
            struct port_event event;
            (void)port_wait(&event, 1, port_now_us() + 20000);
        }
        CU_ASSERT_TRUE(printed_all(&peer, total));
        unit_tls_close(&c);
        unit_peer_stop(&slow);
        unit_peer_stop(&peer);
    }
}

/* ---- pieces --------------------------------------------------------------------------------- */

/* What waits inside no event of the slot tells of: it is read until PORT_AGAIN. */
static void byte_by_byte(void)
{
    static const char question[] = "GET /control/stats HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct unit_peer peer = start_upstream();
    struct tls_peer to = to_localhost(false);
    struct tls_connection c;
    char byte;
    int got = 0;
    CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
    unit_tls_send(&c, question, sizeof(question) - 1);
    CU_ASSERT_EQUAL(unit_tls_recv(&c, &byte, 1), 1);
    CU_ASSERT_EQUAL(byte, 'H');
    CU_ASSERT_FALSE(tls_drained(&c));
    while (tls_recv(&c, &byte, 1) == 1) {
        CU_ASSERT_FALSE(tls_drained(&c)); /* nothing was read now, and an event may have come */
        got++;
    }
    CU_ASSERT(got > 20);
    CU_ASSERT_EQUAL(tls_recv(&c, &byte, 1), PORT_AGAIN);
    unit_tls_close(&c);
    unit_peer_stop(&peer);
}

static void pieces(void)
{
    static const size_t sizes[] = {1, 2, 5, 6, 100};
    struct unit_peer peer = start_upstream();
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct unit_peer relay =
            start_relay((struct unit_peer_harm){.to = peer.port, .piece = sizes[i / 2]});
        struct tls_peer to = to_localhost(i % 2 == 1);
        struct tls_connection c;
        CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, relay.port, &to), RESULT_DONE);
        CU_ASSERT_TRUE(unit_tls_ask(&c));
        unit_tls_close(&c);
        unit_peer_stop(&relay);
    }
    unit_peer_stop(&peer);
}

/* ---- ends ----------------------------------------------------------------------------------- */

/* Cut at that byte: whatever it interrupts, it is a fault and never an end in order. */
static void cut_at(uint16_t port, size_t at, bool reset, bool tls_12_only)
{
    struct unit_peer relay =
        start_relay((struct unit_peer_harm){.to = port, .cut_at = at, .reset = reset});
    struct tls_peer to = to_localhost(tls_12_only);
    struct tls_connection c;
    if (unit_tls_open(&tls, &c, relay.port, &to) == RESULT_DONE) {
        CU_ASSERT_FALSE(unit_tls_ask(&c));
        char room[100];
        CU_ASSERT_EQUAL(unit_tls_recv(&c, room, sizeof(room)), PORT_FAILED);
        CU_ASSERT_EQUAL(tls_send(&c, room, 1, false), PORT_FAILED);
    }
    CU_ASSERT_EQUAL(c.fault, TLS_FAULT_CLOSED);
    unit_tls_close(&c);
    unit_peer_stop(&relay);
}

static void cut(void)
{
    struct unit_peer peer = start_upstream();
    for (size_t at = 1; at < 1600; at += 61)
        cut_at(peer.port, at, at % 2 == 0, at % 3 == 0);
    unit_peer_stop(&peer);
}

/* A byte damaged on the way, behind the hello whose fields may be anything: the handshake fails,
 * or the first record of data does. */
static void damaged(void)
{
    struct unit_peer peer = start_upstream();
    for (size_t at = 150; at < 1500; at += 67) {
        struct unit_peer relay =
            start_relay((struct unit_peer_harm){.to = peer.port, .flip_at = at});
        struct tls_peer to = to_localhost(at % 2 == 1);
        struct tls_connection c;
        if (unit_tls_open(&tls, &c, relay.port, &to) == RESULT_DONE)
            CU_ASSERT_FALSE(unit_tls_ask(&c));
        CU_ASSERT_NOT_EQUAL(c.fault, TLS_FAULT_NONE);
        CU_ASSERT_NOT_EQUAL(c.fault, TLS_FAULT_MEMORY);
        unit_tls_close(&c);
        unit_peer_stop(&relay);
    }
    unit_peer_stop(&peer);
}

/* The peer ends in order: what came before is read, then PORT_CLOSED, as often as it is asked. */
static void ends_in_order(void)
{
    static const char question[] =
        "GET /control/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct unit_peer peer = start_upstream();
    for (int i = 0; i < 2; i++) {
        struct tls_peer to = to_localhost(i == 1);
        struct tls_connection c;
        char room[100];
        int n, got = 0;
        CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
        unit_tls_send(&c, question, sizeof(question) - 1);
        while ((n = unit_tls_recv(&c, room, sizeof(room))) > 0)
            got += n;
        CU_ASSERT(got > 100);
        CU_ASSERT_EQUAL(n, PORT_CLOSED);
        CU_ASSERT_EQUAL(unit_tls_recv(&c, room, sizeof(room)), PORT_CLOSED);
        CU_ASSERT_EQUAL(c.fault, TLS_FAULT_NONE);
        unit_tls_close(&c);
    }
    unit_peer_stop(&peer);
}

/* We end in order: the peer is told, and prints so. */
static void we_end_in_order(void)
{
    struct unit_peer peer = start_s_server("-no_ticket");
    struct tls_peer to = to_localhost(false);
    struct tls_connection c;
    char room[100];
    CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
    unit_peer_say(&peer, "hello\n");
    CU_ASSERT_EQUAL(unit_tls_recv(&c, room, sizeof(room)), 6);
    CU_ASSERT_EQUAL(memcmp(room, "hello\n", 6), 0);
    unit_tls_close(&c);
    size_t len;
    char *text = unit_peer_printed(&peer, &len);
    uint64_t end_us = port_now_us() + 2000000;
    while (strstr(text, "DONE") == NULL && strstr(text, "rror") == NULL && port_now_us() < end_us) {
        free(text);
        text = unit_peer_printed(&peer, &len);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "DONE"));
    CU_ASSERT_PTR_NULL(strstr(text, "unexpected eof"));
    free(text);
    unit_peer_stop(&peer);
}

/* A peer of 1.2 that asks for a new handshake is told no; of the data nothing is lost. */
static void new_handshake_refused(void)
{
    struct unit_peer peer = start_s_server("-no_ticket");
    struct tls_peer to = to_localhost(true);
    struct tls_connection c;
    char room[100];
    CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
    unit_peer_say(&peer, "before\n");
    CU_ASSERT_EQUAL(unit_tls_recv(&c, room, sizeof(room)), 7);
    unit_peer_say(&peer, "r\n");
    int n = unit_tls_recv(&c, room, sizeof(room));
    CU_ASSERT(n == PORT_FAILED || n == PORT_CLOSED);
    unit_tls_close(&c);
    unit_peer_stop(&peer);
}

/* ---- many ----------------------------------------------------------------------------------- */

static struct tls_connection many[MANY];

/* As many handshakes of 1.3 as are allowed, all under way before the first ends. */
static void handshakes_at_once(void)
{
    enum result results[LIMIT_TLS_HANDSHAKES];
    struct unit_peer peer = start_upstream();
    for (int i = 0; i < LIMIT_TLS_HANDSHAKES; i++) {
        struct tls_peer to = to_localhost(false);
        CU_ASSERT_TRUE_FATAL(tls_open(&tls, &many[i], unit_tls_connect(peer.port), &to));
        results[i] = tls_handshake(&many[i]);
        CU_ASSERT_NOT_EQUAL(results[i], RESULT_FAULT);
    }
    for (int i = 0; i < LIMIT_TLS_HANDSHAKES; i++)
        CU_ASSERT(results[i] == RESULT_DONE || unit_tls_shake(&many[i]) == RESULT_DONE);
    for (int i = 0; i < LIMIT_TLS_HANDSHAKES; i++) {
        CU_ASSERT_TRUE(unit_tls_ask(&many[i]));
        unit_tls_close(&many[i]);
    }
    unit_peer_stop(&peer);
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

/* Open all at the same time, of both versions; each within what it is counted for. */
static void connections_at_once(void)
{
    struct unit_peer peer = start_upstream();
    size_t before = tls_memory_use().in_use;
    for (int i = 0; i < MANY; i++) {
        struct tls_peer to = {"localhost", i % 8 == 0 ? 71 : 72, i % 8 != 0};
        CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &many[i], peer.port, &to), RESULT_DONE);
        CU_ASSERT_EQUAL(many[i].resumed, i > 1);
        CU_ASSERT_TRUE(i % 8 != 0 || unit_tls_ask(&many[i])); /* tickets of 1.3 come with data */
    }
    CU_ASSERT_EQUAL(tls_memory_use().records, MANY);
    CU_ASSERT(tls_memory_use().in_use - before <= (size_t)MANY * LIMIT_TLS_CONNECTION_BYTES);
    for (int i = MANY - 1; i >= 0; i--)
        CU_ASSERT_TRUE(unit_tls_ask(&many[i]));
    for (int i = 0; i < MANY; i++)
        unit_tls_close(&many[i]);
    unit_peer_stop(&peer);
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
    CU_ASSERT_EQUAL(tls_memory_use().refused, 0);
}

static const struct unit_test tests[] = {
    {"much comes", much_comes},
    {"much goes", much_goes},
    {"byte by byte", byte_by_byte},
    {"pieces", pieces},
    {"cut", cut},
    {"damaged", damaged},
    {"ends in order", ends_in_order},
    {"we end in order", we_end_in_order},
    {"a new handshake is refused", new_handshake_refused},
    {"handshakes at once", handshakes_at_once},
    {"connections at once", connections_at_once},
};

int main(void)
{
    unit_tls_start(&tls);
    int status = unit_run("tls_data", tests, sizeof(tests) / sizeof(tests[0]));
    unit_peer_end();
    return status;
}
