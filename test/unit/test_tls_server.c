/* A listener's TLS: its files, good and bad, and both ends of a connection in one program. */
#include "core/tls/tls_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "test/unit/unit.h"
#include "test/unit/unit_peer.h"
#include "test/unit/unit_tls.h"

#define TURNS 20000
#define BODY_BYTES 300000

static struct tls tls;
static struct tls_server server;
static char sent[BODY_BYTES], got[BODY_BYTES];

static const char *file(const char *name)
{
    static char paths[2][512];
    static int next;
    next = !next;
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", unit_peer_certs(), name);
    return paths[next];
}

static bool load(const char *cert, const char *key, const char **why)
{
    return tls_server_load(&server, file(cert), file(key), why);
}

/* ---- both ends ---- */

struct ends {
    struct tls_connection client, server;
    int listener;
};

static int accepted(int listener)
{
    struct port_address peer;
    struct port_event events[8];
    int slot = port_accept(listener, &peer);
    for (int i = 0; slot < 0 && i < TURNS; i++) {
        port_wait(events, 8, port_now_us() + 1000);
        slot = port_accept(listener, &peer);
    }
    CU_ASSERT_TRUE_FATAL(slot >= 0);
    return slot;
}

static void begin(struct ends *ends, bool tls_12_only)
{
    const struct tls_peer peer = {"localhost", 1, tls_12_only};
    ends->listener = port_listen("127.0.0.1", 0);
    CU_ASSERT_TRUE_FATAL(ends->listener >= 0);
    int slot = unit_tls_connect(port_listen_number(ends->listener));
    CU_ASSERT_TRUE_FATAL(tls_open(&tls, &ends->client, slot, &peer));
    CU_ASSERT_TRUE_FATAL(tls_server_accept(&server, &ends->server, accepted(ends->listener)));
}

/* Both shake hands in turns; whether both are done. */
static bool shake(struct ends *ends)
{
    struct port_event events[8];
    enum result client = RESULT_MORE, own = RESULT_MORE;
    for (int i = 0; i < TURNS && (client == RESULT_MORE || own == RESULT_MORE); i++) {
        client = client == RESULT_MORE ? tls_handshake(&ends->client) : client;
        own = own == RESULT_MORE ? tls_handshake(&ends->server) : own;
        if (client == RESULT_MORE || own == RESULT_MORE)
            port_wait(events, 8, port_now_us() + 1000);
    }
    return client == RESULT_DONE && own == RESULT_DONE;
}

static void end(struct ends *ends)
{
    int slots[] = {ends->client._slot, ends->server._slot, ends->listener};
    tls_close(&ends->client);
    tls_close(&ends->server);
    for (size_t i = 0; i < 3; i++)
        port_close(slots[i]);
}

/* Everything of one end arrives at the other. */
static void pass(struct tls_connection *from, struct tls_connection *to)
{
    struct port_event events[8];
    size_t out = 0, in = 0;
    for (int i = 0; i < TURNS && in < BODY_BYTES; i++) {
        int n = out < BODY_BYTES ? tls_send(from, sent + out, BODY_BYTES - out, false) : PORT_AGAIN;
        out += n > 0 ? (size_t)n : 0;
        int m = tls_recv(to, got + in, BODY_BYTES - in < 777 ? BODY_BYTES - in : 777);
        in += m > 0 ? (size_t)m : 0;
        CU_ASSERT_FATAL((n > 0 || n == PORT_AGAIN) && (m > 0 || m == PORT_AGAIN));
        if (n < 0 && m < 0)
            port_wait(events, 8, port_now_us() + 1000);
    }
    CU_ASSERT_EQUAL(in, BODY_BYTES);
    CU_ASSERT_EQUAL(memcmp(sent, got, BODY_BYTES), 0);
}

