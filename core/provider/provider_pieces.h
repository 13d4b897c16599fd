/*
 * The next few pieces of a body that is being written: spans of what the client sent, of the
 * configuration and of constants, in a short queue. Nothing is copied before it is written out.
 */
#ifndef MOONGATE_PROVIDER_PIECES_H
#define MOONGATE_PROVIDER_PIECES_H

#include "config/features.h"
#include "core/base/span.h"

#define PROVIDER_PIECES_MAX (FEATURE_ANTHROPIC ? 8 : 6)

#define PROVIDER_PIECES_ROOM 6 /* for the longest escape, which is not divided */

/* How a piece is written. */
enum provider_pieces_form {
    PROVIDER_PIECES_RAW,      /* as it stands */
    PROVIDER_PIECES_PLAIN,    /* escaped, for between quotes */
    PROVIDER_PIECES_UNQUOTED, /* what a string has between its quotes, its escapes decoded */
    PROVIDER_PIECES_WORD      /* each byte but letters, digits, _ and - becomes _ */
};

struct provider_piece {
    struct span bytes;
    uint8_t form; /* enum provider_pieces_form */
};

/* All zero: an empty queue. */
struct provider_pieces {
    uint8_t _first;
    uint8_t _count;
    struct provider_piece _pieces[PROVIDER_PIECES_MAX];
};

/* Empties a queue, whatever it was. */
static inline void provider_pieces_clear(struct provider_pieces *pieces)
{
    pieces->_first = 0;
    pieces->_count = 0;
}

/* Puts a piece behind the others. At most PROVIDER_PIECES_MAX between two times that
 * provider_pieces_front has found none. */
void provider_pieces_push(struct provider_pieces *pieces, struct span bytes,
                          enum provider_pieces_form form);

/* The first piece that has bytes left; NULL: there is none, the queue is empty. */
struct provider_piece *provider_pieces_front(struct provider_pieces *pieces);

/* Writes bytes from the front of the piece to out, as many as have room; returns how many. 0:
 * nothing has room (never with PROVIDER_PIECES_ROOM bytes of it). */
size_t provider_pieces_take(struct provider_piece *piece, char *out, size_t cap);

/* Writes the pieces at the front that go as they stand, each of them whole, as many as have room;
 * returns how many bytes. Mostly those are all. */
size_t provider_pieces_copy(struct provider_pieces *pieces, char *out, size_t cap);

/* How many bytes the piece will be when written. */
size_t provider_pieces_len(struct provider_piece piece);

/* How many all of them will be. */
size_t provider_pieces_measure(const struct provider_pieces *pieces);

#endif
