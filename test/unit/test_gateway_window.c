/* The window of an exchange: each framing at each split, and windows that grow, wait and shrink. */
#include "core/gateway/gateway_window.h"

#include <stdlib.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"

#define CHUNKS "5\r\nHello\r\n2;a=b\r\n, \r\n6\r\nworld!\r\n0\r\nx: y\r\n\r\n"
#define TEXT "Hello, world!"
#define LARGE_BODY 400000

static struct gateway g;
static char got[4 * LIMIT_EVENT_BYTES];
static size_t got_len;

static void set_up(void)
{
    memset(&g.exchanges, 0, sizeof(g.exchanges));
    memset(g.exchange_run_next, 0, sizeof(g.exchange_run_next));
    memset(g.exchange_run_prev, 0, sizeof(g.exchange_run_prev));
    memset(g.windows.wait_next, 0, sizeof(g.windows.wait_next));
    memset(g.windows.wait_prev, 0, sizeof(g.windows.wait_prev));
    queue_init(&g.exchange_run, g.exchange_run_next, g.exchange_run_prev);
    gateway_exchange_init(&g);
    got_len = 0;
}

static struct gateway_exchange *begin(int number, enum http_framing framing, uint64_t length)
{
    struct gateway_exchange *exchange = &g.exchanges[number];
    *exchange = (struct gateway_exchange){.state = GATEWAY_EXCHANGE_BODY,
                                          .framing = (uint8_t)framing,
                                          .keep_alive = true,
                                          .left = length,
                                          .large = -1};
    http_chunked_init(&exchange->chunked);
    return exchange;
}

/* Uses up to n bytes of the window. */
static void use(int number, size_t n)
{
    size_t len;
    const char *window = gateway_exchange_window(&g, number, &len);
    n = n < len ? n : len;
    CU_ASSERT_FATAL(got_len + n <= sizeof(got));
    memcpy(got + got_len, window, n);
    got_len += n;
    gateway_exchange_use(&g, number, n);
}

/* Lets bytes come, as many at once as there is room for. False: the coding is broken. */
static bool feed(int number, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t room;
        char *at = gateway_window_room(&g, number, &room);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        CU_ASSERT_FATAL(room > 0);
        size_t n = len < room ? len : room;
        memcpy(at, bytes, n);
        gateway_window_came(&g, number, (uint32_t)n);
        if (!gateway_window_decode(&g, number))
            return false;
        bytes += n;
        len -= n;
    }
    return true;
}

static bool got_is(const char *text)
{
    return got_len == strlen(text) && memcmp(got, text, got_len) == 0;
}

/* ---- framings ---- */

struct framing_row {
    enum http_framing framing;
    const char *wire;
    uint64_t length;
    bool ends;
    bool keeps;
};

static const struct framing_row framings[] = {
    {HTTP_BODY_CHUNKED, CHUNKS, 0, true, true},
    {HTTP_BODY_CHUNKED, "D\r\n" TEXT "\r\n0\r\n\r\n", 0, true, true},
    {HTTP_BODY_LENGTH, TEXT, sizeof(TEXT) - 1, true, true},
    {HTTP_BODY_LENGTH, TEXT, sizeof(TEXT), false, true},
    {HTTP_BODY_UNTIL_CLOSE, TEXT, 0, false, true},
};

/* In two pieces, split at each byte; what comes is used at once, or all at the end. */
static void try_split(const struct framing_row *row, size_t split, bool at_once)
{
    set_up();
    size_t len = strlen(row->wire);
    const struct gateway_exchange *exchange = begin(3, row->framing, row->length);
    CU_ASSERT(feed(3, row->wire, split));
    CU_ASSERT_EQUAL(exchange->state, split == len && row->ends ? GATEWAY_EXCHANGE_ENDED
                                                               : GATEWAY_EXCHANGE_BODY);
    if (at_once)
        use(3, SIZE_MAX);
    CU_ASSERT(feed(3, row->wire + split, len - split));
    use(3, SIZE_MAX);
    CU_ASSERT_EQUAL(exchange->state, row->ends ? GATEWAY_EXCHANGE_ENDED : GATEWAY_EXCHANGE_BODY);
    CU_ASSERT_EQUAL(exchange->keep_alive, row->keeps);
    CU_ASSERT(got_is(TEXT));
}

