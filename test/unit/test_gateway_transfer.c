/* Files that come in and go out: in every segmentation, refused, cut off, and on a disk that is
 * full. */
#define _GNU_SOURCE
#include "core/gateway/gateway_transfer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define INDEX (&unit_live.gateway.batch->index)

#define BOX "[models.box.providers.c]\ntype='loopback'\n"
#define POST "POST /v1/files HTTP/1.1\r\nhost: localhost\r\n"
#define FORM "content-type: multipart/form-data; boundary=b\r\n"
#define FRONT                                                                                      \
    "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"                     \
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n"
#define BACK "\r\n--b--\r\n"

static struct unit_wire_message answer;

static void start(const char *sections)
{
    unit_live_remove_state();
    unit_live_start("%s%s", sections, BOX);
}

/* The head of an upload whose form has so many bytes. */
static void say_head(struct unit_wire *client, size_t len)
{
    char head[300];
    snprintf(head, sizeof(head), POST FORM "content-length: %zu\r\n\r\n", len);
    unit_wire_say(client, head);
}

static int status_of(struct unit_wire *client)
{
    return unit_live_message(client, &answer) ? answer.status : 0;
}

/* Uploads len bytes; the status of the answer. */
static int upload(struct unit_wire *client, const char *bytes, size_t len)
{
    say_head(client, sizeof(FRONT BACK) - 1 + len);
    unit_wire_say(client, FRONT);
    unit_wire_say_bytes(client, bytes, len);
    unit_wire_say(client, BACK);
    return status_of(client);
}

/* The id in the answer. */
static const char *id_of(void)
{
    static char id[BATCH_INDEX_NAME_BYTES];
    const char *at = strstr(answer.body, "\"id\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(id, at + 6, sizeof(id) - 1);
    id[strcspn(id, "\"")] = '\0';
    return id;
}

static int ask(struct unit_wire *client, const char *method, const char *id, const char *more)
{
    char head[300];
    snprintf(head, sizeof(head), "%s /v1/files/%s%s HTTP/1.1\r\nhost: localhost\r\n\r\n", method,
             id, more);
    unit_wire_say(client, head);
    return status_of(client);
}

/* So many bytes that no two places of them look alike; the caller frees them. */
static char *make(size_t len)
{
    char *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 31 == 30 ? '\r' : 'a' + i * i % 23);
    bytes[len] = '\0';
    return bytes;
}

/* Transfers on their way, and entries. */
static size_t count_all(void)
{
    size_t count = 0;
    for (int i = 0; i < LIMIT_BATCH_TRANSFERS; i++)
        count += G->batch->transfers[i].taken;
    for (int i = 0; i < LIMIT_BATCH_FILES; i++)
        count += INDEX->files[i].entry.serial != 0;
    return count;
}

/* Nothing is on its way soon, and no entry is left over. */
static void expect_rest(size_t files)
{
    uint64_t end_ms = unit_clock_real_ms() + 5000;
    unit_live_settle();
    while ((count_all() != files || INDEX->busy || INDEX->saved != INDEX->changes) &&
           unit_clock_real_ms() < end_ms)
        unit_live_turn();
    CU_ASSERT_EQUAL(count_all(), files);
}

static void round_trip(void)
{
    static const size_t sizes[] = {1, 5, LIMIT_BATCH_PIECE_BYTES - 1, LIMIT_BATCH_PIECE_BYTES,
                                   3 * LIMIT_BATCH_PIECE_BYTES + 77};
    start("");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct unit_wire *client = unit_wire_connect(unit_live_port());
        char *bytes = make(sizes[i]);
        CU_ASSERT_EQUAL(upload(client, bytes, sizes[i]), 200);
        CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "\"filename\":\"in.jsonl\""));
        const char *id = id_of();
        CU_ASSERT_EQUAL(ask(client, "GET", id, "/content"), 200); /* on the same connection */
        CU_ASSERT_EQUAL(answer.body_len, sizes[i]);
        CU_ASSERT_EQUAL(memcmp(answer.body, bytes, sizes[i]), 0);
        CU_ASSERT_EQUAL(ask(client, "DELETE", id, ""), 200);
        CU_ASSERT_EQUAL(ask(client, "GET", id, "/content"), 404);
        free(bytes);
        unit_wire_close(client);
    }
    expect_rest(0);
    unit_live_end();
}

