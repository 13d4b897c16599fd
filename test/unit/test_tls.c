/*
 * TLS connections to real peers: handshakes of both versions, resumption, and every fault that a
 * peer can provoke. What goes over an open connection is in test_tls_data.c.
 */
#include "core/tls/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform.h>

#include "port/port.h"
#include "test/unit/unit.h"
#include "test/unit/unit_peer.h"
#include "test/unit/unit_tls.h"

static struct tls tls;
static uint32_t new_key = 100;

#define UPSTREAM "@upstream", "--listen", "127.0.0.1:0"
#define S_SERVER "openssl", "s_server", "-accept", "127.0.0.1:0"
#define MOST_WORDS 16

/* To localhost, with a session of its own. */
static struct tls_peer to_localhost(bool tls_12_only)
{
    return (struct tls_peer){"localhost", new_key++, tls_12_only};
}

static struct unit_peer start_peer(const char *const *argv)
{
    struct unit_peer peer;
    CU_ASSERT_TRUE_FATAL(unit_peer_program(&peer, argv));
    return peer;
}

static struct unit_peer start_upstream(const char *cert)
{
    char pem[64], key[64];
    snprintf(pem, sizeof(pem), "@%s.pem", cert);
    snprintf(key, sizeof(key), "@%s.key", cert);
    const char *const argv[] = {UPSTREAM, "--cert", pem, "--key", key, NULL};
    return start_peer(argv);
}

static void sleep_ms(unsigned ms)
{
    uint64_t end_us = port_now_us() + ms * 1000u;
    while (port_now_us() < end_us) {
    }
}

static void nothing_left(void)
{
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

/* ---- what goes well ------------------------------------------------------------------------- */

struct good_row {
    const char *argv[MOST_WORDS];
    bool tls_12_only;
    const char *version;
    bool resumes;
};

static const struct good_row good[] = {
    {{UPSTREAM, "--cert", "@server.pem", "--key", "@server.key"}, false, "TLSv1.3", true},
    {{UPSTREAM, "--cert", "@server.pem", "--key", "@server.key"}, true, "TLSv1.2", true},
    {{UPSTREAM, "--cert", "@server-rsa.pem", "--key", "@server-rsa.key"}, false, "TLSv1.3", true},
    {{UPSTREAM, "--cert", "@server-rsa.pem", "--key", "@server-rsa.key", "--tls-max", "1.2"},
     false, "TLSv1.2", true},
    {{UPSTREAM, "--cert", "@server.pem", "--key", "@server.key", "--no-tickets"},
     false, "TLSv1.3", false},
    {{UPSTREAM, "--cert", "@server.pem", "--key", "@server.key", "--no-tickets"},
     true, "TLSv1.2", false},
};

/* A full handshake, then others with the session that was kept. */
static void check_good(const struct good_row *row)
{
    struct unit_peer peer = start_peer(row->argv);
    struct tls_peer to = to_localhost(row->tls_12_only);
    for (int i = 0; i < 4; i++) {
        struct tls_connection c;
        CU_ASSERT_EQUAL_FATAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
        CU_ASSERT_STRING_EQUAL(mbedtls_ssl_get_version(&c._ssl), row->version);
        CU_ASSERT_EQUAL(c.resumed, row->resumes && i > 0);
        CU_ASSERT_EQUAL(c.offered, row->resumes && i > 0);
        CU_ASSERT_EQUAL(c.fault, TLS_FAULT_NONE);
        CU_ASSERT_PTR_NULL(mbedtls_ssl_get_peer_cert(&c._ssl)); /* it would only take memory */
        CU_ASSERT_TRUE(unit_tls_ask(&c));
        CU_ASSERT_TRUE(unit_tls_ask(&c));
        unit_tls_close(&c);
    }
    nothing_left();
    unit_peer_stop(&peer);
}

static void handshakes(void)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        check_good(&good[i]);
}

