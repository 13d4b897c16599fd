/* The list of records: its order, pages, filters, who sees what, and what it refuses. */
#include "core/gateway/gateway_inferences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define J (&unit_live.gateway.records->journal)

#define BOX "[models.box.providers.c]\ntype='loopback'\n"
#define KEYED                                                                                      \
    "[keys.one]\nsecret='1111111111111111'\n[keys.two]\nsecret='2222222222222222'\n"               \
    "[keys.all]\nsecret='aaaaaaaaaaaaaaaa'\nadmin=true\n"

static struct unit_wire_message answer;

static void start(const char *sections)
{
    unit_live_remove_state();
    unit_live_start("%s%s", sections, BOX);
}

/* Adds records 0 to count - 1, for the models "m0" to "m2", with a status of 200 or 502. */
static void add(int count, const char *key, size_t text_len)
{
    char model[4] = "m0";
    char *text = calloc(1, text_len + 1);
    memset(text, '<', text_len);
    for (int n = 0; n < count; n++) {
        struct record record;
        record_clear(&record);
        model[1] = (char)('0' + n % 3);
        uuid_v7(record.id, port_wall_ms());
        record.numbers[RECORD_CREATED_MS] = (uint64_t)n;
        record.numbers[RECORD_STATUS] = n % 5 == 0 ? 502 : 200;
        record.numbers[RECORD_INPUT_CUT] = 0;
        record.texts[RECORD_MODEL] = span_of(model);
        record.texts[RECORD_KEY] = span_of(key);
        if (text_len > 0) {
            record.texts[RECORD_INPUT] = SPAN("[{\"role\":\"user\"}]");
            record.texts[RECORD_OUTPUT] = (struct span){text, text_len};
        }
        CU_ASSERT_FATAL(record_journal_add(J, &record, port_now_us()));
    }
    free(text);
}

static void write_all(void)
{
    uint64_t end_ms = unit_clock_real_ms() + 5000;
    unit_clock_skip_ms(62000);
    while (record_journal_safe_end(J) < record_journal_end(J) && unit_clock_real_ms() < end_ms)
        unit_live_turn();
}

static void send_on(struct unit_wire *client, const char *query, const char *key)
{
    char head[512];
    snprintf(head, sizeof(head),
             "GET /v1/inferences%s HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n\r\n",
             query, key);
    unit_wire_say(client, head);
}

static struct unit_wire *send(const char *query, const char *key)
{
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    send_on(client, query, key);
    return client;
}

/* Asks; the status. */
static int ask(const char *query, const char *key)
{
    if (!unit_live_message(send(query, key), &answer))
        return 0;
    CU_ASSERT(answer.whole);
    CU_ASSERT(json_walk_document((struct span){answer.body, answer.body_len}).at != NULL);
    return answer.status;
}

