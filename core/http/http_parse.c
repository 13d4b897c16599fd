/* Finds where a head ends and takes it apart. */
#include "core/http/http_parse.h"

#include "core/base/assert.h"
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
static struct span take_word(struct span *line)
{
    size_t end = 0;
    while (end < line->len && line->at[end] != ' ')
        end++;
    struct span word = {line->at, end};
    *line = span_skip(*line, end < line->len ? end + 1 : end);
    return word;
}

/* A first line, without its end. */
static void split(struct span line, enum kind kind, struct http_head *head)
{
    struct span none = {NULL, 0};
    struct span first = take_word(&line);
    if (kind == RESPONSE) {
        head->version = first;
        head->status = take_word(&line);
        head->reason = line;
        head->method = head->target = none;
        return;
    }
    size_t last = line.len;
    while (last > 0 && line.at[last - 1] != ' ')
        last--;
    head->method = first;
    head->target = last > 0 ? (struct span){line.at, last - 1} : line;
    head->version = last > 0 ? span_skip(line, last) : none;
    head->status = head->reason = none;
}

/* ---- plain heads ----------------------------------------------------------------------------- */

static bool is_end(struct span rest)
{
    return rest.len >= 2 && rest.at[0] == '\r' && rest.at[1] == '\n';
}

/* Takes what may stand in a value, and the CR LF behind it, off *rest. False: another byte follows
 * it, or none has come yet. */
static bool take_text(struct span *rest, struct span *text)
{
    *text = (struct span){rest->at, http_token_value_len(*rest)};
    struct span end = span_skip(*rest, text->len);
    if (!is_end(end))
        return false;
    *rest = span_skip(end, 2);
    return true;
}

static bool take_plain_field(struct span *rest, struct http_head *head)
{
    struct span name = {rest->at, 0};
    struct span value;
    while (name.len < rest->len && http_token_char(name.at[name.len]))
        name.len++;
    if (name.len == 0 || name.len == rest->len || name.at[name.len] != ':')
        return false;
    *rest = span_skip(*rest, name.len + 1);
    if (!take_text(rest, &value))
        return false;
    http_head_add(head, (struct http_field){name, span_trim(value)});
    return true;
}

/* Takes a head apart in one pass, for nearly all of them are plain. Says how long it is; 0: it is
 * not plain, or not whole. */
static size_t take_plain(struct span so_far, enum kind kind, struct http_head *head)
{
    struct span rest = so_far;
    struct span line;
    if (!take_text(&rest, &line) || line.len == 0)
        return 0;
    split(line, kind, head);
    http_head_clear(head);
    while (!is_end(rest)) {
        if (!take_plain_field(&rest, head))
            return 0;
    }
    head->plain = true;
    head->raw = (struct span){so_far.at, so_far.len - rest.len + sizeof("\r\n") - 1};
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
    struct http_field field = {{line.at, colon}, {NULL, 0}};
    if (line.len == 0)
        return false;
    if (colon < line.len)
        field.value = span_trim(span_skip(line, colon + 1));
    http_head_add(head, field);
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
