/* The table of memory adds up to what the program really has. */
#include "core/daemon_limits.h"

#include <string.h>

#include "core/daemon.h"
#include "test/unit/unit.h"

static void adds_up(void)
{
    struct daemon_limits row;
    size_t sum = 0;
    size_t rows = 0;
    for (; daemon_limits_row(rows, &row); rows++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(row.name);
        CU_ASSERT(row.count > 0);
        CU_ASSERT(row.size > 0);
        sum += row.count * row.size;
    }
    CU_ASSERT(rows > 10);
    CU_ASSERT_EQUAL(sum, daemon_limits_sum());
    CU_ASSERT_EQUAL(daemon_limits_sum(), sizeof(struct daemon) + LIMIT_TLS_ARENA_BYTES);
    CU_ASSERT_FALSE(daemon_limits_row(rows, &row));
    CU_ASSERT_FALSE(daemon_limits_row(SIZE_MAX, &row));
}

/* What stands between the pools is small: no pool is missing in the table, and none stands in it
 * twice. */
static void little_between(void)
{
    struct daemon_limits row;
    struct daemon_limits last = {0};
    for (size_t i = 0; daemon_limits_row(i, &row); i++)
        last = row;
    CU_ASSERT_EQUAL(last.count, 1);
    CU_ASSERT_STRING_EQUAL(last.name, "everything between");
    CU_ASSERT(last.size < daemon_limits_sum() / 100);
}

static void names_differ(void)
{
    struct daemon_limits a, b;
    for (size_t i = 0; daemon_limits_row(i, &a); i++)
        for (size_t j = 0; j < i && daemon_limits_row(j, &b); j++)
            CU_ASSERT_STRING_NOT_EQUAL(a.name, b.name);
}

static void as_configured(void)
{
    static const struct {
        const char *name;
        size_t bytes;
    } rows[] = {
        {"clients", LIMIT_CLIENTS * sizeof(struct gateway_client)},
        {"large bodies", (size_t)LIMIT_BODY_LARGE * LIMIT_BODY_LARGE_BYTES},
        {"answer pages", (size_t)LIMIT_PAGES * LIMIT_PAGE_BYTES},
        {"event windows", (size_t)LIMIT_EVENTS_LARGE * LIMIT_EVENT_BYTES},
        {"TLS arena", LIMIT_TLS_ARENA_BYTES},
        {"configuration", sizeof(struct settings)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct daemon_limits row;
        size_t found = 0;
        for (size_t at = 0; daemon_limits_row(at, &row); at++)
            if (strcmp(row.name, rows[i].name) == 0)
                found = row.count * row.size;
        CU_ASSERT_EQUAL(found, rows[i].bytes);
    }
}

static const struct unit_test tests[] = {
    {"the rows add up to all there is", adds_up},
    {"little stands between the pools", little_between},
    {"each name once", names_differ},
    {"pools as configured", as_configured},
};

UNIT_MAIN("daemon_limits", tests)
