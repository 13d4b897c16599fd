/* Records to a database that a test plays: the steps, the rows, failures of every kind, the place
 * reached, and what a full ring loses. */
#include "core/gateway/gateway_export.h"

#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define E (&unit_live.export)
#define SECOND 1000
#define PROBE "SELECT 1 FROM system.settings WHERE name = 'async_insert'"
#define QUERY(table) "&query=INSERT%20INTO%20" table "%20FORMAT%20JSONEachRow HTTP/1.1\r\n"
#define OLD_ONES "POST /?database=my%25db&input_format_skip_unknown_fields=1"
#define MODERN OLD_ONES "&async_insert=1&wait_for_async_insert=1"

static int listener;
static uint16_t port;
static struct unit_wire *database;
static struct unit_wire_message asked;

static void start(void)
{
    unit_live_start("[gateway.observability]\n"
                    "clickhouse_url='http://us%%65r:pass%%20word@127.0.0.1:%d/my%%25db'\n"
                    "[models.box.providers.c]\ntype='loopback'\nstream_delay_ms=0\n",
                    port);
}

/* A first start, with nothing in the journal. */
static void set_up(void)
{
    unit_live_remove_state();
    listener = unit_wire_listen(&port);
    database = NULL;
    start();
}

/* The database's next request, on the connection there is or a new one; it begins like this. */
static void expect(const char *head)
{
    if (database == NULL)
        database = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(database, &asked));
    if (strncmp(asked.head, head, strlen(head)) != 0)
        printf("wanted %s\ngot %s", head, asked.head);
    CU_ASSERT_EQUAL(strncmp(asked.head, head, strlen(head)), 0);
}

static void answer(int status, const char *text)
{
    char bytes[400];
    snprintf(bytes, sizeof(bytes), "HTTP/1.1 %d X\r\ncontent-length: %zu\r\n\r\n%s", status,
             strlen(text), text);
    unit_wire_say(database, bytes);
    unit_live_settle();
}

static void make_ready(const char *probed)
{
    expect("POST / HTTP/1.1\r\n");
    CU_ASSERT_STRING_EQUAL(asked.body, PROBE);
    answer(200, probed);
    expect("POST / HTTP/1.1\r\n");
    CU_ASSERT_STRING_EQUAL(asked.body, "CREATE DATABASE IF NOT EXISTS `my%db`");
    answer(200, "");
    expect("POST /?database=my%25db HTTP/1.1\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(asked.body, "IF NOT EXISTS ChatInference (id UUID"));
    answer(200, "");
    expect("POST /?database=my%25db HTTP/1.1\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(asked.body, "IF NOT EXISTS ModelInference (id UUID"));
    answer(200, "");
}

static void chat(void)
{
    struct unit_wire_message message;
    struct unit_wire *client = unit_live_chat("box", false);
    CU_ASSERT_FATAL(unit_live_message(client, &message));
    CU_ASSERT_EQUAL(message.status, 200);
    unit_wire_close(client);
    unit_live_settle();
}

static int lines(const char *body)
{
    int count = 0;
    for (; (body = strchr(body, '\n')) != NULL; body++)
        count++;
    return count;
}

static void end(void)
{
    CU_ASSERT(store_wait(&E->reader.job, 5000000));
    unit_wire_unlisten(listener);
    unit_live_end();
}

/* ---- what is asked ---- */

static void steps(void)
{
    set_up();
    CU_ASSERT_FALSE(gateway_export_good(G));
    make_ready("1\n");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(asked.head, "x-clickhouse-user"), "user");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(asked.head, "x-clickhouse-key"), "pass word");
    CU_ASSERT_STRING_EQUAL(unit_wire_field(asked.head, "transfer-encoding"), "chunked");
    CU_ASSERT_PTR_NOT_NULL(strstr(asked.body, "cached Bool"));
    CU_ASSERT_TRUE(gateway_export_good(G));
    CU_ASSERT_TRUE(E->modern);
    unit_live_settle();
    CU_ASSERT_EQUAL(unit_wire_read(database, SIZE_MAX), 0);
    unit_clock_skip_ms(GATEWAY_EXPORT_PING_US / 1000);
    expect("POST / HTTP/1.1\r\n");
    CU_ASSERT_STRING_EQUAL(asked.body, PROBE);
    answer(200, "1\n");
    CU_ASSERT_TRUE(gateway_export_good(G));
    end();
}

static void rows(bool modern)
{
    set_up();
    make_ready(modern ? "1\n" : "");
    chat();
    chat();
    CU_ASSERT_EQUAL(unit_wire_read(database, SIZE_MAX), 0);
    unit_clock_skip_ms(SECOND);
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 0);
    expect(modern ? MODERN QUERY("ChatInference") : OLD_ONES QUERY("ChatInference"));
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 1);
    CU_ASSERT_EQUAL(lines(asked.body), 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(asked.body, modern ? "\"tags\":{\"x_request_id\":" : "\"tags\":\"{\\\"x_request"));
    answer(200, "");
    expect(modern ? MODERN QUERY("ModelInference") : OLD_ONES QUERY("ModelInference"));
    CU_ASSERT_EQUAL(lines(asked.body), 2);
    CU_ASSERT_EQUAL(E->rows_total, 0);
    answer(200, "");
    CU_ASSERT_EQUAL(E->rows_total, 2);
    CU_ASSERT_EQUAL(E->dropped_total, 0);
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 0);
    CU_ASSERT_EQUAL(E->cursor.at, record_journal_end(&G->records->journal));
    CU_ASSERT_EQUAL(E->cursor.number, 2);
    end();
}