static void both_versions_and_kinds_of_keys(void)
{
    static const char *const names[][2] = {{"server.pem", "server.key"},
                                           {"server-rsa.pem", "server-rsa.key"}};
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)(i * 31 + i / 251);
    for (int i = 0; i < 4; i++) {
        struct ends ends;
        const char *why = "";
        CU_ASSERT_TRUE_FATAL(load(names[i % 2][0], names[i % 2][1], &why));
        begin(&ends, i >= 2);
        CU_ASSERT_TRUE_FATAL(shake(&ends));
        const char *version = mbedtls_ssl_get_version(&ends.server._ssl);
        CU_ASSERT_STRING_EQUAL(version, i >= 2 ? "TLSv1.2" : "TLSv1.3");
        pass(&ends.client, &ends.server);
        pass(&ends.server, &ends.client);
        end(&ends);
        tls_server_free(&server);
        CU_ASSERT_EQUAL(tls_memory_use().records, 0);
    }
}

/* ---- what a connection knows of its socket ---- */

#define PERIOD 251 /* of what is sent, so that a lost byte shows */

static void open_both(struct ends *ends)
{
    const char *why = "";
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)(i % PERIOD);
    CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
    begin(ends, false);
    CU_ASSERT_TRUE_FATAL(shake(ends));
}

static void pause_ms(unsigned ms)
{
    struct port_event events[8];
    uint64_t end_us = port_now_us() + ms * 1000u;
    while (port_now_us() < end_us)
        port_wait(events, 8, end_us);
}

/* Sends until the socket is full and stays so, as the system moves on what it holds; more than a
 * record goes into each call. */
static size_t send_until_full(struct tls_connection *from, size_t at)
{
    int n = 0;
    for (int again = 0; again < 4; again = n > 0 ? 0 : again + 1) {
        n = tls_send(from, sent + at % PERIOD, 20000, false);
        CU_ASSERT_FATAL(n > 0 || n == PORT_AGAIN);
        at += n > 0 ? (size_t)n : 0;
        if (n < 0)
            pause_ms(20);
    }
    return at;
}

/* Takes what has come; where it goes on. */
static size_t take(struct tls_connection *to, size_t at)
{
    int n;
    while ((n = tls_recv(to, got, sizeof(got))) > 0) {
        CU_ASSERT_EQUAL_FATAL(memcmp(got, sent + at % PERIOD, (size_t)n), 0);
        at += (size_t)n;
    }
    CU_ASSERT_EQUAL(n, PORT_AGAIN);
    return at;
}

/* A ticket comes while a record of full length waits for room: reading it sends the record, and the
 * next send must know how much of the body that was. */
static void a_ticket_sends_the_record_that_waits(void)
{
    struct ends ends;
    struct port_event events[8];
    char byte;
    size_t in = 0;
    open_both(&ends);
    size_t out = send_until_full(&ends.client, 0);
    CU_ASSERT(ends.client._sending > 0);
    for (int i = 0; i < TURNS && ends.client._ssl.MBEDTLS_PRIVATE(out_left) > 0; i++) {
        port_wait(events, 8, port_now_us() + 1000);
        in = take(&ends.server, in);
        CU_ASSERT_EQUAL(tls_recv(&ends.client, &byte, 1), PORT_AGAIN);
    }
    CU_ASSERT(ends.client._sending > 0); /* it has gone, and nobody was told */
    out = send_until_full(&ends.client, out);
    for (int i = 0; i < TURNS && in < out; i++) {
        port_wait(events, 8, port_now_us() + 1000);
        in = take(&ends.server, in);
    }
    CU_ASSERT_EQUAL(in, out);
    end(&ends);
    tls_server_free(&server);
}

/* What came behind the ticket lies here, and no event tells of it: the one that there is room again
 * must do, whether a send or a recv follows it. */
