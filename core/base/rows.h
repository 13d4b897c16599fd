/* Rows of equal length that get other numbers. */
#ifndef MOONGATE_ROWS_H
#define MOONGATE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#define ROWS_MAX 512

/* Row i of the count (at most ROWS_MAX) goes to to[i]; no two to the same. -1: it is gone. Rows
 * that nothing goes to are zero then. */
void rows_move(void *rows, size_t row_bytes, const int16_t *to, int count);

#endif