static void modern_rows(void)
{
    rows(true);
}

static void old_rows(void)
{
    rows(false);
}

/* ---- failures ---- */

static void failures(void)
{
    static const struct {
        int status;
        const char *text;
        uint16_t said;
    } table[] = {
        {403, "Code: 516. DB::Exception: no", 403},
        {500, "Code: 60, e.displayText() = no", 500},
        {200, "1\n", 0},
    };
    static const uint32_t pauses_s[] = {1, 2, 4, 8, 12, 12};
    set_up();
    chat();
    for (size_t i = 0; i < 6; i++) {
        expect("POST / HTTP/1.1\r\n");
        answer(table[i % 2].status, table[i % 2].text);
        CU_ASSERT_EQUAL(E->said, table[i % 2].said);
        CU_ASSERT_EQUAL(E->pause_s, pauses_s[i]);
        CU_ASSERT_FALSE(gateway_export_good(G));
        unit_live_settle();
        CU_ASSERT_EQUAL(unit_wire_read(database, SIZE_MAX), 0);
        unit_clock_skip_ms(pauses_s[i] * SECOND);
    }
    make_ready("1\n");
    CU_ASSERT_FALSE(gateway_export_good(G)); /* not before it has taken what waits */
    expect(MODERN QUERY("ChatInference"));
    answer(200, "");
    expect(MODERN QUERY("ModelInference"));
    answer(200, "");
    CU_ASSERT_TRUE(gateway_export_good(G));
    CU_ASSERT_EQUAL(E->said, 0);
    CU_ASSERT_EQUAL(E->pause_s, 0);
    end();
}

/* Whichever table's insert fails, both get all of it again, under the same ids. */
static void again(void)
{
    for (int failing = 0; failing < 2; failing++) {
        char first[2048];
        set_up();
        make_ready("1\n");
        chat();
        unit_clock_skip_ms(SECOND);
        expect(MODERN QUERY("ChatInference"));
        snprintf(first, sizeof(first), "%s", asked.body);
        answer(failing == 0 ? 500 : 200, "");
        if (failing == 1) {
            expect(MODERN QUERY("ModelInference"));
            answer(500, "");
        }
        CU_ASSERT_FALSE(gateway_export_good(G));
        unit_clock_skip_ms(SECOND);
        chat();
        make_ready("1\n");
        expect(MODERN QUERY("ChatInference"));
        CU_ASSERT_EQUAL(strncmp(asked.body, first, strlen(first)), 0);
        CU_ASSERT_EQUAL(lines(asked.body), 2);
        answer(200, "");
        expect(MODERN QUERY("ModelInference"));
        answer(200, "");
        CU_ASSERT_EQUAL(E->rows_total, 2);
        end();
    }
}

