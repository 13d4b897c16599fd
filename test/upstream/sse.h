/* Server-sent events out, in every dialect that directives can ask for. */
#ifndef MOONGATE_UPSTREAM_SSE_H
#define MOONGATE_UPSTREAM_SSE_H

#include "test/upstream/directives.h"
#include "test/upstream/http.h"

/* A stream on its way. */
struct sse {
    /* How a piece of text is written; NULL: as the rust-proxy service does. */
    void (*write)(struct sse *s, const char *text, size_t len, bool last);
    void *writer; /* its own */
    struct http_answer a;
    const struct directives *d;
    long pieces;       /* pieces of text sent */
    bool fast;         /* events are sent when there are many, not one by one */
    bool over;         /* cut, stalled or left by the client: nothing more is sent */
    enum conn_end end; /* how the connection ends then */
};

/* One event. The data may have several lines; last: it is the stream's last one (@@nolastnl). */
void sse_event(struct sse *s, const char *name, const char *data, size_t len, bool last);

/* One event whose data is a string. */
void sse_line(struct sse *s, const char *name, const char *data);

/* A piece of the answer, and what was told to happen at or behind it: gaps, comments, unknown
 * events, cut, stall. */
void sse_text(struct sse *s, const char *text, size_t len, bool last);

/* A piece of an answer that is no stream of events: the same happens at and behind it. */
void sse_raw(struct sse *s, const char *data, size_t len);

#endif
