/* Exchanges with a service that answers in every way: whole and in pieces, with errors, cut, too
 * early, on kept connections and on new ones. */
#include "core/gateway/gateway_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)

#define HEAD "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
#define EVENTS UNIT_LIVE_HELLO UNIT_LIVE_FINISH /* 45 bytes */
#define LENGTH "content-length: 45\r\n\r\n"
#define CHUNKS UNIT_LIVE_CHUNKED "2D\r\n" EVENTS "\r\n0\r\n\r\n"
#define JSON "{\"error\":{\"message\":\"mend it\"}}" /* 31 bytes */

static int listener;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    unit_live_start("[models.m]\nretries=0\n"
                    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"
                    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n",
                    port);
}

/* The service's end of the connection that the next request goes over. */
static struct unit_wire *next_service(struct unit_wire *kept)
{
    struct unit_wire_message request;
    struct unit_wire *service = kept != NULL ? kept : unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    CU_ASSERT_EQUAL(strncmp(request.head, "POST /api/v1/stream/chat HTTP/1.1\r\n", 35), 0);
    return service;
}

static void check_answer(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_EQUAL(answer.status, status);
    bool said = strstr(answer.body, words) != NULL;
    if (answer.status != status || !said)
        printf("wanted %d %s\ngot %s%s\n", status, words, answer.head, answer.body);
    CU_ASSERT(said);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-attempts"), "1");
}

/* ---- one answer after the other ---- */

enum ending { STAYS, CLOSES, RESETS };

struct answer_row {
    const char *wire;
    enum ending ending;
    int status;
    const char *words; /* in what the client gets */
    bool kept;         /* the connection is used again */
};

static struct unit_wire *try_answer(const struct answer_row *row, struct unit_wire *kept)
{
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = next_service(kept);
    unit_wire_say(service, row->wire);
    if (row->ending != STAYS)
        unit_live_settle(); /* a reset would overtake what was said */
    if (row->ending == CLOSES)
        unit_wire_shut(service);
    else if (row->ending == RESETS)
        unit_wire_reset(service);
    check_answer(client, row->status, row->words);
    unit_live_settle();
    CU_ASSERT_EQUAL(U->idle_count, row->kept ? 1 : 0);
    CU_ASSERT_EQUAL(U->index.in_use, U->idle_count);
    if (U->idle_count == 0)
        unit_wire_close(service);
    return U->idle_count > 0 ? service : NULL;
}

static void try_answers(const struct answer_row *rows, size_t count)
{
    struct unit_wire *kept = NULL;
    set_up();
    for (size_t i = 0; i < count; i++)
        kept = try_answer(&rows[i], kept);
    unit_live_end();
}

#define TRY_ANSWERS(rows) try_answers((rows), sizeof(rows) / sizeof((rows)[0]))

static void keeps_alive(void)
{
    static const struct answer_row rows[] = {
        {CHUNKS, STAYS, 200, "Hello", true},
        {HEAD LENGTH EVENTS, STAYS, 200, "Hello", true},
        {HEAD "connection: close\r\n" LENGTH EVENTS, STAYS, 200, "Hello", false},
        {HEAD "connection: Keep-Alive\r\n" LENGTH EVENTS, STAYS, 200, "Hello", true},
        {"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n" LENGTH EVENTS, STAYS, 200,
         "Hello", false},
        {"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\nconnection: keep-alive\r\n" LENGTH
             EVENTS,
         STAYS, 200, "Hello", true},
        {UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO, CLOSES, 200, "Hello", false},
        {HEAD "content-length: 22\r\n\r\n" UNIT_LIVE_HELLO, STAYS, 200, "Hello", true},
        {CHUNKS "HTTP/1.1 200 OK\r\n", STAYS, 200, "Hello", false},
        {HEAD LENGTH EVENTS "x", STAYS, 200, "Hello", false},
        {CHUNKS, STAYS, 200, "Hello", true},
        {CHUNKS, CLOSES, 200, "Hello", false},
    };
    TRY_ANSWERS(rows);
}

