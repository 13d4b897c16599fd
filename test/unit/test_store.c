/* Two jobs at once over the real port: each ends for its owner alone. */
#include "core/base/store.h"

#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_folder.h"

#define LIMIT_US 5000000u

static struct store_job job(enum port_store_kind kind, const char *name, void *data, size_t len)
{
    return (struct store_job){.job = {.kind = kind, .name = name, .data = data, .len = len}};
}

static void two_at_once(void)
{
    char first_bytes[] = "first", second_bytes[] = "second", read_bytes[16] = "";
    struct store_job first = job(PORT_STORE_REPLACE, "one", first_bytes, 5);
    struct store_job second = job(PORT_STORE_REPLACE, "two", second_bytes, 6);
    store_begin(&first);
    store_begin(&second);
    CU_ASSERT(first.busy);
    CU_ASSERT(second.busy);
    CU_ASSERT(store_wait(&second, LIMIT_US));
    CU_ASSERT_FALSE(store_poll()); /* both were taken */
    CU_ASSERT_FALSE(first.busy); /* jobs are done in order */
    CU_ASSERT_EQUAL(first.job.result, 5);
    CU_ASSERT_EQUAL(second.job.result, 6);
    struct store_job read = job(PORT_STORE_READ, "two", read_bytes, sizeof(read_bytes));
    store_begin(&read);
    CU_ASSERT(store_wait(&read, LIMIT_US));
    CU_ASSERT_EQUAL(read.job.result, 6);
    CU_ASSERT_STRING_EQUAL(read_bytes, "second");
}

static void none_under_way(void)
{
    struct store_job idle = job(PORT_STORE_ROOM, "x", NULL, 0);
    store_poll();
    CU_ASSERT(store_wait(&idle, 0));
}

static void no_time(void)
{
    struct store_job room = job(PORT_STORE_ROOM, "x", NULL, 0);
    room.busy = true; /* a disk that never answers */
    CU_ASSERT_FALSE(store_wait(&room, 3000));
    CU_ASSERT(room.busy);
}

static const struct unit_test tests[] = {
    {"two at once", two_at_once},
    {"none under way", none_under_way},
    {"no time", no_time},
};

int main(void)
{
    posix_start();
    unit_folder_make();
    if (port_store_open(unit_folder_path("state")) != 0)
        return 1;
    int status = unit_run("store", tests, sizeof(tests) / sizeof(tests[0]));
    unit_folder_remove();
    return status;
}
