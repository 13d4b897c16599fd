/* Questions, sources and threads: every shape, every bound, and the member they become. */
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define TEXT(literal) {(literal), sizeof(literal) - 1}

static char joined[4 * LIMIT_EXTRAS_BYTES];

static void take(enum provider_news_kind kind, struct span text, bool raw)
{
    const struct provider_news news = {.kind = kind, .text = text, .raw = raw};
    gateway_extras_take(G, 0, &news);
}

/* `{"a":1` and what is joined and `}`. */
static struct span join(void)
{
    struct rope rope = rope_empty();
    struct text all = text_over(joined, sizeof(joined));
    gateway_flow_hang(G, &rope, SPAN("{\"a\":1"));
    gateway_extras_join(G, 0, &rope);
    gateway_flow_hang(G, &rope, SPAN("}"));
    for (; rope.len > 0; rope_take(&G->pages, &rope, rope_front(&G->pages, &rope).len))
        text_add(&all, rope_front(&G->pages, &rope));
    CU_ASSERT_FALSE(all.cut);
    CU_ASSERT_TRUE(unit_gateway_is_json(text_span(&all)));
    CU_ASSERT_EQUAL(span_find(text_span(&all), '\n'), all.len);
    CU_ASSERT_EQUAL(span_find(text_span(&all), '\r'), all.len);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    return text_span(&all);
}

static const struct {
    enum provider_news_kind kind;
    struct span text;
    bool raw;
    const char *path;
    struct span json; /* what is there then; at NULL: nothing */
} kept[] = {
    {PROVIDER_QUESTION, TEXT("why \"so\"?\n"), false, "moongate.related_questions",
     TEXT("[\"why \\\"so\\\"?\\n\"]")},
    {PROVIDER_QUESTION, TEXT("why \\\"so\\\"?\\n"), true, "moongate.related_questions",
     TEXT("[\"why \\\"so\\\"?\\n\"]")},
    {PROVIDER_QUESTION, TEXT("\\ud83c\\udf19 \xF0\x9F\x8C\x99"), true,
     "moongate.related_questions.0", TEXT("\"\\ud83c\\udf19 \xF0\x9F\x8C\x99\"")},
    {PROVIDER_QUESTION, TEXT(""), false, "moongate", {NULL, 0}},
    {PROVIDER_SOURCES, TEXT("[]"), true, "moongate", {NULL, 0}},
    {PROVIDER_SOURCES, TEXT("[ ]"), true, "moongate", {NULL, 0}},
    {PROVIDER_SOURCES, TEXT("{\"url\":\"u\"}"), true, "moongate.sources",
     TEXT("[{\"url\":\"u\"}]")},
    {PROVIDER_SOURCES, TEXT("[{\"url\":\"u\"} ,\r\n \"b\",[1 ,\n2]]"), true, "moongate.sources",
     TEXT("[{\"url\":\"u\"},\"b\",[1 , 2]]")},
    {PROVIDER_SOURCES, TEXT("{\r\n\"a\" :\n1}"), true, "moongate.sources",
     TEXT("[{  \"a\" : 1}]")},
    {PROVIDER_SOURCES, TEXT("[\r\n\t {\"a\":1} ]"), true, "moongate.sources",
     TEXT("[{\"a\":1}]")},
    {PROVIDER_SOURCES, TEXT("null"), true, "moongate.sources", TEXT("[null]")},
    {PROVIDER_SOURCES, TEXT("no json"), false, "moongate.sources", TEXT("[\"no json\"]")},
};

static void one_of_each_shape(void)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        unit_gateway_fresh(true);
        take(kept[i].kind, kept[i].text, kept[i].raw);
        struct span value = unit_gateway_at(join(), kept[i].path);
        CU_ASSERT_EQUAL(value.at != NULL, kept[i].json.at != NULL);
        CU_ASSERT_TRUE(span_equal(value, kept[i].json));
    }
}

