/* The relay's states: what a failure, a ping and a further try come to in each; sealed threads. */
#include "core/gateway/gateway_relay.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)

static char large[LIMIT_HOLD_BYTES + 1];

static struct span much(void)
{
    memset(large, 'x', sizeof(large));
    return (struct span){large, sizeof(large)};
}

/* ---- how far an answer has come ---- */

static void nothing(void)
{
}

static void a_ping(void)
{
    gateway_relay_ping(G, 0);
}

static void some_text(void)
{
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("words"), true, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_QUESTION, SPAN("why?"), true, 0), RESULT_DONE);
}

static void some_reasoning(void)
{
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_REASONING, SPAN("hm"), true, 0), RESULT_DONE);
}

static void much_text(void)
{
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, much(), true, 1000), RESULT_DONE);
}

static void half_of_a_text(void)
{
    const struct provider_news news = {.kind = PROVIDER_TEXT, .text = much(), .raw = true};
    gateway_relay_take(G, 0, &news);
    CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), RESULT_MORE);
}

/* The queue is full, so that the end waits. */
static void half_of_the_end(void)
{
    static char questions[LIMIT_EXTRAS_BYTES / 2];
    memset(questions, 'q', sizeof(questions));
    much_text();
    struct span text = {questions, sizeof(questions)};
    unit_gateway_say(PROVIDER_QUESTION, text, true, 0);
    unit_gateway_say(PROVIDER_SOURCES, SPAN("[1]"), true, 0);
    CU_ASSERT_EQUAL(gateway_relay_finish(G, 0), RESULT_MORE);
    CU_ASSERT_TRUE(RELAY.ending);
}

static void the_whole(void)
{
    some_text();
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
}

enum ending { ANSWER, EVENT, CUT, COMPLETE };

static const struct {
    bool stream;
    void (*come)(void);
    enum gateway_relay_state state;
    enum ending ending; /* when it fails then */
} stages[] = {
    {true, nothing, GATEWAY_RELAY_QUIET, ANSWER},
    {true, a_ping, GATEWAY_RELAY_HEADERS, EVENT},
    {true, some_text, GATEWAY_RELAY_FLOWING, EVENT},
    {true, some_reasoning, GATEWAY_RELAY_FLOWING, EVENT},
    {true, half_of_a_text, GATEWAY_RELAY_FLOWING, EVENT},
    {true, half_of_the_end, GATEWAY_RELAY_FLOWING, CUT},
    {true, the_whole, GATEWAY_RELAY_ENDED, COMPLETE},
    {false, nothing, GATEWAY_RELAY_QUIET, ANSWER},
    {false, a_ping, GATEWAY_RELAY_QUIET, ANSWER},
    {false, some_text, GATEWAY_RELAY_QUIET, ANSWER},
    {false, some_reasoning, GATEWAY_RELAY_QUIET, ANSWER},
    {false, much_text, GATEWAY_RELAY_FLOWING, CUT},
    {false, half_of_a_text, GATEWAY_RELAY_FLOWING, CUT},
    {false, half_of_the_end, GATEWAY_RELAY_FLOWING, CUT},
    {false, the_whole, GATEWAY_RELAY_ENDED, COMPLETE},
};

#define STAGES (sizeof(stages) / sizeof(stages[0]))

static void come_to(size_t i)
{
    unit_gateway_fresh(stages[i].stream);
    stages[i].come();
    CU_ASSERT_EQUAL(RELAY.state, stages[i].state);
}

static struct span last_event(struct span body)
{
    struct span last = {NULL, 0};
    struct span event;
    for (int i = 0; (event = unit_gateway_event(body, i)).at != NULL; i++)
        last = event;
    return last;
}

static void check_ending(const struct unit_gateway_answer *answer, enum ending ending)
{
    struct span json = answer->body;
    CU_ASSERT_EQUAL(answer->whole, ending != CUT);
    CU_ASSERT_EQUAL(G->clients[0].close, ending == EVENT || ending == CUT);
    CU_ASSERT_EQUAL(answer->status, ending == ANSWER ? 504 : 200);
    if (ending == EVENT)
        json = last_event(answer->body);
    if (ending == CUT || ending == COMPLETE)
        return;
    CU_ASSERT_TRUE(unit_gateway_is_json(json));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(json, "error"),
                              SPAN("{\"message\":\"Request failed: \\\"idle\\\"\",\"type\":"
                                   "\"timeout_error\",\"param\":null,\"code\":\"slow\"}")));
}

