/* See gateway_judge.h. */
#include "core/gateway/gateway_judge.h"

#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#include <string.h>

#define THREAD_ID "moongate.thread_id"
#define SHORT_BYTES 128       /* of an ignored name, decoded */
#define IGNORED_NAME_BYTES 38 /* of it that are told */

_Static_assert(GATEWAY_CHAT_IGNORED_MAX <= JSON_OUTLINE_OTHERS, "so many others are noted");
_Static_assert(GATEWAY_CHAT_IGNORED_MAX * (IGNORED_NAME_BYTES + 1) <= GATEWAY_CHAT_IGNORED_BYTES,
               "all ignored names have room, with their commas");

/* Begins a refusal: what it is about, and of messages which one. */
static struct text begin_refusal(const struct gateway_judge *j, const char *param)
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

bool gateway_judge_refuse(const struct gateway_judge *j, const char *param, const char *why)
{
    struct text text = begin_refusal(j, param);
    text_add_str(&text, why);
    text_str(&text);
    return false;
}

enum json_kind gateway_judge_kind(const struct gateway_judge *j, int name)
{
    return j->outline->members[name].kind;
}

static struct span value_of(const struct gateway_judge *j, int name)
{
    return json_outline_value(&j->outline->members[name], j->body);
}

/* Reads a value into the tokens. False: *error, which names the limit. */
static bool read_tokens(const struct gateway_judge *j, const char *param, struct span value)
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

bool gateway_judge_model(const struct gateway_judge *j, struct span raw)
{
    enum result result = read_string(raw, j->chat->model, sizeof(j->chat->model));
    if (result == RESULT_FAULT)
        return gateway_judge_refuse(j, "model", " is no name: it is empty, or has a NUL in it");
    if (result == RESULT_MORE)
        *j->error = gateway_error_with(404, "Model not available: no model has so long a name",
                                       "model", "model_not_found");
    return result == RESULT_DONE;
}

static bool judge_model(const struct gateway_judge *j)
{
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MODEL) == JSON_ABSENT)
        return gateway_judge_refuse(j, "model", " is missing");
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MODEL) != JSON_STRING)
        return gateway_judge_refuse(j, "model", " is no string");
    return gateway_judge_model(
        j, json_outline_string(&j->outline->members[GATEWAY_JUDGE_MODEL], j->body));
}

bool gateway_judge_all_objects(const struct json_tokens *t, int array)
{
    int element = json_tokens_first(t, array);
    while (element >= 0 && json_tokens_kind(t, element) == JSON_OBJECT)
        element = json_tokens_next(t, element);
    return element < 0;
}

/* What is wrong with the message in tokens; NULL: nothing. */
static const char *judge_message(const struct json_tokens *t,
                                 const struct gateway_judge_part *parts, size_t count)
{
    const char *why = json_tokens_kind(t, 0) == JSON_OBJECT ? NULL : " is no object";
    for (size_t i = 0; why == NULL && i < count; i++) {
        struct span name = span_of(parts[i].name);
        why = json_tokens_times(t, 0, name) > 1
                  ? parts[i].twice
                  : parts[i].judge(t, json_tokens_member(t, 0, name));
    }
    return why;
}

bool gateway_judge_messages(struct gateway_judge *j, const struct gateway_judge_part *parts,
                            size_t count)
{
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MESSAGES) == JSON_ABSENT)
        return gateway_judge_refuse(j, "messages", " is missing");
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MESSAGES) != JSON_ARRAY)
        return gateway_judge_refuse(j, "messages", " is no array");
    struct span inside = json_walk_inside(value_of(j, GATEWAY_JUDGE_MESSAGES));
    struct span message;
    for (j->message = 0; json_walk_element(&inside, &message); j->message++) {
        if (!read_tokens(j, "messages", message))
            return false;
        const char *why = judge_message(j->tokens, parts, count);
        if (why != NULL)
            return gateway_judge_refuse(j, "messages", why);
    }
    bool empty = j->message == 0;
    j->message = -1;
    return !empty || gateway_judge_refuse(j, "messages", " is empty");
}

bool gateway_judge_bool(const struct gateway_judge *j, const char *param, enum json_kind kind,
                        bool *value)
{
    *value = kind == JSON_TRUE;
    bool good = *value || kind == JSON_FALSE || kind == JSON_NULL || kind == JSON_ABSENT;
    return good || gateway_judge_refuse(j, param, " is neither true nor false");
}

bool gateway_judge_read(const struct gateway_judge *j, int name)
{
    const char *param = j->names[name].at;
    j->tokens->count = 0;
    if (gateway_judge_kind(j, name) == JSON_ABSENT || gateway_judge_kind(j, name) == JSON_NULL)
        return true;
    if (gateway_judge_kind(j, name) != JSON_OBJECT)
        return gateway_judge_refuse(j, param, " is no object");
    return read_tokens(j, param, value_of(j, name));
}

bool gateway_judge_thread(const struct gateway_judge *j)
{
    const struct json_tokens *t = j->tokens;
    struct span name = SPAN("thread_id");
    if (!gateway_judge_read(j, GATEWAY_JUDGE_MOONGATE))
        return false;
    if (json_tokens_times(t, 0, name) > 1)
        return gateway_judge_refuse(j, THREAD_ID, " is there twice");
    int token = json_tokens_member(t, 0, name);
    enum json_kind kind = json_tokens_kind(t, token);
    if (kind == JSON_ABSENT || kind == JSON_NULL)
        return true;
    if (kind != JSON_STRING)
        return gateway_judge_refuse(j, THREAD_ID, " is no string");
    enum result result =
        read_string(json_tokens_raw(t, token), j->chat->thread_id, sizeof(j->chat->thread_id));
    return result == RESULT_DONE ||
           gateway_judge_refuse(j, THREAD_ID, " is none that was given out");
}

bool gateway_judge_object(const struct gateway_judge *j)
{
    const struct json_outline *outline = j->outline;
    *j->chat = (struct gateway_chat){
        .messages = outline->members[GATEWAY_JUDGE_MESSAGES],
        .model_value = outline->members[GATEWAY_JUDGE_MODEL],
    };
    if (outline->root != JSON_OBJECT)
        return gateway_judge_refuse(j, NULL, " is JSON, but no object");
    if (outline->twice >= 0)
        return gateway_judge_refuse(j, j->names[outline->twice].at, " is there twice");
    return judge_model(j);
}

void gateway_judge_ignore(struct text *out, struct span name)
{
    size_t before = out->len;
    text_add_str(out, before > 0 ? "," : "");
    size_t comma = out->len;
    text_add_safe(out, name, IGNORED_NAME_BYTES);
    if (out->len == comma)
        out->len = before; /* nothing of it is safe */
}

void gateway_judge_ignored(const struct gateway_judge *j, int first, int count,
                           bool (*carries)(struct span name), struct text *out)
{
    const struct json_outline *outline = j->outline;
    char name[SHORT_BYTES];
    int told = 0;
    for (int i = first; i < count; i++)
        if (gateway_judge_kind(j, i) != JSON_ABSENT && (carries == NULL || !carries(j->names[i]))) {
            gateway_judge_ignore(out, j->names[i]);
            told++;
        }
    for (int i = 0; i < outline->other_count && told < GATEWAY_CHAT_IGNORED_MAX; i++) {
        struct span raw = json_outline_string(&outline->others[i], j->body);
        if (carries != NULL && carries(raw))
            continue;
        gateway_judge_ignore(out, (struct span){name, json_string_decode(raw, name, sizeof(name))});
        told++;
    }
}
