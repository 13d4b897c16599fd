/* See gateway_chat.h. */
#include "core/gateway/gateway_chat.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#include <string.h>

/* What is read at the top level. */
enum { MODEL, MESSAGES, STREAM, STREAM_OPTIONS, MOONGATE };

static const struct span names[GATEWAY_CHAT_NAMES] = {
    [MODEL] = {"model", 5},
    [MESSAGES] = {"messages", 8},
    [STREAM] = {"stream", 6},
    [STREAM_OPTIONS] = {"stream_options", 14},
    [MOONGATE] = {"moongate", 8},
};

#define INCLUDE_USAGE "stream_options.include_usage"
#define THREAD_ID "moongate.thread_id"

#define SHORT_BYTES 128       /* of an ignored name, decoded */
#define IGNORED_NAME_BYTES 38 /* of it that are told */

_Static_assert(GATEWAY_CHAT_NAMES <= JSON_OUTLINE_NAMES, "the outline notes every name");
_Static_assert(GATEWAY_CHAT_IGNORED_MAX <= JSON_OUTLINE_OTHERS, "and so many others");
_Static_assert(GATEWAY_CHAT_IGNORED_MAX * (IGNORED_NAME_BYTES + 1) <= GATEWAY_CHAT_IGNORED_BYTES,
               "all ignored names have room, with their commas");

/* A body being judged. */
struct judge {
    struct gateway_chat *chat;
    const struct json_outline *outline;
    const char *body;
    struct json_tokens *tokens;
    struct gateway_error *error;
    int message; /* in hand, or -1 */
};

/* Begins a refusal: what it is about, and of messages which one. */
static struct text begin_refusal(const struct judge *j, const char *param)
{
    *j->error = (struct gateway_error){.status = 400, .param = param};
    struct text text = gateway_error_text(j->error);
    text_add_str(&text, param != NULL ? param : "the body");
    if (j->message >= 0) {
        text_add_char(&text, '[');
        text_add_i64(&text, j->message);
        text_add_char(&text, ']');
    }
    return text;
}

static bool refuse(const struct judge *j, const char *param, const char *why)
{
    struct text text = begin_refusal(j, param);
    text_add_str(&text, why);
    text_str(&text);
    return false;
}

static enum json_kind kind_of(const struct judge *j, int name)
{
    return j->outline->members[name].kind;
}

static struct span value_of(const struct judge *j, int name)
{
    return json_outline_value(&j->outline->members[name], j->body);
}

/* Reads a value into the tokens. False: *error, which names the limit. */
static bool read_tokens(const struct judge *j, const char *param, struct span value)
{
    if (json_tokens_read(j->tokens, value) == RESULT_DONE)
        return true;
    struct text text = begin_refusal(j, param);
    text_add_str(&text, " has more than ");
    text_add_u64(&text, LIMIT_JSON_TOKENS);
    text_add_str(&text, " names and values in it");
    text_str(&text);
    return false;
}

/* Decodes a string into out, with a NUL behind it. MORE: it has no room. FAULT: it is empty,
 * or holds a NUL itself and would be read as another. */
static enum result read_string(struct span raw, char *out, size_t cap)
{
    size_t len = json_string_decode_some(&raw, out, cap - 1);
    out[len] = '\0';
    if (raw.len > 0)
        return RESULT_MORE;
    return len == 0 || memchr(out, '\0', len) != NULL ? RESULT_FAULT : RESULT_DONE;
}

static bool judge_model(const struct judge *j)
{
    if (kind_of(j, MODEL) == JSON_ABSENT)
        return refuse(j, "model", " is missing");
    if (kind_of(j, MODEL) != JSON_STRING)
        return refuse(j, "model", " is no string");
    struct span raw = json_outline_string(&j->outline->members[MODEL], j->body);
    enum result result = read_string(raw, j->chat->model, sizeof(j->chat->model));
    if (result == RESULT_FAULT)
        return refuse(j, "model", " is no name: it is empty, or has a NUL in it");
    if (result == RESULT_MORE)
        *j->error = gateway_error_with(404, "Model not available: no model has so long a name",
                                       "model", "model_not_found");
    return result == RESULT_DONE;
}

