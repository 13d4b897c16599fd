/* Misbehaviour that happens before, or instead of, a proper answer. */
#include "test/upstream/faults.h"

#include <string.h>

/* `data: hi\n\nevent: finish\ndata: ok\n\n` by gzip -n */
static const unsigned char gzipped[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b, 0x49,
    0x2c, 0x49, 0xb4, 0x52, 0xc8, 0xc8, 0xe4, 0xe2, 0x4a, 0x2d, 0x4b, 0xcd,
    0x2b, 0xb1, 0x52, 0x48, 0xcb, 0xcc, 0xcb, 0x2c, 0xce, 0xe0, 0x4a, 0x01,
    0x8b, 0xe7, 0x67, 0x73, 0x71, 0x01, 0x00, 0xb4, 0x01, 0x6c, 0xf4, 0x22,
    0x00, 0x00, 0x00,
};

static enum conn_end put_text(struct conn *c, const char *text, enum conn_end end) {
    conn_put(c, text, strlen(text));
    conn_flush(c);
    return end;
}

static enum conn_end put_endless_head(struct conn *c) {
    put_text(c, "HTTP/1.1 200 OK\r\n", CONN_KEEP);
    for (int i = 0; i < 1000000 && !c->gone; i++) {
        put_text(c, "x-more: and more and more and more and more and more\r\n", CONN_KEEP);
    }
    return CONN_CUT;
}

/* What each status is called; the first list is OpenAI's, the second Anthropic's. */
static const char *error_type(bool anthropic, long status) {
    static const struct {
        long status;
        const char *type[2];
    } types[] = {
        {400, {"invalid_request_error", "invalid_request_error"}},
        {401, {"invalid_request_error", "authentication_error"}},
        {403, {"invalid_request_error", "permission_error"}},
        {404, {"invalid_request_error", "not_found_error"}},
        {413, {"invalid_request_error", "request_too_large"}},
        {429, {"requests", "rate_limit_error"}},
        {504, {"server_error", "timeout_error"}},
        {529, {"server_error", "overloaded_error"}},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].status == status) {
            return types[i].type[anthropic];
        }
    }
    return anthropic ? "api_error" : "server_error";
}

void faults_error(struct conn *c, int status, const char *fields, const char *message,
                  const char *code) {
    struct buf body = {0};
    const char *type = error_type(c->anthropic, status);
    if (c->anthropic) {
        buf_fmt(&body, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",", type);
        buf_fmt(&body, "\"message\":\"%s\"},\"request_id\":\"req_of_tests\"}", message);
    } else {
        buf_fmt(&body, "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",", message, type);
        buf_fmt(&body, code == NULL ? "\"param\":null,\"code\":null}}"
                                    : "\"param\":\"messages\",\"code\":\"%s\"}}", code);
    }
    http_whole(c, status, "application/json", fields, &body);
    buf_free(&body);
}

static enum conn_end put_status(struct conn *c, const struct directives *d) {
    struct buf fields = {0};
    struct buf message = {0};
    if (d->retry_after >= 0) {
        buf_fmt(&fields, "retry-after: %ld\r\n", d->retry_after);
    }
    buf_fmt(&message, "the stand-in was told to answer %ld", d->status);
    faults_error(c, (int)d->status, buf_cstr(&fields), buf_cstr(&message), NULL);
    buf_free(&fields);
    buf_free(&message);
    return CONN_KEEP;
}

/* What a client can mend, in the words that services use for it. */
static enum conn_end put_refusal(struct conn *c, bool toolong) {
    const char *message = "Output blocked by content filtering policy";
    if (toolong) {
        message = c->anthropic ? "prompt is too long: 200001 tokens > 200000 maximum"
                               : "This model's maximum context length is 8192 tokens.";
    }
    faults_error(c, 400, "", message, toolong ? "context_length_exceeded" : "content_filter");
    return CONN_KEEP;
}

static enum conn_end put_html(struct conn *c) {
    struct buf body = {0};
    buf_str(&body, "<!doctype html><title>Sign in</title><p>Sign in to go on");
    http_whole(c, 200, "text/html", "", &body);
    buf_free(&body);
    return CONN_KEEP;
}

static enum conn_end put_gzip(struct conn *c) {
    struct http_answer a = {.c = c, .framing = HTTP_CHUNKED};
    http_begin(&a, 200, "text/event-stream", "content-encoding: gzip\r\n");
    http_put(&a, gzipped, sizeof gzipped);
    http_end(&a);
    return CONN_KEEP;
}

static bool no_answer(struct conn *c, const struct directives *d, enum conn_end *end) {
    if (d->stall0 >= 0) {
        conn_wait(c, -1);
    }
    *end = d->rst == 0 ? CONN_RESET : CONN_CLOSE;
    return d->stall0 >= 0 || d->close >= 0 || d->rst == 0;
}

static bool wrong_answer(struct conn *c, const struct directives *d, enum conn_end *end) {
    if (d->endlesshead >= 0) {
        *end = put_endless_head(c);
    } else if (d->badhead >= 0) {
        *end = put_text(c, "220 stand-in ESMTP ready, and no HTTP at all\r\n\r\n", CONN_CLOSE);
    } else if (d->twolengths >= 0) {
        *end = put_text(c,
                        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                        "content-length: 10\r\ncontent-length: 30\r\n\r\n"
                        "data: hi\n\nevent: finish\ndata: ok\n\n",
                        CONN_CLOSE);
    } else if (d->redirect >= 0) {
        *end = put_text(c,
                        "HTTP/1.1 302 Found\r\nlocation: https://localhost/elsewhere\r\n"
                        "content-length: 0\r\n\r\n",
                        CONN_KEEP);
    } else if (d->toolong >= 0 || d->policy >= 0) {
        *end = put_refusal(c, d->toolong >= 0);
    } else if (d->status >= 0) {
        *end = put_status(c, d);
    } else if (d->html >= 0) {
        *end = put_html(c);
    } else if (d->gzip_unasked >= 0) {
        *end = put_gzip(c);
    } else {
        return false;
    }
    return true;
}

bool faults_instead(struct conn *c, const struct directives *d, enum conn_end *end) {
    c->split = d->split > 0 ? d->split : 0;
    if (d->delay > 0 && !conn_wait(c, d->delay)) {
        *end = CONN_CUT;
        return true;
    }
    if (no_answer(c, d, end)) {
        return true;
    }
    if (d->informational >= 0) {
        put_text(c, "HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n", CONN_KEEP);
    }
    return wrong_answer(c, d, end);
}

enum http_framing faults_framing(const struct directives *d) {
    if (d->length >= 0) {
        return HTTP_LENGTH;
    }
    return d->eof >= 0 ? HTTP_EOF : HTTP_CHUNKED;
}

void faults_fields(const struct directives *d, struct buf *fields) {
    if (d->bighead > 0) {
        buf_str(fields, "x-big: ");
        for (long i = 0; i < d->bighead; i++) {
            buf_add(fields, "b", 1);
        }
        buf_str(fields, "\r\n");
    }
    if (d->close_after >= 0 && d->eof < 0) {
        buf_str(fields, "connection: close\r\n");
    }
}

enum conn_end faults_behind(struct conn *c, const struct directives *d) {
    if (d->dead >= 0) {
        conn_wait(c, d->dead);
        return CONN_CUT;
    }
    return d->close_after >= 0 || d->eof >= 0 ? CONN_CLOSE : CONN_KEEP;
}
