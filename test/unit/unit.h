/* What every unit test shares: a table of tests, and input that ends at a page nobody may touch. */
#ifndef MOONGATE_UNIT_H
#define MOONGATE_UNIT_H

#include <CUnit/Basic.h>
#include <stddef.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

/* Runs the tests as one suite, prints failures and a closing line "N passed, N failed"; returns the
 * exit status. */
int unit_run(const char *suite, const struct unit_test *tests, size_t count);

/* A copy of bytes whose last byte is the last before an inaccessible page; one copy at a time per
 * side (0 or 1), the one before is gone. */
char *unit_guard(int side, const void *bytes, size_t len);

/* Room for len bytes in front of an inaccessible page, filled with 0xA5. */
char *unit_guard_room(int side, size_t len);

#define UNIT_MAIN(suite, tests)                                                                    \
    int main(void) { return unit_run((suite), (tests), sizeof(tests) / sizeof((tests)[0])); }

#endif