static void byte_by_byte(void)
{
    static const char form[] = FRONT "{}\r\n-\r\n" BACK;
    start("");
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    say_head(client, sizeof(form) - 1);
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        unit_wire_say_bytes(client, form + i, 1);
        unit_live_turn();
    }
    CU_ASSERT_EQUAL(status_of(client), 200);
    CU_ASSERT_EQUAL(ask(client, "GET", id_of(), "/content"), 200);
    CU_ASSERT_STRING_EQUAL(answer.body, "{}\r\n-\r\n");
    /* In chunks, with the next request behind it, and 100 Continue on the way. */
    unit_wire_say(client, POST FORM "transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n");
    CU_ASSERT(unit_live_read(client, "100 Continue\r\n\r\n"));
    CU_ASSERT(unit_live_message(client, &answer));
    unit_wire_say_chunk(client, FRONT);
    unit_wire_say_chunk(client, "line\n");
    unit_wire_say_chunk(client, BACK);
    unit_wire_say_chunk(client, "");
    unit_wire_say(client, "GET /status HTTP/1.1\r\nhost: localhost\r\n\r\n");
    CU_ASSERT_EQUAL(status_of(client), 200);
    CU_ASSERT_EQUAL(strncmp(id_of(), "file-", 5), 0);
    CU_ASSERT_EQUAL(status_of(client), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "uptime_s"));
    expect_rest(2);
    unit_live_end();
}

struct refusal {
    const char *head; /* fields, and what follows them */
    int status;
    const char *words;
};

static const struct refusal refusals[] = {
    {"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}", 415, "multipart/form-data"},
    {FORM "\r\n", 411, "Content-Length"},
    {FORM "content-length: 0\r\n\r\n", 400, "last boundary"},
    {FORM "content-length: 5\r\n\r\n--b--", 400, "no field file"},
    {FORM "content-length: 9\r\n\r\n--b\r\nA\r\n\r", 400, "no colon"},
    {FORM "transfer-encoding: chunked\r\n\r\nx\r\n", 400, ""},
    {FORM "content-length: 99999999999\r\n\r\n", 413, "max_file_bytes"},
};

static void refused(void)
{
    start("");
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct unit_wire *client = unit_wire_connect(unit_live_port());
        unit_wire_say(client, POST);
        unit_wire_say(client, refusals[i].head);
        CU_ASSERT_EQUAL(status_of(client), refusals[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, refusals[i].words));
        unit_wire_close(client);
    }
    expect_rest(0);
    unit_live_end();
}

static void too_much(void)
{
    char *bytes = make(300000);
    start("[batch]\nmax_file_bytes=200000\nmax_store_bytes=250000\n");
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 200001), 413); /* known by its last bytes alone */
    client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 200000), 200);
    CU_ASSERT_EQUAL(upload(client, bytes, 50001), 507);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "max_store_bytes"));
    client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 50000), 200);
    expect_rest(2);
    free(bytes);
    unit_live_end();
}

/* The client goes in the middle: nothing is left of it. */
static void broken_off(void)
{
    char *bytes = make(3 * LIMIT_BATCH_PIECE_BYTES);
    start("");
    for (size_t len = 0; len < 3 * LIMIT_BATCH_PIECE_BYTES; len += LIMIT_BATCH_PIECE_BYTES / 3) {
        struct unit_wire *client = unit_wire_connect(unit_live_port());
        say_head(client, 100000000);
        unit_wire_say(client, FRONT);
        unit_wire_say_bytes(client, bytes, len);
        for (size_t i = 0; i < 3; i++)
            unit_live_turn();
        unit_wire_close(client);
    }
    expect_rest(0);
    /* It goes silent, and is told so. */
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    say_head(client, 100000000);
    unit_wire_say(client, FRONT);
    for (int i = 0; i < 500 && (count_all() < 2 || G->batch->transfers[0].came == 0); i++)
        unit_live_settle();
    unit_clock_skip_ms(G->settings->timeouts.client_body_ms + 1000);
    CU_ASSERT_EQUAL(status_of(client), 408);
    expect_rest(0);
    free(bytes);
    unit_live_end();
}