static void splits(void)
{
    for (size_t i = 0; i < sizeof(framings) / sizeof(framings[0]); i++)
        for (size_t split = 0; split <= strlen(framings[i].wire); split++) {
            try_split(&framings[i], split, true);
            try_split(&framings[i], split, false);
        }
}

static void byte_by_byte(void)
{
    for (size_t i = 0; i < sizeof(framings) / sizeof(framings[0]); i++) {
        set_up();
        const struct gateway_exchange *exchange = begin(0, framings[i].framing, framings[i].length);
        size_t len = strlen(framings[i].wire);
        for (size_t at = 0; at < len; at++) {
            CU_ASSERT_EQUAL(exchange->state, GATEWAY_EXCHANGE_BODY);
            CU_ASSERT(feed(0, framings[i].wire + at, 1));
            use(0, at % 3 == 0 ? SIZE_MAX : 1);
        }
        use(0, SIZE_MAX);
        CU_ASSERT(got_is(TEXT));
        CU_ASSERT_EQUAL(exchange->state == GATEWAY_EXCHANGE_ENDED, framings[i].ends);
    }
}

/* What comes behind the body was not asked for: the connection is not used again. */
static void behind_the_end(void)
{
    static const struct framing_row rows[] = {
        {HTTP_BODY_CHUNKED, CHUNKS "HTTP/1.1 200 OK\r\n", 0, true, false},
        {HTTP_BODY_CHUNKED, CHUNKS "\n", 0, true, false},
        {HTTP_BODY_LENGTH, TEXT "!", sizeof(TEXT) - 1, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        const struct gateway_exchange *exchange = begin(0, rows[i].framing, rows[i].length);
        CU_ASSERT(feed(0, rows[i].wire, strlen(rows[i].wire)));
        use(0, SIZE_MAX);
        CU_ASSERT(got_is(TEXT));
        CU_ASSERT_EQUAL(exchange->state, GATEWAY_EXCHANGE_ENDED);
        CU_ASSERT_FALSE(exchange->keep_alive);
    }
}

static void broken_chunks(void)
{
    static const char *const rows[] = {
        "x\r\n", "5\nHello", "5\r\nHello!\r\n", "\r\n", "-1\r\n", "FFFFFFFFFFFFFFFF\r\n",
        "5\r\nHello\r\n0\r\n: y\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t split = 0; split < strlen(rows[i]); split++) {
            set_up();
            const struct gateway_exchange *exchange = begin(0, HTTP_BODY_CHUNKED, 0);
            bool good = feed(0, rows[i], split) &&
                        feed(0, rows[i] + split, strlen(rows[i]) - split);
            CU_ASSERT_FALSE(good);
            CU_ASSERT_PTR_NOT_NULL_FATAL(exchange->chunked.fault);
            CU_ASSERT_PTR_NOT_NULL(exchange->chunked.fault->text);
        }
}

static void a_head_is_not_decoded(void)
{
    set_up();
    struct gateway_exchange *exchange = begin(0, HTTP_BODY_CHUNKED, 0);
    exchange->state = GATEWAY_EXCHANGE_HEAD;
    size_t room;
    char *at = gateway_window_room(&g, 0, &room);
    CU_ASSERT_EQUAL(room, LIMIT_WINDOW_BYTES);
    memcpy(at, "HTTP", 4);
    gateway_window_came(&g, 0, 4);
    CU_ASSERT_EQUAL(exchange->raw_len, 0);
    CU_ASSERT_PTR_EQUAL(gateway_window_room(&g, 0, &room), at + 4);
    CU_ASSERT_EQUAL(room, LIMIT_WINDOW_BYTES - 4);
}

/* ---- large windows ---- */

static char *pattern(size_t len)
{
    static char bytes[2 * LIMIT_EVENT_BYTES];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 2654435761u >> 24);
    return bytes;
}