static void errors(void)
{
    static const struct answer_row rows[] = {
        {"HTTP/1.1 400 Bad\r\ncontent-length: 31\r\n\r\n" JSON, STAYS, 400, "400: mend it", true},
        {"HTTP/1.1 422 Bad\r\ntransfer-encoding: chunked\r\n\r\n1f\r\n" JSON "\r\n0\r\n\r\n", STAYS,
         422, "422: mend it", true},
        {"HTTP/1.1 500 Bad\r\n\r\nall is lost", CLOSES, 502, "500: all is lost", false},
        {"HTTP/1.1 503 Bad\r\ncontent-length: 0\r\n\r\n", STAYS, 503, "answered 503\"", true},
        {"HTTP/1.1 503 Bad\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", STAYS, 503,
         "answered 503\"", false},
        {"HTTP/1.1 404 Bad\r\ncontent-length: 31\r\ncontent-encoding: gzip\r\n\r\n" JSON, STAYS,
         404, "answered 404", true},
        {"HTTP/1.1 304 Not Modified\r\n\r\n", STAYS, 502, "a redirect", true},
    };
    TRY_ANSWERS(rows);
}

/* A service that says what is wrong, and breaks off. */
static void errors_cut(void)
{
    static const struct answer_row rows[] = {
        {"HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\n" JSON, CLOSES, 400, "400: mend it", false},
        {"HTTP/1.1 413 Bad\r\ncontent-length: 99\r\n\r\n" JSON, RESETS, 413, "413: mend it", false},
        {"HTTP/1.1 422 Bad\r\ncontent-length: 99\r\n\r\n", RESETS, 422, "answered 422\"", false},
        {"HTTP/1.1 409 Bad\r\ntransfer-encoding: chunked\r\n\r\n1f\r\n" JSON "\r\nx\r\n", STAYS,
         409, "409: mend it", false},
        {"HTTP/1.1 500 Bad\r\ntransfer-encoding: chunked\r\n\r\n", CLOSES, 502, "answered 500\"",
         false},
    };
    TRY_ANSWERS(rows);
}

static void unusable(void)
{
    static const struct answer_row rows[] = {
        {"HTTP/1.1 200 OK\ncontent-length: 0\n\n", STAYS, 502, "unusable", false},
        {"ICY 200 OK\r\n\r\n", STAYS, 502, "unusable", false},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", STAYS, 502, "unusable", false},
        {HEAD "content-length: 45\r\ncontent-length: 46\r\n\r\n", STAYS, 502, "unusable", false},
        {HEAD "content-encoding: gzip\r\n" LENGTH EVENTS, STAYS, 502, "content encoding", false},
        {"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", STAYS,
         502, "content type application/json", false},
        {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", STAYS, 502, "content type", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", STAYS, 502, "content type", true},
        {UNIT_LIVE_CHUNKED "zz\r\n", STAYS, 502, "unusable", false},
        {UNIT_LIVE_CHUNKED "2D\r\n" EVENTS "!", STAYS, 502, "unusable", false},
    };
    TRY_ANSWERS(rows);
}

static void cut(void)
{
    static const struct answer_row rows[] = {
        {"", CLOSES, 502, "before it answered", false},
        {"HTTP/1.1 2", CLOSES, 502, "before it answered", false},
        {"", RESETS, 502, "before an answer came", false},
        {"HTTP/1.1 200 OK\r\n", RESETS, 502, "before an answer came", false},
        {UNIT_LIVE_CHUNKED, CLOSES, 502, "before the answer's end", false},
        {UNIT_LIVE_CHUNKED "16\r\nevent: c\nda", CLOSES, 502, "before the answer's end", false},
        {HEAD "content-length: 99\r\n\r\n" UNIT_LIVE_HELLO, CLOSES, 502, "before the answer's end",
         false},
        {UNIT_LIVE_CHUNKED "16\r\n" UNIT_LIVE_HELLO "\r\n", RESETS, 502, "in the answer", false},
        {UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO, RESETS, 502, "in the answer", false},
    };
    TRY_ANSWERS(rows);
}

