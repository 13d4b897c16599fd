/* See gateway_judge.h. */
#include "core/gateway/gateway_judge.h"

#include "core/base/assert.h"
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

/* A value that is too much at once. */
static bool refuse_tokens(const struct gateway_judge *j, const char *param)
{
    struct text text = begin_refusal(j, param);
    text_add_str(&text, " has more than ");
    text_add_u64(&text, LIMIT_JSON_TOKENS);
    text_add_str(&text, " names and values in it");
    text_str(&text);
    return false;
}

/* Decodes a string into out, with a NUL behind it. MORE: it has no room. FAULT: it is empty, or
 * holds a NUL itself and would be read as another: only an escape, longer than it, can be one. */
static enum result read_string(struct span raw, char *out, size_t cap)
{
    const size_t raw_len = raw.len;
    size_t len = json_string_decode_some(&raw, out, cap - 1);
    out[len] = '\0';
    if (raw.len > 0)
        return RESULT_MORE;
    bool holds_nul = len < raw_len && memchr(out, '\0', len) != NULL;
    return len == 0 || holds_nul ? RESULT_FAULT : RESULT_DONE;
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

/* A message, passed over once. */
struct message {
    const struct gateway_judge_part *parts;
    size_t count;
    bool object;
    unsigned there, twice; /* a bit for each part */
    size_t most;           /* names and values in it, at the most */
    struct span *values;   /* of the parts that are there */
};

/* A container has none in two bytes, and one more in two more. */
static size_t most_in(struct span value)
{
    bool container = value.len > 0 && (value.at[0] == '{' || value.at[0] == '[');
    return container ? value.len / 2 + 1 : 1;
}

static void note_member(struct message *m, struct span name, struct span value)
{
    m->most += 1 + most_in(value);
    for (size_t i = 0; i < m->count; i++) {
        if (!json_string_is(name, m->parts[i].name))
            continue;
        m->twice |= m->there & 1u << i;
        m->there |= 1u << i;
        m->values[i] = value;
        return;
    }
}

/* Passes over the message at the front of *rest; its bytes. */
static struct span take_message(struct message *m, struct span *rest, struct span known)
{
    struct span message = *rest;
    struct span name;
    struct span value;
    if (m->object) {
        *rest = span_skip(*rest, 1);
        while (json_walk_member_on(rest, &name, &value, known))
            note_member(m, name, value);
        m->most++;
    } else if (json_walk_element(rest, &value)) {
        m->most = most_in(value);
    }
    message.len -= rest->len;
    return message;
}

/* What is wrong with it; NULL: nothing. */
static const char *judge_message(const struct message *m, struct span known)
{
    const char *why = m->object ? NULL : " is no object";
    for (size_t i = 0; why == NULL && i < m->count; i++) {
        const struct gateway_judge_part *part = &m->parts[i];
        if ((m->twice >> i & 1) != 0)
            why = part->twice;
        else
            why = (m->there >> i & 1) != 0 ? part->judge(m->values[i], known) : part->none;
    }
    return why;
}

bool gateway_judge_messages(struct gateway_judge *j, const struct gateway_judge_part *parts,
                            size_t count)
{
    ASSERT(count <= GATEWAY_JUDGE_PARTS);
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MESSAGES) == JSON_ABSENT)
        return gateway_judge_refuse(j, "messages", " is missing");
    if (gateway_judge_kind(j, GATEWAY_JUDGE_MESSAGES) != JSON_ARRAY)
        return gateway_judge_refuse(j, "messages", " is no array");
    struct span known = json_outline_known(j->outline, j->body);
    struct span rest = json_walk_inside(value_of(j, GATEWAY_JUDGE_MESSAGES));
    struct span values[GATEWAY_JUDGE_PARTS];
    enum json_kind kind;
    for (j->message = 0; (kind = json_walk_next(&rest)) != JSON_ABSENT; j->message++) {
        struct message message = {parts, count, kind == JSON_OBJECT, 0, 0, 0, values};
        struct span bytes = take_message(&message, &rest, known);
        if (message.most > LIMIT_JSON_TOKENS && json_walk_count(bytes, known) > LIMIT_JSON_TOKENS)
            return refuse_tokens(j, "messages");
        const char *why = judge_message(&message, known);
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
    return json_tokens_read(j->tokens, value_of(j, name)) == RESULT_DONE ||
           refuse_tokens(j, param);
}

bool gateway_judge_thread(const struct gateway_judge *j)
{
    const struct json_tokens *t = j->tokens;
    struct span name = SPAN("thread_id");
    if (!gateway_judge_read(j, GATEWAY_JUDGE_MOONGATE))
        return false;
    if (t->count == 0)
        return true;
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
    struct gateway_chat *chat = j->chat;
    chat->messages = outline->members[GATEWAY_JUDGE_MESSAGES];
    chat->model_value = outline->members[GATEWAY_JUDGE_MODEL];
    chat->stream_options.kind = JSON_ABSENT;
    chat->model[0] = chat->thread_id[0] = '\0';
    chat->stream = chat->include_usage = chat->many = false;
    chat->given = 0;
    memset(chat->episode, 0, sizeof(chat->episode));
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
