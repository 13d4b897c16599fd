/*
 * Server-sent events in their window. Lines are found some machine words at a time; the scan goes
 * on where it stopped, and the data of an event only ever moves down over bytes that were read.
 */
#include "core/http/http_sse.h"

#include "core/base/assert.h"
#include "core/base/word.h"

#include <string.h>

#define MARK "\xEF\xBB\xBF"
#define MARK_LEN (sizeof(MARK) - 1)

/* Passes over text by two words at a time, as long as neither has a control character. */
static size_t pass_text(const char *window, size_t at, size_t len)
{
    const size_t both = 2 * sizeof(size_t);
    while (len - at >= both) {
        size_t first = word_read(window + at);
        size_t second = word_read(window + at + sizeof(first));
        if ((word_controls(first) | word_controls(second)) != 0)
            break;
        at += both;
    }
    return at;
}

/* The first CR or LF of window[at..len), or len. Text has hardly another byte of their kind. */
static size_t find_line_end(const char *window, size_t at, size_t len)
{
    const size_t one = sizeof(size_t);
    while ((at = pass_text(window, at, len)) < len) {
        if (len - at >= one && word_controls(word_read(window + at)) == 0)
            at += one;
        size_t end = len - at < one ? len : at + one;
        while (at < end && window[at] != '\n' && window[at] != '\r')
            at++;
        if (at < end)
            return at;
    }
    return at;
}

void http_sse_init(struct http_sse *sse)
{
    memset(sse, 0, sizeof(*sse));
}

/* Forgets the event under way. */
static void forget(struct http_sse *sse)
{
    sse->_has_name = false;
    sse->_has_data = false;
    sse->_joined = false;
    sse->_name_kept = false;
    sse->_name_len = 0;
    sse->_data_len = 0;
}

static void set_name(struct http_sse *sse, const char *window, struct span value)
{
    sse->_has_name = value.len > 0;
    sse->_name_kept = sse->_has_data;
    sse->_name_len = value.len;
    sse->_name_at = (size_t)(value.at - window);
    if (!sse->_name_kept)
        return;
    /* Data lines that follow may be moved over it. */
    if (sse->_name_len > sizeof(sse->_name))
        sse->_name_len = sizeof(sse->_name);
    memcpy(sse->_name, value.at, sse->_name_len);
}

static void add_data(struct http_sse *sse, char *window, struct span value)
{
    size_t at = (size_t)(value.at - window);
    if (!sse->_has_data) {
        sse->_has_data = true;
        sse->_data_at = at;
        sse->_data_len = value.len;
        return;
    }
    size_t end = sse->_data_at + sse->_data_len;
    ASSERT(end < at);
    sse->_joined = true;
    window[end] = '\n';
    memmove(window + end + 1, window + at, value.len);
    sse->_data_len += 1 + value.len;
}

/* True when the line is of that field; *value is what follows the colon and one space. */
static inline bool is_field(struct span line, struct span name, struct span *value)
{
    if (line.len < name.len || memcmp(line.at, name.at, name.len) != 0)
        return false;
    *value = span_skip(line, name.len);
    if (value->len == 0)
        return true;
    if (value->at[0] != ':')
        return false;
    *value = span_skip(*value, 1);
    if (value->len > 0 && value->at[0] == ' ') {
        *value = span_skip(*value, 1);
    }
    return true;
}

static void take_line(struct http_sse *sse, char *window, struct span line)
{
    struct span value;
    if (line.at[0] == ':')
        sse->comments++;
    else if (is_field(line, SPAN("data"), &value))
        add_data(sse, window, value);
    else if (is_field(line, SPAN("event"), &value))
        set_name(sse, window, value);
}

/* Fills *event, when there is one. */
static bool deliver(struct http_sse *sse, const char *window, struct http_sse_event *event)
{
    bool whole = sse->_has_data || (sse->bare_events && sse->_has_name);
    if (whole) {
        event->name.at = sse->_name_kept ? sse->_name : window + sse->_name_at;
        event->name.len = sse->_name_len;
        event->data.at = window + (sse->_has_data ? sse->_data_at : 0);
        event->data.len = sse->_data_len;
        event->has_data = sse->_has_data;
        event->joined = sse->_joined;
    }
    forget(sse);
    return whole;
}

/* Drops what stands before the event under way from the window. */
static size_t drop_spent(struct http_sse *sse)
{
    size_t spent = sse->_line;
    if (sse->_has_name && !sse->_name_kept)
        spent = sse->_name_at;
    else if (sse->_has_data)
        spent = sse->_data_at;
    sse->_line -= spent;
    sse->_scan -= spent;
    sse->_name_at = sse->_has_name && !sse->_name_kept ? sse->_name_at - spent : 0;
    sse->_data_at = sse->_has_data ? sse->_data_at - spent : 0;
    return spent;
}

/* Passes over a byte order mark at the start of the stream; false while it may still become one. */
static bool begin(struct http_sse *sse, const char *window, size_t len)
{
    size_t n = len < MARK_LEN ? len : MARK_LEN;
    bool mark = memcmp(window, MARK, n) == 0;
    if (mark && n < MARK_LEN)
        return false;
    sse->_begun = true;
    sse->_line = mark ? MARK_LEN : 0;
    sse->_scan = sse->_line;
    return true;
}

/* Goes behind the line end at end. */
static void pass_line_end(struct http_sse *sse, const char *window, size_t end)
{
    sse->_skip_lf = window[end] == '\r';
    sse->_line = end + 1;
    sse->_scan = end + 1;
}

static void pass_lf(struct http_sse *sse, const char *window, size_t len)
{
    if (!sse->_skip_lf || sse->_line == len)
        return;
    if (window[sse->_line] == '\n') {
        sse->_line++;
        sse->_scan++;
    }
    sse->_skip_lf = false;
}

enum result http_sse_next(struct http_sse *sse, char *window, size_t len,
                          struct http_sse_event *event)
{
    ASSERT(sse->_scan <= len && sse->_line <= sse->_scan);
    memset(event, 0, sizeof(*event));
    if (!sse->_begun && (len == 0 || !begin(sse, window, len)))
        return RESULT_MORE;
    for (;;) {
        pass_lf(sse, window, len);
        size_t end = find_line_end(window, sse->_scan, len);
        if (end == len) {
            sse->_scan = len;
            event->consumed = drop_spent(sse);
            return RESULT_MORE;
        }
        struct span line = {window + sse->_line, end - sse->_line};
        pass_line_end(sse, window, end);
        if (line.len > 0) {
            take_line(sse, window, line);
        } else if (deliver(sse, window, event)) {
            event->consumed = drop_spent(sse);
            return RESULT_DONE;
        }
    }
}

enum result http_sse_end(struct http_sse *sse, char *window, size_t len,
                         struct http_sse_event *event)
{
    ASSERT(sse->_line <= len);
    memset(event, 0, sizeof(*event));
    if (sse->_line < len)
        take_line(sse, window, (struct span){window + sse->_line, len - sse->_line});
    sse->_line = 0;
    sse->_scan = 0;
    event->consumed = len;
    return deliver(sse, window, event) ? RESULT_DONE : RESULT_MORE;
}
