/*
 * The service's protocol. Every fact of its wire stands in this file: what is not true any more is
 * mended here and nowhere else.
 */
#include "core/provider/rust_proxy.h"

#include "core/base/assert.h"
#include "core/http/http_write.h"
#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/provider/provider_body.h"
#include "core/provider/provider_sign.h"

#define CHAT_PATH "/api/v1/stream/chat" /* what api_endpoint ends with */
#define MODELS_PATH "/api/v1/models"

#define SIGN_HEAD_BYTES (UUID_TEXT_BYTES + 24) /* nonce and timestamp, each with its newline */

/* ---- the body: {"content":...,"threadId":...,"extra":{...}} --------------------------------- */

enum { BODY_OPEN, BODY_CONTENT, BODY_THREAD, BODY_MODEL, BODY_MANNER, BODY_END };

/* Roles have names of the service's; others go as they stand. */
static const struct {
    const char *role;
    const char *name;
} roles[] = {
    {"system", "System"},       {"developer", "System"}, {"user", "User"},
    {"assistant", "Assistant"}, {"tool", "Tool"},
};

/* What the client has between its quotes goes as it stands. */
static void push_raw(struct provider_call *call, struct span raw)
{
    provider_pieces_push(&call->cursor.pieces, raw, PROVIDER_PIECES_RAW);
}

/* The same of a text of ours, its escapes written out. */
static void push_str(struct provider_call *call, const char *raw)
{
    push_raw(call, span_of(raw));
}

static void push_plain(struct provider_call *call, struct span plain)
{
    provider_pieces_push(&call->cursor.pieces, plain, PROVIDER_PIECES_PLAIN);
}

static void make_open(struct provider_call *call)
{
    push_str(call, "{\"content\":\"");
    call->cursor.step = BODY_CONTENT;
}

static struct span role_name(struct span raw)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (json_string_equal(raw, span_of(roles[i].role)))
            return span_of(roles[i].name);
    return raw;
}

/* "Role: ", on a line of its own. */
static void make_role(struct provider_call *call, struct span role)
{
    push_str(call, call->cursor.count > 0 ? "\\n" : "");
    push_raw(call, role_name(role));
    push_str(call, ": ");
    call->cursor.count++;
    call->cursor.said = false;
}

static void make_said(struct provider_call *call, struct span raw)
{
    push_str(call, call->cursor.said ? " " : "");
    push_raw(call, raw);
    call->cursor.said = true;
}

/* "[tool call NAME ARGUMENTS]" */
static void make_tool(struct provider_call *call, const struct provider_messages_thing *thing)
{
    make_said(call, SPAN("[tool call "));
    push_raw(call, thing->text);
    push_str(call, thing->arguments.len > 0 ? " " : "");
    if (thing->arguments_as_json)
        push_plain(call, thing->arguments);
    else
        push_raw(call, thing->arguments);
    push_str(call, "]");
}

static void make_content(struct provider_call *call)
{
    struct provider_messages_thing thing;
    provider_said_next(call, &thing);
    switch (thing.kind) {
    case PROVIDER_MESSAGES_ROLE:
        make_role(call, thing.text);
        break;
    case PROVIDER_MESSAGES_TEXT:
        make_said(call, thing.text);
        break;
    case PROVIDER_MESSAGES_OTHER:
        make_said(call, SPAN("[Non-text content]"));
        break;
    case PROVIDER_MESSAGES_CALL:
        make_tool(call, &thing);
        break;
    case PROVIDER_MESSAGES_END:
        call->cursor.step = BODY_THREAD;
        break;
    }
}

static void make_thread(struct provider_call *call)
{
    push_str(call, "\"");
    if (call->thread_id.len > 0) {
        push_str(call, ",\"threadId\":\"");
        push_plain(call, call->thread_id);
        push_str(call, "\"");
    }
    call->cursor.step = BODY_MODEL;
}

static void make_model(struct provider_call *call)
{
    push_str(call, ",\"extra\":{\"searchMode\":\"");
    push_plain(call, span_of(call->provider->search_mode));
    push_str(call, "\",\"model\":\"");
    push_plain(call, call->identifier);
    call->cursor.step = BODY_MANNER;
}