static void informational(void)
{
    static const struct answer_row rows[] = {
        {"HTTP/1.1 100 Continue\r\n\r\n" CHUNKS, STAYS, 200, "Hello", true},
        {"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" CHUNKS,
         STAYS, 200, "Hello", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\ncontent-length: 31\r\n\r\n" JSON, STAYS,
         400, "400: mend it", true},
        {"HTTP/1.1 100 Continue\r\n\r\n", CLOSES, 502, "before it answered", false},
    };
    TRY_ANSWERS(rows);
}

/* ---- in pieces ---- */

static void say_split(struct unit_wire *service, const char *text, size_t split)
{
    unit_wire_say_bytes(service, text, split);
    unit_live_turn();
    unit_live_turn();
    unit_wire_say(service, text + split);
}

static void head_split(void)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n" CHUNKS;
    struct unit_wire *kept = NULL;
    set_up();
    for (size_t split = 1; split < sizeof(text) - 1; split++) {
        struct unit_wire *client = unit_live_chat("m", false);
        kept = next_service(kept);
        say_split(kept, text, split);
        check_answer(client, 200, "Hello");
        unit_wire_close(client);
        CU_ASSERT_FATAL(unit_live_until(&U->idle_count, 1));
        unit_live_settle();
        if (split % 60 == 0) { /* the peers of a test are limited */
            unit_live_end();
            set_up();
            kept = NULL;
        }
    }
    unit_live_end();
}

static void byte_by_byte(void)
{
    static const char text[] = CHUNKS;
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = next_service(NULL);
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        unit_wire_say_bytes(service, text + i, 1);
        unit_live_turn();
    }
    check_answer(client, 200, "Hello");
    unit_live_settle();
    CU_ASSERT_EQUAL(U->idle_count, 1);
    unit_live_end();
}

static void head_too_long(void)
{
    static char field[LIMIT_WINDOW_BYTES];
    memset(field, 'x', sizeof(field) - 1);
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = next_service(NULL);
    unit_wire_say(service, "HTTP/1.1 200 OK\r\nx: ");
    unit_wire_say(service, field);
    check_answer(client, 502, "head of its answer is too long");
    unit_live_end();
}

/* Only the first part of a long error is read; its connection is not worth the rest. */
static void long_error(void)
{
    static char words[GATEWAY_FAILURE_BODY_BYTES + 1000];
    memset(words, 'w', sizeof(words) - 1);
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = next_service(NULL);
    unit_wire_say(service, "HTTP/1.1 400 Bad\r\ncontent-length: 1000000\r\n\r\n");
    unit_wire_say(service, words);
    check_answer(client, 400, "answered 400: wwww");
    CU_ASSERT(unit_live_ended(service));
    unit_live_end();
}

/* An error whose body never ends is told when nothing more comes. */
static void error_stalls(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = next_service(NULL);
    unit_wire_say(service, "HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\nwhat is wrong is");
    unit_live_settle();
    unit_clock_skip_ms(unit_live.settings.timeouts.idle_ms + 1);
    check_answer(client, 400, "answered 400: what is wrong is");
    unit_live_end();
}

/* What repeats an identity of ours does not go on to the client, whichever way it is said. */
static void our_identity_is_hidden(void)
{
    static const char *const heads[] = {"HTTP/1.1 400 Bad\r\ncontent-length: 46\r\n\r\nno device ",
                                        UNIT_LIVE_TO_CLOSE "event: error\ndata: no device "};
    for (int i = 0; i < 2; i++) {
        char said[300];
        set_up();
        struct unit_wire *client = unit_live_chat("m", false);
        struct unit_wire *service = next_service(NULL);
        snprintf(said, sizeof(said), "%s%s%s", heads[i], G->state.device_id, i == 0 ? "" : "\n\n");
        unit_wire_say(service, said);
        check_answer(client, i == 0 ? 400 : 502,
                     ": no device ************************************\"");
        unit_live_end();
    }
}

