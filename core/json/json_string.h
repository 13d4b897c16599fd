/* What stands between the quotes of a judged JSON string: decoding, comparing, escaping. */
#ifndef MOONGATE_JSON_STRING_H
#define MOONGATE_JSON_STRING_H

#include "core/base/span.h"
#include "core/base/word.h"

/* Decodes raw (between the quotes, judged) into out as UTF-8, at most cap bytes, cut at a
 * character's border; a lone surrogate becomes U+FFFD. Returns the bytes written. */
size_t json_string_decode(struct span raw, char *out, size_t cap);

/* The same piece by piece: takes from the front of *raw as much as has room in out (cap >= 4),
 * returns the bytes written; raw->len is 0 at the end. */
size_t json_string_decode_some(struct span *raw, char *out, size_t cap);

/* raw, decoded, is plain. */
bool json_string_equal(struct span raw, struct span plain);

/* The same, where plain has no backslash in it, as names that are looked for have not: mostly
 * without a call. What has as many bytes as plain would be shorter, had it an escape. */
static inline bool json_string_is(struct span raw, struct span plain)
{
    size_t same = 0;
    if (WORD_SMALL || raw.len < plain.len)
        return raw.len >= plain.len && json_string_equal(raw, plain);
    if (raw.len == plain.len)
        return word_equal(raw.at, plain.at, plain.len);
    while (same < plain.len && raw.at[same] == plain.at[same])
        same++;
    return same < plain.len && raw.at[same] == '\\' && json_string_equal(raw, plain);
}

/* Copies raw as it stands from the front of *raw to out, at most cap bytes (cap >= 12), never
 * ending inside an escape, a surrogate pair or a UTF-8 sequence; returns the bytes copied. */
size_t json_string_copy_some(struct span *raw, char *out, size_t cap);

/* Escapes plain bytes for between quotes: takes from the front of *plain as much as has room in out
 * (cap >= 6), returns the bytes written. Ends between characters; bytes that are no UTF-8 become
 * U+FFFD, one for each that fits nowhere. */
size_t json_string_escape_some(struct span *plain, char *out, size_t cap);

#endif
