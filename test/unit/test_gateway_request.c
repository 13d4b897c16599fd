/* What becomes of a chat: refused, complete, empty, cut, drained; large and slow answers. */
#include "core/gateway/gateway_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)
#define R (&unit_live.gateway.requests[0])

#define FEW_TURNS 25 /* in a fifth of a second; a loop that spins makes thousands */

static int listener;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    unit_live_start("[gateway]\nallow_anonymous=true\n"
                    "[models.m]\nretries=0\n"
                    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"
                    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"
                    "[models.box.providers.b]\ntype='loopback'\nstream_delay_ms=100\n"
                    "[functions.f.variants.v]\nmodel='box'\n[aliases]\nother='m'\n"
                    "[keys.k]\nsecret='0123456789abcdef'\nmodels=['box']\n",
                    port);
    unit_live.settings.key_count = 0; /* but where a test wants it */
}

static struct unit_wire *take(void)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    return service;
}

static void check(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_EQUAL(answer.status, status);
    if (strstr(answer.body, words) == NULL)
        printf("wanted %s\ngot %s%s\n", words, answer.head, answer.body);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

/* ---- refusals ---- */

static struct unit_wire *post(const char *fields, const char *body)
{
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    char head[300];
    snprintf(head, sizeof(head),
             "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n%s\r\n",
             strlen(body), fields);
    unit_wire_say(client, head);
    unit_wire_say(client, body);
    return client;
}

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static void refusals(void)
{
    static const struct {
        const char *body;
        int status;
        const char *words;
    } rows[] = {
        {"{\"model\":\"none\"," MESSAGES "}", 404, "Model not available: none: "},
        {"{\"model\":\"none\"," MESSAGES "}", 404, "\"code\":\"model_not_found\""},
        {"{\"model\":\"no\\nne\"," MESSAGES "}", 404, "Model not available: no?ne: "},
        {"{" MESSAGES "}", 400, "\"param\":\"model\""},
        {"{\"model\":\"m\"}", 400, "\"param\":\"messages\""},
        {"{\"model\":\"m\",\"stream\":1," MESSAGES "}", 400, "\"param\":\"stream\""},
        {"{\"model\":\"m\",\"moongate\":{\"thread_id\":\"t.0123456789abcdef0123456789abcdef\"},"
         MESSAGES "}",
         400, "not one of your conversations"},
    };
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_wire *client = post("", rows[i].body);
        check(client, rows[i].status, rows[i].words);
        unit_live_chat_on(client, "box", false); /* the connection goes on */
        check(client, 200, "loopback");
    }
    unit_live_end();
}

static void keys(void)
{
    set_up();
    unit_live.settings.key_count = 1;
    check(post("authorization: Bearer 0123456789abcdef\r\n", "{\"model\":\"m\"," MESSAGES "}"), 403,
          "may not use this model");
    check(post("authorization: Bearer 0123456789abcdef\r\n", "{\"model\":\"f\"," MESSAGES "}"), 200,
          "loopback");
    check(post("", "{\"model\":\"box\"," MESSAGES "}"), 401, "error");
    unit_live_end();
}

/* Nobody of the model's can give several answers, or somebody can. */
static void several_answers(void)
{
    set_up();
    check(post("", "{\"model\":\"box\",\"n\":2," MESSAGES "}"), 400,
          "n: a provider of the type loopback gives one answer");
    check(post("", "{\"model\":\"box\",\"n\":1," MESSAGES "}"), 200, "loopback");
    unit_live_end();
}

/* ---- complete ---- */

static void fields(void)
{
    struct unit_wire_message answer;
    set_up();
    struct unit_wire *client =
        post("", "{\"model\":\"f\",\"temperature\":1,\"top_p\":1," MESSAGES "}");
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-provider"), "b");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-attempts"), "1");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-variant"), "v");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-ignored"), "temperature,top_p");
    client = post("", "{\"model\":\"none\"," MESSAGES "}");
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-provider"), "");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-attempts"), "");
    unit_live_end();
}

/* The body goes back with the first content; everything else with the end. */
static void streamed(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("other", true);
    struct unit_wire *service = take();
    CU_ASSERT_EQUAL(G->bodies.small.in_use, 1);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE "event: c\ndata:\n\n"); /* empty: no content yet */
    unit_live_settle();
    CU_ASSERT_EQUAL(G->bodies.small.in_use, 1);
    CU_ASSERT_EQUAL(R->first_content_us, 0);
    unit_wire_say(service, UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(client, "\"content\":\"Hello\""));
    CU_ASSERT_EQUAL(G->bodies.small.in_use, 0);
    CU_ASSERT_NOT_EQUAL(R->first_content_us, 0);
    unit_wire_say(service, "event: c\ndata: there\n\n");
    CU_ASSERT(unit_live_read(client, "\"content\":\"there\""));
    unit_wire_close(service); /* its end without "finish" is a normal one */
    check(client, 200, "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    unit_live_end();
}

