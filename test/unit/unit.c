/* Runs a table of tests through CUnit, and lends guarded memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "test/unit/unit.h"

#include <CUnit/TestRun.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t passed;
static size_t failed;

static void report(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
    (void)suite;
    *(first == NULL ? &passed : &failed) += 1;
    for (const struct CU_FailureRecord *f = first; f != NULL; f = f->pNext) {
        printf("FAIL %s: %s:%u %s\n", test->pName, f->strFileName, f->uiLineNumber,
               f->strCondition);
    }
    fflush(stdout);
}

static void add_all(const char *suite_name, const struct unit_test *tests, size_t count)
{
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        if (suite == NULL || CU_add_test(suite, tests[i].name, tests[i].run) == NULL) {
            printf("FAIL %s: cannot be added (%s)\n", tests[i].name, CU_get_error_msg());
            failed++;
        }
    }
}

int unit_run(const char *suite, const struct unit_test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        printf("FAIL %s: no registry\n0 passed, 1 failed\n", suite);
        return EXIT_FAILURE;
    }
    add_all(suite, tests, count);
    CU_set_test_complete_handler(report);
    CU_run_all_tests();
    CU_cleanup_registry();
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 && passed == count ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A mapping whose last page is inaccessible; one a side. */
struct mapping {
    char *base;
    size_t bytes;
};

char *unit_guard_room(int side, size_t len)
{
    static struct mapping mappings[2];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct mapping *mapping = &mappings[side];
    if (mapping->base != NULL)
        munmap(mapping->base, mapping->bytes);
    size_t open = (len + page - 1) / page * page;
    mapping->bytes = open + page;
    void *base = mmap(NULL, mapping->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
    if (base == MAP_FAILED || mprotect((char *)base + open, page, PROT_NONE) != 0) {
        perror("unit_guard_room");
        abort();
    }
    mapping->base = base;
    memset(mapping->base, 0xA5, open);
    return mapping->base + open - len;
}

char *unit_guard(int side, const void *bytes, size_t len)
{
    char *copy = unit_guard_room(side, len);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}
