/* Server-sent events out. */
#include "test/upstream/sse.h"

#include <string.h>

#include "test/upstream/orders.h"

static const char *line_end(const struct directives *d) {
    if (d->cr >= 0) {
        return "\r";
    }
    return d->crlf >= 0 ? "\r\n" : "\n";
}

static void add_data(struct buf *out, const char *data, size_t len, const char *eol) {
    const char *end = data + len;
    for (;;) {
        const char *stop = data == end ? NULL : memchr(data, '\n', (size_t)(end - data));
        const char *behind = stop == NULL ? end : stop;
        buf_str(out, "data: ");
        buf_add(out, data, (size_t)(behind - data));
        buf_str(out, eol);
        if (stop == NULL) {
            return;
        }
        data = stop + 1;
    }
}

void sse_event(struct sse *s, const char *name, const char *data, size_t len, bool last) {
    if (s->over) {
        return;
    }
    const char *eol = line_end(s->d);
    struct buf out = {0};
    if (name[0] != '\0') {
        buf_fmt(&out, "event: %s%s", name, eol);
    }
    add_data(&out, data, len, eol);
    if (!last || s->d->nolastnl < 0) {
        buf_str(&out, eol);
    }
    http_put(&s->a, out.at, out.len);
    buf_free(&out);
    if (!s->fast) {
        http_push(&s->a);
    }
    s->over = s->a.c->gone;
}

void sse_line(struct sse *s, const char *name, const char *data) {
    sse_event(s, name, data, strlen(data), false);
}

static void finish_early(struct sse *s, enum conn_end end) {
    http_push(&s->a);
    s->over = true;
    s->end = end;
}

/* What was told to happen before the next piece of text. */
static void meddle(struct sse *s) {
    const struct directives *d = s->d;
    if (d->stall == s->pieces) {
        http_push(&s->a);
        conn_wait(s->a.c, -1);
        finish_early(s, CONN_CUT);
    } else if (d->cut == s->pieces) {
        finish_early(s, CONN_CUT);
    } else if (d->rst > 0 && d->rst == s->pieces) {
        finish_early(s, CONN_RESET);
    } else if (d->malformed == s->pieces) {
        sse_line(s, "", "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bro");
    } else if (d->badchunk == s->pieces) {
        conn_put(s->a.c, "not hexadecimal\r\n", 17);
        finish_early(s, CONN_CLOSE);
    }
}

static void meddle_unless_over(struct sse *s) {
    if (!s->over) {
        meddle(s);
    }
}

static void wait_gap(struct sse *s) {
    if (s->pieces > 0 && s->d->gap > 0 && !orders_hurry()) {
        s->over = s->over || !conn_wait(s->a.c, s->d->gap);
    }
}

static void put_between(struct sse *s) {
    const struct directives *d = s->d;
    if (d->comment >= 0) {
        const char *eol = line_end(d);
        struct buf out = {0};
        buf_fmt(&out, ": a comment%s:%s", eol, eol);
        buf_fmt(&out, "id: %ld%sretry: 3000%s%s", s->pieces, eol, eol, eol);
        http_put(&s->a, out.at, out.len);
        buf_free(&out);
    }
    if (d->unknown >= 0) {
        sse_line(s, "weather", "sunny");
        sse_line(s, "ping", "{\"text\":\"not a part of the answer\"}");
    }
    for (long i = 0; i < d->pings; i++) {
        sse_line(s, "ping", "{\"type\": \"ping\"}");
    }
    if (d->interleave >= 0 && s->write == NULL) {
        sse_line(s, "r", "hm ");
    }
    wait_gap(s);
}

static void put_json(struct sse *s, const char *name, const char *text, size_t len, bool last) {
    struct buf out = {0};
    buf_str(&out, s->d->jsonother >= 0 ? "{\"delta\":" : "{\"id\":7,\"text\":");
    buf_json(&out, text, len);
    buf_str(&out, "}");
    sse_event(s, name, out.at, out.len, last);
    buf_free(&out);
}

void sse_text(struct sse *s, const char *text, size_t len, bool last) {
    static const char *const names[] = {"message", "content", "c"};
    const char *name = s->d->noevent >= 0 ? "" : names[s->pieces % 3];
    put_between(s);
    bool json = s->d->json >= 0 || s->d->jsonother >= 0;
    if (s->write != NULL) {
        s->write(s, text, len, last);
    } else if (json || memchr(text, '\r', len) != NULL) {
        put_json(s, name, text, len, last);
    } else {
        sse_event(s, name, text, len, last);
    }
    s->pieces++;
    meddle_unless_over(s);
}

void sse_raw(struct sse *s, const char *data, size_t len) {
    wait_gap(s);
    if (!s->over) {
        http_put(&s->a, data, len);
        s->over = s->a.framing != HTTP_LENGTH && !http_push(&s->a);
        s->pieces++;
        meddle_unless_over(s);
    }
}
