/*
 * A form with a file in it, as browsers and SDKs send it (multipart/form-data, RFC 7578 and RFC
 * 2046), taken in segments of any size. The fields may come in any order; other ones than `file`
 * and `purpose` are passed over.
 */
#ifndef MOONGATE_BATCH_MULTIPART_H
#define MOONGATE_BATCH_MULTIPART_H

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/text.h"

#define BATCH_MULTIPART_BOUNDARY_MAX 70 /* RFC 2046 section 5.1.1 */
#define BATCH_MULTIPART_DELIMITER_BYTES (4 + BATCH_MULTIPART_BOUNDARY_MAX)
#define BATCH_MULTIPART_LINE_BYTES 512  /* of a part's head, its line end included */
#define BATCH_MULTIPART_LINES 64        /* of all heads together */
#define BATCH_MULTIPART_PURPOSE_BYTES 32
#define BATCH_MULTIPART_BESIDE_BYTES 65536 /* of a form, besides the file: more than it needs */

struct batch_multipart {
    const char *why; /* after RESULT_FAULT: what is wrong with the form */
    char purpose[BATCH_MULTIPART_PURPOSE_BYTES]; /* cut, if it is too long for any; no C string */
    uint8_t purpose_len;
    char filename[LIMIT_BATCH_FILENAME_BYTES];   /* cut the same way; "": none was given */
    bool has_file;
    bool has_purpose;
    uint8_t _state;
    uint8_t _part;
    uint8_t _lines;
    uint8_t _matched; /* bytes of the delimiter that have come */
    uint8_t _delimiter_len;
    uint16_t _line_len;
    char _delimiter[BATCH_MULTIPART_DELIMITER_BYTES];
    char _line[BATCH_MULTIPART_LINE_BYTES];
};

/* A form that has not begun, as its Content-Type says. False: it is no form, or has no boundary. */
bool batch_multipart_begin(struct batch_multipart *form, struct span content_type);

/*
 * Takes bytes off the front of *in; *data is the next run of the file, a part of what was taken or
 * of form.
 * RESULT_DONE: *data is not empty: use it, and call again. RESULT_MORE: *in is used up.
 * RESULT_FAULT: form->why says what is wrong; it is of no more use.
 */
enum result batch_multipart_next(struct batch_multipart *form, struct span *in, struct span *data);

/* All has come. NULL: it is a whole form with a file and a purpose; else what it lacks. */
const char *batch_multipart_fault(const struct batch_multipart *form);

#endif