static void grows_and_shrinks(void)
{
    set_up();
    const char *bytes = pattern(LIMIT_EVENT_BYTES);
    struct gateway_exchange *exchange = begin(7, HTTP_BODY_UNTIL_CLOSE, 0);
    size_t room;
    CU_ASSERT(feed(7, bytes, LIMIT_WINDOW_BYTES));
    CU_ASSERT_EQUAL(exchange->large, -1);
    CU_ASSERT(feed(7, bytes + LIMIT_WINDOW_BYTES, LIMIT_EVENT_BYTES - LIMIT_WINDOW_BYTES));
    CU_ASSERT(exchange->large >= 0);
    CU_ASSERT_EQUAL(g.windows.index.in_use, 1);
    CU_ASSERT_PTR_NULL(gateway_window_room(&g, 7, &room));
    CU_ASSERT_EQUAL(room, 0); /* longer than any window */
    use(7, LIMIT_EVENT_BYTES - LIMIT_WINDOW_BYTES / 2 - 1);
    CU_ASSERT_PTR_NOT_NULL(gateway_window_room(&g, 7, &room));
    CU_ASSERT_EQUAL(g.windows.index.in_use, 1);
    use(7, 1);
    CU_ASSERT_PTR_NOT_NULL(gateway_window_room(&g, 7, &room));
    CU_ASSERT_EQUAL(room, LIMIT_WINDOW_BYTES / 2);
    CU_ASSERT_EQUAL(exchange->large, -1);
    CU_ASSERT_EQUAL(g.windows.index.in_use, 0);
    use(7, SIZE_MAX);
    CU_ASSERT_EQUAL(got_len, LIMIT_EVENT_BYTES);
    CU_ASSERT_EQUAL(memcmp(got, bytes, LIMIT_EVENT_BYTES), 0);
}

/* Chunks, reads and uses of any size, the window growing and shrinking under way. */
static void any_sizes(void)
{
    static char wire[2 * LARGE_BODY];
    const char *bytes = pattern(LARGE_BODY);
    size_t wire_len = 0;
    srand(7);
    set_up();
    for (size_t at = 0, n; at < LARGE_BODY; at += n) {
        n = 1 + (size_t)rand() % (rand() % 4 == 0 ? 60000 : 50);
        n = n < LARGE_BODY - at ? n : LARGE_BODY - at;
        wire_len += http_chunked_head(wire + wire_len, n);
        memcpy(wire + wire_len, bytes + at, n);
        memcpy(wire + wire_len + n, "\r\n", 2);
        wire_len += n + 2;
    }
    memcpy(wire + wire_len, "0\r\n\r\n", 5);
    const struct gateway_exchange *exchange = begin(1, HTTP_BODY_CHUNKED, 0);
    for (size_t at = 0, n; at < wire_len + 5; at += n) {
        n = 1 + (size_t)rand() % 20000;
        n = n < wire_len + 5 - at ? n : wire_len + 5 - at;
        CU_ASSERT(feed(1, wire + at, n));
        size_t kept = exchange->end - exchange->begin;
        use(1, kept > 100000 ? SIZE_MAX : (size_t)rand() % 8000);
    }
    use(1, SIZE_MAX);
    CU_ASSERT_EQUAL(exchange->state, GATEWAY_EXCHANGE_ENDED);
    CU_ASSERT_TRUE(exchange->keep_alive);
    CU_ASSERT_EQUAL(got_len, LARGE_BODY);
    CU_ASSERT_EQUAL(memcmp(got, bytes, LARGE_BODY), 0);
    CU_ASSERT_EQUAL(g.windows.index.high, 1);
    gateway_window_release(&g, 1);
    CU_ASSERT_EQUAL(g.windows.index.in_use, 0);
}

/* ---- waiting for one ---- */

/* Exchanges 0 to count - 1 have full windows, and ask for large ones. */
static void fill_windows(int count)
{
    set_up();
    for (int i = 0; i < count; i++) {
        size_t room;
        begin(i, HTTP_BODY_UNTIL_CLOSE, 0);
        CU_ASSERT(feed(i, pattern(LIMIT_WINDOW_BYTES), LIMIT_WINDOW_BYTES));
        const char *at = gateway_window_room(&g, i, &room);
        CU_ASSERT_EQUAL(at != NULL, i < LIMIT_EVENTS_LARGE);
        CU_ASSERT_NOT_EQUAL(room, 0);
    }
    CU_ASSERT_EQUAL(g.windows.index.in_use, LIMIT_EVENTS_LARGE);
    CU_ASSERT_EQUAL(g.exchange_run.count, 0);
}