/* What servers choose: each suite of both versions, each group, each kind of signature. */
static void suites(void)
{
    static const char *const rows[][4] = {
        {"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "server"},
        {"-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384", "server"},
        {"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", "server-rsa"},
        {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "server"},
        {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", "server"},
        {"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", "server"},
        {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "server-rsa"},
        {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384", "server-rsa"},
        {"-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305", "server-rsa"},
        {"-tls1_3", "-groups", "P-256", "server"}, /* asks for another key share */
        {"-tls1_3", "-groups", "P-384", "server"},
        {"-tls1_3", "-groups", "P-521", "server"},
        {"-tls1_2", "-groups", "P-384", "server"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char pem[64], key[64];
        snprintf(pem, sizeof(pem), "@%s.pem", rows[i][3]);
        snprintf(key, sizeof(key), "@%s.key", rows[i][3]);
        const char *const argv[] = {S_SERVER,   "-cert",    pem,        "-cert_chain",
                                    pem,        "-key",     key,        rows[i][0],
                                    rows[i][1], rows[i][2], NULL};
        struct unit_peer peer = start_peer(argv);
        struct tls_peer to = to_localhost(false);
        struct tls_connection c;
        CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
        unit_tls_close(&c);
        unit_peer_stop(&peer);
    }
    nothing_left();
}

/* ---- faults of certificates and versions ---------------------------------------------------- */

struct bad_row {
    const char *cert;
    const char *host;
    enum tls_fault fault;
};

static const struct bad_row bad[] = {
    {"expired", "localhost", TLS_FAULT_EXPIRED},
    {"notyet", "localhost", TLS_FAULT_NOT_YET},
    {"selfsigned", "localhost", TLS_FAULT_SELF_SIGNED},
    {"unknownca", "localhost", TLS_FAULT_UNKNOWN_CA},
    {"othername", "localhost", TLS_FAULT_NAME},
    {"othername", "127.0.0.1", TLS_FAULT_NAME},
    {"othername", "here.elsewhere.example", TLS_FAULT_NAME},
    {"othername", "elsewhere.example", TLS_FAULT_NONE},
    {"othername", "ELSEWHERE.Example", TLS_FAULT_NONE},
    {"server", "127.0.0.1", TLS_FAULT_NONE},
    {"server", "127.0.0.2", TLS_FAULT_NAME},
    {"server", "::1", TLS_FAULT_NAME},
    {"server", "::ffff:127.0.0.1", TLS_FAULT_NAME},
    {"server", "127.1", TLS_FAULT_NAME},
    {"server", "localhost.", TLS_FAULT_NAME},
    {"server", "", TLS_FAULT_NAME},
};

static void check_bad(const struct bad_row *row, uint16_t port, bool tls_12_only)
{
    struct tls_peer to = {row->host, new_key++, tls_12_only};
    struct tls_connection c;
    enum result result = unit_tls_open(&tls, &c, port, &to);
    CU_ASSERT_EQUAL(result, row->fault == TLS_FAULT_NONE ? RESULT_DONE : RESULT_FAULT);
    CU_ASSERT_EQUAL(c.fault, row->fault);
    CU_ASSERT_EQUAL(c.verify_flags != 0, row->fault != TLS_FAULT_NONE);
    CU_ASSERT_EQUAL(c.detail < 0, row->fault != TLS_FAULT_NONE);
    CU_ASSERT(result == RESULT_DONE || tls_handshake(&c) == RESULT_FAULT);
    unit_tls_close(&c);
}

static void certificates(void)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct unit_peer peer = start_upstream(bad[i].cert);
        check_bad(&bad[i], peer.port, false);
        check_bad(&bad[i], peer.port, true);
        unit_peer_stop(&peer);
    }
    nothing_left();
}

/* Chains that our authority signed and that are not to be taken: for other uses, and too weak. */
static void unfit(void)
{
    static const struct {
        const char *key;
        const char *sign; /* how the authority signs */
        const char *use;
    } rows[] = {
        {"rsa:2048", "-sha256", "clientAuth"},
        {"rsa:1024", "-sha256", "serverAuth"},
        {"rsa:2048", "-sha1", "serverAuth"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char make[1024];
        snprintf(make, sizeof(make),
                 "cd '%s' && openssl req -new -newkey %s -nodes -keyout unfit.key -subj /CN=unfit "
                 "-out unfit.csr 2>/dev/null && printf 'subjectAltName=DNS:localhost\n"
                 "extendedKeyUsage=%s\n' >unfit.ext && openssl x509 -req %s -in unfit.csr "
                 "-CA ca.pem -CAkey ca.key -days 9 -extfile unfit.ext -out unfit.pem 2>/dev/null",
                 unit_peer_certs(), rows[i].key, rows[i].use, rows[i].sign);
        CU_ASSERT_EQUAL_FATAL(system(make), 0);
        const char *const argv[] = {S_SERVER, "-cert",   "@unfit.pem",        "-key",
                                    "@unfit.key", "-cipher", "ALL:@SECLEVEL=0", NULL};
        struct unit_peer peer = start_peer(argv);
        check_bad(&(struct bad_row){NULL, "localhost", TLS_FAULT_CERTIFICATE}, peer.port, false);
        unit_peer_stop(&peer);
    }
    nothing_left();
}

static void versions(void)
{
    static const struct {
        const char *argv[MOST_WORDS];
        bool tls_12_only;
        enum tls_fault fault;
    } rows[] = {
        {{UPSTREAM, "--cert", "@server.pem", "--key", "@server.key", "--tls-min", "1.3"},
         true, TLS_FAULT_VERSION},
        {{S_SERVER, "-cert", "@server.pem", "-key", "@server.key", "-tls1_2", "-cipher",
          "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"},
         false, TLS_FAULT_VERSION},
        {{S_SERVER, "-cert", "@server.pem", "-key", "@server.key", "-tls1_1", "-cipher",
          "ALL:@SECLEVEL=0"},
         false, TLS_FAULT_VERSION},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_peer peer = start_peer(rows[i].argv);
        struct tls_peer to = to_localhost(rows[i].tls_12_only);
        struct tls_connection c;
        CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_FAULT);
        CU_ASSERT_EQUAL(c.fault, rows[i].fault);
        CU_ASSERT_EQUAL(c.verify_flags, 0);
        unit_tls_close(&c);
        unit_peer_stop(&peer);
    }
    nothing_left();
}

/* ---- nonsense ------------------------------------------------------------------------------- */

struct bytes_row {
    const char *bytes;
    size_t len;
    enum unit_peer_ending ending;
    enum tls_fault fault;
    int detail; /* 0: any */
};

#define SAYS(text, ending, fault, detail) {text, sizeof(text) - 1, ending, fault, detail}

static const struct bytes_row says[] = {
    SAYS("", UNIT_PEER_CLOSES, TLS_FAULT_CLOSED, 0),
    SAYS("", UNIT_PEER_RESETS, TLS_FAULT_CLOSED, 0),
    SAYS("HTTP/1.1 400 Bad Request\r\n\r\n", UNIT_PEER_CLOSES, TLS_FAULT_PROTOCOL, 0),
    SAYS("SSH-2.0-OpenSSH_9.2p1\r\n", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x15\x03\x03\x00\x02\x02\x28", UNIT_PEER_CLOSES, TLS_FAULT_VERSION, 40),
    SAYS("\x15\x03\x01\x00\x02\x02\x46", UNIT_PEER_CLOSES, TLS_FAULT_VERSION, 70),
    SAYS("\x15\x03\x03\x00\x02\x02\x50", UNIT_PEER_CLOSES, TLS_FAULT_ALERT, 80),
    SAYS("\x15\x03\x03\x00\x02\x02\x70", UNIT_PEER_HOLDS, TLS_FAULT_ALERT, 112),
    SAYS("\x15\x03\x03\x00\x02\x01\x00", UNIT_PEER_HOLDS, TLS_FAULT_CLOSED, 0),
    SAYS("\x15\x03\x03\x00\x02\x02", UNIT_PEER_CLOSES, TLS_FAULT_CLOSED, 0),
    SAYS("\x15\x03\x03\x00\x01\x02", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x16\x03", UNIT_PEER_RESETS, TLS_FAULT_CLOSED, 0),
    SAYS("\x16\x03\x03\xff\xff", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x16\x03\x03\x00\x04\x02\x00\x00\x00", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x16\x03\x03\x00\x04\x0e\x00\x00\x00", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x17\x03\x03\x00\x05hello", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x14\x03\x03\x00\x01\x02", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
    SAYS("\x00\x00\x00\x00\x00\x00\x00\x00", UNIT_PEER_HOLDS, TLS_FAULT_PROTOCOL, 0),
};

static void nonsense(void)
{
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        struct unit_peer peer;
        struct tls_peer to = to_localhost(i % 2 == 1);
        struct tls_connection c;
        CU_ASSERT_TRUE_FATAL(unit_peer_bytes(&peer, says[i].bytes, says[i].len, says[i].ending));
        CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_FAULT);
        CU_ASSERT_EQUAL(c.fault, says[i].fault);
        CU_ASSERT(says[i].detail == 0 || c.detail == says[i].detail);
        unit_tls_close(&c);
        unit_peer_stop(&peer);
    }
    nothing_left();
}

/* Warnings without end must not hold the loop: the connection is given up while more are
 * waiting. */
static void warnings_for_ever(void)
{
    static char many[7 * 100000];
    struct unit_peer peer;
    struct tls_peer to = to_localhost(true);
    struct tls_connection c;
    for (size_t i = 0; i < sizeof(many); i += 7)
        memcpy(many + i, "\x15\x03\x03\x00\x02\x01\x5a", 7);
    CU_ASSERT_TRUE_FATAL(unit_peer_bytes(&peer, many, sizeof(many), UNIT_PEER_HOLDS));
    CU_ASSERT_TRUE_FATAL(tls_open(&tls, &c, unit_tls_connect(peer.port), &to));
    if (tls_handshake(&c) == RESULT_MORE) {
        sleep_ms(100); /* so that many are there at once */
        CU_ASSERT_EQUAL(unit_tls_shake(&c), RESULT_FAULT);
    }
    CU_ASSERT_EQUAL(c.fault, TLS_FAULT_PROTOCOL);
    unit_tls_close(&c);
    unit_peer_stop(&peer);
}

/* ---- sessions ------------------------------------------------------------------------------- */

static bool resumed_to(uint16_t port, const char *host, uint32_t key, bool tls_12_only)
{
    struct tls_peer to = {host, key, tls_12_only};
    struct tls_connection c;
    CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, port, &to), RESULT_DONE);
    CU_ASSERT_TRUE(unit_tls_ask(&c));
    bool resumed = c.resumed;
    unit_tls_close(&c);
    return resumed;
}

/* A session is for its number, its host and its versions; new anchors end it. */
static void whose_session(void)
{
    struct unit_peer peer = start_upstream("server");
    char path[512];
    const char *why = NULL;
    CU_ASSERT_FALSE(resumed_to(peer.port, "localhost", 7, false));
    CU_ASSERT_TRUE(resumed_to(peer.port, "localhost", 7, false));
    CU_ASSERT_FALSE(resumed_to(peer.port, "localhost", 8, false));
    CU_ASSERT_FALSE(resumed_to(peer.port, "127.0.0.1", 7, false));
    CU_ASSERT_TRUE(resumed_to(peer.port, "127.0.0.1", 7, false));
    CU_ASSERT_FALSE(resumed_to(peer.port, "localhost", 7, true));
    CU_ASSERT_TRUE(resumed_to(peer.port, "localhost", 7, false));
    CU_ASSERT_FALSE(tls_trust(&tls, "/nowhere.pem", &why));
    CU_ASSERT_TRUE(resumed_to(peer.port, "localhost", 7, false));
    snprintf(path, sizeof(path), "%s/bundle.pem", unit_peer_certs());
    CU_ASSERT_TRUE(tls_trust(&tls, path, &why));
    CU_ASSERT_FALSE(resumed_to(peer.port, "localhost", 7, false));
    CU_ASSERT_TRUE(resumed_to(peer.port, "localhost", 7, false));
    unit_peer_stop(&peer);
}

/* The peer was started anew, or another one answers: a full handshake, no fault. */
static void forgotten_session(void)
{
    for (int v12 = 0; v12 <= 1; v12++) {
        uint32_t key = new_key++;
        struct unit_peer first = start_upstream("server");
        CU_ASSERT_FALSE(resumed_to(first.port, "localhost", key, v12 == 1));
        unit_peer_stop(&first);
        struct unit_peer second = start_upstream("server-rsa");
        CU_ASSERT_FALSE(resumed_to(second.port, "localhost", key, v12 == 1));
        CU_ASSERT_TRUE(resumed_to(second.port, "localhost", key, v12 == 1));
        unit_peer_stop(&second);
    }
}

/* It lost a version meanwhile: mbedTLS offers a session with its own version alone, so that this
 * one handshake fails; it says that it offered one, and the next goes without. */
static void changed_version(void)
{
    static const char *const argv[] = {UPSTREAM, "--cert", "@server.pem", "--key", "@server.key",
                                       "--tls-max", "1.2", NULL};
    struct tls_peer to = to_localhost(false);
    struct tls_connection c;
    struct unit_peer first = start_upstream("server");
    CU_ASSERT_FALSE(resumed_to(first.port, to.host, to.session_key, false));
    unit_peer_stop(&first);
    struct unit_peer second = start_peer(argv);
    CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, second.port, &to), RESULT_FAULT);
    CU_ASSERT_TRUE(c.offered);
    CU_ASSERT_EQUAL(c.fault, TLS_FAULT_VERSION);
    unit_tls_close(&c);
    CU_ASSERT_FALSE(resumed_to(second.port, to.host, to.session_key, false));
    CU_ASSERT_TRUE(resumed_to(second.port, to.host, to.session_key, false));
    unit_peer_stop(&second);
    nothing_left();
}

