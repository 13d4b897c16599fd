/*
 * Certificates out of a file in PEM form (RFC 7468), read in small pieces and decoded as they come.
 * What stands between them is passed over.
 */
#ifndef MOONGATE_TLS_PEM_H
#define MOONGATE_TLS_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_PEM_PIECE_BYTES 512
#define TLS_PEM_LINE_BYTES 28 /* the longest line that means something, and one byte */

enum tls_pem_found {
    TLS_PEM_CERTIFICATE, /* one that may be damaged */
    TLS_PEM_NO_MORE,
    TLS_PEM_FAILED /* the file cannot be read */
};

struct tls_pem {
    uint32_t begin; /* of the base64 text in the file */
    uint32_t end;
    size_t len;     /* of the certificate, decoded */
    bool damaged;   /* not base64, not ended, or larger than the room for it */

    uint8_t *_out;
    size_t _cap;
    int _file;
    uint32_t _at;  /* place in the file of the byte that is read next */
    int _piece_at; /* and in the piece */
    int _piece_len;
    uint32_t _line_begin;
    uint8_t _line_len;
    bool _inside;
    bool _begun; /* the line that cut one off begins the next */
    uint8_t _digits; /* of a group of four */
    uint8_t _pads;
    uint32_t _bits;
    char _line[TLS_PEM_LINE_BYTES];
    uint8_t _piece[TLS_PEM_PIECE_BYTES];
};

/* Reads the port's file from its beginning; certificates are decoded to out, cap bytes at most. */
void tls_pem_begin(struct tls_pem *pem, int file, uint8_t *out, size_t cap);

/* Goes on to the next certificate's end. */
enum tls_pem_found tls_pem_next(struct tls_pem *pem);

/* Decodes the base64 text of len bytes at offset, as tls_pem_next found it. False: the file cannot
 * be read. */
bool tls_pem_read(struct tls_pem *pem, uint32_t offset, uint32_t len);

#endif
