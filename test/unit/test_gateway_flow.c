/* What both kinds of answer rest on: the head, exact room, texts cut anywhere, ropes drained. */
#include "core/gateway/gateway_flow.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)

static char padding[LIMIT_OUT_BYTES];

/* An HTTP/1.0 answer has no framing, so that the room can be set to the byte. */
static void begin_plain(void)
{
    const struct gateway_answer answer = {.content_type = "text/plain"};
    unit_gateway_fresh(false);
    G->clients[0].http_1_0 = true;
    CU_ASSERT_TRUE_FATAL(gateway_flow_begin(G, 0, &answer));
    unit_gateway_read(SIZE_MAX);
}

static void leave_room(size_t room)
{
    rope_clear(&G->pages, &G->clients[0].out);
    memset(padding, '.', sizeof(padding));
    if (room < LIMIT_OUT_BYTES) {
        struct span bytes = {padding, LIMIT_OUT_BYTES - room};
        CU_ASSERT_TRUE_FATAL(gateway_answer_add(G, 0, bytes));
    }
    CU_ASSERT_EQUAL_FATAL(gateway_answer_room(G, 0), room);
}

static void the_head(void)
{
    unit_gateway_fresh(true);
    const struct gateway_answer answer = {.content_type = "text/x", .fields = SPAN("a: b\r\n")};
    memcpy(G->requests[0].ignored, "seed,top_p", 11);
    G->now_us += 7;
    CU_ASSERT_TRUE(gateway_flow_begin(G, 0, &answer));
    CU_ASSERT_EQUAL(G->requests[0].relay.silent_us, G->now_us);
    struct unit_gateway_answer read = unit_gateway_answer();
    CU_ASSERT_EQUAL(read.status, 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(read.head.at, "\r\na: b\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read.head.at, "\r\nx-moongate-provider: main\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read.head.at, "\r\nx-moongate-attempts: 1\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read.head.at, "\r\nx-moongate-ignored: seed,top_p\r\n"));
}

static void the_largest_field_lines_fit(void)
{
    char name[LIMIT_NAME_BYTES];
    unit_gateway_fresh(true);
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    memset(G->requests[0].ignored, 'i', GATEWAY_CHAT_IGNORED_BYTES - 1);
    unit_gateway_settings.providers[0].name = name;
    unit_gateway_settings.variants[0].name = name;
    G->requests[0].variant = 0;
    G->requests[0].attempts = UINT16_MAX;
    const struct gateway_answer answer = {.fields = SPAN("cache-control: no-cache\r\n")};
    CU_ASSERT_TRUE(gateway_flow_begin(G, 0, &answer));
    CU_ASSERT_EQUAL(unit_gateway_answer().status, 200);
}

static void no_pages_no_head(void)
{
    const struct gateway_answer answer = {.content_type = "text/x"};
    unit_gateway_fresh(true);
    unit_gateway_leave_pages(0);
    CU_ASSERT_FALSE(gateway_flow_begin(G, 0, &answer));
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    unit_gateway_give_pages();
    CU_ASSERT_TRUE(gateway_flow_begin(G, 0, &answer));
}

static void put_is_exact(void)
{
    begin_plain();
    for (size_t room = 0; room < 600; room++) {
        leave_room(room);
        CU_ASSERT_FALSE(gateway_flow_put(G, 0, (struct span){padding, room + 1}));
        CU_ASSERT_EQUAL(gateway_answer_room(G, 0), room);
        if (room > 0)
            CU_ASSERT_TRUE(gateway_flow_put(G, 0, (struct span){padding, room}));
        CU_ASSERT_EQUAL(gateway_answer_room(G, 0), 0);
    }
    unit_gateway_read(SIZE_MAX);
    unit_gateway_leave_pages(0);
    CU_ASSERT_FALSE(gateway_flow_put(G, 0, SPAN("x")));
    unit_gateway_give_pages();
}

static void cap_for_every_room(void)
{
    static const size_t frames[] = {0, 1, 200, 1400};
    static const size_t lens[] = {1, 11, 12, 13, 255, 256, 257, 100000};
    begin_plain();
    for (size_t room = 0; room <= LIMIT_OUT_BYTES; room += room < 2000 ? 1 : 97) {
        leave_room(room);
        for (size_t f = 0; f < 4; f++) {
            for (size_t l = 0; l < 8; l++) {
                size_t least = lens[l] < 12 ? 12 : lens[l] > 256 ? 256 : lens[l];
                size_t cap = gateway_flow_cap(G, 0, frames[f], lens[l]);
                size_t rest = room > frames[f] ? room - frames[f] : 0;
                size_t expected = rest < LIMIT_PAGE_BYTES ? rest : LIMIT_PAGE_BYTES;
                CU_ASSERT_EQUAL_FATAL(cap, rest < least ? 0 : expected);
            }
        }
    }
}

#define TEXT(literal) {(literal), sizeof(literal) - 1}

/* Plain text, and text as it may stand in a JSON string. */
static const struct {
    struct span text;
    bool raw;
} texts[] = {
    {TEXT("plain words, nothing else in them"), false},
    {TEXT("q\"b\\s/\b\f\n\r\t\x01\x7F \xC3\xA9 \xE2\x9C\xA8 \xF0\x9D\x84\x9E."), false},
    {TEXT("\xF0\x9D\x84\x9E\xF0\x9D\x84\x9E\xF0\x9D\x84\x9E\xF0\x9D\x84\x9E\xC3\xA9"), false},
    {TEXT("\x01\x02\x03\x04\x05\x06\x07"), false},
    {TEXT("broken \xC3 here, and \xE2\x9C"), false},
    {TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001 \xC3\xA9\xE2\x9C\xA8\xF0\x9D\x84\x9E"), true},
    {TEXT("\\ud834\\udd1e\\ud834\\udd1e\\u00e9\\ud834\\udd1e"), true},
    {TEXT("x\\ud834 alone, \\udd1e too"), true},
};

static void one_text(struct span text, bool raw, size_t cap)
{
    char whole[512];
    char out[256];
    char *guarded = unit_guard_room(0, cap);
    struct text all = text_over(whole, sizeof(whole));
    struct span rest = text;
    text_add_char(&all, '"');
    while (rest.len > 0) {
        size_t len = gateway_flow_piece(&rest, raw, guarded, cap);
        CU_ASSERT_TRUE_FATAL(len > 0 && len <= cap);
        struct text one = text_over(out, sizeof(out));
        text_add_char(&one, '"');
        text_add(&one, (struct span){guarded, len});
        text_add_char(&one, '"');
        CU_ASSERT_TRUE(unit_gateway_is_json(text_span(&one)));
        text_add(&all, (struct span){guarded, len});
    }
    text_add_char(&all, '"');
    CU_ASSERT_TRUE(unit_gateway_is_json(text_span(&all)));
    struct span inside = {whole + 1, all.len - 2};
    if (raw)
        CU_ASSERT_TRUE(span_equal(inside, text));
    if (!raw && !span_starts(text, SPAN("broken")))
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(text_span(&all), ""), text));
}

static void texts_are_cut_between_characters(void)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *copy = unit_guard(1, texts[i].text.at, texts[i].text.len);
        for (size_t cap = 12; cap < 64; cap++)
            one_text((struct span){copy, texts[i].text.len}, texts[i].raw, cap);
    }
}