static void what_lies_behind_a_ticket(void)
{
    for (int i = 0; i < 2; i++) {
        struct ends ends;
        char room[20];
        open_both(&ends);
        size_t out = send_until_full(&ends.client, 0);
        CU_ASSERT_EQUAL(tls_send(&ends.server, "behind", 6, false), 6);
        pause_ms(20);
        CU_ASSERT_EQUAL(tls_recv(&ends.client, room, sizeof(room)), PORT_AGAIN);
        CU_ASSERT(LIMIT_TLS_AHEAD_BYTES < 1024 || ends.client._ahead_len > 6);
        (void)take(&ends.server, 0);
        CU_ASSERT_TRUE(unit_tls_wait(ends.client._slot));
        if (i == 0) {
            CU_ASSERT(tls_send(&ends.client, sent + out % PERIOD, 20000, false) > 0);
            CU_ASSERT_EQUAL(ends.client._taken, 0); /* nothing that an event might tell of */
        }
        CU_ASSERT_EQUAL(tls_recv(&ends.client, room, sizeof(room)), 6);
        end(&ends);
        tls_server_free(&server);
    }
}

/* The event of a record that comes while the one before is still read is not told again: that it
 * was read to its end says only the call that found so. */
static void an_event_before_the_rest_was_read(void)
{
    struct ends ends;
    char room[20];
    open_both(&ends);
    CU_ASSERT_EQUAL(tls_send(&ends.server, "first", 5, false), 5);
    CU_ASSERT_EQUAL(unit_tls_recv(&ends.client, room, 1), 1);
    CU_ASSERT_FALSE(tls_drained(&ends.client));
    CU_ASSERT_EQUAL(tls_recv(&ends.client, room, 1), 1);
    CU_ASSERT_EQUAL(tls_send(&ends.server, "second", 6, false), 6);
    CU_ASSERT_TRUE(unit_tls_wait(ends.client._slot));
    CU_ASSERT_EQUAL(tls_recv(&ends.client, room, sizeof(room)), 3);
    CU_ASSERT_FALSE(tls_drained(&ends.client));
    CU_ASSERT_EQUAL(tls_recv(&ends.client, room, sizeof(room)), 6);
    CU_ASSERT_TRUE(tls_drained(&ends.client));
    CU_ASSERT_EQUAL(tls_recv(&ends.client, room, sizeof(room)), PORT_AGAIN);
    end(&ends);
    tls_server_free(&server);
}

static void an_end_in_order(void)
{
    struct ends ends;
    const char *why = "";
    char byte;
    CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
    begin(&ends, false);
    CU_ASSERT_TRUE_FATAL(shake(&ends));
    int slot = ends.client._slot;
    tls_close(&ends.client);
    CU_ASSERT_EQUAL(unit_tls_recv(&ends.server, &byte, 1), PORT_CLOSED);
    ends.client._slot = slot;
    end(&ends);
    tls_server_free(&server);
}

/* What is no TLS ends at once; its memory comes back. */
static void nonsense(void)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff\x01",
                                        "\x15\x03\x03\x00\x02\x02\x28"};
    const char *why = "";
    CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct tls_connection c;
        int listener = port_listen("127.0.0.1", 0);
        int slot = unit_tls_connect(port_listen_number(listener));
        CU_ASSERT_TRUE_FATAL(tls_server_accept(&server, &c, accepted(listener)));
        CU_ASSERT_TRUE(port_send(slot, texts[i], i == 2 ? 7 : strlen(texts[i]), false) > 0);
        CU_ASSERT_EQUAL(unit_tls_shake(&c), RESULT_FAULT);
        CU_ASSERT_NOT_EQUAL(c.fault, TLS_FAULT_NONE);
        unit_tls_close(&c);
        port_close(slot);
        port_close(listener);
        CU_ASSERT_EQUAL(tls_memory_use().records, 0);
    }
    tls_server_free(&server);
}

/* ---- files ---- */

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *out = fopen(file(name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, len, out), len);
    fclose(out);
}