static void make_manner(struct provider_call *call)
{
    push_str(call, "\",\"isExpert\":");
    push_str(call, call->provider->is_expert ? "true" : "false");
    push_str(call, ",\"language\":\"");
    push_plain(call, span_of(call->provider->accept_language));
    push_str(call, "\"}}");
    call->cursor.step = BODY_END;
}

/* ---- its writing and its signature ---------------------------------------------------------- */

static void rewind_body(struct provider_call *call)
{
    provider_cursor_begin(&call->cursor, BODY_OPEN);
    provider_said_begin(call);
}

/* The piece to write next, made when there is none; NULL at the end. */
static bool make(struct provider_call *call)
{
    static void (*const makers[])(struct provider_call *) = {
        [BODY_OPEN] = make_open,   [BODY_CONTENT] = make_content, [BODY_THREAD] = make_thread,
        [BODY_MODEL] = make_model, [BODY_MANNER] = make_manner,
    };
    struct provider_cursor *c = &call->cursor;
    if (c->step == BODY_END)
        return false;
    c->made_by = c->step;
    makers[c->step](call);
    return true;
}

static size_t body_some(struct provider_call *call, char *out, size_t cap)
{
    return provider_body_some(call, make, out, cap);
}

/* Signed is: nonce, timestamp, device id and content, a newline between them. */
static void sign_begin(const struct provider_signer *signer, struct tls_hmac *state,
                       const struct provider_call *call)
{
    char bytes[SIGN_HEAD_BYTES];
    struct text text = text_over(bytes, sizeof(bytes));
    text_add_str(&text, call->nonce);
    text_add_char(&text, '\n');
    text_add_u64(&text, call->wall_s);
    text_add_char(&text, '\n');
    ASSERT(!text.cut);
    signer->begin(state, call->provider);
    signer->add(state, text_span(&text));
    signer->add(state, call->device_id);
    signer->add(state, SPAN("\n"));
}

/* Goes through the body once, for its length and its signature. */
static void begin(struct provider_call *call)
{
    const struct provider_signer *signer = provider_sign_of(call);
    struct tls_hmac state;
    struct provider_piece *piece;
    uuid_v4(call->nonce);
    call->sign[0] = '\0';
    call->body_len = 0;
    if (signer != NULL)
        sign_begin(signer, &state, call);
    rewind_body(call);
    while ((piece = provider_body_next(call, make)) != NULL) {
        if (signer != NULL && call->cursor.made_by == BODY_CONTENT)
            provider_sign_piece(signer, &state, *piece);
        call->body_len += provider_pieces_len(*piece);
        piece->bytes.len = 0;
    }
    if (signer != NULL)
        signer->end(&state, call->sign);
    rewind_body(call);
}

/* ---- heads ---------------------------------------------------------------------------------- */

static void add_account(const struct provider_call *call, struct text *out)
{
    http_write_field_str(out, HTTP_NAME_ACCEPT_LANGUAGE, call->provider->accept_language);
    http_write_field(out, HTTP_NAME_DEVICE_ID, call->device_id);
    http_write_field_str(out, HTTP_NAME_OS_TYPE, call->provider->os_type);
    http_write_field(out, HTTP_NAME_SID, call->session_id);
}

static void head(const struct provider_call *call, struct text *out)
{
    const struct settings_url *url = &call->provider->url;
    provider_head_begin(out, SPAN("POST "), url, span_of(url->path), SPAN(""));
    add_account(call, out);
    http_write_field_str(out, HTTP_NAME_NONCE, call->nonce);
    http_write_field_u64(out, HTTP_NAME_TIMESTAMP, call->wall_s);
    if (call->sign[0] != '\0')
        http_write_field_str(out, HTTP_NAME_SIGN, call->sign);
    provider_head_end(out, call->body_len, PROVIDER_ACCEPT("text/event-stream"));
}