/* ---- kept connections that die ---- */

/* A chat was served, and its connection is kept. */
static struct unit_wire *one_served(void)
{
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = unit_live_serve(listener);
    check_answer(client, 200, "Hello");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    return service;
}

static void replaced_in_silence(void)
{
    set_up();
    for (int resets = 0; resets < 2; resets++) {
        struct unit_wire *first = one_served();
        struct unit_wire *client = unit_live_chat("m", false);
        next_service(first);
        if (resets)
            unit_wire_reset(first);
        else
            unit_wire_close(first);
        struct unit_wire *second = unit_live_serve(listener);
        check_answer(client, 200, "Hello"); /* attempts: 1 */
        unit_wire_close(second);
        unit_live_settle();
        CU_ASSERT_EQUAL(U->index.in_use, 0);
    }
    unit_live_end();
}

static void replaced_once(void)
{
    set_up();
    struct unit_wire *first = one_served();
    struct unit_wire *client = unit_live_chat("m", false);
    next_service(first);
    unit_wire_close(first);
    unit_wire_close(next_service(NULL));
    check_answer(client, 502, "before it answered");
    CU_ASSERT_PTR_NULL(unit_wire_accept(listener));
    unit_live_end();
}

/* The one that takes its place is a new one, even if another is kept. */
static void replaced_by_a_new_one(void)
{
    set_up();
    struct unit_wire *clients[2] = {unit_live_chat("m", false), unit_live_chat("m", false)};
    unit_live_serve(listener);
    struct unit_wire *used_last = unit_live_serve(listener);
    check_answer(clients[0], 200, "Hello");
    check_answer(clients[1], 200, "Hello");
    CU_ASSERT(unit_live_until(&U->idle_count, 2));
    unit_live_chat_on(clients[0], "m", false);
    struct unit_wire_message request;
    if (!unit_live_read(used_last, "\r\n\r\n") || !unit_wire_take(used_last, &request))
        CU_FAIL("the connection that was used last is used first");
    unit_wire_close(used_last);
    unit_live_serve(listener);
    check_answer(clients[0], 200, "Hello");
    unit_live_end();
}

static void not_after_a_second(void)
{
    set_up();
    struct unit_wire *first = one_served();
    struct unit_wire *client = unit_live_chat("m", false);
    next_service(first);
    unit_clock_skip_ms(GATEWAY_EXCHANGE_DEAD_US / 1000);
    unit_wire_close(first);
    check_answer(client, 502, "before it answered");
    unit_live_end();
}

static void not_after_a_byte(void)
{
    set_up();
    struct unit_wire *first = one_served();
    struct unit_wire *client = unit_live_chat("m", false);
    next_service(first);
    unit_wire_say(first, "H");
    unit_live_settle();
    unit_wire_close(first);
    check_answer(client, 502, "before it answered");
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"connections that are kept, and that are not", keeps_alive},
    {"errors of the service", errors},
    {"errors that break off", errors_cut},
    {"answers of no use", unusable},
    {"cut before and in the answer", cut},
    {"informational answers are passed over", informational},
    {"split at each byte", head_split},
    {"byte by byte", byte_by_byte},
    {"a head too long", head_too_long},
    {"a long error", long_error},
    {"an error that stalls", error_stalls},
    {"our identity is hidden", our_identity_is_hidden},
    {"a dead kept connection is replaced", replaced_in_silence},
    {"once", replaced_once},
    {"by a new one", replaced_by_a_new_one},
    {"not after a second", not_after_a_second},
    {"not after a byte", not_after_a_byte},
};

UNIT_MAIN("gateway_exchange", tests)