/* An event may lack its empty line, and even its line end, when the body ends. */
static void last_event_unended(void)
{
    static const char *const ends[] = {"", "\n", "\n\n"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        set_up();
        struct unit_wire *client = unit_live_chat("m", false);
        struct unit_wire *service = take();
        unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO "event: c\ndata: there");
        unit_wire_say(service, ends[i]);
        unit_live_settle();
        unit_wire_close(service);
        check(client, 200, "\"content\":\"Hellothere\"");
        unit_live_end();
    }
}

static void empty(void)
{
    static const char *const rows[] = {
        "", UNIT_LIVE_FINISH, "event: c\ndata:\n\n" UNIT_LIVE_FINISH,
        "event: r\ndata: I think\n\n" UNIT_LIVE_FINISH, "event: q\ndata: More?\n\n",
        "event: unknown\ndata: x\n\n: comment\n\n",
    };
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_wire *client = unit_live_chat("m", false);
        struct unit_wire *service = take();
        unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
        unit_wire_say(service, rows[i]);
        unit_live_settle();
        unit_wire_close(service);
        check(client, 502, "\"Request failed: empty answer\"");
    }
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE "event: r\ndata: I think\n\n" UNIT_LIVE_FINISH);
    check(client, 200, "\"Request failed: empty answer\""); /* thoughts have gone out */
    unit_live_end();
}

static void error_events(void)
{
    static const struct {
        const char *events;
        const char *words;
    } rows[] = {
        {"event: error\ndata: it broke\n\n", "the service said: it broke\""},
        {"event: error\ndata: {\"text\":\"it \\\"broke\\\"\"}\n\n", "said: it \\\"broke\\\"\""},
        {UNIT_LIVE_HELLO "event: error\ndata: late\n\n", "the service said: late\""},
        {"event: error\ndata:\n\n", "the service said: \""},
    };
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_wire *client = unit_live_chat("m", false);
        struct unit_wire *service = take();
        unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
        unit_wire_say(service, rows[i].events);
        check(client, 502, rows[i].words);
        CU_ASSERT(unit_live_ended(service));
    }
    unit_live_end();
}

/* ---- behind the end ---- */

/* The client has its answer; the body of the service's has not ended. */
static struct unit_wire *drains(struct unit_wire *client)
{
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(client, 200, "Hello");
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_DRAIN);
    CU_ASSERT_EQUAL(R->client, -1);
    CU_ASSERT_EQUAL(G->bodies.small.in_use, 0);
    return service;
}

static void drained_and_kept(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = drains(client);
    unit_live_chat_on(client, "box", false); /* the client's connection is not held up */
    check(client, 200, "loopback");
    unit_wire_say_chunk(service, "event: q\ndata: more?\n\n");
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_DRAIN);
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    unit_wire_say_chunk(service, "");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    unit_live_chat_on(client, "m", false);
    unit_live_serve_on(service);
    check(client, 200, "Hello");
    unit_live_end();
}

static void not_drained(void)
{
    set_up();
    for (int i = 0; i < 4; i++) {
        struct unit_wire *client = unit_live_chat("m", false);
        struct unit_wire *service = drains(client);
        if (i == 0)
            unit_clock_skip_ms(GATEWAY_REQUEST_DRAIN_US / 1000);
        else if (i == 1)
            unit_wire_reset(service);
        else if (i == 2)
            unit_wire_shut(service);
        else
            unit_wire_say(service, "rubbish\r\n");
        CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
        CU_ASSERT_EQUAL(U->index.in_use, 0);
        unit_live_chat_on(client, "box", false);
        check(client, 200, "loopback");
    }
    unit_live_end();
}

/* More than the window holds comes behind the end: it is read and dropped. */
static void much_behind_the_end(void)
{
    static char much[200000];
    memset(much, 'x', sizeof(much) - 1);
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = drains(client);
    unit_wire_say_chunk(service, much);
    unit_wire_say_chunk(service, "");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    CU_ASSERT_EQUAL(G->windows.index.high, 0);
    unit_live_end();
}

/* ---- large and slow ---- */

static size_t count_of(const char *bytes, size_t len, char letter)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += bytes[i] == letter;
    return count;
}

static void say_event(struct unit_wire *service, size_t letters)
{
    char *text = malloc(letters + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'Z', letters);
    text[letters] = '\0';
    unit_wire_say(service, "event: c\ndata: ");
    unit_wire_say(service, text);
    unit_wire_say(service, "\n\n");
    free(text);
}

