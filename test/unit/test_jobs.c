/* The store's jobs: their order, and the names that lead nowhere else. */
#include "port/jobs.h"

#include <stddef.h>
#include <string.h>

#include "test/unit/unit.h"

static void in_order(void)
{
    struct port_store_job jobs[3] = {{PORT_STORE_READ, "a", NULL, 0, 0, 0, NULL}};
    struct jobs list = {NULL, NULL};
    CU_ASSERT_PTR_NULL(jobs_take(&list));
    jobs_put(&list, &jobs[0]);
    jobs_put(&list, &jobs[1]);
    CU_ASSERT_PTR_EQUAL(jobs_take(&list), &jobs[0]);
    jobs_put(&list, &jobs[2]);
    jobs_put(&list, &jobs[0]);
    CU_ASSERT_PTR_EQUAL(jobs_take(&list), &jobs[1]);
    CU_ASSERT_PTR_EQUAL(jobs_take(&list), &jobs[2]);
    CU_ASSERT_PTR_EQUAL(jobs_take(&list), &jobs[0]);
    CU_ASSERT_PTR_NULL(jobs_take(&list));
    CU_ASSERT_PTR_NULL(list.last);
}

static bool named(const char *name)
{
    const struct port_store_job job = {.kind = PORT_STORE_READ, .name = name};
    return jobs_named(&job);
}

static void names(void)
{
    static const char *const good[] = {"a", "journal.0", "...", ".a", "A-Z_0.9"};
    static const char *const bad[] = {"", ".", "..", "a/b", "/", "../a", "a b", "a~", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT(named(unit_guard(0, good[i], strlen(good[i]) + 1)));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(named(unit_guard(0, bad[i], strlen(bad[i]) + 1)));
    CU_ASSERT_FALSE(named(NULL));
    const struct port_store_job room = {.kind = PORT_STORE_ROOM};
    CU_ASSERT(jobs_named(&room));
}

static void long_names(void)
{
    char name[JOBS_NAME_LEN_MAX + 2];
    memset(name, 'a', sizeof(name));
    name[JOBS_NAME_LEN_MAX] = '\0';
    CU_ASSERT(named(name));
    name[JOBS_NAME_LEN_MAX] = 'a';
    name[JOBS_NAME_LEN_MAX + 1] = '\0';
    CU_ASSERT_FALSE(named(name));
}

static const struct unit_test tests[] = {
    {"in order", in_order},
    {"names", names},
    {"long names", long_names},
};

UNIT_MAIN("jobs", tests)
