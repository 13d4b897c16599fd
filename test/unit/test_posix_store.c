/* Stored state: folders, names, jobs in order, what a full disk and a power loss leave. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/port.h"
#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_folder.h"

static struct port_store_job job(enum port_store_kind kind, const char *name, void *data,
                                 size_t len)
{
    return (struct port_store_job){.kind = kind, .name = name, .data = data, .len = len};
}

/* Waits for the next job as a daemon does at its end. */
static struct port_store_job *wait_for_job(void)
{
    struct port_event events[1];
    struct port_store_job *done = port_store_done();
    while (done == NULL) {
        uint64_t begun_us = port_now_us();
        (void)port_wait(events, 1, port_now_us() + 5000000);
        CU_ASSERT_FATAL(port_now_us() - begun_us < 5000000); /* else nothing woke it */
        done = port_store_done();
    }
    return done;
}

static int32_t run(struct port_store_job *wanted)
{
    wanted->result = 12345;
    port_store_begin(wanted);
    CU_ASSERT_PTR_EQUAL(wait_for_job(), wanted);
    CU_ASSERT_PTR_NULL(port_store_done());
    return wanted->result;
}

static int32_t run_new(enum port_store_kind kind, const char *name, void *data, size_t len)
{
    struct port_store_job one = job(kind, name, data, len);
    return run(&one);
}

static void store_not_open(void)
{
    char data[] = "data";
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "a", data, 4), PORT_FAILED);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_ROOM, NULL, NULL, 0), PORT_FAILED);
}

/* Its thread keeps open none of what was open when it began. */
static void store_leaves_others(void)
{
    char byte;
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("state")), 0); /* it has begun */
    (void)close(ends[1]);
    CU_ASSERT_EQUAL(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
}

static void store_folders(void)
{
    struct stat about;
    unit_folder_write("plain", "x", 0600);
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("plain")), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(-1), PORT_WHY_MISSING);
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("plain/below")), PORT_FAILED);
    CU_ASSERT_EQUAL(port_store_open(""), PORT_FAILED);
    CU_ASSERT_EQUAL(port_store_open("/proc/self"), PORT_FAILED);
    CU_ASSERT_NOT_EQUAL(port_why(-1), PORT_WHY_NONE);
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("made/of/three/")), 0);
    CU_ASSERT_EQUAL_FATAL(stat(unit_folder_path("made/of"), &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0700);
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("made/of/three")), 0); /* there already */
    CU_ASSERT_EQUAL(rmdir(unit_folder_path("made/of/three")), 0); /* nothing stays of the trial */
    CU_ASSERT_EQUAL(port_store_open(unit_folder_path("state")), 0);
}

static void store_round_trip(void)
{
    char got[64];
    struct stat about;
    char first[] = "first", second[] = ", second";
    struct port_store_job part = job(PORT_STORE_READ, "blob-1.a_b", got, 4);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "blob-1.a_b", got, sizeof(got)), PORT_MISSING);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "blob-1.a_b", first, 5), 5);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_APPEND, "blob-1.a_b", second, 8), 8);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "blob-1.a_b", got, sizeof(got)), 13);
    CU_ASSERT_EQUAL(memcmp(got, "first, second", 13), 0);
    part.offset = 3;
    CU_ASSERT_EQUAL(run(&part), 4);
    CU_ASSERT_EQUAL(memcmp(got, "st, ", 4), 0);
    part.offset = 11;
    CU_ASSERT_EQUAL(run(&part), 2);
    part.offset = 13;
    CU_ASSERT_EQUAL(run(&part), 0);
    part.offset = UINT64_MAX;
    CU_ASSERT_EQUAL(run(&part), 0);
    CU_ASSERT_EQUAL(stat(unit_folder_path("state/blob-1.a_b"), &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "blob-1.a_b", first, 0), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "blob-1.a_b", got, sizeof(got)), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REMOVE, "blob-1.a_b", NULL, 0), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REMOVE, "blob-1.a_b", NULL, 0), PORT_FAILED);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_APPEND, "new", second, 8), 8); /* makes it */
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REMOVE, "new", NULL, 0), 0);
    CU_ASSERT(run_new(PORT_STORE_ROOM, NULL, NULL, 0) > 0);
}

