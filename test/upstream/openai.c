/* OpenAI's protocol, as a service speaks it. */
#define _GNU_SOURCE
#include "test/upstream/openai.h"

#include <string.h>

#include "test/upstream/answer.h"
#include "test/upstream/check.h"
#include "test/upstream/faults.h"
#include "test/upstream/json.h"
#include "test/upstream/models.h"
#include "test/upstream/openai_check.h"
#include "test/upstream/orders.h"
#include "test/upstream/stats.h"

/* What a request is about. */
struct asked {
    const struct http_request *r;
    struct directives d;
    struct buf said;  /* the last user's text without directives */
    struct buf model; /* as JSON */
    bool stream;
};

/* ---- checks ---- */

static bool starts(struct json value, char c) { return value.at != NULL && *value.at == c; }

static const char *check_chat_body(struct json body, struct asked *asked) {
    struct json model = json_member(body, "model");
    struct json stream = json_member(body, "stream");
    model = model.at != NULL ? model : json_member(body, "mod\\u0065l");
    struct json usage = json_member(json_member(body, "stream_options"), "include_usage");
    const char *accept = http_field(asked->r, "accept");
    if (!starts(model, '"') || !starts(json_member(body, "messages"), '[')) {
        return "no model or no messages";
    }
    buf_add(&asked->model, model.at, model.len);
    asked->stream = json_is(stream, "true");
    if (asked->stream && !json_is(usage, "true")) {
        return "the usage of a stream was not asked for";
    }
    return strcmp(accept, asked->stream ? "text/event-stream" : "application/json") != 0
               ? "accept does not go with stream"
               : NULL;
}

/* The text of a message's content: a string, or the last part that has text. */
static void add_content(struct json content, struct buf *out) {
    struct json part;
    if (starts(content, '"')) {
        out->len = 0;
        json_text(content, out);
    }
    while (starts(content, '[') && json_element(&content, &part)) {
        struct json text = json_member(part, "text");
        if (starts(text, '"')) {
            out->len = 0;
            json_text(text, out);
        }
    }
}

/* The result of a tool is said too: so a loop of calls ends. */
static void last_user_text(struct json body, struct buf *out) {
    struct json messages = json_member(body, "messages");
    struct json message;
    while (json_element(&messages, &message)) {
        struct json role = json_member(message, "role");
        if (json_is(role, "\"user\"") || json_is(role, "\"tool\"")) {
            add_content(json_member(message, "content"), out);
        }
    }
}

/* ---- a stream ---- */

static void begin_chunk(struct buf *out, const struct asked *asked) {
    buf_str(out, "{\"id\":\"chatcmpl-of-tests\",\"object\":\"chat.completion.chunk\","
                 "\"created\":1700000000,\"model\":");
    buf_add(out, asked->model.at, asked->model.len);
    buf_str(out, ",\"service_tier\":null,\"temp\":1.50e-1");
}

static void put_chunk(struct sse *s, struct buf *chunk, bool last) {
    buf_str(chunk, "}");
    if (s->d->multiline >= 0) {
        struct buf lines = {0};
        buf_str(&lines, "{\n ");
        buf_add(&lines, chunk->at + 1, chunk->len - 2);
        buf_str(&lines, "\n}");
        sse_event(s, "", lines.at, lines.len, last);
        buf_free(&lines);
    } else {
        sse_event(s, "", chunk->at, chunk->len, last);
    }
    buf_free(chunk);
}

