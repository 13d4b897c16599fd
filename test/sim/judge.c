/* What may be answered to a request. */
#include <stdio.h>
#include <string.h>

#include "test/sim/asked.h"
#include "test/sim/look.h"
#include "test/sim/tally.h"

static char text[LEDGER_TEXT_BYTES];
static size_t text_len;

/* What a stream has shown so far. */
struct stream {
    bool done;     /* [DONE] */
    bool error;
};

/* ---- the words ---- */

static void note_text(struct look content)
{
    if (content.at == NULL || *content.at != '"')
        return;
    int len = look_text(content, text + text_len, sizeof(text) - text_len);
    WORLD_CHECK(len >= 0, "a client is told more than any service says");
    text_len += (size_t)len;
}

/* The try whose words these are. */
static int find_try(const struct ledger_ask *ask, bool whole)
{
    for (int i = ask->tries - 1; i >= 0; i--)
        if (whole ? ledger_is_whole(ask, i, text, text_len)
                  : ledger_is_front(ask, i, text, text_len))
            return i;
    return -1;
}

static void check_marks(const struct asked *asked, const struct reply *reply)
{
    bool foreign;
    const struct ledger_ask *found = ledger_find(reply->body, reply->body_len, &foreign);
    WORLD_CHECK(!foreign && (found == NULL || found == asked->ask),
                "an answer holds another request's words: %s", reply->body);
}

/* Something of the answer has been seen: it was said, and by the last try. */
static void check_front(struct ledger_ask *ask)
{
    if (text_len == 0)
        return;
    ask->content = true;
    ask->from = find_try(ask, false);
    WORLD_CHECK(ask->from >= 0, "%s is told what no try said: %s", ask->mark, text);
    WORLD_CHECK(ask->from == ask->tries - 1, "%s is told of try %d of %d", ask->mark, ask->from,
                ask->tries);
}

static void check_whole(struct ledger_ask *ask)
{
    check_front(ask);
    ask->complete = true;
    ask->from = find_try(ask, true);
    WORLD_CHECK(text_len > 0 || (ask->from >= 0 && ask->tried[ask->from].anything),
                "%s: an answer without a word", ask->mark);
    WORLD_CHECK(ask->from >= 0, "%s: a front part is told as the whole: %s", ask->mark, text);
}

/* ---- streams ---- */

static void take_chunk(struct stream *s, const char *data, size_t len)
{
    struct look event = look_document(data, len);
    WORLD_CHECK(event.at != NULL, "an event that is no JSON: %.*s", (int)len, data);
    if (look_in(event, "error").at != NULL) {
        WORLD_CHECK(look_path(event, "error.message").at != NULL, "an error without words");
        s->error = true;
        return;
    }
    WORLD_CHECK(look_is(look_in(event, "object"), "chat.completion.chunk"), "an event of no kind");
    struct look choice = look_path(event, "choices.0");
    note_text(look_path(choice, "delta.content"));
}

static void take_data(struct stream *s, const char *data, size_t len)
{
    WORLD_CHECK(!s->done && !s->error, "an event behind the end");
    if (len == 6 && memcmp(data, "[DONE]", 6) == 0)
        s->done = true;
    else
        take_chunk(s, data, len);
}

/* ---- streams of Anthropic's API ---- */

static void take_message_event(struct stream *s, const char *data, size_t len)
{
    struct look event = look_document(data, len);
    WORLD_CHECK(event.at != NULL, "an event that is no JSON: %.*s", (int)len, data);
    WORLD_CHECK(!s->done && !s->error, "an event behind the end: %.*s", (int)len, data);
    struct look type = look_in(event, "type");
    s->error = look_is(type, "error");
    s->done = look_is(type, "message_stop");
    if (look_is(type, "content_block_delta"))
        note_text(look_path(event, "delta.text"));
    bool said = look_path(event, "error.message").at != NULL;
    WORLD_CHECK(!s->error || said, "an error without words");
}

/* ---- both ---- */

/* Behind "event: NAME" where the API has names. */
static const char *data_line(const struct asked *asked, const char *at)
{
    bool named = asked->kind == ASKED_MESSAGES && strncmp(at, "event: ", 7) == 0;
    return named ? strchr(at, '\n') + 1 : at;
}

/* Events are one data line each, or a comment. A part of one at the end may be left. */
static struct stream read_events(const struct asked *asked, const struct reply *reply, bool whole)
{
    struct stream s = {0};
    const char *at = reply->body, *end = at + reply->body_len;
    while (at < end) {
        const char *stop = strstr(at, "\n\n");
        if (stop == NULL) {
            WORLD_CHECK(!whole, "half an event at a stream's end: %s", at);
            break;
        }
        const char *data = data_line(asked, at);
        size_t len = (size_t)(stop - data);
        WORLD_CHECK(*at == ':' || strncmp(data, "data: ", 6) == 0, "an event of no data: %s", at);
        WORLD_CHECK(memchr(data, '\n', len) == NULL, "an event of two lines: %s", at);
        if (*at != ':' && asked->kind == ASKED_MESSAGES)
            take_message_event(&s, data + 6, len - 6);
        else if (*at != ':')
            take_data(&s, data + 6, len - 6);
        at = stop + 2;
    }
    return s;
}