static void models_head(const struct provider_call *call, struct text *out)
{
    const struct settings_url *url = &call->provider->url;
    struct span base = span_of(url->path);
    if (span_ends(base, SPAN(CHAT_PATH)))
        base.len -= sizeof(CHAT_PATH) - 1;
    provider_head_begin(out, SPAN("GET "), url, base, SPAN(MODELS_PATH));
    text_add(out, SPAN("accept: application/json\r\n"));
    add_account(call, out);
    http_write_end(out);
}

/* ---- events --------------------------------------------------------------------------------- */

/* A member of data that is a string: into news. */
static bool read_member(struct span data, const char *name, struct provider_news *news)
{
    struct span value = json_walk_find(data, span_of(name));
    if (json_walk_kind(value) != JSON_STRING)
        return false;
    news->text = json_walk_string(value);
    news->raw = true;
    return true;
}

/* Most data is plain text: what cannot be an object is not judged. */
static struct span json_object(struct span data)
{
    size_t at = 0;
    while (at < data.len && (data.at[at] == ' ' || data.at[at] == '\t' || data.at[at] == '\n'))
        at++;
    bool brace = at < data.len && data.at[at] == '{';
    return brace ? json_walk_document(data) : (struct span){NULL, 0};
}

static void read_plain(struct span data, struct provider_news *news)
{
    news->text = data;
}

/* A related question or an id that is empty is none. */
static void read_word(struct span data, struct provider_news *news)
{
    news->text = data;
    if (data.len == 0)
        news->kind = PROVIDER_NOTHING;
}

static void read_text(struct span data, struct provider_news *news)
{
    if (!read_member(json_object(data), "text", news))
        read_plain(data, news);
}

static void read_error(struct span data, struct provider_news *news)
{
    struct span object = json_object(data);
    if (!read_member(object, "text", news) && !read_member(object, "message", news))
        read_plain(data, news);
}

/* Only what has something in it can be a source. */
static void read_sources(struct span data, struct provider_news *news)
{
    struct span value = json_walk_document(data);
    struct span inside = json_walk_inside(value);
    struct span first;
    news->kind = PROVIDER_NOTHING;
    if (json_walk_element(&inside, &first)) {
        news->kind = PROVIDER_SOURCES;
        news->text = value;
        news->raw = true;
    }
}

static void read_nothing(struct span data, struct provider_news *news)
{
    (void)data;
    (void)news;
}

/* What is not listed is nobody's: "action", "threadTitle", "queryMessageId", "answerMessageId", and
 * what the service thinks of next. */
static const struct {
    struct span name;
    enum provider_news_kind kind;
    void (*read)(struct span data, struct provider_news *news);
} events[] = {
    {{"", 0}, PROVIDER_TEXT, read_text},
    {{"message", 7}, PROVIDER_TEXT, read_text},
    {{"content", 7}, PROVIDER_TEXT, read_text},
    {{"c", 1}, PROVIDER_TEXT, read_text},
    {{"r", 1}, PROVIDER_REASONING, read_text},
    {{"rlq", 3}, PROVIDER_QUESTION, read_word},
    {{"q", 1}, PROVIDER_QUESTION, read_word},
    {{"sources", 7}, PROVIDER_SOURCES, read_sources},
    {{"repoSources", 11}, PROVIDER_SOURCES, read_sources},
    {{"threadId", 8}, PROVIDER_THREAD, read_word},
    {{"error", 5}, PROVIDER_ERROR, read_error},
    {{"finish", 6}, PROVIDER_FINISH, read_nothing},
};

static void event(struct provider_call *call, struct span name, struct span data,
                  struct provider_news *news)
{
    (void)call;
    *news = (struct provider_news){.kind = PROVIDER_NOTHING};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (span_equal(name, events[i].name)) {
            news->kind = events[i].kind;
            events[i].read(data, news);
            return;
        }
}

const struct provider_protocol rust_proxy_protocol = {
    .lists_models = true,
    .close_ends = true,
    .begin = begin,
    .head = head,
    .body_some = body_some,
    .models_head = models_head,
    .event = event,
};