static void failures_in_every_state(void)
{
    struct gateway_error error =
        gateway_error_with(504, "Request failed: \"idle\"", NULL, "slow");
    for (size_t i = 0; i < STAGES; i++) {
        come_to(i);
        gateway_relay_fail(G, 0, &error);
        CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_ENDED);
        CU_ASSERT_TRUE(G->clients[0].ended);
        struct unit_gateway_answer answer = unit_gateway_answer();
        bool known = stages[i].come != a_ping || !stages[i].stream;
        CU_ASSERT_EQUAL(strstr(answer.head.at, "x-moongate-attempts: 1\r\n") != NULL, known);
        check_ending(&answer, stages[i].ending);
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
        gateway_relay_fail(G, 0, &error); /* a second one is nobody's */
        CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    }
}

/* The longest message, and no room left by the client: it is told all the same. */
static void a_failure_over_the_bound(void)
{
    struct gateway_error error = gateway_error(502, "");
    memset(error.message, 1, sizeof(error.message) - 1);
    unit_gateway_fresh(true);
    half_of_a_text();
    gateway_relay_fail(G, 0, &error);
    CU_ASSERT_TRUE(G->clients[0].out.len <= LIMIT_OUT_PAGES * LIMIT_PAGE_BYTES);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_TRUE(unit_gateway_is_json(last_event(answer.body)));
    unit_gateway_fresh(true);
    some_reasoning();
    unit_gateway_read(SIZE_MAX);
    unit_gateway_leave_pages(0);
    gateway_relay_fail(G, 0, &error);
    CU_ASSERT_FALSE(unit_gateway_answer().whole);
    CU_ASSERT_TRUE(G->clients[0].ended && G->clients[0].close);
    unit_gateway_give_pages();
}

/* ---- pings ---- */

static void pings_in_every_state(void)
{
    for (size_t i = 0; i < STAGES; i++) {
        come_to(i);
        unit_gateway_read(SIZE_MAX);
        G->now_us += 1000;
        bool pings = stages[i].stream && !RELAY.ending && RELAY.state != GATEWAY_RELAY_ENDED;
        gateway_relay_ping(G, 0);
        CU_ASSERT_EQUAL(RELAY.silent_us, G->now_us);
        CU_ASSERT_EQUAL(G->clients[0].out.len > 0, pings);
        struct unit_gateway_answer answer = unit_gateway_answer();
        if (pings)
            CU_ASSERT_TRUE(span_ends(answer.body, SPAN(": ping\n\n")));
        CU_ASSERT_EQUAL(G->requests[0].first_content_us != 0,
                        stages[i].state >= GATEWAY_RELAY_FLOWING);
    }
}

static void a_ping_that_finds_no_room(void)
{
    unit_gateway_fresh(true);
    unit_gateway_leave_pages(0);
    gateway_relay_ping(G, 0);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_QUIET);
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    unit_gateway_give_pages();
    half_of_a_text();
    struct span rest = much();
    while ((rest.len = gateway_answer_room(G, 0)) > 0)
        CU_ASSERT_TRUE(gateway_answer_add(G, 0, rest));
    uint32_t len = G->clients[0].out.len;
    gateway_relay_ping(G, 0);
    CU_ASSERT_EQUAL(G->clients[0].out.len, len);
}

static void headers_and_pings_before_content(void)
{
    unit_gateway_fresh(true);
    gateway_relay_ping(G, 0);
    gateway_relay_ping(G, 0);
    the_whole();
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_TRUE(span_starts(answer.body, SPAN(": ping\n\n: ping\n\ndata: {")));
    CU_ASSERT_TRUE(span_equal(last_event(answer.body), SPAN("[DONE]")));
}

/* ---- tries ---- */

