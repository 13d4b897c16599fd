/* The routes of batches over HTTP: what is wrong with a new one, one, lists, cancel. */
#include "core/gateway/gateway_batches.h"

#include <stdio.h>
#include <string.h>

#include "core/json/json_walk.h"
#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY

static char answer[65536];

static struct unit_wire *say(const char *line, const char *body)
{
    char bytes[8192];
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(bytes, sizeof(bytes),
             "%s HTTP/1.1\r\nHost: box\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s", line, strlen(body), body);
    unit_wire_say(client, bytes);
    return client;
}

static int status_of(struct unit_wire *client)
{
    struct unit_wire_message message;
    CU_ASSERT_FATAL(unit_live_message(client, &message));
    CU_ASSERT(message.whole);
    snprintf(answer, sizeof(answer), "%s", message.body);
    CU_ASSERT(json_walk_document(span_of(answer)).len > 0);
    unit_wire_close(client);
    unit_live_settle();
    return message.status;
}

static int ask(const char *line, const char *body)
{
    return status_of(say(line, body));
}

static const char *file_id(void)
{
    static char name[BATCH_INDEX_NAME_BYTES];
    int file = unit_batch_file(unit_batch_lines(3));
    batch_index_name(name, BATCH_INDEX_FILES, UNIT_BATCH_INDEX->files[file].entry.id);
    return name;
}

static const char *body_of(const char *id, const char *endpoint, const char *window,
                           const char *rest)
{
    static char body[4096];
    snprintf(body, sizeof(body),
             "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"%s\"%s}", id,
             endpoint, window, rest);
    return body;
}

static int post(const char *id, const char *endpoint, const char *window, const char *rest)
{
    return ask("POST /v1/batches", body_of(id, endpoint, window, rest));
}

/* The value of a string or number at the front of the last answer. */
static bool says(const char *words)
{
    return strstr(answer, words) != NULL;
}

static void refusals(void)
{
    static const struct {
        const char *endpoint, *window, *rest, *words;
    } rows[] = {
        {"/v1/messages", "24h", "", "endpoint"},
        {"", "24h", "", "endpoint"},
        {"/v1/embeddings", "1m", "", "completion_window"},
        {"/v1/embeddings", "", "", "completion_window"},
        {"/v1/embeddings", "24h", ",\"metadata\":[]", "metadata"},
        {"/v1/embeddings", "24h", ",\"metadata\":{\"a\":1}", "metadata"},
        {"/v1/embeddings", "24h", ",\"endpoint\":\"x\"", "twice"},
    };
    unit_batch_set_up();
    const char *id = file_id();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(post(id, rows[i].endpoint, rows[i].window, rows[i].rest), 400);
        CU_ASSERT(says(rows[i].words));
    }
    CU_ASSERT_EQUAL(post("file-none", "/v1/embeddings", "24h", ""), 404);
    CU_ASSERT_EQUAL(ask("POST /v1/batches", "{"), 400);
    CU_ASSERT_EQUAL(ask("GET /v1/batches/batch_none", ""), 404);
    CU_ASSERT_EQUAL(ask("POST /v1/batches/batch_none/cancel", ""), 404);
    char line[400];
    snprintf(line, sizeof(line), "GET /v1/batches/%0300d", 1); /* longer than any id */
    CU_ASSERT_EQUAL(ask(line, ""), 404);
    CU_ASSERT(says("no such batch"));
    CU_ASSERT_EQUAL(ask("GET /v1/batches?limit=0", ""), 400);
    CU_ASSERT_EQUAL(ask("GET /v1/batches?after=x", ""), 404);
    unit_batch_tear_down();
}

/* Its key has gone from the configuration while the body came: what is nobody's is not its own. */
static void key_gone(void)
{
    char bytes[512];
    struct unit_wire_message message;
    unit_batch_set_up();
    const char *id = file_id();
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    unit_wire_say(client, "POST /v1/batches HTTP/1.1\r\nHost: box\r\n"
                          "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n");
    for (int i = 0; i < 500 && G->clients[0].state != GATEWAY_CLIENT_BODY; i++)
        unit_live_settle();
    G->clients[0].key = GATEWAY_KEY_GONE;
    snprintf(bytes, sizeof(bytes),
             "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/embeddings\","
             "\"completion_window\":\"24h\"}%300s", id, "");
    bytes[300] = '\0';
    unit_wire_say(client, bytes);
    CU_ASSERT_FATAL(unit_live_message(client, &message));
    CU_ASSERT_EQUAL(message.status, 401);
    CU_ASSERT_EQUAL(UNIT_BATCH_INDEX->batches[0].entry.serial, 0);
    unit_batch_tear_down();
}

