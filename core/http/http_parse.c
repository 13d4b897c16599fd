/* Finds where a head ends and takes it apart. */
#include "core/http/http_parse.h"

#include "core/base/assert.h"

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

/* Takes the next line off *rest, without its line end. */
static struct span take_line(struct span *rest)
{
    size_t end = span_find(*rest, '\n');
    struct span line = {rest->at, end};
    *rest = span_skip(*rest, end < rest->len ? end + 1 : end);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
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

static struct http_field field_of(struct span line)
{
    size_t colon = span_find(line, ':');
    struct http_field field = {{line.at, colon}, {NULL, 0}};
    if (colon < line.len)
        field.value = span_trim(span_skip(line, colon + 1));
    return field;
}

static void take_fields(struct span rest, struct http_head *head)
{
    head->field_count = 0;
    head->too_many = false;
    for (struct span line = take_line(&rest); line.len > 0; line = take_line(&rest)) {
        if (head->field_count == LIMIT_FIELDS) {
            head->too_many = true;
            return;
        }
        head->fields[head->field_count++] = field_of(line);
    }
}

void http_parse_request(struct span raw, struct http_head *head)
{
    ASSERT(raw.len > 0);
    struct span none = {NULL, 0};
    struct span rest = span_skip(raw, leading_bytes(raw.at, raw.len));
    struct span line = take_line(&rest);
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
    struct span line = take_line(&rest);
    head->raw = raw;
    head->version = take_word(&line);
    head->status = take_word(&line);
    head->reason = line;
    head->method = none;
    head->target = none;
    take_fields(rest, head);
}