static void a_rope_is_drained_in_order(void)
{
    static const size_t steps[] = {1, 100, 255, 256, 1000, 4096, 20000};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        begin_plain();
        struct rope rope = rope_empty();
        uint32_t total = 0;
        for (uint32_t n = 0; n < 6000; n++, total += 10) {
            char line[] = "         \n";
            struct text text = text_over(line, sizeof(line) - 1);
            text_add_u64(&text, n);
            gateway_flow_hang(G, &rope, (struct span){line, 10});
        }
        while (!gateway_flow_drain(G, 0, &rope)) {
            CU_ASSERT_TRUE_FATAL(G->clients[0].out.len > 0);
            CU_ASSERT_TRUE(G->clients[0].out.len <= LIMIT_OUT_BYTES);
            unit_gateway_read(steps[i]);
        }
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_EQUAL_FATAL(answer.body.len, total);
        for (uint32_t n = 0; n < 6000; n++) {
            uint64_t number;
            struct span line = {answer.body.at + n * 10, 9};
            line.len = span_find(line, ' ');
            CU_ASSERT_TRUE_FATAL(span_number(line, 6000, &number) && number == n);
        }
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    }
}

static void a_drain_waits_for_pages(void)
{
    begin_plain();
    struct rope rope = rope_empty();
    for (int i = 0; i < 10; i++)
        gateway_flow_hang(G, &rope, (struct span){padding, LIMIT_PAGE_BYTES});
    unit_gateway_leave_pages(0);
    CU_ASSERT_FALSE(gateway_flow_drain(G, 0, &rope));
    CU_ASSERT_EQUAL(rope.len, 10 * LIMIT_PAGE_BYTES);
    unit_gateway_give_pages();
    while (!gateway_flow_drain(G, 0, &rope))
        unit_gateway_read(SIZE_MAX);
    CU_ASSERT_EQUAL(unit_gateway_answer().body.len, 10 * LIMIT_PAGE_BYTES);
}

/* Its type, its length, and all of it; without a page nothing of it, and the body stays. */
static void a_whole_answer(void)
{
    unit_gateway_fresh(false);
    struct rope body = rope_empty();
    gateway_flow_hang(G, &body, SPAN("{\"a\":1}"));
    unit_gateway_leave_pages(0);
    CU_ASSERT_FALSE(gateway_flow_whole(G, 0, "text/x", &body));
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    CU_ASSERT_EQUAL(body.len, 7);
    unit_gateway_give_pages();
    CU_ASSERT_TRUE(gateway_flow_whole(G, 0, "text/x", &body));
    CU_ASSERT_EQUAL(body.len, 0);
    CU_ASSERT_EQUAL(G->requests[0].relay.state, GATEWAY_RELAY_FLOWING);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-type: text/x\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-length: 7\r\n"));
    CU_ASSERT_TRUE(span_equal(answer.body, SPAN("{\"a\":1}")));
}

static const struct unit_test tests[] = {
    {"the head", the_head},
    {"the largest field lines fit", the_largest_field_lines_fit},
    {"no pages, no head", no_pages_no_head},
    {"put is exact", put_is_exact},
    {"cap for every room", cap_for_every_room},
    {"texts are cut between characters", texts_are_cut_between_characters},
    {"a rope is drained in order", a_rope_is_drained_in_order},
    {"a drain waits for pages", a_drain_waits_for_pages},
    {"a whole answer", a_whole_answer},
};

UNIT_MAIN("gateway_flow", tests)