static void metadata_pairs(void)
{
    char rest[1024];
    unit_batch_set_up();
    const char *id = file_id();
    for (int n = 16; n <= 17; n++) {
        size_t len = (size_t)snprintf(rest, sizeof(rest), ",\"metadata\":{\"k\":\"v\"");
        for (int i = 1; i < n; i++)
            len += (size_t)snprintf(rest + len, sizeof(rest) - len, ",\"k%d\":\"v\"", i);
        snprintf(rest + len, sizeof(rest) - len, "}");
        CU_ASSERT_EQUAL(post(id, "/v1/chat/completions", "24h", rest), n == 16 ? 200 : 400);
    }
    unit_batch_tear_down();
}

/* The id in the last answer, which is of a batch. */
static const char *batch_id(void)
{
    static char id[BATCH_INDEX_NAME_BYTES];
    struct span value = json_walk_find(span_of(answer), SPAN("id"));
    CU_ASSERT_FATAL(value.len > 2 && value.len - 2 < sizeof(id));
    snprintf(id, sizeof(id), "%.*s", (int)value.len - 2, value.at + 1);
    return id;
}

static void one(void)
{
    char line[128];
    unit_batch_set_up();
    CU_ASSERT_EQUAL(post(file_id(), "/v1/chat/completions", "24h", ",\"metadata\":{\"a\":\"b\"}"),
                    200);
    CU_ASSERT(says("\"status\":\"validating\"") && says("\"completion_window\":\"24h\""));
    CU_ASSERT(says("\"output_file_id\":null") && says("\"metadata\":{\"a\":\"b\"}"));
    snprintf(line, sizeof(line), "GET /v1/batches/%s", batch_id());
    unit_batch = 0;
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    CU_ASSERT_EQUAL(ask(line, ""), 200);
    CU_ASSERT(says("\"status\":\"completed\"") && says("\"output_file_id\":\"file-"));
    CU_ASSERT(says("\"request_counts\":{\"total\":3,\"completed\":3,\"failed\":0}"));
    snprintf(line, sizeof(line), "POST /v1/batches/%s/cancel", batch_id());
    CU_ASSERT_EQUAL(ask(line, ""), 409);
    unit_batch_tear_down();
}

static void failed(void)
{
    unit_batch_set_up();
    unit_batch_add("nonsense\n");
    CU_ASSERT(unit_batch_until(BATCH_FAILED));
    CU_ASSERT_EQUAL(ask("GET /v1/batches", ""), 200);
    CU_ASSERT(says("\"errors\":{\"object\":\"list\",\"data\":[{\"code\":\"invalid_json_line\""));
    CU_ASSERT(says("\"line\":1}"));
    unit_batch_tear_down();
}

static void lists(void)
{
    char line[128];
    unit_batch_set_up();
    CU_ASSERT_EQUAL(ask("GET /v1/batches", ""), 200);
    CU_ASSERT(says("\"data\":[]") && says("\"has_more\":false"));
    unit_live.settings.batch.requests_per_minute = 1;
    const char *file = file_id();
    for (int i = 0; i < 25; i++)
        CU_ASSERT_EQUAL(post(file, "/v1/chat/completions", "24h", ""), 200);
    unit_batch = 24;
    CU_ASSERT_EQUAL(ask("GET /v1/batches?limit=10", ""), 200);
    CU_ASSERT_EQUAL(unit_batch_count(answer, "\"object\":\"batch\""), 10);
    CU_ASSERT(says("\"has_more\":true"));
    char id[BATCH_INDEX_NAME_BYTES];
    batch_index_name(id, BATCH_INDEX_BATCHES, UNIT_BATCH->entry.id);
    snprintf(line, sizeof(line), "GET /v1/batches?limit=3&after=%s", id);
    CU_ASSERT_EQUAL(ask(line, ""), 200);
    CU_ASSERT_EQUAL(unit_batch_count(answer, "\"object\":\"batch\""), 3);
    CU_ASSERT_EQUAL(unit_batch_count(answer, id), 0);
    unit_batch_tear_down();
}

