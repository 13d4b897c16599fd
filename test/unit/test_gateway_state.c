/* What survives a restart: made, kept, damaged in every way, and a disk that refuses. */
#include "core/gateway/gateway_state.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define S (&unit_live.gateway.state)

#define IDENTITY_BYTES 144 /* a mark, two ids, the seal, a hash */
#define CONFIG                                                                                     \
    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='one'\n"                                \
    "api_endpoint='http://127.0.0.1:9/api/v1/stream/chat'\n"

#define KEYED CONFIG "[keys.one]\nsecret='1111111111111111'\n"

struct identity {
    char device_id[UUID_TEXT_BYTES];
    char session_id[UUID_TEXT_BYTES];
    uint8_t seal[GATEWAY_STATE_SEAL_BYTES];
};

static struct identity identity(void)
{
    struct identity copy;
    memcpy(copy.device_id, S->device_id, sizeof(copy.device_id));
    memcpy(copy.session_id, S->session_id, sizeof(copy.session_id));
    memcpy(copy.seal, S->seal, sizeof(copy.seal));
    return copy;
}

static bool same(const struct identity *a, const struct identity *b)
{
    return strcmp(a->device_id, b->device_id) == 0 && strcmp(a->session_id, b->session_id) == 0 &&
           memcmp(a->seal, b->seal, sizeof(a->seal)) == 0;
}