static void judge_stream(struct asked *asked, const struct reply *reply)
{
    text_len = 0;
    struct stream s = read_events(asked, reply, true);
    tally(asked->kind == ASKED_MESSAGES ? TALLY_MESSAGE_STREAM : TALLY_STREAM);
    if (s.error) {
        tally(TALLY_STREAM_FAILED);
        check_front(asked->ask);
        WORLD_CHECK(!s.done, "[DONE] beside an error");
        WORLD_CHECK(!world.calm, "a stream fails in a calm world: %s", reply->body);
        return;
    }
    WORLD_CHECK(s.done, "a whole stream without [DONE]: %s", reply->body);
    check_whole(asked->ask);
}

/* ---- documents ---- */

static void judge_error(const struct reply *reply)
{
    struct look body = look_document(reply->body, reply->body_len);
    WORLD_CHECK(look_text(look_path(body, "error.message"), text, sizeof(text)) > 0,
                "status %d without words: %s", reply->status, reply->body);
    WORLD_CHECK(look_path(body, "error.type").at != NULL, "an error without a type: %s",
                reply->body);
    WORLD_CHECK(strncmp(reply_field(reply, "content-type"), "application/json", 16) == 0,
                "an error that is not JSON by its head");
}

static void judge_document(struct asked *asked, const struct reply *reply)
{
    struct look body = look_document(reply->body, reply->body_len);
    const struct ledger_ask *ask = asked->ask;
    bool anything = ask->tries > 0 && ask->tried[ask->tries - 1].anything;
    WORLD_CHECK(body.at != NULL || anything, "a whole answer that is no JSON: %s", reply->body);
    text_len = 0;
    static const char *const paths[] = {[ASKED_CHAT] = "choices.0.message.content",
                                        [ASKED_STREAM] = "choices.0.message.content",
                                        [ASKED_MESSAGES] = "content.0.text",
                                        [ASKED_EMBEDDING] = "note"};
    bool thought = look_is(look_path(body, "content.0.type"), "thinking");
    note_text(look_path(body, thought ? "content.1.text" : paths[asked->kind]));
    tally(asked->kind == ASKED_MESSAGES    ? TALLY_MESSAGE
          : asked->kind == ASKED_EMBEDDING ? TALLY_EMBEDDING
                                           : TALLY_DOCUMENT);
    check_whole(asked->ask);
}

static void judge_local(const struct asked *asked, const struct reply *reply)
{
    struct look body = look_document(reply->body, reply->body_len);
    WORLD_CHECK(body.at != NULL, "no JSON: %s", reply->body);
    tally_if(asked->kind == ASKED_MODELS, TALLY_MODEL_LIST);
    if (asked->kind == ASKED_MODELS)
        WORLD_CHECK(look_count(look_in(body, "data")) >= 0, "no list of models: %s", reply->body);
}

/* ---- all ---- */

static bool is_chat(const struct asked *asked)
{
    return asked->kind <= ASKED_EMBEDDING;
}

/* The one status that a calm world has for it. */
static int calm_status(const struct asked *asked)
{
    switch (asked->kind) {
    case ASKED_PREFLIGHT:
        return 204;
    case ASKED_NOWHERE:
    case ASKED_NO_MODEL:
        return 404;
    case ASKED_BAD_JSON:
        return 400;
    default:
        return 200;
    }
}

/* ---- keys ---- */

static bool takes_key(const struct edition *e, const void *shown)
{
    return e->key == EDITION_NO_KEY || e->key == *(const int *)shown;
}

/* Whether a key that counts in the one edition has its like in the other. */
static bool is_alike(const struct edition *e, const void *what)
{
    const struct edition *other = what;
    return e->key_name == other->key_name &&
           (e->key == EDITION_NO_KEY) == (other->key == EDITION_NO_KEY);
}

static bool has_model(const struct edition *e, const void *name)
{
    return edition_model(e, name) != NULL;
}

/* A key of the same name is the same key, whatever its secret is now. */
static bool admits(const struct edition *e, const void *what)
{
    const struct asked *asked = what;
    uint16_t all = edition_since(asked->first);
    if (takes_key(e, &asked->shown))
        return true;
    for (int i = 0; i < EDITION_COUNT; i++)
        if ((all & (1u << i)) != 0 && takes_key(edition_at(i), &asked->shown) &&
            edition_at(i)->key != EDITION_NO_KEY && edition_at(i)->key_name == e->key_name)
            return true;
    return false;
}

