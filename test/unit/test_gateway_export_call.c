/* Answers of a database in every form and in pieces of every size, and what is none. */
#include "core/gateway/gateway_export_call.h"

#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define E (&unit_live.export)

static int listener;
static struct unit_wire *database;

/* The gateway has asked its first question. */
static void set_up(void)
{
    uint16_t port;
    struct unit_wire_message asked;
    listener = unit_wire_listen(&port);
    unit_live_start("[gateway.observability]\nclickhouse_url='http://127.0.0.1:%d'\n"
                    "[models.box.providers.c]\ntype='loopback'\n",
                    port);
    database = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(database, &asked));
    CU_ASSERT_EQUAL(strcmp(unit_wire_field(asked.head, "x-clickhouse-user"), ""), 0);
}

static void end(void)
{
    unit_wire_unlisten(listener);
    unit_live_end();
}

static void say(const char *bytes, size_t piece)
{
    for (size_t at = 0, len = strlen(bytes); at < len; at += piece) {
        unit_wire_say_bytes(database, bytes + at, piece < len - at ? piece : len - at);
        unit_live_settle();
    }
}

#define LENGTH "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n1\n"
#define CHUNKS "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
#define HUNDRED "HTTP/1.1 100 Continue\r\n\r\n"

static void good_answers(void)
{
    static const struct {
        const char *bytes;
        bool closes;
        bool kept;
        bool modern;
        bool late; /* in pieces its end comes when the next question is on its way */
    } rows[] = {
        {LENGTH, false, true, true, false},
        {CHUNKS "2\r\n1\n\r\n0\r\n\r\n", false, true, true, false},
        {HUNDRED HUNDRED LENGTH, false, true, true, false},
        {"HTTP/1.1 200 OK\r\n\r\n1\n", true, false, true, false},
        {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false, true, false, false},
        {"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n1", false, false, true,
         false},
        {LENGTH "x", false, false, true, true},
        {CHUNKS "50\r\n1222222222222222222222222222222222222222222222222222222222222222222222222222"
                "2222\r\n0\r\n\r\n", false, true, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t piece = 1; piece <= 1000; piece += 999) {
            set_up();
            say(rows[i].bytes, piece);
            if (rows[i].closes)
                unit_wire_shut(database);
            unit_live_settle();
            CU_ASSERT_EQUAL(E->step, GATEWAY_EXPORT_DATABASE);
            CU_ASSERT_EQUAL(E->modern, rows[i].modern);
            bool kept = G->upstreams.all[E->call.upstream].reused;
            CU_ASSERT(kept == rows[i].kept || (piece == 1 && rows[i].late));
            end();
        }
}

#define NO_CLICKHOUSE "what answers there is no ClickHouse"
#define CLOSED "the connection was closed before the answer's end"

static void bad_answers(void)
{
    static const struct {
        const char *bytes;
        const char *fault;
    } rows[] = {
        {"", CLOSED},
        {"HTTP/1.1 200", CLOSED},
        {"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n1\n", CLOSED},
        {CHUNKS "2\r\n1\n\r\n", CLOSED},
        {"SSH-2.0-x\r\n\r\n", NO_CLICKHOUSE},
        {"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", NO_CLICKHOUSE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        say(rows[i].bytes, 1000);
        unit_wire_shut(database);
        unit_live_settle();
        CU_ASSERT_PTR_NOT_NULL_FATAL(E->call.fault);
        CU_ASSERT_STRING_EQUAL(E->call.fault, rows[i].fault);
        CU_ASSERT_EQUAL(E->pause_s, 1);
        end();
    }
}

static void too_long(void)
{
    static char bytes[GATEWAY_EXPORT_IN_BYTES + 1];
    set_up();
    memset(bytes, 'x', GATEWAY_EXPORT_IN_BYTES);
    memcpy(bytes, "HTTP/1.1 200 OK\r\nx: ", 20);
    say(bytes, sizeof(bytes));
    CU_ASSERT_PTR_NOT_NULL_FATAL(E->call.fault);
    CU_ASSERT_STRING_EQUAL(E->call.fault, "its answer's head is too long");
    end();
}

static void too_slow(void)
{
    set_up();
    say("HTTP/1.1 200 OK\r\n", 100);
    unit_clock_skip_ms(GATEWAY_EXPORT_ANSWER_MS - 1000);
    unit_live_settle();
    CU_ASSERT_PTR_NULL(E->call.fault);
    unit_clock_skip_ms(1000);
    unit_live_settle();
    CU_ASSERT_PTR_NOT_NULL_FATAL(E->call.fault);
    CU_ASSERT_STRING_EQUAL(E->call.fault, "it takes too long to answer");
    end();
}

/* No connection is left for it: chats have them all. */
static void none_free(void)
{
    set_up();
    uint16_t cap = G->upstreams.index.cap;
    unit_wire_reset(database);
    unit_live_settle();
    G->upstreams.index.cap = 0;
    unit_clock_skip_ms(1000);
    unit_live_settle();
    CU_ASSERT_PTR_NOT_NULL_FATAL(E->call.fault);
    CU_ASSERT_STRING_EQUAL(E->call.fault, "no connection to a service is free");
    G->upstreams.index.cap = cap;
    end();
}

static const struct unit_test tests[] = {
    {"good answers", good_answers},
    {"bad answers", bad_answers},
    {"too long", too_long},
    {"too slow", too_slow},
    {"none free", none_free},
};

UNIT_MAIN("gateway_export_call", tests)
