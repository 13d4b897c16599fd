/* The heap of port/musl, beside the one of the system. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "test/unit/unit.h"

#define malloc musl_malloc
#define calloc musl_calloc
#define realloc musl_realloc
#define free musl_free
#define __libc_malloc musl_libc_malloc
void *musl_malloc(size_t bytes);
void *musl_calloc(size_t count, size_t size);
void *musl_realloc(void *piece, size_t bytes);
void musl_free(void *piece);
#include "port/musl/memory.c"

static void pieces_are_whole_and_empty(void)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4079, 4080, 4081, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *piece = calloc(1, sizes[i]);
        CU_ASSERT_EQUAL((uintptr_t)piece % 16, 0);
        for (size_t at = 0; at < sizes[i]; at++)
            if (piece[at] != 0)
                CU_FAIL("not empty");
        memset(piece, 'x', sizes[i]);
        free(piece);
    }
}

/* Each of these would take a piece that is smaller than what was asked for. */
static void too_much_is_refused(void)
{
    static const size_t asked[][2] = {
        {1, SIZE_MAX}, {SIZE_MAX, 1}, {SIZE_MAX / 2, 3}, {SIZE_MAX / 2 + 1, 2},
        {1, SIZE_MAX / 2 + 1},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        errno = 0;
        CU_ASSERT_PTR_NULL(calloc(asked[i][0], asked[i][1]));
        CU_ASSERT_EQUAL(errno, ENOMEM);
    }
    char *kept = malloc(8);
    memcpy(kept, "1234567", 8);
    CU_ASSERT_PTR_NULL(realloc(kept, SIZE_MAX));
    CU_ASSERT_STRING_EQUAL(kept, "1234567");
    free(kept);
}

static void longer_and_shorter(void)
{
    char *piece = realloc(NULL, 100);
    for (int i = 0; i < 100; i++)
        piece[i] = (char)i;
    piece = realloc(piece, 9000);
    for (int i = 0; i < 9000; i++)
        if (piece[i] != (i < 100 ? i : 0))
            CU_FAIL("longer: another byte");
    piece = realloc(piece, 10);
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(piece[i], i);
    free(piece);
}

static void freeing_tells_nothing(void)
{
    errno = EDOM;
    free(NULL);
    free(__libc_malloc(5));
    CU_ASSERT_EQUAL(errno, EDOM);
}

/* Kept, they would be 6 GB, which no program of 32 bits has. */
static void what_is_freed_is_given_back(void)
{
    for (int i = 0; i < 3000; i++) {
        void *piece = malloc(2000000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
        free(piece);
    }
}

static const struct unit_test tests[] = {
    {"pieces are whole and empty", pieces_are_whole_and_empty},
    {"too much is refused", too_much_is_refused},
    {"longer and shorter", longer_and_shorter},
    {"freeing tells nothing", freeing_tells_nothing},
    {"what is freed is given back", what_is_freed_is_given_back},
};

UNIT_MAIN("musl_memory", tests)