static void a_further_try_begins_clean(void)
{
    for (int stream = 0; stream < 2; stream++) {
        unit_gateway_fresh(stream);
        gateway_relay_ping(G, 0);
        uint8_t state = RELAY.state;
        if (!stream) {
            some_reasoning();
            some_text();
        }
        unit_gateway_say(PROVIDER_QUESTION, SPAN("old?"), true, 0);
        unit_gateway_say(PROVIDER_SOURCES, SPAN("[\"old\"]"), true, 0);
        unit_gateway_say(PROVIDER_THREAD, SPAN("old"), true, 0);
        unit_gateway_read(SIZE_MAX);
        gateway_relay_again(G, 0);
        CU_ASSERT_EQUAL(RELAY.state, state);
        CU_ASSERT_FALSE(RELAY.has_text || RELAY.has_reasoning);
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
        CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("new"), true, 0), RESULT_DONE);
        CU_ASSERT_TRUE(RELAY.has_text);
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE(answer.whole);
        for (size_t i = 0; i + 3 <= answer.body.len; i++)
            CU_ASSERT_FALSE(span_starts(span_skip(answer.body, i), SPAN("old")));
    }
}

/* A service answered with a stream that was not asked for, and broke it off behind pings: what the
 * next one has to say can be told as a stream alone. */
static void a_client_that_was_told_of_a_stream(void)
{
    unit_gateway_fresh(false);
    RELAY.stream = true;
    gateway_relay_ping(G, 0);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_HEADERS);
    gateway_relay_again(G, 0);
    CU_ASSERT_TRUE(RELAY.stream);
    unit_gateway_fresh(false);
    RELAY.stream = true;
    gateway_relay_again(G, 0);
    CU_ASSERT_FALSE(RELAY.stream); /* it was told nothing */
}

static void empty_news_are_nothing(void)
{
    for (int stream = 0; stream < 2; stream++) {
        unit_gateway_fresh(stream);
        for (int kind = PROVIDER_TEXT; kind <= PROVIDER_THREAD; kind++)
            for (int raw = 0; raw < 2; raw++)
                CU_ASSERT_EQUAL(unit_gateway_say((enum provider_news_kind)kind,
                                                 (struct span){NULL, 0}, raw, 0),
                                RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_QUIET);
        CU_ASSERT_FALSE(RELAY.has_text || RELAY.has_reasoning);
        CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    }
}

static void ids_differ(void)
{
    uint8_t first[UUID_BYTES];
    char text[UUID_TEXT_BYTES];
    unit_gateway_fresh(true);
    memcpy(first, gateway_relay_id(&RELAY), sizeof(first));
    CU_ASSERT_EQUAL(first[6] >> 4, 7);
    CU_ASSERT_EQUAL(RELAY.id[0], '\0');
    unit_gateway_say(PROVIDER_TEXT, SPAN("x"), false, 0);
    uuid_write(text, first);
    CU_ASSERT_STRING_EQUAL(RELAY.id, text);
    uint64_t wall_s = port_wall_ms() / 1000;
    CU_ASSERT_TRUE(RELAY.created_ms / 1000 <= wall_s && RELAY.created_ms / 1000 + 5 > wall_s);
    CU_ASSERT_EQUAL(memcmp(first, gateway_relay_id(&RELAY), sizeof(first)), 0);
    unit_gateway_fresh(true);
    CU_ASSERT_TRUE(memcmp(first, gateway_relay_id(&RELAY), sizeof(first)) != 0);
}

/* ---- sealed threads ---- */

static const char *const threads[] = {"thread-1", "a", "a.b.c", "t.", ".", "\xC3\xA9 \"x\"",
                                      "0123456789abcdef0123456789abcdef"};

static struct span sealed_of(int key, const char *thread, char bytes[256])
{
    struct text sealed = text_over(bytes, 256);
    gateway_relay_seal(G, key, span_of(thread), &sealed);
    return text_span(&sealed);
}

static void set_up_keys(void)
{
    unit_gateway_fresh(true);
    unit_gateway_settings.key_count = 3;
    unit_gateway_settings.keys[1] = (struct settings_key){.name = "two"};
    unit_gateway_settings.keys[2] = (struct settings_key){.name = "tw"};
}