/* ---- messages ------------------------------------------------------------------------------- */

static bool all_objects(const struct json_tokens *t, int array)
{
    int element = json_tokens_first(t, array);
    while (element >= 0 && json_tokens_kind(t, element) == JSON_OBJECT)
        element = json_tokens_next(t, element);
    return element < 0;
}

/* Where it is not of its type, it is as if it were not there. */
static const char *judge_nothing(const struct json_tokens *t, int member)
{
    (void)t;
    (void)member;
    return NULL;
}

static const char *judge_role(const struct json_tokens *t, int role)
{
    if (role < 0)
        return " has no role";
    return json_tokens_kind(t, role) == JSON_STRING ? NULL : " has a role that is no string";
}

static const char *judge_content(const struct json_tokens *t, int content)
{
    switch (json_tokens_kind(t, content)) {
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_STRING:
        return NULL;
    case JSON_ARRAY:
        return all_objects(t, content) ? NULL : " has a content part that is no object";
    default:
        return " has a content that is neither a string, nor null, nor an array of parts";
    }
}

static const char *judge_calls(const struct json_tokens *t, int calls)
{
    switch (json_tokens_kind(t, calls)) {
    case JSON_ABSENT:
    case JSON_NULL:
        return NULL;
    case JSON_ARRAY:
        return all_objects(t, calls) ? NULL : " has a tool call that is no object";
    default:
        return " has tool_calls that are no array";
    }
}

/* What is read of a message, and how each is judged; member is -1 for what is not there. */
static const struct {
    const char *name;
    const char *twice;
    const char *(*judge)(const struct json_tokens *t, int member);
} parts[] = {
    {"role", " has role twice", judge_role},
    {"content", " has content twice", judge_content},
    {"tool_calls", " has tool_calls twice", judge_calls},
    {"refusal", " has refusal twice", judge_nothing},
    {"function_call", " has function_call twice", judge_nothing},
};

/* What is wrong with the message in tokens; NULL: nothing. */
static const char *judge_message(const struct json_tokens *t)
{
    const char *why = json_tokens_kind(t, 0) == JSON_OBJECT ? NULL : " is no object";
    for (size_t i = 0; why == NULL && i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct span name = span_of(parts[i].name);
        why = json_tokens_times(t, 0, name) > 1
                  ? parts[i].twice
                  : parts[i].judge(t, json_tokens_member(t, 0, name));
    }
    return why;
}

