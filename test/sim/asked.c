/* Requests are written here, judge.c judges what comes back. */
#include "test/sim/asked.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BODY_BYTES 9000

struct writing {
    char *at;
    size_t len, cap;
};

__attribute__((format(printf, 2, 3))) static void put(struct writing *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(w->at + w->len, w->cap - w->len, format, arguments);
    va_end(arguments);
    WORLD_CHECK(len >= 0 && (size_t)len < w->cap - w->len, "a request too long for its client");
    w->len += (size_t)len;
}

static enum asked_kind draw_kind(void)
{
    static const enum asked_kind kinds[] = {
        ASKED_CHAT,     ASKED_CHAT,     ASKED_CHAT,      ASKED_CHAT,      ASKED_STREAM,
        ASKED_STREAM,   ASKED_STREAM,   ASKED_STREAM,    ASKED_MESSAGES,  ASKED_MESSAGES,
        ASKED_MESSAGES, ASKED_MODELS,   ASKED_MODEL,     ASKED_HEALTH,    ASKED_STATUS,
        ASKED_PREFLIGHT, ASKED_EMBEDDING, ASKED_EMBEDDING, ASKED_NOWHERE, ASKED_NO_MODEL,
        ASKED_BAD_JSON, ASKED_GARBLED};
    uint32_t count = (uint32_t)(sizeof(kinds) / sizeof(kinds[0]));
    if (world.thirsty && world_one_in(2))
        return ASKED_MODELS;
    return kinds[world_below(world.calm ? count - 1 : count)];
}

static bool is_read(enum asked_kind kind)
{
    return kind == ASKED_MODELS || kind == ASKED_MODEL || kind == ASKED_HEALTH ||
           kind == ASKED_STATUS;
}

/* Filler, so that bodies of every class come. */
static void put_filler(struct writing *body)
{
    uint32_t len = world_one_in(3) ? sim_chance_size(&world.chance, 7000) : world_below(40);
    if (world.calm && len > 1500)
        len = 1500;
    for (uint32_t i = 0; i < len; i++)
        put(body, "%c", i % 37 == 36 ? ' ' : 'a' + (char)(i % 26));
}

static void put_chat(const struct asked *asked, struct writing *body)
{
    static const char *const roles[] = {"system", "user", "assistant"};
    put(body, "{%s\"messages\":[", world_one_in(2) ? "\"temperature\":0.5," : "");
    for (uint32_t left = world_below(3); left > 0; left--)
        put(body, "{\"role\":\"%s\",\"content\":\"a \\u00fc \\ud83d\\ude00 b\"},",
            roles[world_below(3)]);
    put(body, "{\"role\":\"user\",\"content\":");
    bool parts = world_one_in(3);
    put(body, parts ? "[{\"type\":\"text\",\"text\":\"" : "\"");
    put_filler(body);
    put(body, "%s", asked->ask->mark);
    put(body, parts ? "\"}]}]," : "\"}],");
    if (asked->ask->stream)
        put(body, "\"stream\":%strue,", world_one_in(2) ? " " : "");
    else if (world_one_in(2))
        put(body, "\"stream\":false,");
    if (asked->ask->stream && world_one_in(3))
        put(body, "\"stream_options\":{\"include_usage\":true},");
    put(body, "\"model\":\"%s\"%s}", asked->ask->model,
        asked->kind == ASKED_BAD_JSON ? ",," : "");
}

static void put_messages(const struct asked *asked, struct writing *body)
{
    put(body, "{\"model\":\"%s\",\"max_tokens\":%u,", asked->ask->model, 1 + world_below(5000));
    if (world_one_in(3))
        put(body, "\"system\":\"be brief\",");
    if (asked->ask->stream)
        put(body, "\"stream\":true,");
    put(body, "\"messages\":[");
    if (world_one_in(3))
        put(body, "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
                  "[{\"type\":\"text\",\"text\":\"b \\ud83d\\ude00\"}]},");
    put(body, "{\"role\":\"user\",\"content\":\"");
    put_filler(body);
    put(body, "%s\"}]}", asked->ask->mark);
}

static void put_embedding(const struct asked *asked, struct writing *body)
{
    put(body, "{\"model\":\"%s\",\"input\":\"", asked->ask->model);
    put_filler(body);
    put(body, "%s\"}", asked->ask->mark);
}

static void put_chunked(struct writing *w, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = sim_chance_size(&world.chance, (uint32_t)(len - at));
        n = n < 16 && len - at > 16 ? 16 : n;
        put(w, "%zx\r\n%.*s\r\n", n, (int)n, bytes + at);
        at += n;
    }
    put(w, "0\r\n\r\n");
}

/* The key that is good now, mostly. */
static void put_key(struct asked *asked, struct writing *w)
{
    char key[40];
    asked->shown = world_bad(10) ? (int)world_below(3) - 1 : edition_now()->key;
    if (asked->shown == EDITION_NO_KEY)
        return;
    edition_key(asked->shown, key);
    put(w, world_one_in(3) ? "x-api-key: %s\r\n" : "Authorization: Bearer %s\r\n", key);
}

