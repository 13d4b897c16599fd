/* What is answered: pieces of text. */
#include "test/upstream/answer.h"

#include <stdlib.h>
#include <string.h>

#include "test/upstream/faults.h"

enum { PIECE_BYTES = 1024, PARTS = 10 };

static void put_words(struct sse *s, long count, bool last) {
    for (long i = 0; i < count && !s->over; i++) {
        struct buf word = {0};
        buf_fmt(&word, i == 0 ? "w%ld" : " w%ld", i);
        sse_text(s, word.at, word.len, last && i == count - 1);
        buf_free(&word);
    }
}

/* Pieces of 1 KiB: each begins with its number, so that a reader sees what is missing. */
static void put_bytes(struct sse *s, long bytes, bool last) {
    char piece[PIECE_BYTES];
    s->fast = s->d->gap < 0;
    for (long n = 0; bytes > 0 && !s->over; n++) {
        size_t len = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;
        struct buf number = {0};
        buf_fmt(&number, "[%08ld]", n);
        memset(piece, 'a' + (int)(n % 26), sizeof piece);
        memcpy(piece, number.at, number.len);
        buf_free(&number);
        bytes -= (long)len;
        sse_text(s, piece, len, last && bytes == 0);
    }
}

static void put_event(struct sse *s, size_t len, bool last) {
    char *text = malloc(len + 1);
    if (text != NULL) {
        memset(text, 'x', len);
        sse_text(s, text, len, last);
    }
    free(text);
}

/* Where the next piece of a text ends: behind a space, or at a character's border. */
static size_t piece_len(const char *text, size_t len) {
    size_t most = len < PIECE_BYTES ? len : PIECE_BYTES;
    const char *space = most < 2 ? NULL : memchr(text + 1, ' ', most - 1);
    if (space != NULL) {
        return (size_t)(space - text);
    }
    size_t n = most;
    while (n < len && n > 1 && ((unsigned char)text[n] & 0xC0) == 0x80) {
        n--;
    }
    return n;
}

static void put_text(struct sse *s, const char *text, size_t len, bool last) {
    while (len > 0 && !s->over) {
        size_t n = piece_len(text, len);
        sse_text(s, text, n, last && n == len);
        text += n;
        len -= n;
    }
}

static void put_said(struct sse *s, const struct buf *said, bool last) {
    struct buf text = {0};
    buf_str(&text, "You said: ");
    buf_add(&text, said->at, said->len);
    put_text(s, text.at, text.len, last);
    buf_free(&text);
}

void answer_put(struct sse *s, const struct buf *said, const struct buf *body) {
    const struct directives *d = s->d;
    bool last = d->nofinish >= 0;
    if (d->empty >= 0) {
        return;
    }
    if (d->words >= 0) {
        put_words(s, d->words, last);
    } else if (d->bytes >= 0) {
        put_bytes(s, d->bytes, last);
    } else if (d->event >= 0) {
        put_event(s, (size_t)d->event, last);
    } else if (d->echo >= 0) {
        put_text(s, body->at, body->len, last);
    } else if (d->multiline >= 0) {
        sse_text(s, "one\ntwo\n\n four", 14, last);
    } else {
        put_said(s, said, last);
    }
}

static void collect(struct sse *s, const char *text, size_t len, bool last) {
    (void)last;
    buf_add(s->writer, text, len);
}

void answer_collect(const struct directives *d, const struct buf *said, const struct buf *body,
                    struct buf *out) {
    struct directives quiet = *d;
    struct conn nobody = {.fd = -1, .gone = false};
    quiet.cut = quiet.rst = quiet.stall = quiet.badchunk = quiet.malformed = -1;
    quiet.gap = quiet.comment = quiet.unknown = quiet.pings = -1;
    struct sse s = {.write = collect, .writer = out, .a = {.c = &nobody}, .d = &quiet};
    answer_put(&s, said, body);
}

void answer_document(struct sse *s, struct buf *document) {
    struct directives quiet = *s->d;
    document->len -= quiet.malformed >= 0 ? 2 : 0; /* its last brace */
    quiet.malformed = -1;
    const struct directives *told = s->d;
    s->d = &quiet;
    size_t piece = document->len / PARTS + 1;
    for (size_t at = 0; at < document->len && !s->over; at += piece) {
        size_t left = document->len - at;
        sse_raw(s, document->at + at, left < piece ? left : piece);
    }
    s->d = told;
}

/* The body, once the head is out. */
static void put_body(struct sse *s, void (*put)(struct sse *s)) {
    if (s->d->length < 0) {
        http_push(&s->a);
    }
    if (s->d->pause > 0) {
        s->over = !conn_wait(s->a.c, s->d->pause);
    }
    if (s->d->nothing < 0) {
        put(s);
    }
}

enum conn_end answer_send(struct sse *s, const char *type, void (*put)(struct sse *s)) {
    const struct directives *d = s->d;
    struct buf fields = {0};
    s->end = CONN_CUT;
    s->a.framing = faults_framing(d);
    faults_fields(d, &fields);
    http_begin(&s->a, 200, type, buf_cstr(&fields));
    buf_free(&fields);
    if (d->cut0 >= 0) {
        http_push(&s->a);
        return CONN_CUT;
    }
    put_body(s, put);
    if (!s->over && d->nolastchunk >= 0) {
        http_push(&s->a);
        return CONN_CUT;
    }
    if (s->over || !http_end(&s->a)) {
        buf_free(&s->a.head);
        buf_free(&s->a.held);
        return s->end;
    }
    return faults_behind(s->a.c, d);
}
