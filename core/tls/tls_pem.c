/* See tls_pem.h. */
#include "core/tls/tls_pem.h"

#include <string.h>

#include "core/base/span.h"
#include "port/port.h"

#define END_OF_FILE (-1)
#define FAILED (-2)

void tls_pem_begin(struct tls_pem *pem, int file, uint8_t *out, size_t cap)
{
    memset(pem, 0, offsetof(struct tls_pem, _piece));
    pem->_file = file;
    pem->_out = out;
    pem->_cap = cap;
}

/* The next byte, END_OF_FILE or FAILED. */
static int next_byte(struct tls_pem *pem)
{
    if (pem->_piece_at == pem->_piece_len) {
        int n = port_file_read(pem->_file, pem->_at, pem->_piece, sizeof(pem->_piece));
        if (n <= 0 || pem->_at > UINT32_MAX - sizeof(pem->_piece))
            return n == 0 ? END_OF_FILE : FAILED;
        pem->_piece_at = 0;
        pem->_piece_len = n;
    }
    pem->_at++;
    return pem->_piece[pem->_piece_at++];
}

static int digit_of(int c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes a full group of four: three bytes, less its pads. */
static void write_group(struct tls_pem *pem)
{
    unsigned n = 3u - pem->_pads;
    if (pem->_pads > 2 || n > pem->_cap - pem->len) {
        pem->damaged = true;
        return;
    }
    for (unsigned i = 0; i < n; i++)
        pem->_out[pem->len++] = (uint8_t)(pem->_bits >> (16 - 8 * i));
}

static void decode(struct tls_pem *pem, int c)
{
    if (c == '\r' || c == '\n' || c == ' ' || c == '\t' || pem->damaged)
        return;
    int digit = c == '=' ? 0 : digit_of(c);
    pem->_pads = (uint8_t)(pem->_pads + (c == '='));
    if (digit < 0 || (pem->_pads > 0 && c != '=')) {
        pem->damaged = true;
        return;
    }
    pem->_bits = pem->_bits << 6 | (uint32_t)digit;
    if (++pem->_digits == 4) {
        write_group(pem);
        pem->_digits = 0;
        pem->_bits = 0;
    }
}

static void enter(struct tls_pem *pem, uint32_t begin)
{
    pem->begin = begin;
    pem->len = 0;
    pem->damaged = false;
    pem->_inside = true;
    pem->_digits = 0;
    pem->_pads = 0;
    pem->_bits = 0;
}

static void leave(struct tls_pem *pem, uint32_t end)
{
    pem->end = end;
    pem->damaged |= pem->_digits != 0;
    pem->_inside = false;
}

static bool line_is(const struct tls_pem *pem, struct span marker)
{
    struct span line = {pem->_line, pem->_line_len};
    return span_equal(span_trim(line), marker);
}

/* True when this line ends a certificate, in order or not. */
static bool end_line(struct tls_pem *pem, bool last)
{
    bool begins = line_is(pem, SPAN("-----BEGIN CERTIFICATE-----"));
    bool ends = line_is(pem, SPAN("-----END CERTIFICATE-----"));
    bool marker = pem->_line_len > 0 && pem->_line[0] == '-';
    pem->_begun = begins && !last;
    if (!pem->_inside)
        return false;
    pem->damaged |= marker && !ends;
    if (!ends && !begins && !last)
        return false;
    pem->damaged |= !ends;
    leave(pem, pem->_line_begin);
    return true;
}

/* Text is decoded as it comes; a line with a dash in front is a marker. */
static void line_byte(struct tls_pem *pem, int c)
{
    if (c != '\r' && pem->_line_len < TLS_PEM_LINE_BYTES)
        pem->_line[pem->_line_len++] = (char)c;
    if (pem->_inside && pem->_line_len > 0 && pem->_line[0] != '-')
        decode(pem, c);
}

/* Reads a line; what it ended with: '\n', END_OF_FILE or FAILED. */
static int take_line(struct tls_pem *pem)
{
    int c;
    pem->_line_begin = pem->_at;
    pem->_line_len = 0;
    while ((c = next_byte(pem)) >= 0 && c != '\n')
        line_byte(pem, c);
    return c;
}

enum tls_pem_found tls_pem_next(struct tls_pem *pem)
{
    int ended = '\n';
    while (ended == '\n') {
        if (pem->_begun) {
            pem->_begun = false;
            enter(pem, pem->_at);
        }
        ended = take_line(pem);
        if (ended != FAILED && end_line(pem, ended == END_OF_FILE))
            return TLS_PEM_CERTIFICATE;
    }
    return ended == FAILED ? TLS_PEM_FAILED : TLS_PEM_NO_MORE;
}

bool tls_pem_read(struct tls_pem *pem, uint32_t offset, uint32_t len)
{
    pem->_at = offset;
    pem->_piece_at = 0;
    pem->_piece_len = 0;
    enter(pem, offset);
    for (uint32_t i = 0; i < len; i++) {
        int c = next_byte(pem);
        if (c < 0) {
            pem->damaged = true;
            return c == END_OF_FILE;
        }
        decode(pem, c);
    }
    leave(pem, offset + len);
    return true;
}