static void large_events(void)
{
    const size_t sizes[] = {LIMIT_WINDOW_BYTES - 16, LIMIT_WINDOW_BYTES, 100000,
                            LIMIT_EVENT_BYTES - 17};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct unit_wire_message answer;
        set_up();
        struct unit_wire *client = unit_live_chat("m", i % 2 == 0);
        struct unit_wire *service = take();
        unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
        say_event(service, sizes[i]);
        unit_wire_say(service, UNIT_LIVE_FINISH);
        CU_ASSERT_FATAL(unit_live_message(client, &answer));
        CU_ASSERT(answer.whole);
        CU_ASSERT_EQUAL(answer.status, 200);
        CU_ASSERT_EQUAL(count_of(answer.body, answer.body_len, 'Z'), sizes[i]);
        CU_ASSERT_EQUAL(G->windows.index.high, i == 0 ? 0 : 1);
        unit_live_end();
    }
}

/* More waits in the socket than is read in one turn, and nothing tells of it again. */
static void much_at_once(void)
{
    struct unit_wire_message answer;
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_wire_room(service, UNIT_WIRE_WIDE);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    for (int i = 0; i < 30; i++)
        say_event(service, 6000);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    CU_ASSERT_EQUAL(service->out_len, 0);
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(count_of(answer.body, answer.body_len, 'Z'), 180000);
    unit_live_end();
}

static void too_large_an_event(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    say_event(service, LIMIT_EVENT_BYTES);
    check(client, 502, "an event longer than this box can hold");
    unit_live_end();
}

#define MANY 1000 /* events of 8,000 letters: more than all sockets hold */

/* Says events until none goes any more; how many it said. */
static size_t say_until_blocked(struct unit_wire *service)
{
    size_t count = 0;
    for (int waited = 0; waited < 50 && count < MANY; unit_live_turn()) {
        waited = service->out_len > 0 ? waited + 1 : 0;
        for (int i = 0; i < 20 && service->out_len == 0; i++, count++)
            say_event(service, 8000);
    }
    CU_ASSERT(service->out_len > 0);
    return count;
}

/* A client that does not read stops its service, and costs a few pages. */
static void slow_client(void)
{
    struct unit_wire_message answer;
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_wire_room(client, UNIT_WIRE_NARROW);
    unit_wire_room(service, UNIT_WIRE_NARROW);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    size_t count = say_until_blocked(service);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    CU_ASSERT(G->pages.index.high <= LIMIT_OUT_PAGES);
    CU_ASSERT_NOT_EQUAL(R->relay.news.kind, 0);
    CU_ASSERT(unit_live_turns_in(200) <= FEW_TURNS);
    unit_clock_skip_ms(unit_live.settings.timeouts.idle_ms + 1); /* it is not the service's fault */
    unit_live_settle();
    CU_ASSERT_EQUAL(G->request_index.in_use, 1);
    for (int i = 0; i < 5000 && G->request_index.in_use > 0; i++) {
        unit_live_turn();
        unit_wire_read(client, SIZE_MAX);
    }
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_EQUAL(count_of(answer.body, answer.body_len, 'Z'), count * 8000);
    CU_ASSERT_STRING_EQUAL(answer.body + answer.body_len - 14, "data: [DONE]\n\n");
    CU_ASSERT(G->pages.index.high <= LIMIT_OUT_PAGES);
    unit_live_end();
}

/* ---- the box itself ---- */

static void local_answers(void)
{
    set_up();
    check(unit_live_chat("box", false), 200, "You sent 1 word.\"");
    struct unit_wire *client = unit_live_chat("box", true);
    CU_ASSERT(unit_live_read(client, "\"content\":\"This\""));
    CU_ASSERT(unit_live_turns_in(80) <= FEW_TURNS); /* it sleeps between two words */
    for (int i = 0; i < 40; i++) {
        unit_clock_skip_ms(100);
        unit_live_settle();
    }
    check(client, 200, "\"content\":\" word.\"");
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"what is refused before any try", refusals},
    {"what a key may use", keys},
    {"several answers", several_answers},
    {"fields of the answer", fields},
    {"streamed to its end", streamed},
    {"a last event without its end", last_event_unended},
    {"empty answers", empty},
    {"error events", error_events},
    {"drained, and the connection is kept", drained_and_kept},
    {"not to be drained", not_drained},
    {"much behind the end", much_behind_the_end},
    {"large events", large_events},
    {"much at once", much_at_once},
    {"too large an event", too_large_an_event},
    {"a client that does not read", slow_client},
    {"the box itself, word by word", local_answers},
};

UNIT_MAIN("gateway_request", tests)