static void bad_files(void)
{
    static char large[LIMIT_TLS_FILE_BYTES];
    static const struct {
        const char *cert;
        const char *key;
        const char *says;
    } rows[] = {
        {"nothing.pem", "server.key", "opened"},   {"server.pem", "nothing.key", "opened"},
        {"server.key", "server.key", "certificate"}, {"server.pem", "server.pem", "private key"},
        {"empty", "server.key", "certificate"},    {"server.pem", "empty", "private key"},
        {"large", "server.key", "larger"},         {"server.pem", "large", "larger"},
        {"server.pem", "server-rsa.key", "not the key"},
        {"server-rsa.pem", "server.key", "not the key"},
        {"damaged", "server.key", "certificate"},
    };
    write_file("empty", "", 0);
    write_file("large", large, sizeof(large));
    write_file("damaged", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 60);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = "";
        CU_ASSERT_FALSE(load(rows[i].cert, rows[i].key, &why));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, rows[i].says));
        if (strstr(why, rows[i].says) == NULL)
            printf("%s, %s: %s\n", rows[i].cert, rows[i].key, why);
        CU_ASSERT_FALSE(server.ready);
        CU_ASSERT_EQUAL(tls_memory_use().records, 0);
    }
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

/* The key's text does not stay in memory. */
static void the_key_is_wiped(void)
{
    const char *why = "";
    CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
    for (size_t i = 0; i < sizeof(server._file); i++)
        CU_ASSERT_EQUAL_FATAL(server._file[i], 0);
    tls_server_free(&server);
}

static void as_many_as_are_promised(void)
{
    static struct tls_connection all[LIMIT_TLS_CONNECTIONS + 1];
    const char *why = "";
    int count = 0;
    CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
    while (count <= LIMIT_TLS_CONNECTIONS && tls_server_accept(&server, &all[count], 0))
        count++;
    CU_ASSERT_TRUE(count >= LIMIT_TLS_CONNECTIONS);
    for (int i = 0; i < count; i++)
        tls_close(&all[i]);
    CU_ASSERT_EQUAL(tls_memory_use().records, 0);
    tls_server_free(&server);
}

/* Who comes again with its ticket is known, and by the certificate's own server alone. */
static void resumed(void)
{
    for (int version = 0; version < 2; version++) {
        const char *why = "";
        size_t in_use = 0;
        CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
        for (int i = 0; i < 4; i++) {
            struct ends ends;
            char byte = 'x';
            begin(&ends, version == 1);
            CU_ASSERT_TRUE_FATAL(shake(&ends));
            CU_ASSERT_EQUAL(ends.client.resumed, i == 1 || i == 2);
            CU_ASSERT_EQUAL(tls_send(&ends.server, &byte, 1, false), 1);
            /* 1.3's ticket comes first */
            CU_ASSERT_EQUAL(unit_tls_recv(&ends.client, &byte, 1), 1);
            end(&ends);
            if (i == 2) {
                CU_ASSERT_EQUAL(tls_memory_use().in_use, in_use); /* nothing of a client stays */
                tls_server_free(&server);
                CU_ASSERT_TRUE_FATAL(load("server.pem", "server.key", &why));
            }
            in_use = tls_memory_use().in_use;
        }
        tls_server_free(&server);
    }
}

static void start(void)
{
    unit_tls_start(&tls);
}

static const struct unit_test tests[] = {
    {"start", start},
    {"both versions, and kinds of keys", both_versions_and_kinds_of_keys},
    {"a ticket sends the record that waits", a_ticket_sends_the_record_that_waits},
    {"what lies behind a ticket", what_lies_behind_a_ticket},
    {"an event before the rest was read", an_event_before_the_rest_was_read},
    {"an end in order", an_end_in_order},
    {"nonsense", nonsense},
    {"bad files", bad_files},
    {"the key is wiped", the_key_is_wiped},
    {"resumed", resumed},
    {"as many as are promised", as_many_as_are_promised},
    {"the end", unit_peer_end},
};

UNIT_MAIN("tls_server", tests)