/* ---- trust, memory -------------------------------------------------------------------------- */

static void nobody_trusted(void)
{
    struct unit_peer peer = start_upstream("server");
    struct tls_peer to = to_localhost(false);
    struct tls_connection c;
    char path[512];
    const char *why = NULL;
    snprintf(path, sizeof(path), "%s/selfsigned.pem", unit_peer_certs());
    CU_ASSERT_TRUE(tls_trust(&tls, path, &why));
    CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_FAULT);
    CU_ASSERT_EQUAL(c.fault, TLS_FAULT_UNKNOWN_CA);
    unit_tls_close(&c);
    snprintf(path, sizeof(path), "%s/ca.pem", unit_peer_certs());
    CU_ASSERT_TRUE(tls_trust(&tls, path, &why));
    CU_ASSERT_EQUAL(unit_tls_open(&tls, &c, peer.port, &to), RESULT_DONE);
    unit_tls_close(&c);
    unit_peer_stop(&peer);
}

/* With every amount of memory left, from none to enough: refused, or in order; nothing stays
 * behind. */
static void little_memory(void)
{
    static void *taken[LIMIT_TLS_ARENA_BYTES / LIMIT_TLS_PAGE_BYTES];
    struct unit_peer peer = start_upstream("server");
    size_t n = 0;
    bool done = false;
    while ((taken[n] = mbedtls_calloc(1, LIMIT_TLS_PAGE_BYTES)) != NULL)
        n++;
    size_t full = tls_memory_use().in_use;
    for (int spare = 0; spare < 40 && !done; spare++) {
        struct tls_peer to = to_localhost(spare % 2 == 1);
        struct tls_connection c;
        int slot = unit_tls_connect(peer.port);
        if (tls_open(&tls, &c, slot, &to)) {
            done = unit_tls_shake(&c) == RESULT_DONE;
            CU_ASSERT(done || c.fault == TLS_FAULT_MEMORY);
            tls_close(&c);
        }
        port_close(slot);
        CU_ASSERT_EQUAL(tls_memory_use().in_use, full);
        mbedtls_free(taken[--n]);
        full -= LIMIT_TLS_PAGE_BYTES;
    }
    CU_ASSERT_TRUE(done);
    while (n > 0)
        mbedtls_free(taken[--n]);
    nothing_left();
    unit_peer_stop(&peer);
}

static void no_bundle(void)
{
    static struct tls other;
    const char *why = NULL;
    char path[512];
    CU_ASSERT_FALSE(tls_start(&other, "/nowhere.pem", &why));
    CU_ASSERT_PTR_NOT_NULL(why);
    snprintf(path, sizeof(path), "%s/ca.pem", unit_peer_certs());
    CU_ASSERT_TRUE(tls_trust(&other, path, &why));
    tls_anchors_close(&other.anchors);
}

static const struct unit_test tests[] = {
    {"handshakes", handshakes},
    {"suites, groups, signatures", suites},
    {"certificates", certificates},
    {"unfit certificates", unfit},
    {"versions", versions},
    {"nonsense", nonsense},
    {"warnings for ever", warnings_for_ever},
    {"whose session", whose_session},
    {"a forgotten session", forgotten_session},
    {"a changed version", changed_version},
    {"nobody is trusted", nobody_trusted},
    {"little memory", little_memory},
    {"no bundle", no_bundle},
};

int main(void)
{
    unit_tls_start(&tls);
    int status = unit_run("tls", tests, sizeof(tests) / sizeof(tests[0]));
    unit_peer_end();
    return status;
}
