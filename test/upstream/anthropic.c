/* Anthropic's protocol, as the service speaks it. */
#define _GNU_SOURCE
#include "test/upstream/anthropic.h"

#include <string.h>

#include "test/upstream/answer.h"
#include "test/upstream/anthropic_check.h"
#include "test/upstream/check.h"
#include "test/upstream/faults.h"
#include "test/upstream/models.h"
#include "test/upstream/openai_check.h"
#include "test/upstream/orders.h"
#include "test/upstream/stats.h"

/* What a request is about. */
struct asked {
    const struct http_request *r;
    struct directives d;
    struct buf said;  /* the last user's text, or a tool's result, without directives */
    struct buf model; /* as JSON */
    bool stream;
    int block; /* the number of the block that is written */
};

static bool starts(struct json value, char c) { return value.at != NULL && *value.at == c; }

static void replace(struct json text, struct buf *out) {
    out->len = 0;
    json_text(text, out);
}

/* The text of a message's content: a string, or the last block that has text or is a result. */
static void add_content(struct json content, struct buf *out) {
    struct json block;
    struct json part;
    if (starts(content, '"')) {
        replace(content, out);
    }
    while (starts(content, '[') && json_element(&content, &block)) {
        struct json text = json_member(block, "text");
        struct json result = json_member(block, "content");
        while (starts(result, '[') && json_element(&result, &part)) {
            text = json_member(part, "text");
        }
        text = starts(result, '"') ? result : text;
        if (starts(text, '"')) {
            replace(text, out);
        }
    }
}

static void last_user_text(struct json body, struct buf *out) {
    struct json messages = json_member(body, "messages");
    struct json message;
    while (json_element(&messages, &message)) {
        if (json_is(json_member(message, "role"), "\"user\"")) {
            add_content(json_member(message, "content"), out);
        }
    }
}

static const char *stop_reason(const struct directives *d) {
    static const char *const reasons[] = {"tool_use", "max_tokens", "stop_sequence", "refusal"};
    const bool told[] = {d->tools >= 0, d->full >= 0, d->stopseq >= 0,
                         d->refusal >= 0 || d->filtered >= 0};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (told[i]) {
            return reasons[i];
        }
    }
    return "end_turn";
}

static const char *stop_sequence(const struct directives *d) {
    return d->stopseq >= 0 ? "\"END\"" : "null";
}

/* ---- a stream ---- */

/* An event with its name as its data's type; more: further members. */
static void put(struct sse *s, const char *type, const char *more) {
    struct buf data = {0};
    buf_fmt(&data, "{\"type\":\"%s\"%s}", type, more);
    sse_event(s, type, data.at, data.len, strcmp(type, "message_stop") == 0);
    buf_free(&data);
}

