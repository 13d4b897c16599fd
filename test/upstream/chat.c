/* POST /api/v1/stream/chat: what the answer consists of. */
#define _GNU_SOURCE
#include "test/upstream/chat.h"

#include <string.h>

#include "test/upstream/answer.h"
#include "test/upstream/check.h"
#include "test/upstream/faults.h"
#include "test/upstream/json.h"
#include "test/upstream/orders.h"
#include "test/upstream/sse.h"
#include "test/upstream/stats.h"

/* What a chat is about. */
struct chat {
    const struct http_request *r;
    struct directives d;
    struct buf said; /* the last user's text without directives */
};

static const char *last_user_text(const struct buf *content, size_t *len) {
    const char *text = content->at;
    const char *end = content->at + content->len;
    const char *p = text;
    while ((p = memmem(p, (size_t)(end - p), "User: ", 6)) != NULL) {
        if (p == content->at || p[-1] == '\n') {
            text = p + 6;
        }
        p += 6;
    }
    *len = (size_t)(end - text);
    return text;
}

static void put_ids(struct sse *s, const struct chat *chat) {
    struct json body;
    struct buf thread = {0};
    json_parse(chat->r->body.at, chat->r->body.len, &body);
    if (!json_text(json_member(body, "threadId"), &thread)) {
        buf_fmt(&thread, "thread-%lu", s->a.c->chat);
    }
    sse_line(s, "threadId", buf_cstr(&thread));
    thread.len = 0;
    buf_fmt(&thread, "query-%lu", s->a.c->chat);
    sse_line(s, "queryMessageId", buf_cstr(&thread));
    sse_line(s, "answerMessageId", "answer-1");
    buf_free(&thread);
}

static void put_extras(struct sse *s) {
    sse_line(s, "threadTitle", "A title");
    sse_line(s, "action", "{\"action\":\"search\",\"query\":\"moon gates\"}");
    sse_line(s, "sources",
             "[{\"title\":\"Moon gate\",\"url\":\"https://example.org/gate\"},"
             "{\"title\":\"Garden \\\"walls\\\"\",\"url\":\"https://example.org/wall\"}]");
    sse_line(s, "repoSources", "[{\"repo\":\"example/gate\",\"filePath\":\"src/gate.c\"}]");
    sse_line(s, "rlq", "What is a moon gate?");
    sse_line(s, "q", "Who built the first one?");
}

static void put_reasoning(struct sse *s, long count) {
    for (long i = 0; i < count; i++) {
        struct buf thought = {0};
        buf_fmt(&thought, "thought %ld. ", i);
        if (s->d->json >= 0) {
            struct buf json = {0};
            buf_fmt(&json, "{\"text\":\"%s\"}", buf_cstr(&thought));
            sse_line(s, "r", buf_cstr(&json));
            buf_free(&json);
        } else {
            sse_line(s, "r", buf_cstr(&thought));
        }
        buf_free(&thought);
    }
}

/* Everything behind the head. */
static void put_stream(struct sse *s) {
    const struct chat *chat = s->writer;
    const struct directives *d = s->d;
    if (d->error0 >= 0) {
        sse_line(s, "error", "the stand-in was told to fail");
        return;
    }
    if (d->noids < 0) {
        put_ids(s, chat);
    }
    put_reasoning(s, d->reasoning);
    answer_put(s, &chat->said, &chat->r->body);
    if (d->extras >= 0) {
        put_extras(s);
    }
    if (d->error >= 0) {
        sse_line(s, "error", "the stand-in was told to fail");
    } else if (d->nofinish < 0) {
        sse_event(s, "finish", "ok", 2, true);
    }
}

static enum conn_end put_chat(struct conn *c, struct chat *chat) {
    struct sse s = {.writer = chat, .d = &chat->d, .a = {.c = c}};
    return answer_send(&s, "text/event-stream", put_stream);
}

static void begin(struct conn *c, const struct http_request *r) {
    struct buf fields = {0};
    for (int i = 0; i < r->field_count; i++) {
        buf_str(&fields, i == 0 ? "" : ",");
        buf_json(&fields, r->fields[i].name, strlen(r->fields[i].name));
        buf_str(&fields, ":");
        buf_json(&fields, r->fields[i].value, strlen(r->fields[i].value));
    }
    stats_request(STATS_CHAT);
    c->chat = stats_chat_begin(&fields, &r->body);
    buf_free(&fields);
}

static enum conn_end obey(struct conn *c, const struct http_request *r, const struct buf *content) {
    struct chat chat = {.r = r};
    enum conn_end end = CONN_CUT;
    size_t len;
    directives_clear(&chat.d);
    orders_chat(&chat.d);
    const char *text = last_user_text(content, &len);
    bool known = directives_read(&chat.d, text, len, &chat.said);
    if (!known) {
        end = check_refuse(c, "a directive nobody knows");
    } else if (!faults_instead(c, &chat.d, &end)) {
        end = put_chat(c, &chat);
    }
    buf_free(&chat.said);
    return end;
}

enum conn_end chat_answer(struct conn *c, const struct http_request *r) {
    struct buf content = {0};
    enum conn_end end;
    begin(c, r);
    const char *refusal = check_chat(r, &content);
    if (refusal != NULL) {
        end = check_refuse(c, refusal);
        stats_chat_end(STATS_REFUSED);
    } else {
        end = obey(c, r, &content);
        stats_chat_end(c->gone ? STATS_ABORTED : STATS_COMPLETE);
    }
    buf_free(&content);
    c->chat = 0;
    c->split = 0;
    return c->gone ? CONN_CUT : end;
}