static void one_seal(const char *thread, int key)
{
    char bytes[256];
    struct span sealed = sealed_of(key, thread, bytes);
    CU_ASSERT_EQUAL(sealed.len, strlen(thread) + 33);
    for (int other = -1; other < 3; other++) {
        struct span id = {NULL, 0};
        bool open = gateway_relay_open(G, other, sealed, &id);
        CU_ASSERT_EQUAL(open, other == key);
        CU_ASSERT_TRUE(span_equal(id, span_of(open ? thread : NULL)));
    }
}

static void a_seal_is_for_one_key(void)
{
    set_up_keys();
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
        for (int key = -1; key < 3; key++)
            one_seal(threads[i], key);
}

/* The border between name and thread counts: "tw" and "othread" is not "two" and "thread". */
static void names_and_threads_are_apart(void)
{
    char a[256];
    char b[256];
    set_up_keys();
    struct span one = sealed_of(2, "othread", a);
    struct span two = sealed_of(1, "thread", b);
    CU_ASSERT_FALSE(span_equal(span_skip(one, one.len - 32), span_skip(two, two.len - 32)));
}

static void every_changed_byte_breaks_it(void)
{
    char bytes[256];
    struct span id;
    set_up_keys();
    struct span sealed = sealed_of(0, "thread-1", bytes);
    CU_ASSERT_TRUE(gateway_relay_open(G, 0, sealed, &id));
    for (size_t i = 0; i < sealed.len; i++) {
        bytes[i] ^= 1;
        CU_ASSERT_FALSE(gateway_relay_open(G, 0, sealed, &id));
        bytes[i] ^= 1;
        CU_ASSERT_FALSE(gateway_relay_open(G, 0, (struct span){bytes, i}, &id));
        CU_ASSERT_FALSE(gateway_relay_open(G, 0, span_skip(sealed, i + 1), &id));
    }
    G->state.seal[31] ^= 1;
    CU_ASSERT_FALSE(gateway_relay_open(G, 0, sealed, &id));
}

static void what_is_no_seal(void)
{
    static const char *const made[] = {
        "", ".", "thread-1", "thread-1.", ".0123456789abcdef0123456789abcdef",
        "thread-1.0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"};
    struct span id;
    char longest[400];
    set_up_keys();
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        CU_ASSERT_FALSE(gateway_relay_open(G, -1, span_of(made[i]), &id));
    memset(longest, 'x', sizeof(longest));
    for (size_t len = 120; len < 300; len++)
        CU_ASSERT_FALSE(gateway_relay_open(G, -1, (struct span){longest, len}, &id));
    CU_ASSERT_FALSE(gateway_relay_open(G, -1, sealed_of(-1, "", longest), &id));
    for (size_t len = 127; len < 130; len++) {
        struct text sealed = text_over(longest, sizeof(longest));
        char thread[130];
        memset(thread, 't', sizeof(thread));
        gateway_relay_seal(G, -1, (struct span){thread, len}, &sealed);
        CU_ASSERT_EQUAL(gateway_relay_open(G, -1, text_span(&sealed), &id),
                        len < GATEWAY_RELAY_THREAD_BYTES);
    }
}

static const struct unit_test tests[] = {
    {"failures in every state", failures_in_every_state},
    {"a failure over the bound", a_failure_over_the_bound},
    {"pings in every state", pings_in_every_state},
    {"a ping that finds no room", a_ping_that_finds_no_room},
    {"headers and pings before content", headers_and_pings_before_content},
    {"a further try begins clean", a_further_try_begins_clean},
    {"a client that was told of a stream", a_client_that_was_told_of_a_stream},
    {"empty news are nothing", empty_news_are_nothing},
    {"ids differ", ids_differ},
    {"a seal is for one key", a_seal_is_for_one_key},
    {"names and threads are apart", names_and_threads_are_apart},
    {"every changed byte breaks it", every_changed_byte_breaks_it},
    {"what is no seal", what_is_no_seal},
};

UNIT_MAIN("gateway_relay", tests)