/* A chunk with one choice; delta and finish are JSON. */
static void put_delta(struct sse *s, const char *delta, const char *finish) {
    struct buf chunk = {0};
    begin_chunk(&chunk, s->writer);
    buf_fmt(&chunk, ",\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":null,", delta);
    buf_fmt(&chunk, "\"finish_reason\":%s}],\"usage\":null", finish);
    put_chunk(s, &chunk, false);
}

static void write_piece(struct sse *s, const char *text, size_t len, bool last) {
    struct buf delta = {0};
    (void)last;
    buf_str(&delta, s->d->refusal >= 0 ? "{\"refusal\":" : "{\"content\":");
    buf_json(&delta, text, len);
    buf_str(&delta, "}");
    put_delta(s, buf_cstr(&delta), "null");
    buf_free(&delta);
}

static void put_tools(struct sse *s) {
    put_delta(s,
              "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
              "\"function\":{\"name\":\"look_up\",\"arguments\":\"\"}}]}",
              "null");
    put_delta(s, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"q\\\":\"}}]}",
              "null");
    put_delta(s, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"gate\\\"}\"}}]}",
              "null");
}

/* Two calls without their numbers, the name null behind the first delta of each. */
static void put_bad_tools(struct sse *s) {
    for (int i = 0; i < 2; i++) {
        struct buf delta = {0};
        buf_fmt(&delta,
                "{\"tool_calls\":[{\"id\":\"call_%d\",\"type\":\"function\",\"function\":"
                "{\"name\":\"f%d\",\"arguments\":\"{\\\"q\\\":\"}}]}", i, i);
        put_delta(s, buf_cstr(&delta), "null");
        buf_free(&delta);
        put_delta(s, "{\"tool_calls\":[{\"function\":{\"name\":null,\"arguments\":\"1}\"}}]}",
                  "null");
    }
}

static void put_reasoning(struct sse *s, long count) {
    for (long i = 0; i < count; i++) {
        struct buf delta = {0};
        buf_fmt(&delta, "{\"reasoning_content\":\"thought %ld. \"}", i);
        put_delta(s, buf_cstr(&delta), "null");
        buf_free(&delta);
    }
}

static void put_usage(struct sse *s) {
    struct buf chunk = {0};
    begin_chunk(&chunk, s->writer);
    buf_str(&chunk, ",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,"
                    "\"total_tokens\":12,\"prompt_tokens_details\":{\"cached_tokens\":0}}");
    put_chunk(s, &chunk, s->d->nodone >= 0);
}

static void put_error(struct sse *s) {
    sse_line(s, "", "{\"error\":{\"message\":\"the stand-in was told to fail\","
                    "\"type\":\"server_error\",\"code\":500}}");
}

static const char *finish_reason(const struct directives *d) {
    if (d->tools >= 0) {
        return "tool_calls";
    }
    return d->full >= 0 ? "length" : d->filtered >= 0 ? "content_filter" : "stop";
}

static void put_end(struct sse *s) {
    const struct directives *d = s->d;
    if (d->error >= 0) {
        put_error(s);
        return;
    }
    if (d->nofinish < 0) {
        struct buf reason = {0};
        buf_fmt(&reason, "\"%s\"", finish_reason(d));
        put_delta(s, "{}", buf_cstr(&reason));
        buf_free(&reason);
    }
    if (d->notail >= 0 && !s->over) {
        http_push(&s->a);
        s->over = !conn_wait(s->a.c, -1);
    }
    put_usage(s);
    if (d->nodone < 0) {
        sse_event(s, "", "[DONE]", 6, true);
    }
}

static void put_stream(struct sse *s) {
    const struct directives *d = s->d;
    const struct asked *asked = s->writer;
    if (d->error0 >= 0) {
        put_error(s);
        return;
    }
    put_delta(s, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null");
    put_reasoning(s, d->reasoning);
    if (d->badtools >= 0) {
        put_bad_tools(s);
    } else if (d->tools >= 0) {
        put_tools(s);
    } else {
        answer_put(s, &asked->said, &asked->r->body);
    }
    put_end(s);
}

/* ---- a whole answer ---- */

static void add_message(struct buf *out, const struct asked *asked) {
    struct buf text = {0};
    answer_collect(&asked->d, &asked->said, &asked->r->body, &text);
    buf_str(out, "{\"role\":\"assistant\",");
    if (asked->d.reasoning > 0) {
        buf_str(out, "\"reasoning_content\":\"thought 0. \",");
    }
    if (asked->d.tools >= 0) {
        buf_str(out, "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                     "{\"name\":\"look_up\",\"arguments\":\"{\\\"q\\\":\\\"gate\\\"}\"}}],");
    }
    buf_str(out, "\"content\" : ");
    if (asked->d.tools >= 0) {
        buf_str(out, "null}");
    } else {
        buf_json(out, text.at == NULL ? "" : text.at, text.len);
        buf_str(out, "}");
    }
    buf_free(&text);
}

static void make_document(struct buf *out, const struct asked *asked) {
    if (asked->d.error0 >= 0 || asked->d.error >= 0) {
        buf_str(out, "{\"error\":{\"message\":\"the stand-in was told to fail\"}}");
        return;
    }
    buf_str(out, "{\"id\":\"chatcmpl-of-tests\",\n \"object\":\"chat.completion\","
                 "\"created\":1700000000,\"model\":");
    buf_add(out, asked->model.at, asked->model.len);
    buf_str(out, ",\"temp\":1.50e-1,\"choices\":[{\"index\":0,\"message\":");
    add_message(out, asked);
    buf_fmt(out, ",\"finish_reason\":\"%s\"}],", finish_reason(&asked->d));
    buf_str(out, "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}\n");
}

static void put_document(struct sse *s) {
    const struct asked *asked = s->writer;
    struct buf document = {0};
    make_document(&document, asked);
    answer_document(s, &document);
    buf_free(&document);
}

/* ---- an answer ---- */

static enum conn_end put_answer(struct conn *c, struct asked *asked) {
    struct sse s = {.write = write_piece, .writer = asked, .d = &asked->d, .a = {.c = c}};
    if (asked->stream) {
        return answer_send(&s, "text/event-stream; charset=utf-8", put_stream);
    }
    return answer_send(&s, "application/json", put_document);
}

static enum conn_end obey(struct conn *c, struct asked *asked, struct json body) {
    struct buf text = {0};
    enum conn_end end = CONN_CUT;
    directives_clear(&asked->d);
    orders_chat(&asked->d);
    last_user_text(body, &text);
    bool known = directives_read(&asked->d, text.at, text.len, &asked->said);
    if (!known) {
        end = check_refuse(c, "a directive nobody knows");
    } else if (!faults_instead(c, &asked->d, &end)) {
        end = put_answer(c, asked);
    }
    buf_free(&text);
    return end;
}

enum conn_end openai_chat(struct conn *c, const struct http_request *r) {
    struct asked asked = {.r = r};
    struct json body = {0};
    enum conn_end end;
    openai_begin(c, r);
    const char *refusal = openai_check_post(r, &body);
    refusal = refusal == NULL ? check_chat_body(body, &asked) : refusal;
    if (refusal != NULL) {
        end = check_refuse(c, refusal);
        stats_chat_end(STATS_REFUSED);
    } else {
        end = obey(c, &asked, body);
        stats_chat_end(c->gone ? STATS_ABORTED : STATS_COMPLETE);
    }
    buf_free(&asked.said);
    buf_free(&asked.model);
    c->chat = 0;
    c->split = 0;
    return c->gone ? CONN_CUT : end;
}

/* ---- the other routes ---- */

static void add_models(struct buf *out, long count) {
    static const char *const names[] = {"gpt-of-tests", "vendor/model:free", "text-embedding"};
    buf_str(out, "{\"object\":\"list\",\"data\":[");
    for (long i = 0; i < count; i++) {
        buf_fmt(out, "%s{\"id\":\"%s", i == 0 ? "" : ",", i < 3 ? names[i] : "bulk-");
        if (i >= 3) {
            buf_fmt(out, "%ld", i);
        }
        buf_str(out, "\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"tests\"}");
    }
    buf_str(out, "]}");
}

enum conn_end openai_models(struct conn *c, const struct http_request *r) {
    stats_request(STATS_MODELS);
    const char *refusal = openai_check_head(r);
    return refusal != NULL ? check_refuse(c, refusal) : models_list(c, add_models);
}

/* ---- /responses ---- */

static void put_typed(struct sse *s, const char *type, const char *more) {
    struct buf data = {0};
    buf_fmt(&data, "{\"type\":\"%s\",\"sequence_number\":%ld%s}", type, s->pieces, more);
    sse_event(s, type, data.at, data.len, false);
    buf_free(&data);
}

static void write_delta(struct sse *s, const char *text, size_t len, bool last) {
    struct buf more = {0};
    (void)last;
    buf_str(&more, ",\"item_id\":\"m1\",\"output_index\":0,\"content_index\":0,\"delta\":");
    buf_json(&more, text, len);
    put_typed(s, "response.output_text.delta", buf_cstr(&more));
    buf_free(&more);
}

#define RESPONSE_USAGE                                                                             \
    "\"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":0}," \
    "\"output_tokens\":5,\"total_tokens\":12}"

static void put_responses(struct sse *s, const struct asked *asked) {
    const struct directives *d = s->d;
    put_typed(s, "response.created", ",\"response\":{\"id\":\"r1\",\"error\":null}");
    if (d->error0 >= 0) {
        put_typed(s, "error", ",\"code\":\"x\",\"message\":\"the stand-in was told to fail\"");
        return;
    }
    answer_put(s, &asked->said, &asked->r->body);
    if (d->error >= 0) {
        put_typed(s, "error", ",\"code\":\"x\",\"message\":\"the stand-in was told to fail\"");
    } else if (d->nofinish < 0) {
        put_typed(s, d->refusal >= 0 ? "response.failed" : "response.completed",
                  ",\"response\":{\"id\":\"r1\",\"status\":\"completed\"," RESPONSE_USAGE "}");
    }
}

static enum conn_end stream_responses(struct conn *c, struct asked *asked) {
    struct sse s = {.write = write_delta, .writer = asked, .d = &asked->d, .end = CONN_CUT,
                    .a = {.c = c, .framing = faults_framing(&asked->d)}};
    http_begin(&s.a, 200, "text/event-stream", "");
    put_responses(&s, asked);
    if (s.over || !http_end(&s.a)) {
        return s.end;
    }
    return faults_behind(c, &asked->d);
}

/* Bytes that are no text, "words" of them. */
static enum conn_end put_speech(struct conn *c, long count) {
    struct buf body = {0};
    buf_add(&body, "ID3\0\xFF", 5);
    for (long i = 5; i < count; i++) {
        char byte = (char)(i * 7);
        buf_add(&body, &byte, 1);
    }
    enum conn_end end = http_whole(c, 200, "audio/mpeg", "", &body) ? CONN_KEEP : CONN_CUT;
    buf_free(&body);
    return end;
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text);
    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

enum conn_end openai_other(struct conn *c, const struct http_request *r) {
    struct asked asked = {.r = r};
    struct json body = {0};
    struct buf answer = {0};
    struct buf input = {0};
    enum conn_end end = CONN_CUT;
    openai_begin(c, r);
    const char *refusal = openai_check_post(r, &body);
    if (refusal != NULL) {
        end = check_refuse(c, refusal);
        stats_chat_end(STATS_REFUSED);
        return end;
    }
    directives_clear(&asked.d);
    json_text(json_member(body, "input"), &input);
    directives_read(&asked.d, input.at, input.len, &asked.said);
    bool streams = json_is(json_member(body, "stream"), "true");
    if (faults_instead(c, &asked.d, &end)) {
        ;
    } else if (ends_with(r->path, "/responses") && streams) {
        end = stream_responses(c, &asked);
    } else if (ends_with(r->path, "/audio/speech")) {
        end = put_speech(c, asked.d.bytes);
    } else {
        buf_str(&answer, "{\"object\":\"list\",\"path\":");
        buf_json(&answer, r->path, strlen(r->path));
        buf_str(&answer, ",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                         "\"embedding\":[0.10,-2.5e-3]}],\"usage\":{\"prompt_tokens\":3,"
                         "\"total_tokens\":3}}");
        end = http_whole(c, 200, "application/json", "", &answer) ? CONN_KEEP : CONN_CUT;
    }
    stats_chat_end(c->gone ? STATS_ABORTED : STATS_COMPLETE);
    buf_free(&answer);
    buf_free(&input);
    buf_free(&asked.said);
    c->chat = 0;
    return c->gone ? CONN_CUT : end;
}