/* Each question has one page's room less than the bound; the commas count. */
static void what_is_beyond_the_bound_is_dropped_whole(void)
{
    static char text[LIMIT_EXTRAS_BYTES];
    memset(text, 'q', sizeof(text));
    for (int raw = 0; raw < 2; raw++) {
        unit_gateway_fresh(true);
        take(PROVIDER_QUESTION, (struct span){text, LIMIT_EXTRAS_BYTES - 1}, raw);
        CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, 0);
        take(PROVIDER_QUESTION, (struct span){text, 100}, raw);
        take(PROVIDER_QUESTION, (struct span){text, LIMIT_EXTRAS_BYTES - 102}, raw);
        CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, 102);
        take(PROVIDER_QUESTION, (struct span){text, LIMIT_EXTRAS_BYTES - 105}, raw);
        CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, LIMIT_EXTRAS_BYTES);
        take(PROVIDER_QUESTION, SPAN("?"), raw);
        CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, LIMIT_EXTRAS_BYTES);
        struct span list = unit_gateway_at(join(), "moongate.related_questions");
        CU_ASSERT_EQUAL(list.len, LIMIT_EXTRAS_BYTES + 2);
    }
    unit_gateway_fresh(true);
    memset(text, 1, sizeof(text)); /* six bytes each, escaped */
    size_t fit = (LIMIT_EXTRAS_BYTES - 2) / 6;
    take(PROVIDER_QUESTION, (struct span){text, fit + 1}, false);
    CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, 0);
    take(PROVIDER_QUESTION, (struct span){text, fit}, false);
    CU_ASSERT_EQUAL(G->requests[0].relay.questions.len, fit * 6 + 2);
}

static void sources_are_dropped_one_by_one(void)
{
    static char list[3 * LIMIT_EXTRAS_BYTES];
    struct text text = text_over(list, sizeof(list));
    text_add_char(&text, '[');
    for (int i = 0; i < 2000; i++) {
        text_add_str(&text, i > 0 ? ",\"source " : "\"source ");
        text_add_u64(&text, 10000 + (uint64_t)i);
        text_add_str(&text, "\"");
    }
    text_add_char(&text, ']');
    unit_gateway_fresh(true);
    take(PROVIDER_SOURCES, text_span(&text), true);
    uint32_t each = 15; /* with its comma */
    uint32_t fit = (LIMIT_EXTRAS_BYTES + 1) / each;
    CU_ASSERT_EQUAL(G->requests[0].relay.sources.len, fit * each - 1);
    struct span json = join();
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(json, "moongate.sources.1000"),
                              SPAN("\"source 11000\"")));
    take(PROVIDER_SOURCES, text_span(&text), true);
    take(PROVIDER_SOURCES, SPAN("7"), true); /* what is small still finds room */
    CU_ASSERT_EQUAL(G->requests[0].relay.sources.len, fit * each - 1 + 2);
}

#define CHARS_128                                                                                  \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    struct span text;
    bool raw;
    const char *id; /* "": dropped */
} threads[] = {
    {TEXT("thread-1"), false, "thread-1"},
    {TEXT("thread-1"), true, "thread-1"},
    {TEXT("a\\/b\\u00e9\\\""), true, "a/b\xC3\xA9\""},
    {TEXT("a.b"), false, "a.b"},
    {TEXT(CHARS_128), false, CHARS_128},
    {TEXT(CHARS_128), true, CHARS_128},
    {TEXT(CHARS_128 "x"), false, ""},
    {TEXT(CHARS_128 "x"), true, ""},
    {TEXT("\\u00e9" CHARS_128), true, ""},
    {TEXT("a\0b"), false, ""},
    {TEXT("a\\u0000b"), true, ""},
    {TEXT("a\nb"), false, ""},
    {TEXT("a\\nb"), true, ""},
};

static void threads_are_sealed(void)
{
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        for (int key = -1; key < 1; key++) {
            unit_gateway_fresh(true);
            G->clients[0].key = (int16_t)key;
            take(PROVIDER_THREAD, threads[i].text, threads[i].raw);
            CU_ASSERT_STRING_EQUAL(G->requests[0].relay.thread_id, threads[i].id);
            struct span id = {NULL, 0};
            struct span sealed = unit_gateway_string(join(), "moongate.thread_id");
            CU_ASSERT_EQUAL(sealed.at != NULL, threads[i].id[0] != '\0');
            CU_ASSERT_EQUAL(gateway_relay_open(G, key, sealed, &id), sealed.at != NULL);
            CU_ASSERT_TRUE(span_equal(id, span_of(threads[i].id)));
        }
    }
}