static bool judge_messages(struct judge *j)
{
    if (kind_of(j, MESSAGES) == JSON_ABSENT)
        return refuse(j, "messages", " is missing");
    if (kind_of(j, MESSAGES) != JSON_ARRAY)
        return refuse(j, "messages", " is no array");
    struct span inside = json_walk_inside(value_of(j, MESSAGES));
    struct span message;
    for (j->message = 0; json_walk_element(&inside, &message); j->message++) {
        if (!read_tokens(j, "messages", message))
            return false;
        const char *why = judge_message(j->tokens);
        if (why != NULL)
            return refuse(j, "messages", why);
    }
    bool empty = j->message == 0;
    j->message = -1;
    return !empty || refuse(j, "messages", " is empty");
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* A boolean; null and nothing are false. */
static bool read_bool(const struct judge *j, const char *param, enum json_kind kind, bool *value)
{
    *value = kind == JSON_TRUE;
    bool good = *value || kind == JSON_FALSE || kind == JSON_NULL || kind == JSON_ABSENT;
    return good || refuse(j, param, " is neither true nor false");
}

/* Reads an object of the top level into the tokens. False: *error. Null and nothing are no
 * tokens. */
static bool read_object(const struct judge *j, int name)
{
    const char *param = names[name].at;
    j->tokens->count = 0;
    if (kind_of(j, name) == JSON_ABSENT || kind_of(j, name) == JSON_NULL)
        return true;
    if (kind_of(j, name) != JSON_OBJECT)
        return refuse(j, param, " is no object");
    return read_tokens(j, param, value_of(j, name));
}

static bool judge_stream(const struct judge *j)
{
    const struct json_tokens *t = j->tokens;
    struct span name = SPAN("include_usage");
    if (!read_bool(j, "stream", kind_of(j, STREAM), &j->chat->stream) ||
        !read_object(j, STREAM_OPTIONS))
        return false;
    if (json_tokens_times(t, 0, name) > 1)
        return refuse(j, INCLUDE_USAGE, " is there twice");
    enum json_kind kind = json_tokens_kind(t, json_tokens_member(t, 0, name));
    return read_bool(j, INCLUDE_USAGE, kind, &j->chat->include_usage);
}

static bool judge_thread(const struct judge *j)
{
    const struct json_tokens *t = j->tokens;
    struct span name = SPAN("thread_id");
    if (!read_object(j, MOONGATE))
        return false;
    if (json_tokens_times(t, 0, name) > 1)
        return refuse(j, THREAD_ID, " is there twice");
    int token = json_tokens_member(t, 0, name);
    enum json_kind kind = json_tokens_kind(t, token);
    if (kind == JSON_ABSENT || kind == JSON_NULL)
        return true;
    if (kind != JSON_STRING)
        return refuse(j, THREAD_ID, " is no string");
    enum result result =
        read_string(json_tokens_raw(t, token), j->chat->thread_id, sizeof(j->chat->thread_id));
    return result == RESULT_DONE || refuse(j, THREAD_ID, " is none that was given out");
}

/* ---- the body as a whole -------------------------------------------------------------------- */

void gateway_chat_outline(struct json_outline *outline)
{
    json_outline_init(outline, names, GATEWAY_CHAT_NAMES);
}

void gateway_chat_not_json(const struct json_outline *outline, struct gateway_error *error)
{
    *error = (struct gateway_error){.status = 400};
    struct text text = gateway_error_text(error);
    text_add_str(&text, "the body is not JSON: ");
    text_add_str(&text, outline->rules.why);
    text_add_str(&text, " (at byte ");
    text_add_u64(&text, outline->rules.offset);
    text_add_char(&text, ')');
    text_str(&text);
}

/* Begins with what does not depend on what the body is for. */
static bool judge_object(const struct judge *j)
{
    const struct json_outline *outline = j->outline;
    *j->chat = (struct gateway_chat){
        .messages = outline->members[MESSAGES],
        .model_value = outline->members[MODEL],
        .stream_options = outline->members[STREAM_OPTIONS],
    };
    if (outline->root != JSON_OBJECT)
        return refuse(j, NULL, " is JSON, but no object");
    if (outline->twice >= 0)
        return refuse(j, names[outline->twice].at, " is there twice");
    return judge_model(j);
}

bool gateway_chat_judge_relayed(struct gateway_chat *chat, const struct json_outline *outline,
                                const char *body, struct gateway_error *error)
{
    const struct judge j = {chat, outline, body, NULL, error, -1};
    return judge_object(&j) && read_bool(&j, "stream", kind_of(&j, STREAM), &chat->stream);
}

bool gateway_chat_judge(struct gateway_chat *chat, const struct json_outline *outline,
                        const char *body, struct json_tokens *tokens, struct gateway_error *error)
{
    struct judge j = {chat, outline, body, tokens, error, -1};
    return judge_object(&j) && judge_messages(&j) && judge_stream(&j) && judge_thread(&j);
}

void gateway_chat_ignored(const struct json_outline *outline, const char *body, struct text *out)
{
    char name[SHORT_BYTES];
    ASSERT(outline->other_count <= GATEWAY_CHAT_IGNORED_MAX);
    for (int i = 0; i < outline->other_count; i++) {
        struct span raw = json_outline_string(&outline->others[i], body);
        struct span plain = {name, json_string_decode(raw, name, sizeof(name))};
        size_t before = out->len;
        text_add_str(out, before > 0 ? "," : "");
        size_t comma = out->len;
        text_add_safe(out, plain, IGNORED_NAME_BYTES);
        if (out->len == comma)
            out->len = before; /* nothing of it is safe */
    }
}