/* How often text is in the answer. */
static int times(const char *text)
{
    int count = 0;
    for (const char *at = answer.body; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* created_at of the entry number i. */
static int created(int i)
{
    const char *at = answer.body;
    for (; i >= 0 && at != NULL; i--)
        at = strstr(at + 1, "\"created_at\":");
    return at != NULL ? atoi(at + 13) : -1;
}

static void id_of(int i, char out[UUID_TEXT_BYTES])
{
    const char *at = answer.body;
    for (; i >= 0; i--)
        at = strstr(at + 1, "{\"id\":\"");
    memcpy(out, at + 7, UUID_TEXT_BYTES - 1);
    out[UUID_TEXT_BYTES - 1] = '\0';
}

static void empty(void)
{
    start("");
    CU_ASSERT_EQUAL(ask("", "x"), 200);
    CU_ASSERT_STRING_EQUAL(answer.body, "{\"object\":\"list\",\"data\":[],\"has_more\":false}");
    unit_live_end();
}

/* Some on the disk, some in memory. */
static void newest_first(void)
{
    start("");
    add(30, "one", 0);
    write_all();
    add(5, "one", 0);
    CU_ASSERT_EQUAL(ask("", "x"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 20);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(created(i), i < 5 ? 4 - i : 34 - i);
    CU_ASSERT_EQUAL(times("\"has_more\":true"), 1);
    CU_ASSERT_EQUAL(times("input\":"), 0);
    CU_ASSERT_EQUAL(ask("?limit=35", "x"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 35);
    CU_ASSERT_EQUAL(times("\"has_more\":false"), 1);
    unit_live_end();
}

static void pages(void)
{
    char query[100], id[UUID_TEXT_BYTES];
    start("");
    add(50, "one", 0);
    write_all();
    CU_ASSERT_EQUAL(ask("?limit=7", "x"), 200);
    int next = 49;
    for (int page = 0; page < 7; page++) {
        for (int i = 0; i < 7; i++)
            CU_ASSERT_EQUAL(created(i), next--);
        CU_ASSERT_EQUAL(times("\"has_more\":true"), 1);
        id_of(6, id);
        snprintf(query, sizeof(query), "?limit=7&before=%s", id);
        CU_ASSERT_EQUAL(ask(query, "x"), 200);
    }
    CU_ASSERT_EQUAL(times("{\"id\":"), 1);
    CU_ASSERT_EQUAL(created(0), 0);
    CU_ASSERT_EQUAL(times("\"has_more\":false"), 1);
    CU_ASSERT_EQUAL(ask("?before=01234567-89ab-7cde-8f01-23456789abcd", "x"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 0); /* it is not there any more */
    unit_live_end();
}

static void filters(void)
{
    start("");
    add(300, "one", 0);
    write_all();
    CU_ASSERT_EQUAL(ask("?model=m1&limit=100", "x"), 200);
    CU_ASSERT_EQUAL(times("\"model\":\"m1\""), 100);
    CU_ASSERT_EQUAL(times("\"has_more\":false"), 1);
    CU_ASSERT_EQUAL(ask("?status=502&limit=59", "x"), 200);
    CU_ASSERT_EQUAL(times("\"status\":502"), 59);
    CU_ASSERT_EQUAL(times("\"has_more\":true"), 1);
    CU_ASSERT_EQUAL(ask("?status=502&model=%6d2&limit=100&", "x"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 20);
    CU_ASSERT_EQUAL(times("\"model\":\"m2\""), 20);
    CU_ASSERT_EQUAL(ask("?model=other", "x"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 0);
    unit_live_end();
}

/* A key sees its own. */
static void keys(void)
{
    start(KEYED);
    add(3, "one", 0);
    add(4, "two", 0);
    CU_ASSERT_EQUAL(ask("", "1111111111111111"), 200);
    CU_ASSERT_EQUAL(times("\"key\":\"one\""), 3);
    CU_ASSERT_EQUAL(times("{\"id\":"), 3);
    CU_ASSERT_EQUAL(ask("?limit=4", "2222222222222222"), 200);
    CU_ASSERT_EQUAL(times("\"key\":\"two\""), 4);
    CU_ASSERT_EQUAL(times("\"has_more\":false"), 1);
    CU_ASSERT_EQUAL(ask("", "aaaaaaaaaaaaaaaa"), 200);
    CU_ASSERT_EQUAL(times("{\"id\":"), 7);
    CU_ASSERT_EQUAL(ask("", "3333333333333333"), 401);
    unit_live_end();
}

static void refused(void)
{
    static const struct {
        const char *query, *words;
    } rows[] = {
        {"?limit=0", "\"param\":\"limit\""},     {"?limit=101", "\"param\":\"limit\""},
        {"?limit=", "\"param\":\"limit\""},      {"?limit", "\"param\":\"limit\""},
        {"?limit=-1", "\"param\":\"limit\""},    {"?before=x", "\"param\":\"before\""},
        {"?status=99", "\"param\":\"status\""},  {"?status=600", "\"param\":\"status\""},
        {"?status=2xx", "\"param\":\"status\""}, {"?model=", "\"param\":\"model\""},
        {"?limit=5&after=x", "after"},           {"?=", "Unknown query parameter"},
    };
    char query[LIMIT_NAME_BYTES + 20] = "?model=";
    start("");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(ask(rows[i].query, "x"), 400);
        CU_ASSERT_EQUAL(times(rows[i].words), 1);
    }
    CU_ASSERT_EQUAL(ask("?limit=101", "x"), 400);
    CU_ASSERT_EQUAL(times("limit must be a number from 1 to 100"), 1);
    memset(query + 7, 'm', LIMIT_NAME_BYTES + 1);
    CU_ASSERT_EQUAL(ask(query, "x"), 400);
    for (int i = 0; i < LIMIT_RECORD_READERS; i++)
        CU_ASSERT_FALSE(G->records->lists[i].taken);
    unit_live_end();
}

static void none_kept(void)
{
    start("[gateway.observability]\nenabled=false\n");
    CU_ASSERT_EQUAL(ask("", "x"), 404);
    CU_ASSERT_EQUAL(times("keeps no records"), 1);
    unit_live_end();
}

/* Far more than any queue holds, to a client that reads slowly; content larger than a queue. */
static void large_and_slow(void)
{
    start("");
    add(12, "one", LIMIT_CONTENT_BYTES);
    write_all();
    struct unit_wire *client = send("?limit=100", "x");
    uint64_t end_ms = unit_clock_real_ms() + 20000;
    bool whole = false;
    while (!whole && unit_clock_real_ms() < end_ms) {
        unit_live_turn();
        unit_wire_read(client, 9000);
        whole = unit_wire_take(client, &answer);
    }
    CU_ASSERT_FATAL(whole);
    CU_ASSERT(json_walk_document((struct span){answer.body, answer.body_len}).at != NULL);
    CU_ASSERT_EQUAL(times("\"input\":[{\"role\":\"user\"}],\"output\":\"<<<"), 12);
    CU_ASSERT(answer.body_len > 12 * LIMIT_CONTENT_BYTES);
    unit_live_end();
}

/* Input that was cut is a string. */
static void cut_input(void)
{
    struct record record;
    start("");
    record_clear(&record);
    record.numbers[RECORD_INPUT_CUT] = 1;
    record.texts[RECORD_INPUT] = SPAN("[{\"role\":\"us\xC3");
    record.texts[RECORD_OUTPUT] = SPAN("");
    CU_ASSERT(record_journal_add(J, &record, port_now_us()));
    CU_ASSERT_EQUAL(ask("", "x"), 200);
    CU_ASSERT_EQUAL(times("\"input\":\"[{\\\"role\\\":\\\"us\xEF\xBF\xBD\",\"output\":\"\"}"), 1);
    unit_live_end();
}

/* More lists at once than there is room for; a client that leaves gives its place back. */
static void all_in_use(void)
{
    struct unit_wire *clients[LIMIT_RECORD_READERS];
    start("");
    add(12, "one", LIMIT_CONTENT_BYTES);
    write_all();
    for (int i = 0; i < LIMIT_RECORD_READERS; i++) {
        clients[i] = unit_wire_connect(unit_live_port());
        unit_live_settle();
        unit_wire_room(clients[i], UNIT_WIRE_NARROW);
        send_on(clients[i], "?limit=100", "x");
    }
    unit_live_settle();
    unit_live_settle();
    CU_ASSERT_EQUAL(ask("", "x"), 503);
    unit_wire_close(clients[0]);
    uint64_t end_ms = unit_clock_real_ms() + 5000;
    while (G->records->lists[0].taken && unit_clock_real_ms() < end_ms)
        unit_live_turn();
    CU_ASSERT_FALSE(G->records->lists[0].taken);
    CU_ASSERT_EQUAL(ask("?limit=1", "x"), 200);
    unit_live_end();
    for (int i = 0; i < LIMIT_RECORD_READERS; i++)
        CU_ASSERT_FALSE(G->records->lists[i].taken);
}

/* Records are turned off while a client has half of its list, and then it leaves. */
static void turned_off(void)
{
    start("");
    add(12, "one", LIMIT_CONTENT_BYTES);
    write_all();
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    unit_live_settle();
    unit_wire_room(client, UNIT_WIRE_NARROW);
    send_on(client, "?limit=100", "x");
    unit_live_settle();
    CU_ASSERT(G->records->lists[0].taken);
    unit_live.settings.observability.enabled = false;
    CU_ASSERT_FALSE(gateway_records_on(G));
    unit_wire_close(client);
    uint64_t end_ms = unit_clock_real_ms() + 5000;
    while (G->records->lists[0].taken && unit_clock_real_ms() < end_ms)
        unit_live_turn();
    CU_ASSERT_FALSE(G->records->lists[0].taken);
    CU_ASSERT_EQUAL(G->records->lists[0].client, -1);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"empty", empty},
    {"newest first", newest_first},
    {"pages", pages},
    {"filters", filters},
    {"keys", keys},
    {"refused", refused},
    {"none kept", none_kept},
    {"large and slow", large_and_slow},
    {"cut input", cut_input},
    {"all in use", all_in_use},
    {"turned off", turned_off},
};

UNIT_MAIN("gateway_inferences", tests)