/* Cuts the blob to len bytes; returns what it came to. */
static int32_t cut(const char *name, uint64_t len)
{
    struct port_store_job one = job(PORT_STORE_CUT, name, NULL, 0);
    one.offset = len;
    return run(&one);
}

/* It gets shorter and never longer, and what is added comes behind its new end. */
static void store_cut(void)
{
    char got[16], data[] = "0123456789", more[] = "abc";
    CU_ASSERT_EQUAL(cut("torn", 0), PORT_FAILED);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_APPEND, "torn", data, 10), 10);
    CU_ASSERT_EQUAL(cut("torn", 11), PORT_FAILED);
    CU_ASSERT_EQUAL(cut("torn", UINT64_MAX), PORT_FAILED);
    CU_ASSERT_EQUAL(cut("torn", 10), 0);
    CU_ASSERT_EQUAL(cut("torn", 4), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_APPEND, "torn", more, 3), 3);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "torn", got, sizeof(got)), 7);
    CU_ASSERT_EQUAL(memcmp(got, "0123abc", 7), 0);
    CU_ASSERT_EQUAL(cut("torn", 0), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "torn", got, sizeof(got)), 0);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REMOVE, "torn", NULL, 0), 0);
}

static void store_names(void)
{
    char data[] = "x";
    char name[130];
    static const char *const bad[] = {"",     ".",  "..",  "a/b",  "/a",
                                      "../a", "a~", "a b", "a\n", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (int kind = PORT_STORE_READ; kind <= PORT_STORE_CUT; kind++)
            CU_ASSERT_EQUAL(run_new((enum port_store_kind)kind, bad[i], data, 1), PORT_FAILED);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, NULL, data, 1), PORT_FAILED);
    memset(name, 'n', sizeof(name));
    name[129] = '\0';
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, name, data, 1), PORT_FAILED);
    name[128] = '\0';
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, name, data, 1), 1);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REMOVE, name, data, 1), 0);
}

/* Queued together, done in order and handed back in order. */
static void store_order(void)
{
    enum { MANY = 60 };
    static struct port_store_job jobs[MANY];
    char letters[MANY];
    char got[MANY];
    for (int i = 0; i < MANY; i++) {
        letters[i] = (char)('A' + i % 26);
        jobs[i] = job(i == 0 ? PORT_STORE_REPLACE : PORT_STORE_APPEND, "order", &letters[i], 1);
        port_store_begin(&jobs[i]);
    }
    for (int i = 0; i < MANY; i++) {
        CU_ASSERT_PTR_EQUAL(wait_for_job(), &jobs[i]);
        CU_ASSERT_EQUAL(jobs[i].result, 1);
    }
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "order", got, MANY), MANY);
    CU_ASSERT_EQUAL(memcmp(got, letters, MANY), 0);
}

/* What does not fit leaves what was there. */
static void store_no_room(void)
{
    static char big[65536];
    char got[8], old[] = "old", new[] = "new";
    struct rlimit before, small;
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "kept", old, 3), 3);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 4096;
    (void)setrlimit(RLIMIT_FSIZE, &small);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "kept", big, sizeof(big)), PORT_FULL);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_APPEND, "kept", big, sizeof(big)), PORT_FULL);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "kept", got, sizeof(got)), 3);
    CU_ASSERT_EQUAL(memcmp(got, "old", 3), 0);
    CU_ASSERT_NOT_EQUAL(access(unit_folder_path("state/kept~"), F_OK), 0);
    /* What a power loss left of a write does no harm. */
    unit_folder_write("state/kept~", "half of something much longer", 0600);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_REPLACE, "kept", new, 3), 3);
    CU_ASSERT_EQUAL(run_new(PORT_STORE_READ, "kept", got, sizeof(got)), 3);
    CU_ASSERT_NOT_EQUAL(access(unit_folder_path("state/kept~"), F_OK), 0);
}

static const struct unit_test tests[] = {
    {"store not open", store_not_open},
    {"store leaves others", store_leaves_others},
    {"store folders", store_folders},
    {"store round trip", store_round_trip},
    {"store cut", store_cut},
    {"store names", store_names},
    {"store order", store_order},
    {"store no room", store_no_room},
};

int main(void)
{
    unit_folder_make();
    posix_start();
    int status = unit_run("posix_store", tests, sizeof(tests) / sizeof(tests[0]));
    unit_folder_remove();
    return status;
}