/* A user that may only insert needs tables that are there. */
static void may_not_create(void)
{
    set_up();
    expect("POST / ");
    answer(200, "1\n");
    for (int i = 0; i < 3; i++) {
        expect("POST /");
        answer(i == 1 ? 403 : 500, "Code: 497. DB::Exception: Not enough privileges");
    }
    CU_ASSERT_TRUE(gateway_export_good(G));
    end();
}

/* A kept connection that dies as it is used again is no failure. */
static void dead_connection(void)
{
    set_up();
    make_ready("1\n");
    chat();
    unit_clock_skip_ms(SECOND);
    expect(MODERN QUERY("ChatInference"));
    unit_wire_close(database);
    database = NULL;
    expect(MODERN QUERY("ChatInference"));
    CU_ASSERT_EQUAL(lines(asked.body), 1);
    CU_ASSERT_TRUE(gateway_export_good(G));
    answer(200, "");
    expect(MODERN QUERY("ModelInference"));
    answer(200, "");
    CU_ASSERT_EQUAL(E->rows_total, 1);
    end();
}

static void who_asks(void)
{
    set_up();
    make_ready("1\n");
    CU_ASSERT_TRUE(gateway_export_good(G));
    unit_live_settle();
    CU_ASSERT_FALSE(E->asked);
    unit_clock_skip_ms(2 * SECOND);
    unit_live_settle();
    CU_ASSERT_TRUE(gateway_export_good(G));
    CU_ASSERT_TRUE(E->asked);
    expect("POST / HTTP/1.1\r\n");
    answer(503, "");
    CU_ASSERT_FALSE(gateway_export_good(G));
    end();
}

/* Adds records that are large. */
static void add_large(int count)
{
    static char content[LIMIT_CONTENT_BYTES];
    struct record record;
    record_clear(&record);
    memset(content, 'x', sizeof(content));
    record.texts[RECORD_INPUT] = record.texts[RECORD_OUTPUT] =
        (struct span){content, sizeof(content)};
    for (int i = 0; i < count; i++)
        CU_ASSERT_TRUE(record_journal_add(&G->records->journal, &record, port_now_us()));
}

/* The next batch is taken: how many rows it had. */
static int take_batch(void)
{
    expect(MODERN QUERY("ChatInference"));
    int count = lines(asked.body);
    answer(200, "");
    expect(MODERN QUERY("ModelInference"));
    answer(200, "");
    unit_clock_skip_ms(SECOND);
    return count;
}

/* A batch that is not taken in time comes again, half as large, down to a single record; what is
 * taken makes it larger again. */
static void slow_link(void)
{
    set_up();
    make_ready("1\n");
    add_large(6);
    while (GATEWAY_EXPORT_BATCH_BYTES >> E->halvings > 4 * LIMIT_CONTENT_BYTES)
        E->halvings++; /* two records: no journal of many megabytes is needed */
    uint8_t halvings = E->halvings;
    int before = 6;
    for (int i = 0; i < 3; i++) {
        unit_clock_skip_ms(SECOND);
        expect(MODERN QUERY("ChatInference"));
        int count = lines(asked.body);
        CU_ASSERT(count > 0 && (count < before || count == 1));
        before = count;
        unit_clock_skip_ms(GATEWAY_EXPORT_ANSWER_MS);
        unit_live_settle();
        CU_ASSERT_EQUAL(E->halvings, halvings + i + 1);
        unit_wire_close(database);
        database = NULL;
        unit_clock_skip_ms(GATEWAY_EXPORT_PAUSE_MAX_S * SECOND);
        make_ready("1\n");
    }
    CU_ASSERT_EQUAL(before, 1);
    halvings = E->halvings;
    for (int i = 0; i < GATEWAY_EXPORT_GROWTH; i++) {
        add_large(i < 6 ? 0 : 1);
        CU_ASSERT_EQUAL(E->halvings, halvings);
        CU_ASSERT_EQUAL(take_batch(), 1);
    }
    CU_ASSERT_EQUAL(E->halvings, halvings - 1);
    end();
}

