/*
 * As much of CUnit's interface as the unit tests use, without its heap: for processors without an
 * operating system.
 */
#ifndef MOONGATE_BARE_CUNIT_BASIC_H
#define MOONGATE_BARE_CUNIT_BASIC_H

#include <stdbool.h>
#include <string.h>

/* Counts an assertion; one that fails is printed, and a fatal one ends the test. */
void unit_bare_check(bool good, bool fatal, const char *file, int line, const char *what);

#define UNIT_BARE(good, fatal, what) unit_bare_check((good), (fatal), __FILE__, __LINE__, (what))

#define CU_FAIL(what) UNIT_BARE(false, false, what)
#define CU_FAIL_FATAL(what) UNIT_BARE(false, true, what)
#define CU_PASS(what) UNIT_BARE(true, false, what)
#define CU_ASSERT(it) UNIT_BARE((it), false, #it)
#define CU_ASSERT_FATAL(it) UNIT_BARE((it), true, #it)
#define CU_ASSERT_TRUE(it) UNIT_BARE((it), false, #it)
#define CU_ASSERT_TRUE_FATAL(it) UNIT_BARE((it), true, #it)
#define CU_ASSERT_FALSE(it) UNIT_BARE(!(it), false, "not " #it)
#define CU_ASSERT_FALSE_FATAL(it) UNIT_BARE(!(it), true, "not " #it)
#define CU_ASSERT_EQUAL(a, b) UNIT_BARE((a) == (b), false, #a " == " #b)
#define CU_ASSERT_EQUAL_FATAL(a, b) UNIT_BARE((a) == (b), true, #a " == " #b)
#define CU_ASSERT_NOT_EQUAL(a, b) UNIT_BARE((a) != (b), false, #a " != " #b)
#define CU_ASSERT_PTR_EQUAL(a, b) UNIT_BARE((a) == (b), false, #a " == " #b)
#define CU_ASSERT_PTR_NOT_NULL(a) UNIT_BARE((a) != NULL, false, #a " != NULL")
#define CU_ASSERT_PTR_NOT_NULL_FATAL(a) UNIT_BARE((a) != NULL, true, #a " != NULL")
#define CU_ASSERT_PTR_NULL(a) UNIT_BARE((a) == NULL, false, #a " == NULL")
#define CU_ASSERT_STRING_EQUAL(a, b) UNIT_BARE(strcmp((a), (b)) == 0, false, #a " is " #b)
#define CU_ASSERT_STRING_NOT_EQUAL(a, b) UNIT_BARE(strcmp((a), (b)) != 0, false, #a " is not " #b)
#define CU_ASSERT_NSTRING_EQUAL(a, b, n)                                                           \
    UNIT_BARE(strncmp((a), (b), (n)) == 0, false, #a " is " #b)

#endif