static bool gets_one(int number)
{
    size_t room;
    return gateway_window_room(&g, number, &room) != NULL && g.exchanges[number].large >= 0;
}

static void waits_in_order(void)
{
    fill_windows(LIMIT_EVENTS_LARGE + 2);
    CU_ASSERT_EQUAL(g.windows.waiting.count, 2);
    CU_ASSERT_FALSE(gets_one(LIMIT_EVENTS_LARGE));
    CU_ASSERT_EQUAL(g.windows.waiting.count, 2); /* once in the queue */
    gateway_window_release(&g, 5);
    CU_ASSERT_EQUAL(queue_take(&g.exchange_run), LIMIT_EVENTS_LARGE);
    CU_ASSERT_EQUAL(g.exchange_run.count, 0);
    CU_ASSERT(gets_one(LIMIT_EVENTS_LARGE));
    CU_ASSERT_EQUAL(g.windows.waiting.count, 1);
    CU_ASSERT_EQUAL(g.exchange_run.count, 0);
    CU_ASSERT_FALSE(gets_one(LIMIT_EVENTS_LARGE + 1));
}

/* Two come back in one turn: both that wait get one. */
static void two_at_once(void)
{
    fill_windows(LIMIT_EVENTS_LARGE + 3);
    gateway_window_release(&g, 5);
    gateway_window_release(&g, 6);
    CU_ASSERT_EQUAL(queue_take(&g.exchange_run), LIMIT_EVENTS_LARGE);
    CU_ASSERT(gets_one(LIMIT_EVENTS_LARGE));
    CU_ASSERT_EQUAL(queue_take(&g.exchange_run), LIMIT_EVENTS_LARGE + 1);
    CU_ASSERT(gets_one(LIMIT_EVENTS_LARGE + 1));
    CU_ASSERT_EQUAL(g.exchange_run.count, 0);
    CU_ASSERT_FALSE(gets_one(LIMIT_EVENTS_LARGE + 2));
}

/* The first that waited ends before its turn: the next one is not forgotten. */
static void the_first_ends(void)
{
    fill_windows(LIMIT_EVENTS_LARGE + 2);
    gateway_window_release(&g, 5);
    CU_ASSERT_EQUAL(queue_take(&g.exchange_run), LIMIT_EVENTS_LARGE);
    gateway_window_release(&g, LIMIT_EVENTS_LARGE);
    CU_ASSERT_EQUAL(queue_take(&g.exchange_run), LIMIT_EVENTS_LARGE + 1);
    CU_ASSERT(gets_one(LIMIT_EVENTS_LARGE + 1));
    CU_ASSERT_EQUAL(g.windows.waiting.count, 0);
}

static void leaves_the_queue(void)
{
    fill_windows(LIMIT_EVENTS_LARGE + 2);
    gateway_window_release(&g, LIMIT_EVENTS_LARGE);
    CU_ASSERT_EQUAL(g.windows.waiting.count, 1);
    CU_ASSERT_EQUAL(g.exchange_run.count, 0); /* nothing became free */
    gateway_window_release(&g, LIMIT_EVENTS_LARGE + 1);
    for (int i = 0; i < LIMIT_EVENTS_LARGE; i++)
        gateway_window_release(&g, i);
    gateway_window_release(&g, 0); /* again: nothing happens */
    CU_ASSERT_EQUAL(g.windows.index.in_use, 0);
    CU_ASSERT_EQUAL(g.windows.waiting.count, 0);
}

static const struct unit_test tests[] = {
    {"each framing, split at each byte", splits},
    {"byte by byte", byte_by_byte},
    {"what is behind the end", behind_the_end},
    {"broken chunks", broken_chunks},
    {"a head is not decoded", a_head_is_not_decoded},
    {"grows to a large window, and back", grows_and_shrinks},
    {"chunks, reads and uses of any size", any_sizes},
    {"waits for a large window, in order", waits_in_order},
    {"two windows come back at once", two_at_once},
    {"the first that waits ends", the_first_ends},
    {"leaves the queue, gives back once", leaves_the_queue},
};

UNIT_MAIN("gateway_window", tests)