/* A backlog that is more than a batch stays as late as it is until the rest was sent, too. */
static void backlog(void)
{
    set_up();
    make_ready("1\n");
    add_large(5);
    while (GATEWAY_EXPORT_BATCH_BYTES >> E->halvings > 4 * LIMIT_CONTENT_BYTES)
        E->halvings++;
    unit_live_settle();
    unit_clock_skip_ms(10 * SECOND);
    for (int left = 5; left > 0; left -= 2) {
        expect(MODERN QUERY("ChatInference"));
        CU_ASSERT_EQUAL(lines(asked.body), left > 1 ? 2 : 1);
        CU_ASSERT(gateway_export_lag_s(G) >= 10);
        if (left == 1)
            chat();
        answer(200, "");
        expect(MODERN QUERY("ModelInference"));
        answer(200, "");
        if (left > 1)
            unit_clock_skip_ms(SECOND);
    }
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 0);
    unit_clock_skip_ms(SECOND);
    expect(MODERN QUERY("ChatInference"));
    CU_ASSERT_EQUAL(lines(asked.body), 1);
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 1);
    end();
}

/* ---- over restarts ---- */

static void restart(void)
{
    set_up();
    make_ready("1\n");
    chat();
    unit_clock_skip_ms(SECOND);
    expect(MODERN QUERY("ChatInference"));
    answer(200, "");
    expect(MODERN QUERY("ModelInference"));
    answer(200, "");
    chat();
    end();
    listener = unit_wire_listen_again(port);
    database = NULL;
    start();
    make_ready("1\n");
    unit_clock_skip_ms(SECOND);
    expect(MODERN QUERY("ChatInference"));
    CU_ASSERT_EQUAL(lines(asked.body), 1);
    answer(200, "");
    expect(MODERN QUERY("ModelInference"));
    answer(200, "");
    CU_ASSERT_EQUAL(E->cursor.number, 2);
    end();
}

/* ---- a ring that wraps ---- */

#define MANY 400

static void fill_ring(void)
{
    for (int i = 0; i < MANY; i++) {
        add_large(1);
        if (i % 7 != 6)
            continue;
        unit_clock_skip_ms(3 * SECOND);
        uint64_t safe = record_journal_safe_end(&G->records->journal);
        for (int turn = 0;
             turn < 2000 && record_journal_safe_end(&G->records->journal) == safe; turn++)
            unit_live_turn();
    }
}

/* The database takes whatever it is asked for, for as long as it takes. */
static void take_all(void)
{
    uint64_t end_ms = unit_clock_real_ms() + 30000;
    while (E->cursor.number < MANY && unit_clock_real_ms() < end_ms) {
        if (E->state == GATEWAY_EXPORT_IDLE)
            unit_clock_skip_ms(SECOND);
        unit_live_turn();
        if (database == NULL)
            database = unit_wire_accept(listener);
        if (database == NULL)
            continue;
        unit_wire_read(database, SIZE_MAX);
        if (unit_wire_take(database, &asked))
            answer(200, "1\n");
    }
}

static void wraps(void)
{
    set_up();
    unit_wire_unlisten(listener);
    unit_live_settle();
    fill_ring();
    listener = unit_wire_listen_again(port);
    take_all();
    CU_ASSERT_EQUAL(E->cursor.number, MANY);
    CU_ASSERT(E->dropped_total > 0 && E->rows_total > 50);
    CU_ASSERT_EQUAL(E->rows_total + E->dropped_total, MANY);
    end();
}

static void not_configured(void)
{
    unit_live_start("[models.box.providers.c]\ntype='loopback'\n");
    CU_ASSERT_FALSE(gateway_export_on(G));
    CU_ASSERT_TRUE(gateway_export_good(G));
    CU_ASSERT_EQUAL(gateway_export_due_us(G), UINT64_MAX);
    CU_ASSERT_EQUAL(gateway_export_lag_s(G), 0);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"steps", steps},
    {"modern rows", modern_rows},
    {"old rows", old_rows},
    {"failures", failures},
    {"again", again},
    {"may not create", may_not_create},
    {"dead connection", dead_connection},
    {"who asks", who_asks},
    {"slow link", slow_link},
    {"backlog", backlog},
    {"restart", restart},
    {"wraps", wraps},
    {"not configured", not_configured},
};

UNIT_MAIN("gateway_export", tests)