/* A key counts while an edition has it, and not a moment longer; so does a model's name. */
static void judge_access(const struct asked *asked, int status)
{
    uint16_t all = edition_since(asked->first);
    uint16_t taking = edition_of(all, takes_key, &asked->shown);
    bool asks_key = asked->kind != ASKED_HEALTH && asked->kind != ASKED_PREFLIGHT;
    bool of_key = asks_key && asked->kind != ASKED_STATUS;
    bool same = edition_of(all, is_alike, edition_at(asked->first)) == all;
    WORLD_CHECK(status != 401 || (asks_key && (taking != all || !same)),
                "401 for a key that is good");
    WORLD_CHECK(status != 200 || !of_key || taking != 0, "an answer for a key that is none: %d",
                asked->shown);
    tally_if(status == 401 && taking != 0, TALLY_KEY_GONE);
    bool chats = status == 200 && is_chat(asked);
    WORLD_CHECK(!chats || edition_of(all, has_model, asked->ask->model) != 0,
                "an answer of a model that is none: %s", asked->ask->model);
    bool tried = chats && asked->ask->tries > 0;
    WORLD_CHECK(!tried || edition_of(asked->ask->editions, admits, asked) != 0,
                "%s was tried with settings that do not know its key", asked->ask->mark);
    bool is_old = tried && (asked->ask->editions & (1u << edition_number())) == 0;
    tally_if(is_old, TALLY_OLD_SETTINGS);
    tally_if(chats && asked->ask->tries > 1, TALLY_TRIED_AGAIN);
}

bool asked_may_break(const struct asked *asked)
{
    bool lists = asked->kind == ASKED_MODELS || asked->kind == ASKED_MODEL ||
                 asked->kind == ASKED_STATUS;
    return lists && asked->first >= 0 && asked->first != edition_number();
}

static void note_status(const struct asked *asked, const struct reply *reply)
{
    static const struct {
        int status;
        enum tally what;
    } rows[] = {{400, TALLY_STATUS_400}, {401, TALLY_STATUS_401}, {404, TALLY_STATUS_404},
                {408, TALLY_STATUS_408}, {413, TALLY_STATUS_413}, {429, TALLY_STATUS_429},
                {502, TALLY_STATUS_502}, {503, TALLY_STATUS_503}, {504, TALLY_STATUS_504}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        tally_if(reply->status == rows[i].status, rows[i].what);
    tally_if(strstr(reply->body, "(concurrent)") != NULL, TALLY_KEY_CONCURRENT);
    tally_if(strstr(reply->body, "(requests_per_minute)") != NULL, TALLY_KEY_MINUTE);
    tally_if(strstr(reply->body, "(tokens_per_day)") != NULL, TALLY_KEY_TOKENS);
    tally_if(asked->is_head, TALLY_HEAD_ALONE);
}

static void judge_status(const struct asked *asked, const struct reply *reply)
{
    int status = reply->status;
    bool known = status == 200 || status == 204 || (status >= 400 && status <= 599);
    WORLD_CHECK(known, "status %d", status);
    bool ill = asked->kind == ASKED_HEALTH && status == 503 && world.exports;
    WORLD_CHECK(!world.calm || ill || status == calm_status(asked), "status %d in a calm world: %s",
                status, reply->body);
    bool refused = asked->kind == ASKED_BAD_JSON || asked->kind == ASKED_NO_MODEL ||
                   asked->kind == ASKED_NOWHERE;
    WORLD_CHECK(!refused || status >= 400, "status %d for what cannot be", status);
    WORLD_CHECK(!refused || asked->ask == NULL || asked->ask->tries == 0,
                "%s went to a service though it cannot be", asked->ask->mark);
}

void asked_judge(struct asked *asked, const struct reply *reply)
{
    check_marks(asked, reply);
    note_status(asked, reply);
    if (asked->kind != ASKED_GARBLED) {
        judge_access(asked, reply->status);
        judge_status(asked, reply);
    }
    bool is_stream = strncmp(reply_field(reply, "content-type"), "text/event-stream", 17) == 0;
    if (asked->kind == ASKED_HEALTH && reply->status == 503 && world.exports)
        return;
    if (asked->is_head || reply->status == 204)
        WORLD_CHECK(reply->body_len == 0, "a body where there is none");
    else if (reply->status >= 400)
        judge_error(reply);
    else if (asked->kind == ASKED_GARBLED)
        return;
    else if (!is_chat(asked))
        judge_local(asked, reply);
    else if (is_stream)
        judge_stream(asked, reply);
    else
        judge_document(asked, reply);
    WORLD_CHECK(!is_stream || asked->ask != NULL, "a stream for nobody");
}

void asked_judge_front(struct asked *asked, const struct reply *reply)
{
    check_marks(asked, reply);
    tally(TALLY_ANSWER_CUT);
    WORLD_CHECK(!world.calm || asked_may_break(asked), "an answer is cut in a calm world: %s",
                reply->body);
    if (asked->ask == NULL || reply->status != 200 || asked->kind == ASKED_GARBLED)
        return;
    text_len = 0;
    if (!asked->ask->stream) {
        asked->ask->content |= strstr(reply->body, asked->ask->mark) != NULL;
        return;
    }
    struct stream s = read_events(asked, reply, false);
    if (s.done)
        check_whole(asked->ask);
    else
        check_front(asked->ask);
}