static size_t read_file(const char *name, char *bytes, size_t cap)
{
    FILE *file = fopen(unit_live_path(name), "rb");
    if (file == NULL)
        return SIZE_MAX;
    size_t len = fread(bytes, 1, cap, file);
    fclose(file);
    return len;
}

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(unit_live_path(name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* ---- the identity ---- */

static void made(void)
{
    char bytes[300];
    unit_live_remove_state();
    unit_live_start(CONFIG);
    CU_ASSERT_EQUAL(strlen(S->device_id), 36);
    CU_ASSERT_EQUAL(S->device_id[14], '4');
    CU_ASSERT_EQUAL(strlen(S->session_id), 36);
    CU_ASSERT_STRING_NOT_EQUAL(S->device_id, S->session_id);
    CU_ASSERT_EQUAL(read_file("state/identity", bytes, sizeof(bytes)), SIZE_MAX);
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_EQUAL(read_file("state/identity", bytes, sizeof(bytes)), IDENTITY_BYTES);
    CU_ASSERT_EQUAL(S->flush_us, UINT64_MAX);
    CU_ASSERT_FALSE(S->identity_dirty);
    struct stat info;
    CU_ASSERT_EQUAL(stat(unit_live_path("state/identity"), &info), 0);
    CU_ASSERT_EQUAL(info.st_mode & 0077, 0); /* credentials */
    unit_live_end();
}

static void kept(void)
{
    unit_live_remove_state();
    unit_live_start(CONFIG);
    const struct identity first = identity();
    CU_ASSERT(unit_live_saved());
    unit_live_end();
    for (int i = 0; i < 2; i++) {
        unit_live_start(CONFIG);
        const struct identity next = identity();
        CU_ASSERT(same(&first, &next));
        CU_ASSERT_FALSE(S->identity_dirty); /* flash is not written without need */
        CU_ASSERT_EQUAL(S->flush_us, UINT64_MAX);
        unit_live_end();
    }
}

/* A clean stop writes it, even if there was no turn in between. */
static void written_at_the_end(void)
{
    unit_live_remove_state();
    unit_live_start(CONFIG);
    const struct identity first = identity();
    gateway_state_flush(G);
    unit_live_end();
    unit_live_start(CONFIG);
    const struct identity next = identity();
    CU_ASSERT(same(&first, &next));
    unit_live_end();
}

/* Starts over a damaged file: what was in it is set aside, and a good one takes its place. */
static void try_damaged(const char *bytes, size_t len, const struct identity *old)
{
    char now[300];
    remove(unit_live_path("state/identity.bad"));
    write_file("state/identity", bytes, len);
    unit_live_prepare(CONFIG);
    struct identity next = identity();
    CU_ASSERT_FALSE(same(old, &next));
    CU_ASSERT_NOT_EQUAL(memcmp(next.seal, old->seal, sizeof(next.seal)), 0);
    CU_ASSERT_STRING_NOT_EQUAL(next.device_id, old->device_id);
    CU_ASSERT_EQUAL(strlen(next.device_id), 36);
    CU_ASSERT(S->identity_dirty);
    CU_ASSERT_EQUAL(read_file("state/identity.bad", now, sizeof(now)), len);
    CU_ASSERT_EQUAL(memcmp(now, bytes, len), 0);
    gateway_state_flush(G);
    CU_ASSERT_EQUAL(read_file("state/identity", now, sizeof(now)), IDENTITY_BYTES);
}

/* A daemon that has read nothing yet, and an empty folder. */
static void prepare_empty(const char *config)
{
    unit_live_remove_state();
    unit_live_prepare("%s", config);
    unit_live_remove_state();
    CU_ASSERT_EQUAL(port_store_open(unit_live_path("state")), 0);
}

/* A directory has the name under which it would be set aside. */
static void cannot_be_set_aside(void)
{
    char now[300];
    prepare_empty(CONFIG);
    CU_ASSERT_EQUAL(mkdir(unit_live_path("state/identity.bad"), 0700), 0);
    write_file("state/identity", "rubbish", 7);
    CU_ASSERT(gateway_state_load(G));
    CU_ASSERT(S->identity_dirty);
    gateway_state_flush(G);
    CU_ASSERT_EQUAL(read_file("state/identity", now, sizeof(now)), IDENTITY_BYTES);
    CU_ASSERT_EQUAL(rmdir(unit_live_path("state/identity.bad")), 0);
}

/* What keys have used, and benches. */
static void others_are_set_aside(void)
{
    static const char *const names[][2] = {{"state/keys", "state/keys.bad"},
                                           {"state/benches", "state/benches.bad"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char bad[20];
        prepare_empty(KEYED);
        write_file(names[i][0], "rubbish", 7);
        CU_ASSERT(gateway_state_load(G));
        CU_ASSERT_EQUAL(read_file(names[i][1], bad, sizeof(bad)), 7);
        CU_ASSERT_EQUAL(memcmp(bad, "rubbish", 7), 0);
    }
}

static void damaged(void)
{
    char good[300], bad[300];
    unit_live_remove_state();
    unit_live_prepare(CONFIG);
    const struct identity old = identity();
    gateway_state_flush(G);
    CU_ASSERT_EQUAL(read_file("state/identity", good, sizeof(good)), IDENTITY_BYTES);
    for (size_t at = 0; at < IDENTITY_BYTES; at += 5) {
        memcpy(bad, good, IDENTITY_BYTES);
        bad[at] ^= 1;
        try_damaged(bad, IDENTITY_BYTES, &old);
    }
    for (size_t len = 0; len < IDENTITY_BYTES; len += 13)
        try_damaged(good, len, &old);
    try_damaged(good, IDENTITY_BYTES - 1, &old);
    memcpy(bad, good, IDENTITY_BYTES);
    bad[IDENTITY_BYTES] = '\0';
    try_damaged(bad, IDENTITY_BYTES + 1, &old);
    write_file("state/identity", good, IDENTITY_BYTES);
    unit_live_prepare(CONFIG);
    const struct identity again = identity();
    CU_ASSERT(same(&old, &again));
}

/* ---- model lists ---- */

static bool exists(const char *name)
{
    return access(unit_live_path(name), F_OK) == 0;
}

/* A list of one model in catalog 0, as after a fetch. */
static void put_list(void)
{
    struct model_catalogs *models = &G->catalogs.models;
    const struct model_item item = {.identifier = SPAN("one"), .name = SPAN("One")};
    CU_ASSERT_EQUAL_FATAL(model_catalog_begin(models, 0), RESULT_DONE);
    model_list_add(model_catalog_building(models, 0), &item);
    model_catalog_commit(models, 0, G->now_us, 1);
    G->catalogs.dirty[0] = true;
    gateway_state_touch(G);
}

static void damaged_lists(void)
{
    static char rubbish[GATEWAY_STATE_BYTES + 1000];
    const char *const path = "state/models-0";
    unit_live_remove_state();
    unit_live_prepare(CONFIG);
    put_list();
    gateway_state_flush(G);
    size_t len = read_file(path, rubbish, sizeof(rubbish));
    CU_ASSERT_FATAL(len > 0 && len < 1000);
    unit_live_prepare(CONFIG);
    CU_ASSERT_PTR_NOT_NULL(model_catalog_list(&G->catalogs.models, 0));
    const size_t lens[] = {0, 1, len - 1, len + 1, sizeof(rubbish)};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        write_file(path, rubbish, lens[i]);
        unit_live_prepare(CONFIG);
        CU_ASSERT_PTR_NULL(model_catalog_list(&G->catalogs.models, 0));
        CU_ASSERT_EQUAL(G->catalogs.models._index.in_use, 0);
        gateway_state_flush(G);
        CU_ASSERT_FALSE(exists(path));
    }
}

/* Two accounts, told apart by their devices, in that order. */
#define ACCOUNT                                                                                    \
    "[models.%c.providers.p]\ntype='rust-proxy'\nmodel_name='one'\ndevice_id='device-%c'\n"        \
    "api_endpoint='http://127.0.0.1:9/api/v1/stream/chat'\n"

static bool has_list(int catalog)
{
    return model_catalog_list(&G->catalogs.models, catalog) != NULL;
}

/* A list is found whatever place its account had; its file moves with it, and stays there without
 * being written anew. */
static void a_list_of_another_place(void)
{
    unit_live_remove_state();
    unit_live_prepare(ACCOUNT ACCOUNT, 'b', 'b', 'c', 'c');
    put_list();
    gateway_state_flush(G);
    CU_ASSERT_TRUE(exists("state/models-0"));
    unit_live_prepare(ACCOUNT ACCOUNT, 'a', 'a', 'b', 'b');
    CU_ASSERT_FALSE(has_list(0));
    CU_ASSERT_TRUE(has_list(1));
    CU_ASSERT_EQUAL(S->flush_us, 0);
    gateway_state_flush(G);
    CU_ASSERT_FALSE(exists("state/models-0"));
    CU_ASSERT_TRUE(exists("state/models-1"));
    unit_live_prepare(ACCOUNT ACCOUNT, 'a', 'a', 'b', 'b');
    CU_ASSERT_TRUE(has_list(1));
    CU_ASSERT_EQUAL(S->flush_us, UINT64_MAX);
}

/* A list of an account that is gone is removed at the next start, also where nobody has a list. */
static void a_list_of_nobody(void)
{
    for (int i = 0; i < 2; i++) {
        unit_live_remove_state();
        unit_live_prepare(ACCOUNT, 'b', 'b');
        put_list();
        gateway_state_flush(G);
        CU_ASSERT_TRUE(exists("state/models-0"));
        if (i == 0)
            unit_live_prepare(ACCOUNT, 'a', 'a');
        else
            unit_live_prepare("[models.m.providers.p]\ntype='loopback'\n");
        CU_ASSERT_EQUAL(G->catalogs.models.catalogs[0].users, i == 0);
        gateway_state_flush(G);
        CU_ASSERT_FALSE(exists("state/models-0"));
        CU_ASSERT_EQUAL(S->retry_us, 0);
    }
}

/* The same after a reload; who stays keeps its file. */
static void a_list_of_an_era_before(void)
{
    static struct settings other;
    unit_live_remove_state();
    unit_live_prepare(ACCOUNT ACCOUNT, 'a', 'a', 'b', 'b');
    put_list();
    gateway_state_flush(G);
    other = *G->settings;
    for (int i = 0; i < 2; i++) {
        G->eras.before = NULL;
        if (i == 1)
            other.providers[0].device_id = "another";
        gateway_era_begin(G, &other);
        CU_ASSERT_NOT_EQUAL(S->flush_us, UINT64_MAX);
        gateway_state_flush(G);
        CU_ASSERT_EQUAL(exists("state/models-0"), i == 0);
    }
}

/* ---- when it is written ---- */

static void written_in_time(void)
{
    const char *const path = "state/models-0";
    char bytes[1000];
    unit_live_remove_state();
    unit_live_start(CONFIG);
    CU_ASSERT(unit_live_saved());
    G->catalogs.models.catalogs[0].users = 1;
    G->stopping = true; /* nothing is fetched */
    G->stop_us = UINT64_MAX;
    put_list();
    uint64_t due_us = S->flush_us;
    CU_ASSERT_EQUAL(due_us, G->now_us + 2000000);
    G->now_us += 500000;
    gateway_state_touch(G); /* the first change counts */
    CU_ASSERT_EQUAL(S->flush_us, due_us);
    unit_clock_skip_ms(1500);
    unit_live_settle();
    CU_ASSERT_EQUAL(read_file(path, bytes, sizeof(bytes)), SIZE_MAX);
    unit_clock_skip_ms(500);
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_NOT_EQUAL(read_file(path, bytes, sizeof(bytes)), SIZE_MAX);
    CU_ASSERT_FALSE(G->catalogs.dirty[0]);
    CU_ASSERT_EQUAL(S->flush_us, UINT64_MAX);
    unit_live_end();
}

static void a_disk_that_refuses(void)
{
    char bytes[300];
    unit_live_remove_state();
    unit_live_start(CONFIG);
    unit_live_remove_state(); /* under its hands */
    CU_ASSERT(unit_live_saved()); /* as far as it could be */
    CU_ASSERT_NOT_EQUAL_FATAL(S->retry_us, 0);
    CU_ASSERT(S->identity_dirty);
    CU_ASSERT_EQUAL(S->flush_us, S->retry_us);
    uint64_t retry_us = S->retry_us;
    gateway_state_touch(G); /* no reason to try sooner */
    CU_ASSERT_EQUAL(S->flush_us, retry_us);
    CU_ASSERT_EQUAL(port_store_open(unit_live_path("state")), 0);
    unit_clock_skip_ms(GATEWAY_STATE_RETRY_US / 1000 - 500);
    unit_live_settle();
    CU_ASSERT_EQUAL(read_file("state/identity", bytes, sizeof(bytes)), SIZE_MAX);
    unit_clock_skip_ms(500);
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_EQUAL(read_file("state/identity", bytes, sizeof(bytes)), IDENTITY_BYTES);
    CU_ASSERT_FALSE(S->identity_dirty);
    unit_live_end();
}

/* At the end a refusal is told once, and does not keep anybody. */
static void refuses_at_the_end(void)
{
    char log[2000];
    unit_live_remove_state();
    unit_live_prepare(CONFIG);
    unit_live_remove_state();
    put_list();
    unit_live_write("log", "");
    int before = dup(STDERR_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(unit_live_path("log"), "w", stderr));
    gateway_state_flush(G);
    dup2(before, STDERR_FILENO);
    close(before);
    size_t len = read_file("log", log, sizeof(log) - 1);
    CU_ASSERT_FATAL(len > 0 && len < sizeof(log));
    CU_ASSERT_PTR_EQUAL(memchr(log, '\n', len), log + len - 1); /* one line */
    CU_ASSERT_FALSE(S->busy);
    CU_ASSERT(S->identity_dirty);
    CU_ASSERT(G->catalogs.dirty[0]);
}

static void skip(int number)
{
    (void)number;
    unit_clock_skip_ms(6000);
}

/* A disk that does not answer at all: the start says so after a while. */
static void no_answer(void)
{
    const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    unit_live_remove_state();
    unit_live_prepare(CONFIG);
    unit_live_remove_state();
    CU_ASSERT_EQUAL(port_store_open(unit_live_path("state")), 0);
    CU_ASSERT_EQUAL(mkfifo(unit_live_path("state/identity"), 0600), 0); /* opening it blocks */
    signal(SIGALRM, skip);
    setitimer(ITIMER_REAL, &soon, NULL);
    CU_ASSERT_FALSE(gateway_state_load(G));
    FILE *other_end = fopen(unit_live_path("state/identity"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(other_end);
    fclose(other_end);
    while (port_store_done() == NULL)
        ;
}

/* The disk has an identity, and does not give it: no other one takes its place. */
static void not_given(void)
{
    char log[3000];
    prepare_empty(CONFIG);
    CU_ASSERT_EQUAL(mkdir(unit_live_path("state/identity"), 0700), 0);
    S->identity_dirty = false;
    S->device_id[0] = '\0';
    int before = dup(STDERR_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(unit_live_path("log"), "w", stderr));
    CU_ASSERT_FALSE(gateway_state_load(G));
    dup2(before, STDERR_FILENO);
    close(before);
    size_t len = read_file("log", log, sizeof(log) - 1);
    log[len] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(log, "cannot be read"));
    CU_ASSERT(S->unreadable && !S->busy && !S->identity_dirty);
    CU_ASSERT_STRING_EQUAL(S->device_id, "");
}

/* A bench that began without a clock is written when there is one. */
static void benches_wait_for_the_clock(void)
{
    char bytes[300];
    struct gateway_error error = gateway_error(429, "wait");
    unit_live_remove_state();
    unit_clock_know_wall(false);
    unit_live_start(CONFIG);
    CU_ASSERT(unit_live_saved());
    gateway_bench_set(G, 0, 300, &error);
    CU_ASSERT_EQUAL(S->flush_us, G->now_us + 2000000);
    unit_clock_skip_ms(2500);
    unit_live_settle();
    CU_ASSERT_EQUAL(read_file("state/benches", bytes, sizeof(bytes)), SIZE_MAX);
    CU_ASSERT(S->flush_us > G->now_us && S->flush_us <= G->now_us + GATEWAY_STATE_RETRY_US);
    unit_clock_know_wall(true);
    unit_clock_skip_ms(GATEWAY_STATE_RETRY_US / 1000);
    CU_ASSERT(unit_live_saved());
    CU_ASSERT(read_file("state/benches", bytes, sizeof(bytes)) < SIZE_MAX);
    CU_ASSERT_FALSE(S->benches_dirty);
    unit_live_end();
}

/* The configuration's ids go before those that were generated. */
static void identify(void)
{
    static const struct settings_provider none, both = {.device_id = "d", .session_id = "s"};
    static struct gateway gateway;
    struct provider_call call = {.provider = &none};
    memcpy(gateway.state.device_id, "device", 7);
    memcpy(gateway.state.session_id, "session", 8);
    gateway_state_identify(&gateway, &call);
    CU_ASSERT(span_equal(call.device_id, SPAN("device")));
    CU_ASSERT(span_equal(call.session_id, SPAN("session")));
    call.provider = &both;
    gateway_state_identify(&gateway, &call);
    CU_ASSERT(span_equal(call.device_id, SPAN("d")));
    CU_ASSERT(span_equal(call.session_id, SPAN("s")));
}

static const struct unit_test tests[] = {
    {"an identity is made and written", made},
    {"and kept", kept},
    {"written at the end", written_at_the_end},
    {"a damaged identity", damaged},
    {"one that cannot be set aside", cannot_be_set_aside},
    {"other damaged files are set aside", others_are_set_aside},
    {"damaged lists", damaged_lists},
    {"a list of another place", a_list_of_another_place},
    {"a list of nobody", a_list_of_nobody},
    {"a list of an era before", a_list_of_an_era_before},
    {"written in time", written_in_time},
    {"a disk that refuses", a_disk_that_refuses},
    {"a disk that refuses at the end", refuses_at_the_end},
    {"a disk that does not answer", no_answer},
    {"an identity that the disk does not give", not_given},
    {"benches wait for the clock", benches_wait_for_the_clock},
    {"whose ids", identify},
};

UNIT_MAIN("gateway_state", tests)
