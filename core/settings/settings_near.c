/* See settings_near.h. */
#include "core/settings/settings_near.h"

#include "core/base/assert.h"

#define COMPARED_BYTES 64

struct settings_near settings_near_begin(struct span wanted)
{
    return (struct settings_near){._wanted = wanted, ._distance = 2 * COMPARED_BYTES + 1};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same(struct span a, size_t i, struct span b, size_t j)
{
    return lower(a.at[i]) == lower(b.at[j]);
}

static uint8_t least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return (uint8_t)(ab < c ? ab : c);
}

/* Optimal string alignment over three rows of its table; i is the row, counted from 1. */
static void fill_row(uint8_t rows[3][COMPARED_BYTES + 1], size_t i, struct span a, struct span b)
{
    uint8_t *row = rows[i % 3];
    const uint8_t *above = rows[(i + 2) % 3];
    const uint8_t *before = rows[(i + 1) % 3];
    row[0] = (uint8_t)i;
    for (size_t j = 1; j <= b.len; j++) {
        unsigned change = above[j - 1] + (same(a, i - 1, b, j - 1) ? 0U : 1U);
        row[j] = least(above[j] + 1U, row[j - 1] + 1U, change);
        bool swapped = i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1);
        if (swapped && before[j - 2] + 1U < row[j])
            row[j] = (uint8_t)(before[j - 2] + 1U);
    }
}

static unsigned distance(struct span a, struct span b)
{
    uint8_t rows[3][COMPARED_BYTES + 1];
    a.len = a.len < COMPARED_BYTES ? a.len : COMPARED_BYTES;
    b.len = b.len < COMPARED_BYTES ? b.len : COMPARED_BYTES;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= a.len; i++)
        fill_row(rows, i, a, b);
    return rows[a.len % 3][b.len];
}

void settings_near_offer(struct settings_near *near, struct span name)
{
    ASSERT(name.len > 0);
    unsigned far = distance(near->_wanted, name);
    if (far < near->_distance) {
        near->_distance = far;
        near->best = name;
    }
}
