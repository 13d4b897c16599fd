/* Streams: every event is JSON of the right shape, whatever the text, the room and the pace. */
#include "core/gateway/gateway_chunk.h"
#include "core/gateway/gateway_flow.h"
#include "core/json/json_string.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES 100000
#define TEXT(literal) {(literal), sizeof(literal) - 1}

static char said[2 * LONG_BYTES];

/* What a stream says. */
struct stream {
    struct text content;
    struct text reasoning;
    int chunks;
    int done;
    int finished;
};

static char content_bytes[2 * LONG_BYTES];
static char reasoning_bytes[2 * LONG_BYTES];

static void check_frame(struct span chunk)
{
    CU_ASSERT_TRUE(unit_gateway_is_json(chunk));
    CU_ASSERT_TRUE(span_starts(unit_gateway_string(chunk, "id"), SPAN("chatcmpl-")));
    CU_ASSERT_TRUE(span_ends(unit_gateway_string(chunk, "id"), span_of(RELAY.id)));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(chunk, "object"), SPAN("\"chat.completion.chunk\"")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(chunk, "model"),
                              span_of(G->requests[0].chat.model)));
    uint64_t created;
    CU_ASSERT_TRUE(span_number(unit_gateway_at(chunk, "created"), UINT64_MAX, &created) &&
                   created == RELAY.created_ms / 1000);
}

static void read_chunk(struct stream *stream, struct span chunk)
{
    check_frame(chunk);
    struct span choice = unit_gateway_at(chunk, "choices.0");
    if (choice.at == NULL)
        return;
    bool has_role = unit_gateway_at(choice, "delta.role").at != NULL;
    CU_ASSERT_EQUAL(has_role, stream->chunks == 0);
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "index"), SPAN("0")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "logprobs"), SPAN("null")));
    bool stop = span_equal(unit_gateway_at(choice, "finish_reason"), SPAN("\"stop\""));
    CU_ASSERT_EQUAL(stop, span_equal(unit_gateway_at(choice, "delta"), SPAN("{}")));
    CU_ASSERT_EQUAL(stream->finished, 0);
    stream->finished += stop;
    stream->chunks += !stop;
    text_add(&stream->content, unit_gateway_string(choice, "delta.content"));
    text_add(&stream->reasoning, unit_gateway_string(choice, "delta.reasoning_content"));
}

/* Reads the answer so far. */
static struct stream read_stream(void)
{
    struct stream stream = {.content = text_over(content_bytes, sizeof(content_bytes)),
                            .reasoning = text_over(reasoning_bytes, sizeof(reasoning_bytes))};
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer.head.at);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-type: text/event-stream\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "cache-control: no-cache\r\n"));
    struct span rest = answer.body;
    while (rest.len > 0) {
        struct span event = unit_gateway_event(rest, 0);
        CU_ASSERT_EQUAL(stream.done, 0);
        if (span_equal(event, SPAN("[DONE]")))
            stream.done++;
        else
            read_chunk(&stream, event);
        rest = span_skip(rest, event.len + 8);
    }
    return stream;
}

static struct span of(const char *bytes, size_t len)
{
    return (struct span){bytes, len};
}

static void a_short_answer(void)
{
    unit_gateway_fresh(true);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("You"), false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
    struct span raw = SPAN(" said \\\"hi\\\"");
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, raw, true, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN(""), true, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct stream stream = read_stream();
    CU_ASSERT_TRUE(span_equal(text_span(&stream.content), SPAN("You said \"hi\"")));
    CU_ASSERT_EQUAL(stream.reasoning.len, 0);
    CU_ASSERT_EQUAL(stream.chunks, 2);
    CU_ASSERT_EQUAL(stream.finished, 1);
    CU_ASSERT_EQUAL(stream.done, 1);
    CU_ASSERT_TRUE(unit_gateway_answer().whole);
    CU_ASSERT_TRUE(G->clients[0].ended);
    CU_ASSERT_FALSE(G->clients[0].close);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

static void the_bytes_of_a_chunk(void)
{
    char expected[512];
    struct text text = text_over(expected, sizeof(expected));
    unit_gateway_fresh(true);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("a\nb"), false, 0), RESULT_DONE);
    text_add_str(&text, "{\"id\":\"chatcmpl-");
    text_add_str(&text, RELAY.id);
    text_add_str(&text, "\",\"object\":\"chat.completion.chunk\",\"created\":");
    text_add_u64(&text, RELAY.created_ms / 1000);
    text_add_str(&text, ",\"model\":\"mini\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
                        "\"assistant\",\"content\":\"a\\nb\"},\"logprobs\":null,"
                        "\"finish_reason\":null}]}");
    struct span event = unit_gateway_event(unit_gateway_answer().body, 0);
    CU_ASSERT_TRUE(span_equal(event, text_span(&text)));
}