static void put_fields(struct asked *asked, struct writing *w)
{
    put(w, "%s: localhost\r\n", world_one_in(2) ? "Host" : "host");
    put_key(asked, w);
    asked->closes = world_one_in(4);
    if (asked->closes)
        put(w, "Connection: close\r\n");
    if (world_one_in(4))
        put(w, "x-request-id: mine-%u\r\n", world_below(1000));
    if (world_one_in(4))
        put(w, "User-Agent: sim\r\nAccept: */*\r\n");
}

static void put_with_body(struct asked *asked, struct writing *w, const char *path)
{
    static char bytes[BODY_BYTES];
    struct writing body = {bytes, 0, sizeof(bytes)};
    if (asked->kind == ASKED_EMBEDDING)
        put_embedding(asked, &body);
    else if (asked->kind == ASKED_MESSAGES)
        put_messages(asked, &body);
    else
        put_chat(asked, &body);
    put(w, "POST %s%s HTTP/1.1\r\n", world_one_in(6) ? "/openai" : "", path);
    put_fields(asked, w);
    put(w, "content-type: application/json\r\n");
    if (world_one_in(6))
        put(w, "Expect: 100-continue\r\n");
    if (world_one_in(3)) {
        put(w, "Transfer-Encoding: chunked\r\n\r\n");
        put_chunked(w, bytes, body.len);
    } else {
        put(w, "Content-Length: %zu\r\n\r\n%s", body.len, bytes);
    }
}

static void put_without_body(struct asked *asked, struct writing *w)
{
    static const char *const paths[] = {[ASKED_MODELS] = "/v1/models",
                                        [ASKED_MODEL] = "/v1/models/model-0",
                                        [ASKED_HEALTH] = "/health",
                                        [ASKED_STATUS] = "/status",
                                        [ASKED_PREFLIGHT] = "/v1/chat/completions",
                                        [ASKED_NOWHERE] = "/v1/models/no/such/thing"};
    asked->is_head = is_read(asked->kind) && world_one_in(5);
    const char *method = asked->kind == ASKED_PREFLIGHT ? "OPTIONS"
                         : asked->is_head               ? "HEAD"
                                                        : "GET";
    bool filters = asked->kind == ASKED_MODELS && world_one_in(2);
    put(w, "%s %s%s HTTP/1.1\r\n", method, paths[asked->kind],
        filters ? "?available=true" : "");
    put_fields(asked, w);
    put(w, "\r\n");
}

/* Some bytes of it become others, but for its mark. */
static void garble(char *bytes, size_t len, const char *mark)
{
    size_t kept = (size_t)(strstr(bytes, mark) - bytes);
    static const char odd[] = {'\n', '\r', ' ', ':', '\0', '"',
                               '{',  '5',  'x', ',', '\t', (char)0xFF};
    for (uint32_t left = 1 + world_below(3); left > 0; left--) {
        size_t at = world_below((uint32_t)len);
        if (at < kept || at >= kept + LEDGER_MARK_LEN)
            bytes[at] = odd[world_below(sizeof(odd))];
    }
}

/* A model's name, or its alias. */
static const char *draw_model(struct asked *asked)
{
    const struct edition *e = edition_now();
    const struct edition_model *model = &e->models[world_below((uint32_t)e->model_count)];
    for (int i = 0; i < e->model_count && asked->kind == ASKED_EMBEDDING; i++)
        if (edition_relays(&e->models[i]))
            model = &e->models[i];
    if (asked->kind == ASKED_EMBEDDING && !edition_relays(model))
        asked->kind = ASKED_CHAT;
    if (asked->kind == ASKED_NO_MODEL)
        return "none-such";
    return model->alias[0] != '\0' && world_one_in(2) ? model->alias : model->name;
}

void asked_begin(struct asked *asked)
{
    asked->first = edition_number();
    if (asked->ask != NULL)
        asked->ask->first = asked->first;
}

size_t asked_draw(struct asked *asked, char *out, size_t len, size_t cap)
{
    struct writing w = {out, len, cap};
    *asked = (struct asked){.kind = draw_kind(), .begin = len, .first = -1};
    const char *model = draw_model(asked);
    if (is_read(asked->kind) || asked->kind == ASKED_PREFLIGHT || asked->kind == ASKED_NOWHERE) {
        put_without_body(asked, &w);
    } else {
        bool stream = asked->kind == ASKED_STREAM ||
                      (asked->kind != ASKED_CHAT && asked->kind != ASKED_EMBEDDING &&
                       world_one_in(2));
        asked->ask = ledger_ask(model, stream);
        asked->ask->garbled = asked->kind == ASKED_GARBLED;
        put_with_body(asked, &w, asked->kind == ASKED_EMBEDDING  ? "/v1/embeddings"
                                 : asked->kind == ASKED_MESSAGES ? "/v1/messages"
                                                                 : "/v1/chat/completions");
    }
    if (asked->kind == ASKED_GARBLED)
        garble(out + len, w.len - len, asked->ask->mark);
    asked->end = w.len;
    return w.len;
}
