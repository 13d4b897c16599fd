/* See unit_batch.h. */
#include "test/unit/unit_batch.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY
#define INDEX UNIT_BATCH_INDEX
#define CONFIG                                                                                     \
    "[models.box.providers.b]\ntype='loopback'\n"                                                  \
    "[models.m]\nretries=0\n"                                                                      \
    "[models.m.providers.p]\ntype='openai'\nmodel_name='x'\napi_key_location='none'\n"             \
    "api_base='http://127.0.0.1:%d/v1'\n"

int unit_batch;
int unit_batch_listener;

static const uint8_t key[BATCH_INDEX_KEY_BYTES];

static void start(void)
{
    uint16_t port;
    unit_batch_listener = unit_wire_listen(&port);
    unit_live_start(CONFIG, port);
}

void unit_batch_restart(void)
{
    for (int i = 0; i < LIMIT_CLIENTS; i++)
        if (G->clients[i].state != GATEWAY_CLIENT_FREE && gateway_client_is_inner(&G->clients[i]))
            gateway_client_close(G, i);
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        G->inner->runs[i].state = GATEWAY_INNER_FREE;
    unit_wire_unlisten(unit_batch_listener);
    unit_wire_close_all();
    unit_live_settle();
    start();
}

void unit_batch_set_up(void)
{
    unit_store_clear();
    start();
}

void unit_batch_tear_down(void)
{
    unit_wire_unlisten(unit_batch_listener);
    unit_live_end();
}

static void write_blob(const char *name, const char *text)
{
    struct store_job job = {
        .job = {.kind = PORT_STORE_APPEND, .name = name, .len = strlen(text)}};
    memcpy(&job.job.data, &text, sizeof(text));
    store_begin(&job);
    CU_ASSERT_FATAL(store_wait(&job, 5000000));
}

int unit_batch_file(const char *text)
{
    char name[BATCH_INDEX_NAME_BYTES];
    int file = batch_index_new_file(INDEX, key, BATCH_FILE_WHOLE);
    INDEX->files[file].bytes = strlen(text);
    batch_index_name(name, BATCH_INDEX_FILES, INDEX->files[file].entry.id);
    write_blob(name, text);
    batch_index_touch(INDEX);
    return file;
}

void unit_batch_add(const char *text)
{
    int file = unit_batch_file(text);
    unit_batch = batch_index_new_batch(INDEX, key);
    memcpy(UNIT_BATCH->input, INDEX->files[file].entry.id, BATCH_INDEX_ID_BYTES);
    UNIT_BATCH->window_s = 86400;
    UNIT_BATCH->expires_s = port_wall_ms() / 1000 + 86400;
    batch_index_touch(INDEX);
    gateway_runner_wake(G);
}

bool unit_batch_until(enum batch_status status)
{
    for (int i = 0; i < 4000 && UNIT_BATCH->status != status; i++)
        unit_live_turn();
    return UNIT_BATCH->status == status;
}

bool unit_batch_until_waits(const char *words)
{
    const char *waits = NULL;
    for (int i = 0; i < 1000 && (waits == NULL || strcmp(waits, words) != 0); i++) {
        unit_live_turn();
        waits = gateway_runner_waits_for(G, unit_batch);
    }
    return waits != NULL && strcmp(waits, words) == 0;
}

void unit_batch_turns(void)
{
    for (int i = 0; i < 60; i++)
        unit_live_turn();
}

const char *unit_batch_results(bool errors)
{
    static char bytes[262144];
    char name[BATCH_INDEX_NAME_BYTES];
    size_t len = 0;
    batch_index_name(name, BATCH_INDEX_FILES, errors ? UNIT_BATCH->errors : UNIT_BATCH->output);
    const char *blob = unit_store_blob(name, &len);
    CU_ASSERT_FATAL(len < sizeof(bytes));
    if (blob != NULL)
        memcpy(bytes, blob, len);
    bytes[len] = '\0';
    return bytes;
}

int unit_batch_count(const char *text, const char *words)
{
    int n = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words))
        n++;
    return n;
}

void unit_batch_check(uint64_t total, uint64_t completed, uint64_t failed)
{
    CU_ASSERT_EQUAL(UNIT_BATCH->total, total);
    CU_ASSERT_EQUAL(UNIT_BATCH->completed, completed);
    CU_ASSERT_EQUAL(UNIT_BATCH->failed, failed);
}

const char *unit_batch_lines(int n)
{
    static char input[65536];
    size_t len = 0;
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(input + len, sizeof(input) - len,
                                "{\"custom_id\":\"id-%d\",\"method\":\"POST\",\"url\":"
                                "\"/v1/chat/completions\",\"body\":{\"model\":\"box\","
                                "\"messages\":[{\"role\":\"user\",\"content\":\"A\"}]}}\n", i);
    return input;
}

void unit_batch_check_each(int n)
{
    const char *text = unit_batch_results(false);
    for (int i = 0; i < n; i++) {
        char words[80];
        snprintf(words, sizeof(words), "\"custom_id\":\"id-%d\",\"response\":{\"status_code\":200",
                 i);
        CU_ASSERT_EQUAL(unit_batch_count(text, words), 1);
    }
    CU_ASSERT_EQUAL(unit_batch_count(text, "\n"), n);
}

struct unit_wire *unit_batch_take(void)
{
    struct unit_wire_message request;
    struct unit_wire *wire = unit_live_accept(unit_batch_listener);
    CU_ASSERT_FATAL(unit_live_message(wire, &request));
    return wire;
}