/* More at once than there is room for; those that are there go on. */
static void crowd(void)
{
    struct unit_wire *clients[LIMIT_BATCH_TRANSFERS + 1];
    start("");
    for (int i = 0; i <= LIMIT_BATCH_TRANSFERS; i++) {
        clients[i] = unit_wire_connect(unit_live_port());
        say_head(clients[i], sizeof(FRONT "x" BACK) - 1);
        unit_wire_say(clients[i], FRONT);
        unit_live_settle();
    }
    CU_ASSERT_EQUAL(status_of(clients[LIMIT_BATCH_TRANSFERS]), 503);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "retry-after"), "1");
    for (int i = 0; i < LIMIT_BATCH_TRANSFERS; i++) {
        unit_wire_say(clients[i], "x" BACK);
        CU_ASSERT_EQUAL(status_of(clients[i]), 200);
    }
    expect_rest(LIMIT_BATCH_TRANSFERS);
    unit_live_end();
}

/* A file that goes while it is sent is never taken for a whole one. */
static void deleted_meanwhile(void)
{
    char *bytes = make(3000000);
    start("");
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 3000000), 200);
    struct unit_wire *reader = unit_wire_connect(unit_live_port());
    unit_live_settle();
    unit_wire_room(reader, UNIT_WIRE_NARROW);
    char head[200];
    snprintf(head, sizeof(head), "GET /v1/files/%s/content HTTP/1.1\r\nhost: localhost\r\n\r\n",
             id_of());
    unit_wire_say(reader, head);
    for (int i = 0; i < 20; i++)
        unit_live_turn();
    CU_ASSERT_EQUAL(ask(client, "DELETE", id_of(), ""), 200);
    CU_ASSERT(unit_live_message(reader, &answer));
    CU_ASSERT_FALSE(answer.whole);
    expect_rest(0);
    free(bytes);
    unit_live_end();
}

/* Another file stands where an upload's stood: the upload's end leaves that alone. */
static void replaced_meanwhile(void)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES] = {1};
    start("");
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    say_head(client, 100000);
    unit_wire_say(client, FRONT);
    for (int i = 0; i < 500 && count_all() < 2; i++)
        unit_live_settle();
    batch_index_remove_file(INDEX, 0);
    for (int i = 0; i < 500 && INDEX->files[0].entry.serial != 0; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL_FATAL(batch_index_new_file(INDEX, key, BATCH_FILE_WHOLE), 0);
    unit_wire_close(client);
    expect_rest(1);
    CU_ASSERT_EQUAL(INDEX->files[0].state, BATCH_FILE_WHOLE);
    unit_live_end();
}

static void full_disk(void)
{
    char *bytes = make(300000);
    struct rlimit before, small;
    start("");
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    (void)setrlimit(RLIMIT_FSIZE, &small);
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 300000), 507);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "disk"));
    expect_rest(0);
    small.rlim_cur = 10; /* not even its entry can be saved; nor the log, where that is a file */
    int log = dup(STDERR_FILENO);
    (void)freopen("/dev/null", "w", stderr);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 5), 507);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)dup2(log, STDERR_FILENO);
    (void)close(log);
    unit_clock_skip_ms(31000);
    client = unit_wire_connect(unit_live_port());
    CU_ASSERT_EQUAL(upload(client, bytes, 300000), 200);
    expect_rest(1);
    free(bytes);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"round trip", round_trip}, {"byte by byte", byte_by_byte},
    {"refused", refused},       {"too much", too_much},
    {"broken off", broken_off}, {"crowd", crowd},
    {"deleted meanwhile", deleted_meanwhile},
    {"replaced meanwhile", replaced_meanwhile},
    {"full disk", full_disk},
};

UNIT_MAIN("gateway_transfer", tests)