static void reasoning_first(void)
{
    unit_gateway_fresh(true);
    struct span thought = SPAN("hm \xC3\xA9");
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_REASONING, thought, false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_FALSE(RELAY.has_text);
    CU_ASSERT_TRUE(RELAY.has_reasoning);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("yes"), false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_REASONING, SPAN("!"), true, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct stream stream = read_stream();
    CU_ASSERT_TRUE(span_equal(text_span(&stream.content), SPAN("yes")));
    CU_ASSERT_TRUE(span_equal(text_span(&stream.reasoning), SPAN("hm \xC3\xA9!")));
    CU_ASSERT_EQUAL(stream.chunks, 3);
}

/* Characters of one to four bytes, and those that JSON escapes. */
static struct span make_long(bool raw)
{
    static const struct span plain[] = {TEXT("a"), TEXT("\xC3\xA9"), TEXT("\xE2\x9C\xA8"),
                                        TEXT("\xF0\x9D\x84\x9E"), TEXT("\""), TEXT("\n"),
                                        TEXT("\x01"), TEXT("words and more words ")};
    static const struct span escaped[] = {TEXT("a"), TEXT("\xC3\xA9"), TEXT("\\u2728"),
                                          TEXT("\\ud834\\udd1e"), TEXT("\\\""), TEXT("\\n"),
                                          TEXT("\\u0001"), TEXT("words and more words ")};
    struct text text = text_over(said, LONG_BYTES);
    uint32_t state = 7;
    while (text.len < LONG_BYTES - 32) {
        uint32_t which = unit_gateway_chance(&state, 8);
        text_add(&text, raw ? escaped[which] : plain[which]);
    }
    return text_span(&text);
}

/* A long text, read at every pace. */
static void a_long_text(void)
{
    static const size_t paces[] = {0, 300, 1000, 4096, 15000};
    static char decoded[LONG_BYTES];
    for (int raw = 0; raw < 2; raw++) {
        for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
            struct span text = make_long(raw);
            size_t len = json_string_decode(text, decoded, sizeof(decoded));
            struct span expected = raw ? of(decoded, len) : text;
            unit_gateway_fresh(true);
            CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, text, raw, paces[i]), RESULT_DONE);
            CU_ASSERT_TRUE(G->clients[0].out.len <= LIMIT_OUT_BYTES);
            CU_ASSERT_EQUAL(unit_gateway_finish(paces[i]), RESULT_DONE);
            struct stream stream = read_stream();
            CU_ASSERT_TRUE(span_equal(text_span(&stream.content), expected));
            CU_ASSERT_TRUE(stream.chunks < 100000 / GATEWAY_FLOW_PIECE_BYTES);
            CU_ASSERT_EQUAL(stream.done, 1);
        }
    }
}

/* An event is queued whole or not at all, whatever room there is. */
static void every_room(void)
{
    static char filler[LIMIT_OUT_BYTES];
    memset(filler, ' ', sizeof(filler));
    struct span text = make_long(true);
    const struct provider_news news = {.kind = PROVIDER_TEXT, .text = {text.at, 700}, .raw = true};
    for (size_t room = 0; room < 1800; room += 3) {
        unit_gateway_fresh(true);
        G->clients[0].http_1_0 = true;
        CU_ASSERT_TRUE_FATAL(gateway_chunk_begin(G, 0));
        rope_clear(&G->pages, &G->clients[0].out);
        CU_ASSERT_TRUE(gateway_answer_add(G, 0, of(filler, LIMIT_OUT_BYTES - room)));
        gateway_relay_take(G, 0, &news);
        enum result result = gateway_relay_pump(G, 0);
        size_t used = G->clients[0].out.len - (LIMIT_OUT_BYTES - room);
        CU_ASSERT_TRUE(used <= room);
        CU_ASSERT_TRUE(result == RESULT_DONE || room - used < 700);
        CU_ASSERT_EQUAL(used == 0, RELAY.state == GATEWAY_RELAY_HEADERS);
        CU_ASSERT_EQUAL(used == 0, RELAY.news.text.len == 700);
        rope_take(&G->pages, &G->clients[0].out, LIMIT_OUT_BYTES - room);
        while (gateway_relay_pump(G, 0) == RESULT_MORE)
            unit_gateway_read(SIZE_MAX);
        unit_gateway_read(SIZE_MAX);
    }
}