static void cancel(void)
{
    char line[128];
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    CU_ASSERT_EQUAL(post(file_id(), "/v1/chat/completions", "7d", ""), 200);
    CU_ASSERT(says("\"completion_window\":\"168h\""));
    unit_batch = 0;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    snprintf(line, sizeof(line), "POST /v1/batches/%s/cancel", batch_id());
    CU_ASSERT_EQUAL(ask(line, ""), 200);
    CU_ASSERT(says("\"cancelling_at\":1") || says("\"cancelling_at\":2"));
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_tear_down();
}

#define CHAT "/v1/chat/completions"

static const char *cancel_line(void)
{
    static char line[128];
    snprintf(line, sizeof(line), "POST /v1/batches/%s/cancel", batch_id());
    return line;
}

/* The disk is slow: nothing is said before it has it. */
static void expect_when_saved(const char *line, const char *body, const char *words)
{
    unit_live_settle();
    unit_store_hold(true);
    struct unit_wire *client = say(line, body);
    for (int i = 0; i < 10; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL(unit_wire_read(client, 1), 0);
    unit_store_hold(false);
    CU_ASSERT_EQUAL(status_of(client), 200);
    CU_ASSERT(says(words));
}

static void saved_first(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    expect_when_saved("POST /v1/batches", body_of(file_id(), CHAT, "24h", ""), "validating");
    unit_batch = 0;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    expect_when_saved(cancel_line(), "", "\"cancelling\"");
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_tear_down();
}

/* Who leaves before the disk has it is not waited for, nor is who comes in its place answered. */
static void left_meanwhile(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    const char *id = file_id();
    unit_live_settle();
    unit_store_hold(true);
    struct unit_wire *client = say("POST /v1/batches", body_of(id, CHAT, "24h", ""));
    for (int i = 0; i < 10; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL(G->batch->wait_count, 1);
    unit_wire_reset(client);
    gateway_client_close(G, 0);
    client = say("GET /v1/batches", "");
    CU_ASSERT_EQUAL(status_of(client), 200);
    unit_store_hold(false);
    unit_batch = 0;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    CU_ASSERT_EQUAL(G->batch->wait_count, 0);
    unit_batch_tear_down();
}

/* What a full disk does not take is not made; a cancel counts all the same. */
static void full_disk(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    const char *id = file_id();
    unit_live_settle();
    unit_store_refuse(PORT_FULL);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(post(id, CHAT, "24h", ""), 507);
    CU_ASSERT(says("disk"));
    CU_ASSERT_EQUAL(ask("GET /v1/batches", ""), 200);
    CU_ASSERT(says("\"data\":[]"));
    unit_store_refuse(0);
    unit_clock_skip_ms(31000);
    CU_ASSERT_EQUAL(post(id, CHAT, "24h", ""), 200);
    unit_batch = 0;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    const char *line = cancel_line();
    unit_live_settle();
    unit_store_refuse(PORT_FULL);
    CU_ASSERT_EQUAL(ask(line, ""), 507);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_tear_down();
}

/* More than may wait at once are told so. */
static void crowd(void)
{
    struct unit_wire *clients[LIMIT_BATCHES + 1];
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    CU_ASSERT_EQUAL(post(file_id(), CHAT, "24h", ""), 200);
    const char *line = cancel_line();
    unit_live_settle();
    unit_store_hold(true);
    for (int i = 0; i <= LIMIT_BATCHES; i++) {
        clients[i] = say(line, "");
        unit_live_settle();
    }
    CU_ASSERT_EQUAL(status_of(clients[LIMIT_BATCHES]), 503);
    unit_store_hold(false);
    for (int i = 0; i < LIMIT_BATCHES; i++)
        CU_ASSERT_EQUAL(status_of(clients[i]), 200);
    unit_batch_tear_down();
}

static const struct unit_test tests[] = {
    {"refusals", refusals},
    {"key gone", key_gone},
    {"metadata", metadata_pairs},
    {"one", one},
    {"failed", failed},
    {"lists", lists},
    {"cancel", cancel},
    {"saved first", saved_first},
    {"left meanwhile", left_meanwhile},
    {"full disk", full_disk},
    {"crowd", crowd},
};

UNIT_MAIN("gateway_batches", tests)
