/*
 * Copying, comparing and searching bytes, 16 at a time, as every processor of this kind can. musl's
 * own compares one by one, and copies with an instruction that is slow to begin: runs are short
 * here.
 */
#include <emmintrin.h>
#include <stdint.h>
#include <string.h>

#ifndef __clang__ /* no loop is to become a call of the function that it is in */
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")
#endif

#define WIDE 16u
#define LONG_BYTES 512u /* from here on the processor's own way to copy is the quicker one */

static uint64_t load_8(const char *at)
{
    uint64_t bytes;
    __builtin_memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

static uint32_t load_4(const char *at)
{
    uint32_t bytes;
    __builtin_memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

static __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)at);
}

static void store(char *at, __m128i bytes)
{
    _mm_storeu_si128((__m128i *)at, bytes);
}

/* ---- copying: what may be written over has been read before ---- */

static void move_short(char *to, const char *from, size_t len)
{
    if (len >= 8) {
        uint64_t first = load_8(from), last = load_8(from + len - 8);
        __builtin_memcpy(to, &first, 8);
        __builtin_memcpy(to + len - 8, &last, 8);
    } else if (len >= 4) {
        uint32_t first = load_4(from), last = load_4(from + len - 4);
        __builtin_memcpy(to, &first, 4);
        __builtin_memcpy(to + len - 4, &last, 4);
    } else if (len > 0) {
        char first = from[0], middle = from[len / 2], last = from[len - 1];
        to[0] = first;
        to[len / 2] = middle;
        to[len - 1] = last;
    }
}

static void move_backward(char *to, const char *from, size_t len)
{
    __m128i first = load(from);
    for (; len > WIDE; len -= WIDE)
        store(to + len - WIDE, load(from + len - WIDE));
    store(to, first);
}

static inline void move_forward(char *to, const char *from, size_t len)
{
    size_t rest = len - WIDE;
    size_t at = WIDE; /* of the second of two blocks */
    __m128i last = load(from + rest);
    for (; at <= rest; at += 2 * WIDE) {
        __m128i first = load(from + at - WIDE), second = load(from + at);
        store(to + at - WIDE, first);
        store(to + at, second);
    }
    if (at < rest + WIDE)
        store(to + at - WIDE, load(from + at - WIDE));
    store(to + rest, last);
}

/* They do not overlap. */
static void move_long(char *to, const char *from, size_t len)
{
    size_t words = len / 8;
    uint64_t last = load_8(from + len - 8);
    __builtin_memcpy(to + len - 8, &last, 8);
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

void *memmove(void *to, const void *from, size_t len)
{
    if (len < WIDE)
        move_short(to, from, len);
    else if ((uintptr_t)to - (uintptr_t)from >= len && len >= LONG_BYTES &&
             (uintptr_t)from - (uintptr_t)to >= len)
        move_long(to, from, len);
    else if ((uintptr_t)to - (uintptr_t)from >= len)
        move_forward(to, from, len);
    else
        move_backward(to, from, len);
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    if (len < WIDE)
        move_short(to, from, len);
    else if (len < LONG_BYTES)
        move_forward(to, from, len);
    else
        move_long(to, from, len);
    return to;
}

/* ---- comparing ---- */

static int order(uint64_t a, uint64_t b)
{
    a = __builtin_bswap64(a);
    b = __builtin_bswap64(b);
    return (a > b) - (a < b);
}

static int compare_short(const char *a, const char *b, size_t len)
{
    if (len >= 8 && load_8(a) != load_8(b))
        return order(load_8(a), load_8(b));
    if (len >= 8)
        return order(load_8(a + len - 8), load_8(b + len - 8));
    if (len >= 4 && load_4(a) != load_4(b))
        return order(load_4(a), load_4(b));
    if (len >= 4)
        return order(load_4(a + len - 4), load_4(b + len - 4));
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i])
            return (unsigned char)a[i] - (unsigned char)b[i];
    }
    return 0;
}

int memcmp(const void *one, const void *other, size_t len)
{
    const char *a = one, *b = other;
    for (; len >= WIDE; len -= WIDE, a += WIDE, b += WIDE) {
        int same = _mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b)));
        if (same != 0xFFFF)
            return compare_short(a, b, 8) != 0 ? compare_short(a, b, 8)
                                               : compare_short(a + 8, b + 8, 8);
    }
    return compare_short(a, b, len);
}

/* ---- searching: in whole blocks, of which none lies in two pages ---- */

static unsigned found_in(const char *block, __m128i wanted)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(*(const __m128i *)block, wanted));
}

void *memchr(const void *from, int c, size_t len)
{
    const char *at = from;
    const __m128i wanted = _mm_set1_epi8((char)c);
    size_t before = (uintptr_t)at % WIDE;
    if (len == 0)
        return NULL;
    unsigned found = found_in(at - before, wanted) >> before;
    size_t place = 0;
    for (size_t next = WIDE - before; found == 0 && next < len; next += WIDE) {
        place = next;
        found = found_in(at + place, wanted);
    }
    place += found != 0 ? (unsigned)__builtin_ctz(found) : 0;
    return found != 0 && place < len ? (void *)(uintptr_t)(at + place) : NULL;
}

size_t strlen(const char *text)
{
    size_t before = (uintptr_t)text % WIDE;
    const char *block = text - before;
    unsigned found = found_in(block, _mm_setzero_si128()) >> before;
    if (found != 0)
        return (unsigned)__builtin_ctz(found);
    do {
        block += WIDE;
        found = found_in(block, _mm_setzero_si128());
    } while (found == 0);
    return (size_t)(block - text) + (unsigned)__builtin_ctz(found);
}
