/* Finds where a head ends and takes it apart. */
#include "core/http/http_parse.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"

#include <string.h>

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

/* Takes the next line off *rest, whatever is in it, without its line end. */
static struct span take_any_line(struct span *rest)
{
    size_t end = span_find(*rest, '\n');
    struct span line = {rest->at, end};
    *rest = span_skip(*rest, end < rest->len ? end + 1 : end);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Behind what may stand in a value, from a place in rest on. */
static const char *value_end(const char *at, struct span rest)
{
    return at + http_token_value_len(span_skip(rest, (size_t)(at - rest.at)));
}

static bool is_end(const char *at)
{
    return at[0] == '\r' && at[1] == '\n';
}

static bool ends_in_lf(struct span rest)
{
    return rest.len > 0 && rest.at[rest.len - 1] == '\n';
}

/* The head's first line, taken off *rest: it is plain without controls, and with CR LF behind. */
static struct span take_first_line(struct span *rest, struct http_head *head)
{
    const char *end = ends_in_lf(*rest) ? value_end(rest->at, *rest) : NULL;
    head->plain = end != NULL && is_end(end);
    if (!head->plain)
        return take_any_line(rest);
    struct span line = {rest->at, (size_t)(end - rest->at)};
    *rest = span_skip(*rest, line.len + 2);
    return line;
}

/* Takes what stands before the first space off *line, and the space. */
static struct span take_word(struct span *line)
{
    size_t end = span_find(*line, ' ');
    struct span word = {line->at, end};
    *line = span_skip(*line, end < line->len ? end + 1 : end);
    return word;
}

/* Takes a field line off *rest if it is plain: in one pass, for nearly all of them are. The LF that
 * *rest ends in is part of no name, blank or value. */
static bool take_plain_field(struct span *rest, struct http_head *head)
{
    const char *name = rest->at;
    const char *colon = name;
    while (http_token_char(*colon))
        colon++;
    if (colon == name || *colon != ':')
        return false;
    const char *value = colon + 1;
    while (span_is_blank(*value))
        value++;
    const char *end = value_end(value, *rest);
    if (!is_end(end))
        return false;
    *rest = span_skip(*rest, (size_t)(end - name) + 2);
    while (end > value && span_is_blank(end[-1]))
        end--;
    http_head_add(head, (struct http_field){{name, (size_t)(colon - name)},
                                            {value, (size_t)(end - value)}});
    return true;
}

/* The same with a line that is not plain. False: it was the empty one that ends the head. */
static bool take_any_field(struct span *rest, struct http_head *head)
{
    if (rest->len == 2 && is_end(rest->at))
        return false;
    struct span line = take_any_line(rest);
    size_t colon = span_find(line, ':');
    struct http_field field = {{line.at, colon}, {NULL, 0}};
    head->plain = false;
    if (line.len == 0)
        return false;
    if (colon < line.len)
        field.value = span_trim(span_skip(line, colon + 1));
    http_head_add(head, field);
    return true;
}

static void take_fields(struct span rest, struct http_head *head)
{
    http_head_clear(head);
    while ((ends_in_lf(rest) && take_plain_field(&rest, head)) || take_any_field(&rest, head)) {
    }
}

void http_parse_request(struct span raw, struct http_head *head)
{
    ASSERT(raw.len > 0);
    struct span none = {NULL, 0};
    size_t leading = leading_bytes(raw.at, raw.len);
    struct span rest = span_skip(raw, leading);
    struct span line = take_first_line(&rest, head);
    head->plain = head->plain && leading == 0;
    head->raw = raw;
    head->method = take_word(&line);
    size_t last = line.len;
    while (last > 0 && line.at[last - 1] != ' ')
        last--;
    head->target = last > 0 ? (struct span){line.at, last - 1} : line;
    head->version = last > 0 ? span_skip(line, last) : none;
    head->status = none;
    head->reason = none;
    take_fields(rest, head);
}

void http_parse_response(struct span raw, struct http_head *head)
{
    ASSERT(raw.len > 0);
    struct span none = {NULL, 0};
    struct span rest = raw;
    struct span line = take_first_line(&rest, head);
    head->raw = raw;
    head->version = take_word(&line);
    head->status = take_word(&line);
    head->reason = line;
    head->method = none;
    head->target = none;
    take_fields(rest, head);
}
