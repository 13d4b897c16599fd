/* Finds where a head ends and takes it apart. */
#include "core/http/http_parse.h"

#include "core/base/assert.h"
#include "core/base/word.h"
#include "core/http/http_token.h"

#include <string.h>

enum kind { REQUEST, RESPONSE };

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Is the line that ends in the LF at end - 1 empty? */
static bool is_empty_line(const char *buf, size_t end)
{
    size_t at = end - 1;
    if (at > 0 && buf[at - 1] == '\r')
        at--;
    return at == 0 || buf[at - 1] == '\n';
}

/* How many bytes of line ends stand in front of the head. */
static size_t leading_bytes(const char *buf, size_t len)
{
    size_t n = 0;
    while (n < len && n < HTTP_PARSE_LEADING_BYTES && is_line_end(buf[n]))
        n++;
    return n;
}

size_t http_parse_find_end(const char *buf, size_t len, size_t *scanned)
{
    ASSERT(*scanned <= len);
    while (*scanned < len) {
        const char *lf = memchr(buf + *scanned, '\n', len - *scanned);
        size_t end = lf != NULL ? (size_t)(lf - buf) + 1 : len;
        *scanned = end;
        if (lf != NULL && is_empty_line(buf, end) && leading_bytes(buf, end) < end)
            return end;
    }
    return 0;
}

/* Takes what stands before the first space off *line, and the space. */
static inline struct span take_word(struct span *line)
{
    size_t end = (size_t)(word_find(line->at, span_end(*line), ' ') - line->at);
    struct span word = {line->at, end};
    *line = span_skip(*line, end < line->len ? end + 1 : end);
    return word;
}

/* A first line, without its end. */
static void split(struct span line, enum kind kind, struct http_head *head)
{
    struct span first = take_word(&line);
    if (kind == RESPONSE) {
        head->version = first;
        head->status = take_word(&line);
        head->reason = line;
        return;
    }
    size_t last = line.len;
    while (last > 0 && line.at[last - 1] != ' ')
        last--;
    head->method = first;
    head->target = last > 0 ? (struct span){line.at, last - 1} : line;
    head->version = last > 0 ? span_skip(line, last) : (struct span){NULL, 0};
}

/* ---- plain heads ----------------------------------------------------------------------------- */

static bool is_end(const char *at, const char *end)
{
    return end - at >= 2 && memcmp(at, "\r\n", 2) == 0;
}

/* Where what may stand in a value ends, and CR LF follows. NULL: another byte follows it, or none
 * has come yet. */
static inline const char *text_end(const char *at, const char *end)
{
    if (!WORD_SMALL) { /* mostly all of it is printable */
        at += http_token_printable_len((struct span){at, (size_t)(end - at)}, ' ');
        if (is_end(at, end))
            return at;
    }
    at += http_token_value_len((struct span){at, (size_t)(end - at)});
    return is_end(at, end) ? at : NULL;
}

static bool ends_name(char c)
{
    return c == ':' || (unsigned char)c < 0x20;
}

/* The first colon, or control: a CR would pass for a hyphen where names are told apart. */
static const char *name_end(const char *at, const char *end)
{
    for (; (size_t)(end - at) >= sizeof(size_t); at += sizeof(size_t)) {
        size_t word = word_read(at);
        size_t marks = word_bytes(word, ':') | word_controls(word);
        if (marks != 0 && WORD_LITTLE)
            return at + word_before(marks);
        if (marks != 0)
            break;
    }
    while (at < end && !ends_name(*at))
        at++;
    return at;
}

/* Says where the next line begins; NULL: this one is not plain, or not whole. */
static const char *take_plain_field(const char *at, const char *end, struct http_head *head)
{
    const char *colon = name_end(at, end);
    struct span name = {at, (size_t)(colon - at)};
    if (colon == end || *colon != ':')
        return NULL;
    const char *value = colon + 1;
    while (value < end && span_is_blank(*value))
        value++;
    const char *last = text_end(value, end);
    if (last == NULL)
        return NULL;
    const char *next = last + 2;
    while (last > value && span_is_blank(last[-1]))
        last--;
    enum http_name known = http_head_add(head, name, (struct span){value, (size_t)(last - value)});
    return known != HTTP_NAME_OTHER || http_token_valid(name) ? next : NULL; /* known: a token */
}

/* Takes a head apart in one pass, for nearly all of them are plain. Says how long it is; 0: it is
 * not plain, or not whole. */
static size_t take_plain(struct span so_far, enum kind kind, struct http_head *head)
{
    const char *end = so_far.at + so_far.len;
    const char *at = text_end(so_far.at, end);
    if (at == NULL || at == so_far.at)
        return 0;
    split((struct span){so_far.at, (size_t)(at - so_far.at)}, kind, head);
    http_head_clear(head);
    at += 2;
    while (at != NULL && !is_end(at, end))
        at = take_plain_field(at, end, head);
    if (at == NULL)
        return 0;
    head->plain = true;
    head->raw = (struct span){so_far.at, (size_t)(at - so_far.at) + 2};
    return head->raw.len;
}

/* ---- all others ------------------------------------------------------------------------------ */

/* Takes the next line off *rest, whatever is in it, without its line end. */
static struct span take_line(struct span *rest)
{
    size_t end = span_find(*rest, '\n');
    struct span line = {rest->at, end};
    *rest = span_skip(*rest, end < rest->len ? end + 1 : end);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* False: it was the empty line that ends the head. */
static bool take_field(struct span *rest, struct http_head *head)
{
    struct span line = take_line(rest);
    size_t colon = span_find(line, ':');
    struct span value = {NULL, 0};
    if (line.len == 0)
        return false;
    if (colon < line.len)
        value = span_trim(span_skip(line, colon + 1));
    http_head_add(head, (struct span){line.at, colon}, value);
    return true;
}

static void take_any(struct span raw, enum kind kind, struct http_head *head)
{
    struct span rest = span_skip(raw, kind == REQUEST ? leading_bytes(raw.at, raw.len) : 0);
    split(take_line(&rest), kind, head);
    http_head_clear(head);
    head->plain = false;
    head->raw = raw;
    while (take_field(&rest, head)) {
    }
}

/* A head that is known to be whole. */
static void take_whole(struct span raw, enum kind kind, struct http_head *head)
{
    ASSERT(raw.len > 0);
    if (take_plain(raw, kind, head) != raw.len)
        take_any(raw, kind, head);
}

void http_parse_request(struct span raw, struct http_head *head)
{
    take_whole(raw, REQUEST, head);
}

void http_parse_response(struct span raw, struct http_head *head)
{
    take_whole(raw, RESPONSE, head);
}

static size_t take(struct span so_far, size_t *scanned, enum kind kind, struct http_head *head)
{
    if (so_far.len == 0)
        return 0;
    size_t len = *scanned == 0 ? take_plain(so_far, kind, head) : 0;
    if (len > 0)
        return len;
    len = http_parse_find_end(so_far.at, so_far.len, scanned);
    if (len > 0)
        take_whole((struct span){so_far.at, len}, kind, head);
    return len;
}

size_t http_parse_take_request(struct span so_far, size_t *scanned, struct http_head *head)
{
    return take(so_far, scanned, REQUEST, head);
}

size_t http_parse_take_response(struct span so_far, size_t *scanned, struct http_head *head)
{
    return take(so_far, scanned, RESPONSE, head);
}
