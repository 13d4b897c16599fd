/* See rows.h. */
#include "core/base/rows.h"

#include <string.h>

#include "core/base/assert.h"

static void swap(unsigned char *a, unsigned char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

void rows_move(void *rows, size_t row_bytes, const int16_t *to, int count)
{
    int16_t left[ROWS_MAX]; /* where what is now in a row is to go */
    unsigned char *bytes = rows;
    ASSERT(count >= 0 && count <= ROWS_MAX);
    for (int i = 0; i < count; i++)
        left[i] = to[i];
    for (int i = 0; i < count; i++) {
        while (left[i] >= 0 && left[i] != i) { /* each swap brings one row home */
            int16_t home = left[i];
            ASSERT(home < count && left[home] != home);
            swap(bytes + (size_t)i * row_bytes, bytes + (size_t)home * row_bytes, row_bytes);
            left[i] = left[home];
            left[home] = home;
        }
    }
    for (int i = 0; i < count; i++)
        if (left[i] < 0)
            memset(bytes + (size_t)i * row_bytes, 0, row_bytes);
}
