/*
 * The unit tests on a processor without an operating system: runs the tables of all of them, and
 * lends memory whose end is the RAM's end, behind which the MPU lets nobody. With a word that
 * names a way to break, it breaks, so that somebody outside can see what happens then.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "board/qemu-mps2/clock.h"
#include "board/qemu-mps2/eth.h"
#include "board/qemu-mps2/semihost.h"
#include "board/qemu-mps2/startup.h"
#include "port/port.h"
#include "test/bare/unit_bare.h"
#include "test/unit/unit.h"
#include "test/unit/unit_json.h"

#define RAM_END 0x22000000u /* board.cmake gives the tests a larger RAM */
#define GUARD_BYTES 2097152u /* of a side; the second side ends in front of the first */
#define SEGMENT_BYTES 1460u

static size_t passed, failed;
static bool test_failed;
static jmp_buf out_of_test;

/* ---- tests ---- */

void unit_bare_check(bool good, bool fatal, const char *file, int line, const char *what)
{
    if (good)
        return;
    printf("    %s:%d %s\n", file, line, what);
    test_failed = true;
    if (fatal)
        longjmp(out_of_test, 1);
}

int unit_run(const char *suite, const struct unit_test *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        test_failed = false;
        if (setjmp(out_of_test) == 0)
            tests[i].run();
        if (test_failed)
            printf("FAIL %s: %s\n", suite, tests[i].name);
        *(test_failed ? &failed : &passed) += 1;
    }
    return 0;
}

/* ---- what tests borrow ---- */

/* Only one side can end at the RAM's end; what the other reads too far is not noticed here. */
char *unit_guard_room(int side, size_t len)
{
    char *end = (char *)(uintptr_t)RAM_END - (side == 0 ? 0 : GUARD_BYTES);
    if (len > GUARD_BYTES) {
        printf("FAIL a test wants %u guarded bytes\n", (unsigned)len);
        semihost_exit(1);
    }
    memset(end - len, 0xA5, len);
    return end - len;
}

char *unit_guard(int side, const void *bytes, size_t len)
{
    char *copy = unit_guard_room(side, len);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

/* There is no race to be won here, and no room for long documents. */
void unit_json_race(const char *name, enum result (*judge)(struct span document, size_t step))
{
    static const char document[] = "[{},{},[[[\"\\u00e9\"]]],1.5e3]";
    (void)name;
    CU_ASSERT_EQUAL(judge(SPAN(document), SEGMENT_BYTES), RESULT_DONE);
}

void eth_interrupt(void)
{
}

void port_panic(const char *file, int line)
{
    printf("FAIL a promise was broken at %s:%d\n", file, line);
    semihost_exit(70);
}

/* ---- ways to break ---- */

static int deeper(int depth)
{
    volatile char here[256];
    here[0] = (char)depth;
    return depth == INT_MAX ? 0 : deeper(depth + 1) + here[0];
}

static void run_data(void)
{
    static const uint16_t code[] = {0x4770}; /* bx lr */
    static uint16_t data[2];
    memcpy(data, code, sizeof(code));
    ((void (*)(void))((uintptr_t)data | 1))();
}

static void break_by(const char *how)
{
    volatile uint32_t *volatile nowhere = NULL;
    if (strcmp(how, "null-read") == 0)
        (void)*nowhere;
    else if (strcmp(how, "null-write") == 0)
        *nowhere = 1;
    else if (strcmp(how, "code-write") == 0)
        *(volatile uint32_t *)(uintptr_t)4096 = 1;
    else if (strcmp(how, "stack") == 0)
        (void)deeper(0);
    else if (strcmp(how, "run-data") == 0)
        run_data();
    printf("FAIL it goes on after %s\n", how);
}

_Noreturn void startup_main(void)
{
    char words[64];
    clock_start(false);
    if (semihost_words(words, sizeof(words)) && strchr(words, ' ') != NULL) {
        break_by(strchr(words, ' ') + 1);
        semihost_exit(1);
    }
    unit_bare_all();
    printf("%u passed, %u failed\n", (unsigned)passed, (unsigned)failed);
    semihost_exit(failed == 0 && passed > 0 ? 0 : 1);
}
