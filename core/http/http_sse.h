/* Server-sent events, parsed in the window that they arrive in (WHATWG HTML, section 9.2). */
#ifndef MOONGATE_HTTP_SSE_H
#define MOONGATE_HTTP_SSE_H

#include "core/base/result.h"
#include "core/base/span.h"

#define HTTP_SSE_NAME_BYTES 64 /* of an event name that stands behind data; a longer one is cut */

struct http_sse {
    bool bare_events;  /* the caller's to set: events with a name but no data are delivered too */
    uint32_t comments; /* comment lines seen */
    /* Offsets into the window. */
    size_t _line; /* where the line under way begins */
    size_t _scan; /* up to here no line end was found in it */
    size_t _name_at;
    size_t _name_len;
    size_t _data_at;
    size_t _data_len;
    bool _begun;   /* the place of a byte order mark has passed */
    bool _skip_lf; /* the last line ended in CR: an LF that follows belongs to it */
    bool _has_name;
    bool _has_data;
    bool _joined;    /* the data is of several lines */
    bool _name_kept; /* the name is in _name, as data stood before it */
    char _name[HTTP_SSE_NAME_BYTES];
};

struct http_sse_event {
    struct span name; /* "event:"; empty when there was none */
    struct span data; /* the data lines joined by LF; may hold any byte but CR */
    bool has_data;    /* false only with bare_events */
    bool joined;      /* the data was of several lines */
    size_t consumed;  /* bytes of the window that are done with */
};

/* A stream that has not begun; bare_events is false. */
void http_sse_init(struct http_sse *sse);

/*
 * Looks for the next event in window[0..len), of which it may rewrite what it has read (data
 * lines are joined in place).
 * RESULT_DONE: *event; its spans hold until the window changes (the name: until the next call).
 * RESULT_MORE: there is no whole event; append bytes and call again. A window that is full then
 * holds a line or an event too long for it.
 * Either way event->consumed bytes are done with: the next call's window begins that much
 * further on, whether the caller moves the rest down or advances its pointer. Bytes that are not
 * consumed are the caller's to keep, in order and untouched.
 * The id and retry fields are dropped: nobody here reconnects to a stream.
 */
enum result http_sse_next(struct http_sse *sse, char *window, size_t len,
                          struct http_sse_event *event);

/* After the last byte has come, and http_sse_next has answered RESULT_MORE: the event that its
 * empty line, or even its line end, is missing of. RESULT_MORE: there is none. */
enum result http_sse_end(struct http_sse *sse, char *window, size_t len,
                         struct http_sse_event *event);

#endif
