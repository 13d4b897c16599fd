/* See provider_body.h. */
#include "core/provider/provider_body.h"

#include "core/base/assert.h"

inline struct provider_piece *provider_body_next(struct provider_call *call,
                                                 bool (*make)(struct provider_call *call))
{
    struct provider_piece *piece = provider_pieces_front(&call->cursor.pieces);
    while (piece == NULL && make(call))
        piece = provider_pieces_front(&call->cursor.pieces);
    return piece;
}

size_t provider_body_some(struct provider_call *call, bool (*make)(struct provider_call *call),
                          char *out, size_t cap)
{
    size_t len = provider_pieces_copy(&call->cursor.pieces, out, cap);
    size_t taken = 1;
    struct provider_piece *piece;
    ASSERT(cap > 0);
    while (taken > 0 && len < cap && (piece = provider_body_next(call, make)) != NULL) {
        taken = provider_pieces_take(piece, out + len, cap - len);
        len += taken;
    }
    return len;
}

uint64_t provider_body_len(struct provider_call *call, bool (*make)(struct provider_call *call))
{
    struct provider_pieces *pieces = &call->cursor.pieces;
    uint64_t len = 0;
    do {
        len += provider_pieces_measure(pieces);
        provider_pieces_clear(pieces);
    } while (make(call));
    return len;
}
