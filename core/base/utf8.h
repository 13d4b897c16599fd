/* UTF-8, one character at a time (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
#ifndef MOONGATE_UTF8_H
#define MOONGATE_UTF8_H

#include "core/base/span.h"

#define UTF8_MAX_BYTES 4 /* of one character */

/* The bytes of the whole, valid character at the front of s, 1 to 4; 0 when there is none. */
size_t utf8_len(struct span s);

#endif