static void odd_names(void)
{
    static const char *const names[] = {"a\"b\\c", "\x01\x02\n", "\xC3\xA9", "tensorzero::x::y"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unit_gateway_fresh(true);
        unit_gateway_ask(names[i]);
        CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("x"), true, 0), RESULT_DONE);
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        CU_ASSERT_EQUAL(read_stream().done, 1);
    }
    unit_gateway_fresh(true);
    RELAY.include_usage = true;
    memset(G->requests[0].chat.model, 1, LIMIT_NAME_BYTES - 1);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, make_long(false), false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_REASONING, SPAN("x"), false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    CU_ASSERT_EQUAL(read_stream().done, 1);
}

static void usage_when_asked_for(void)
{
    unit_gateway_fresh(true);
    RELAY.include_usage = true;
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("x"), true, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct stream stream = read_stream();
    CU_ASSERT_EQUAL(stream.done, 1);
    CU_ASSERT_EQUAL(stream.finished, 1);
    struct span usage = unit_gateway_event(unit_gateway_answer().body, 2);
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(usage, "choices"), SPAN("[]")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(usage, "usage"),
                              SPAN("{\"prompt_tokens\":null,\"completion_tokens\":null,"
                                   "\"total_tokens\":null}")));
}

/* As large as they may be, and the client reads a little at a time. */
static void extras_are_in_the_last_chunk(void)
{
    static char question[LIMIT_EXTRAS_BYTES];
    static const size_t paces[] = {0, 100, 3000};
    memset(question, 'q', sizeof(question));
    for (size_t i = 0; i < 3; i++) {
        unit_gateway_fresh(true);
        CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("x"), true, 0), RESULT_DONE);
        unit_gateway_say(PROVIDER_QUESTION, of(question, LIMIT_EXTRAS_BYTES - 3), false, 0);
        unit_gateway_say(PROVIDER_SOURCES, SPAN("[{\"url\":\"u\"}]"), true, 0);
        unit_gateway_say(PROVIDER_THREAD, SPAN("thread-1"), true, 0);
        CU_ASSERT_EQUAL(unit_gateway_finish(paces[i]), RESULT_DONE);
        struct stream stream = read_stream();
        CU_ASSERT_EQUAL(stream.done, 1);
        struct span last = unit_gateway_event(unit_gateway_answer().body, 1);
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(last, "moongate.related_questions.0"),
                                  of(question, LIMIT_EXTRAS_BYTES - 3)));
        CU_ASSERT_PTR_NOT_NULL(unit_gateway_at(last, "moongate.thread_id").at);
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(last, "moongate.sources.0.url"), SPAN("u")));
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    }
}

/* Without pages nothing is lost: every step waits. */
static void scarce_pages(void)
{
    struct span text = make_long(true);
    const struct provider_news news = {.kind = PROVIDER_TEXT, .text = text, .raw = true};
    unit_gateway_fresh(true);
    gateway_relay_take(G, 0, &news);
    for (int left = 0; left < 40; left++) {
        unit_gateway_leave_pages(left % 4);
        gateway_relay_pump(G, 0);
        unit_gateway_read(SIZE_MAX);
        unit_gateway_give_pages();
    }
    while (gateway_relay_pump(G, 0) != RESULT_DONE)
        unit_gateway_read(SIZE_MAX);
    unit_gateway_leave_pages(0);
    CU_ASSERT_EQUAL(gateway_relay_finish(G, 0), RESULT_MORE);
    CU_ASSERT_FALSE(RELAY.ending);
    unit_gateway_give_pages();
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct stream stream = read_stream();
    CU_ASSERT_EQUAL(stream.done, 1);
    char *expected = said + LONG_BYTES;
    size_t len = json_string_decode(text, expected, LONG_BYTES);
    CU_ASSERT_TRUE(span_equal(text_span(&stream.content), of(expected, len)));
}

static const struct unit_test tests[] = {
    {"a short answer", a_short_answer},
    {"the bytes of a chunk", the_bytes_of_a_chunk},
    {"reasoning first", reasoning_first},
    {"a long text", a_long_text},
    {"every room", every_room},
    {"odd names", odd_names},
    {"usage when asked for", usage_when_asked_for},
    {"extras are in the last chunk", extras_are_in_the_last_chunk},
    {"scarce pages", scarce_pages},
};

UNIT_MAIN("gateway_chunk", tests)
