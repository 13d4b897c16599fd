/* See provider_pieces.h. */
#include "core/provider/provider_pieces.h"

#include "core/base/assert.h"
#include "core/base/copy.h"
#include "core/json/json_string.h"

#define MEASURE_BYTES 256 /* rewritten at once, only to be counted */

void provider_pieces_push(struct provider_pieces *pieces, struct span bytes,
                          enum provider_pieces_form form)
{
    ASSERT(pieces->_count < PROVIDER_PIECES_MAX);
    pieces->_pieces[pieces->_count++] = (struct provider_piece){bytes, (uint8_t)form};
}

struct provider_piece *provider_pieces_front(struct provider_pieces *pieces)
{
    for (; pieces->_first < pieces->_count; pieces->_first++)
        if (pieces->_pieces[pieces->_first].bytes.len > 0)
            return &pieces->_pieces[pieces->_first];
    provider_pieces_clear(pieces);
    return NULL;
}

/* Whether escapes are put in or taken out: the length changes then. */
static bool is_rewritten(const struct provider_piece *piece)
{
    return piece->form == PROVIDER_PIECES_PLAIN || piece->form == PROVIDER_PIECES_UNQUOTED;
}

/* cap >= PROVIDER_PIECES_ROOM */
static size_t rewrite_some(struct provider_piece *piece, char *out, size_t cap)
{
    return piece->form == PROVIDER_PIECES_PLAIN
               ? json_string_escape_some(&piece->bytes, out, cap)
               : json_string_decode_some(&piece->bytes, out, cap);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

size_t provider_pieces_take(struct provider_piece *piece, char *out, size_t cap)
{
    if (is_rewritten(piece))
        return cap < PROVIDER_PIECES_ROOM ? 0 : rewrite_some(piece, out, cap);
    size_t len = piece->bytes.len < cap ? piece->bytes.len : cap;
    if (len > 0)
        copy_bytes(out, piece->bytes.at, len);
    for (size_t i = 0; piece->form == PROVIDER_PIECES_WORD && i < len; i++)
        out[i] = is_word(out[i]) ? out[i] : '_';
    piece->bytes = span_skip(piece->bytes, len);
    return len;
}

size_t provider_pieces_copy(struct provider_pieces *pieces, char *out, size_t cap)
{
    char *at = out;
    for (; pieces->_first < pieces->_count; pieces->_first++) {
        const struct provider_piece *piece = &pieces->_pieces[pieces->_first];
        size_t len = piece->bytes.len;
        if (piece->form != PROVIDER_PIECES_RAW || len > cap)
            break;
        if (len > 0)
            copy_bytes(at, piece->bytes.at, len);
        at += len;
        cap -= len;
    }
    return (size_t)(at - out);
}

size_t provider_pieces_len(struct provider_piece piece)
{
    char written[MEASURE_BYTES];
    size_t len = 0;
    if (!is_rewritten(&piece))
        return piece.bytes.len;
    while (piece.bytes.len > 0)
        len += rewrite_some(&piece, written, sizeof(written));
    return len;
}

size_t provider_pieces_measure(const struct provider_pieces *pieces)
{
    size_t len = 0;
    for (int i = pieces->_first; i < pieces->_count; i++)
        len += provider_pieces_len(pieces->_pieces[i]);
    return len;
}