static void the_last_thread_counts(void)
{
    unit_gateway_fresh(true);
    take(PROVIDER_THREAD, SPAN("one"), false);
    take(PROVIDER_THREAD, SPAN("two"), false);
    CU_ASSERT_STRING_EQUAL(G->requests[0].relay.thread_id, "two");
    take(PROVIDER_THREAD, SPAN(CHARS_128 "x"), false);
    CU_ASSERT_STRING_EQUAL(G->requests[0].relay.thread_id, "");
}

static void every_set_of_them(void)
{
    for (int set = 0; set < 8; set++) {
        unit_gateway_fresh(true);
        if ((set & 1) != 0)
            take(PROVIDER_QUESTION, SPAN("why?"), false);
        if ((set & 2) != 0)
            take(PROVIDER_SOURCES, SPAN("[1,2]"), true);
        if ((set & 4) != 0)
            take(PROVIDER_THREAD, SPAN("t"), false);
        struct span json = join();
        CU_ASSERT_EQUAL(unit_gateway_at(json, "moongate").at != NULL, set != 0);
        CU_ASSERT_EQUAL(unit_gateway_at(json, "moongate.related_questions").at != NULL,
                        (set & 1) != 0);
        CU_ASSERT_EQUAL(unit_gateway_at(json, "moongate.sources").at != NULL, (set & 2) != 0);
        CU_ASSERT_EQUAL(unit_gateway_at(json, "moongate.thread_id").at != NULL, (set & 4) != 0);
    }
}

/* A reload took the key of a client whose stream goes on: what stands before stays JSON. */
static void no_thread_for_a_key_that_is_gone(void)
{
    for (int set = 0; set < 4; set++) {
        unit_gateway_fresh(true);
        if ((set & 1) != 0)
            take(PROVIDER_QUESTION, SPAN("why?"), false);
        if ((set & 2) != 0)
            take(PROVIDER_SOURCES, SPAN("[1,2]"), true);
        take(PROVIDER_THREAD, SPAN("t"), false);
        G->clients[G->requests[0].client].key = GATEWAY_KEY_GONE;
        struct span json = join();
        CU_ASSERT_EQUAL(unit_gateway_at(json, "moongate").at != NULL, set != 0);
        CU_ASSERT_PTR_NULL(unit_gateway_at(json, "moongate.thread_id").at);
    }
}

static void scarce_pages_are_left_to_others(void)
{
    unit_gateway_fresh(true);
    unit_gateway_leave_pages(LIMIT_PAGES_RESERVE);
    take(PROVIDER_QUESTION, SPAN("why?"), false);
    take(PROVIDER_SOURCES, SPAN("[1,2]"), true);
    CU_ASSERT_EQUAL(index_free(&G->pages.index), LIMIT_PAGES_RESERVE);
    take(PROVIDER_THREAD, SPAN("t"), false);
    unit_gateway_give_pages();
    struct span json = join();
    CU_ASSERT_PTR_NULL(unit_gateway_at(json, "moongate.sources").at);
    CU_ASSERT_PTR_NOT_NULL(unit_gateway_at(json, "moongate.thread_id").at);
}

static const struct unit_test tests[] = {
    {"one of each shape", one_of_each_shape},
    {"what is beyond the bound is dropped whole", what_is_beyond_the_bound_is_dropped_whole},
    {"sources are dropped one by one", sources_are_dropped_one_by_one},
    {"threads are sealed", threads_are_sealed},
    {"the last thread counts", the_last_thread_counts},
    {"every set of them", every_set_of_them},
    {"no thread for a key that is gone", no_thread_for_a_key_that_is_gone},
    {"scarce pages are left to others", scarce_pages_are_left_to_others},
};

UNIT_MAIN("gateway_extras", tests)