static void put_start(struct sse *s) {
    const struct asked *asked = s->writer;
    struct buf more = {0};
    buf_str(&more, ",\"message\":{\"id\":\"msg_of_tests\",\"type\":\"message\","
                   "\"role\":\"assistant\",\"model\":");
    buf_add(&more, asked->model.at, asked->model.len);
    buf_str(&more, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{"
                   "\"input_tokens\":7,\"cache_creation_input_tokens\":0,"
                   "\"cache_read_input_tokens\":0,\"output_tokens\":1}}");
    put(s, "message_start", buf_cstr(&more));
    buf_free(&more);
}

static void open_block(struct sse *s, const char *block) {
    const struct asked *asked = s->writer;
    struct buf more = {0};
    buf_fmt(&more, ",\"index\":%d,\"content_block\":{%s}", asked->block, block);
    put(s, "content_block_start", buf_cstr(&more));
    buf_free(&more);
}

static void put_delta(struct sse *s, const char *type, const char *name, const char *text,
                      size_t len) {
    const struct asked *asked = s->writer;
    struct buf more = {0};
    buf_fmt(&more, ",\"index\":%d,\"delta\":{\"type\":\"%s\",\"%s\":", asked->block, type, name);
    buf_json(&more, text, len);
    buf_str(&more, "}");
    put(s, "content_block_delta", buf_cstr(&more));
    buf_free(&more);
}

static void close_block(struct sse *s) {
    struct asked *asked = s->writer;
    struct buf more = {0};
    buf_fmt(&more, ",\"index\":%d", asked->block++);
    put(s, "content_block_stop", buf_cstr(&more));
    buf_free(&more);
}

static void write_piece(struct sse *s, const char *text, size_t len, bool last) {
    (void)last;
    put_delta(s, "text_delta", "text", text, len);
}

static void put_thinking(struct sse *s) {
    open_block(s, "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"");
    for (long i = 0; i < s->d->reasoning; i++) {
        struct buf thought = {0};
        buf_fmt(&thought, "thought %ld. ", i);
        put_delta(s, "thinking_delta", "thinking", thought.at, thought.len);
        buf_free(&thought);
    }
    put_delta(s, "signature_delta", "signature", "c2lnbmVk", 8);
    close_block(s);
}

static void put_text(struct sse *s) {
    const struct asked *asked = s->writer;
    open_block(s, "\"type\":\"text\",\"text\":\"\"");
    put(s, "ping", "");
    answer_put(s, &asked->said, &asked->r->body);
    close_block(s);
}

/* The first call has its input in pieces, further ones have none. */
static void put_tools(struct sse *s) {
    for (long i = 1; i <= s->d->tools && !s->over; i++) {
        struct buf block = {0};
        const char *name = i == 1 ? "look_up" : "now";
        buf_fmt(&block, "\"type\":\"tool_use\",\"id\":\"toolu_%ld\",\"name\":\"%s\",", i, name);
        buf_str(&block, "\"input\":{}");
        open_block(s, buf_cstr(&block));
        buf_free(&block);
        put_delta(s, "input_json_delta", "partial_json", "", 0);
        if (i == 1) {
            put_delta(s, "input_json_delta", "partial_json", "{\"q\":", 5);
            put_delta(s, "input_json_delta", "partial_json", "\"gate\"}", 7);
        }
        close_block(s);
    }
}

static void put_error(struct sse *s) {
    put(s, "error", ",\"error\":{\"type\":\"overloaded_error\","
                    "\"message\":\"the stand-in was told to fail\"}");
}

static void put_end(struct sse *s) {
    const struct directives *d = s->d;
    struct buf more = {0};
    if (d->error >= 0) {
        put_error(s);
        return;
    }
    if (d->nofinish >= 0) {
        return;
    }
    buf_fmt(&more, ",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":%s}", stop_reason(d),
            stop_sequence(d));
    buf_str(&more, ",\"usage\":{\"output_tokens\":5}");
    put(s, "message_delta", buf_cstr(&more));
    buf_free(&more);
    if (d->notail >= 0 && !s->over) {
        http_push(&s->a);
        s->over = !conn_wait(s->a.c, -1);
    }
    if (d->nodone < 0) {
        put(s, "message_stop", "");
    }
}

static void put_stream(struct sse *s) {
    const struct directives *d = s->d;
    if (d->error0 >= 0) {
        put_error(s);
        return;
    }
    put_start(s);
    if (d->reasoning > 0) {
        put_thinking(s);
    }
    if (d->empty < 0 && (d->tools < 0 || d->words >= 0)) {
        put_text(s);
    }
    put_tools(s);
    put_end(s);
}

/* ---- a whole answer ---- */

static void add_blocks(struct buf *out, const struct asked *asked) {
    const struct directives *d = &asked->d;
    const char *comma = "";
    if (d->reasoning > 0) {
        buf_str(out, "{\"type\":\"thinking\",\"thinking\":\"thought 0. \","
                     "\"signature\":\"c2lnbmVk\"}");
        comma = ",";
    }
    if (d->empty < 0 && (d->tools < 0 || d->words >= 0)) {
        struct buf text = {0};
        answer_collect(d, &asked->said, &asked->r->body, &text);
        buf_fmt(out, "%s{\"type\":\"text\",\"text\" : ", comma);
        buf_json(out, text.at == NULL ? "" : text.at, text.len);
        buf_str(out, "}");
        buf_free(&text);
        comma = ",";
    }
    for (long i = 1; i <= d->tools; i++) {
        buf_fmt(out, "%s{\"type\":\"tool_use\",\"id\":\"toolu_%ld\",\"name\":\"%s\",\"input\":%s}",
                comma, i, i == 1 ? "look_up" : "now", i == 1 ? "{\"q\": \"gate\"}" : "{}");
        comma = ",";
    }
}

static void put_document(struct sse *s) {
    const struct asked *asked = s->writer;
    struct buf out = {0};
    if (s->d->error >= 0 || s->d->error0 >= 0) {
        buf_str(&out, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                      "\"message\":\"the stand-in was told to fail\"}}\n");
    } else {
        buf_str(&out, "{\"id\":\"msg_of_tests\",\n \"type\":\"message\",\"role\":\"assistant\","
                      "\"model\":");
        buf_add(&out, asked->model.at, asked->model.len);
        buf_str(&out, ",\"content\":[");
        add_blocks(&out, asked);
        buf_fmt(&out, "],\"stop_reason\":\"%s\",\"stop_sequence\":%s,", stop_reason(s->d),
                stop_sequence(s->d));
        buf_str(&out, "\"usage\":{\"input_tokens\":7,\"output_tokens\":5}}\n");
    }
    answer_document(s, &out);
    buf_free(&out);
}

/* ---- requests ---- */

static enum conn_end obey(struct conn *c, struct asked *asked, struct json body) {
    struct buf text = {0};
    enum conn_end end = CONN_CUT;
    struct sse s = {.write = write_piece, .writer = asked, .d = &asked->d, .a = {.c = c}};
    orders_chat(&asked->d);
    last_user_text(body, &text);
    bool known = directives_read(&asked->d, text.at, text.len, &asked->said);
    buf_free(&text);
    if (!known) {
        return check_refuse(c, "a directive nobody knows");
    }
    if (faults_instead(c, &asked->d, &end)) {
        return end;
    }
    return asked->stream ? answer_send(&s, "text/event-stream; charset=utf-8", put_stream)
                         : answer_send(&s, "application/json", put_document);
}

static const char *check(const struct http_request *r, struct asked *asked, struct json *body) {
    if (strcmp(http_field(r, "content-type"), "application/json") != 0) {
        return "content-type is not application/json";
    }
    if (!json_parse(r->body.at, r->body.len, body)) {
        return "the body is not JSON";
    }
    struct json model = json_member(*body, "model");
    model = model.at != NULL ? model : json_member(*body, "mod\\u0065l");
    buf_add(&asked->model, model.at, model.len);
    asked->stream = json_is(json_member(*body, "stream"), "true");
    const char *accept = asked->stream ? "text/event-stream" : "application/json";
    if (strcmp(http_field(r, "accept"), accept) != 0) {
        return "accept does not go with stream";
    }
    return anthropic_check_body(*body);
}

static enum conn_end answer_messages(struct conn *c, const struct http_request *r) {
    struct asked asked = {.r = r};
    struct json body = {0};
    enum conn_end end;
    directives_clear(&asked.d);
    const char *refusal = check(r, &asked, &body);
    bool refused = refusal != NULL;
    end = refused ? check_refuse(c, refusal) : obey(c, &asked, body);
    stats_chat_end(refused ? STATS_REFUSED : c->gone ? STATS_ABORTED : STATS_COMPLETE);
    buf_free(&asked.said);
    buf_free(&asked.model);
    return c->gone ? CONN_CUT : end;
}

static enum conn_end answer_count(struct conn *c) {
    struct buf body = {0};
    buf_str(&body, "{\"input_tokens\":7}");
    bool sent = http_whole(c, 200, "application/json", "", &body);
    buf_free(&body);
    stats_chat_end(sent ? STATS_COMPLETE : STATS_ABORTED);
    return sent ? CONN_KEEP : CONN_CUT;
}

static void add_models(struct buf *out, long count) {
    static const char *const names[] = {"claude-of-tests", "claude-small", "claude-large"};
    buf_str(out, "{\"data\":[");
    for (long i = 0; i < count; i++) {
        buf_fmt(out, "%s{\"type\":\"model\",\"id\":\"%s", i == 0 ? "" : ",",
                i < 3 ? names[i] : "bulk-");
        if (i >= 3) {
            buf_fmt(out, "%ld", i);
        }
        buf_fmt(out, "\",\"display_name\":\"Model %ld\",", i);
        buf_str(out, "\"created_at\":\"2025-02-19T00:00:00Z\"}");
    }
    buf_str(out, "],\"has_more\":false,\"first_id\":\"claude-of-tests\",\"last_id\":null}");
}

static enum conn_end refuse(struct conn *c, struct anthropic_fault fault) {
    stats_refusal(fault.why);
    faults_error(c, fault.status, "", fault.why, NULL);
    return CONN_KEEP;
}

/* The path ends with that route, but for a query. */
static bool is_route(const struct http_request *r, const char *route) {
    size_t len = strlen(route);
    size_t path_len = strcspn(r->path, "?");
    return path_len >= len && memcmp(r->path + path_len - len, route, len) == 0;
}

/* Heads are judged first, then routes. */
static enum conn_end route(struct conn *c, const struct http_request *r) {
    struct anthropic_fault fault = anthropic_check_head(r);
    bool post = strcmp(r->method, "POST") == 0;
    if (!post) {
        stats_request(STATS_MODELS);
        if (!is_route(r, "/v1/models")) {
            fault = (struct anthropic_fault){404, "Not Found"};
        }
        return fault.why != NULL ? refuse(c, fault) : models_list(c, add_models);
    }
    openai_begin(c, r);
    if (is_route(r, "/v1/messages/count_tokens") && fault.why == NULL) {
        return answer_count(c);
    }
    if (fault.why == NULL && !is_route(r, "/v1/messages")) {
        fault = (struct anthropic_fault){404, "Not Found"};
    }
    if (fault.why != NULL) {
        stats_chat_end(STATS_REFUSED);
        return refuse(c, fault);
    }
    return answer_messages(c, r);
}

enum conn_end anthropic_answer(struct conn *c, const struct http_request *r) {
    c->anthropic = true;
    enum conn_end end = route(c, r);
    c->anthropic = false;
    c->chat = 0;
    c->split = 0;
    return end;
}
