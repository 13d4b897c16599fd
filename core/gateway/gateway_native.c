/* See gateway_native.h. Each object has a table of its members: nothing that was asked for is left
 * out in silence. */
#include "core/gateway/gateway_native.h"

#include "core/gateway/gateway_episode.h"
#include "core/gateway/gateway_judge.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "port/port.h"

#include <string.h>

#if FEATURE_INFERENCE

#define FUNCTION SPAN("tensorzero::function_name::")
#define SHOWN_BYTES 48 /* of a name that is not known */
#define WRONG_TYPE " is of the wrong type"

#define KIND(kind) (1u << (kind))
#define OPTIONAL(kinds) ((kinds) | KIND(JSON_ABSENT) | KIND(JSON_NULL))
#define BOOL (KIND(JSON_TRUE) | KIND(JSON_FALSE))

/* A member that an object may have, and what it may be: a bit each. */
struct member {
    const char *name;
    uint8_t kinds;
};

enum { MODEL, FUNCTION_NAME, INPUT, STREAM, EPISODE, PARAMS, MOONGATE, TAGS, CACHE, ROOT };

static const struct member root_members[ROOT] = {
    [MODEL] = {"model_name", OPTIONAL(KIND(JSON_STRING))},
    [FUNCTION_NAME] = {"function_name", OPTIONAL(KIND(JSON_STRING))},
    [INPUT] = {"input", KIND(JSON_OBJECT)},
    [STREAM] = {"stream", OPTIONAL(BOOL)},
    [EPISODE] = {"episode_id", OPTIONAL(KIND(JSON_STRING))},
    [PARAMS] = {"params", OPTIONAL(KIND(JSON_OBJECT))},
    [MOONGATE] = {"moongate", OPTIONAL(KIND(JSON_OBJECT))},
    [TAGS] = {"tags", OPTIONAL(KIND(JSON_OBJECT))},
    [CACHE] = {"cache_options", OPTIONAL(KIND(JSON_OBJECT))}, /* there is no cache to have any */
};

enum { SYSTEM, MESSAGES, IN_INPUT };

static const struct member input_members[IN_INPUT] = {
    [SYSTEM] = {"system", OPTIONAL(KIND(JSON_STRING))},
    [MESSAGES] = {"messages", KIND(JSON_ARRAY)},
};

enum { ROLE, CONTENT, IN_MESSAGE };

static const struct member message_members[IN_MESSAGE] = {
    [ROLE] = {"role", KIND(JSON_STRING)},
    [CONTENT] = {"content", KIND(JSON_STRING) | KIND(JSON_ARRAY)},
};

static const struct member block_members[] = {
    {"type", KIND(JSON_STRING)},
    {"text", KIND(JSON_STRING)},
};

static const struct member params_members[] = {
    {"chat_completion", OPTIONAL(KIND(JSON_OBJECT))},
};

/* In the order of enum settings_sampling, then one more. */
static const struct member sampling_members[SETTINGS_SAMPLINGS + 1] = {
    [SETTINGS_TEMPERATURE] = {"temperature", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_TOP_P] = {"top_p", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_MAX_TOKENS] = {"max_tokens", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_SEED] = {"seed", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_PRESENCE_PENALTY] = {"presence_penalty", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_FREQUENCY_PENALTY] = {"frequency_penalty", OPTIONAL(KIND(JSON_NUMBER))},
    [SETTINGS_SAMPLINGS] = {"stop_sequences", OPTIONAL(KIND(JSON_ARRAY))},
};

#define COUNT(members) (sizeof(members) / sizeof((members)[0]))

/* What is being read. */
struct place {
    struct gateway_error *error;
    const char *path; /* of the object */
    int message;      /* which of input.messages it is in, or -1 */
};

/* A 400 that names a member, as it stands between its quotes. */
static bool refuse(const struct place *p, struct span name, const char *why)
{
    *p->error = (struct gateway_error){.status = 400};
    struct text text = gateway_error_text(p->error);
    if (p->message >= 0) {
        text_add_str(&text, "input.messages[");
        text_add_i64(&text, p->message);
        text_add_str(&text, "].");
    }
    text_add_str(&text, p->path);
    text_add_printable(&text, name, SHOWN_BYTES);
    text_add_str(&text, why);
    text_str(&text);
    return false;
}

/* Whether a value asks for nothing, so that not knowing it does no harm. */
static bool is_nothing(struct span value)
{
    enum json_kind kind = json_walk_kind(value);
    struct span inside = span_trim(json_walk_inside(value));
    bool container = kind == JSON_OBJECT || kind == JSON_ARRAY;
    return kind == JSON_NULL || kind == JSON_FALSE || (container && inside.len == 0);
}

/* Reads an object: values has room for count. */
static bool read(const struct place *p, struct span object, const struct member *members,
                 size_t count, struct span *values)
{
    struct span inside = json_walk_inside(object);
    struct span name;
    struct span value;
    memset(values, 0, count * sizeof(values[0]));
    while (json_walk_member(&inside, &name, &value)) {
        size_t i = 0;
        while (i < count && !json_string_equal(name, span_of(members[i].name)))
            i++;
        if (i == count && !is_nothing(value))
            return refuse(p, name, " is not carried here");
        if (i < count && values[i].at != NULL)
            return refuse(p, name, " is there twice");
        if (i < count)
            values[i] = value;
    }
    for (size_t i = 0; i < count; i++)
        if ((members[i].kinds & KIND(json_walk_kind(values[i]))) == 0)
            return refuse(p, span_of(members[i].name),
                          values[i].at == NULL ? " is missing" : WRONG_TYPE);
    return true;
}

/* ---- input ---------------------------------------------------------------------------------- */

static bool judge_block(const struct place *p, struct span block)
{
    struct span values[COUNT(block_members)];
    struct span type = json_walk_string(json_walk_find(block, SPAN("type")));
    if (json_walk_kind(block) != JSON_OBJECT)
        return refuse(p, SPAN("content"), " has a block that is no object");
    if (type.at != NULL && !json_string_equal(type, SPAN("text")))
        return refuse(p, type, " is a block that is not carried here: text alone");
    return read(p, block, block_members, COUNT(block_members), values);
}

static bool judge_message(struct place *p, struct span message)
{
    struct span values[IN_MESSAGE];
    struct span block;
    p->path = "";
    if (json_walk_kind(message) != JSON_OBJECT)
        return refuse(p, SPAN("it"), WRONG_TYPE);
    if (!read(p, message, message_members, IN_MESSAGE, values))
        return false;
    struct span role = json_walk_string(values[ROLE]);
    if (!json_string_equal(role, SPAN("user")) && !json_string_equal(role, SPAN("assistant")))
        return refuse(p, SPAN("role"), " is neither user nor assistant");
    struct span inside = json_walk_inside(values[CONTENT]);
    while (json_walk_element(&inside, &block))
        if (!judge_block(p, block))
            return false;
    return true;
}

static bool judge_input(const struct gateway_judge *j, struct span input)
{
    struct place p = {j->error, "input.", -1};
    struct span values[IN_INPUT];
    struct span message;
    if (!read(&p, input, input_members, IN_INPUT, values))
        return false;
    struct span inside = json_walk_inside(values[MESSAGES]);
    j->chat->messages = (struct json_member){.at = (uint32_t)(values[MESSAGES].at - j->body),
                                             .len = (uint32_t)values[MESSAGES].len,
                                             .kind = JSON_ARRAY};
    while (json_walk_element(&inside, &message)) {
        p.message++;
        if (!judge_message(&p, message))
            return false;
    }
    return p.message >= 0 || refuse(&p, SPAN("messages"), " is empty");
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* A function's name is told from a model's by its prefix. */
static bool judge_name(const struct gateway_judge *j, const struct span *values)
{
    const struct place p = {j->error, "", -1};
    char *model = j->chat->model;
    struct span function = json_walk_string(values[FUNCTION_NAME]);
    struct span raw = function.at != NULL ? function : json_walk_string(values[MODEL]);
    if (raw.at == NULL || (function.at != NULL && json_walk_kind(values[MODEL]) == JSON_STRING))
        return refuse(&p, SPAN("model_name"), " or function_name: one is to be given");
    if (!gateway_judge_model(j, raw))
        return false;
    if (function.at == NULL || span_starts(span_of(model), FUNCTION))
        return true;
    char name[LIMIT_NAME_BYTES]; /* one that is cut is none of a function */
    struct text text = text_over(model, LIMIT_NAME_BYTES);
    memcpy(name, model, sizeof(name));
    text_add(&text, FUNCTION);
    text_add_str(&text, name);
    text_str(&text);
    return true;
}

static bool judge_episode(const struct gateway_judge *j, struct span value)
{
    const struct place p = {j->error, "", -1};
    struct span raw = json_walk_string(value);
    if (raw.at == NULL)
        uuid_v7(j->chat->episode, port_wall_ms());
    return raw.at == NULL || gateway_episode_read(j->chat, raw) ||
           refuse(&p, SPAN("episode_id"), " is no UUID");
}

static bool judge_params(const struct gateway_judge *j, struct span params)
{
    struct place p = {j->error, "params.", -1};
    struct span chat[COUNT(params_members)];
    struct span values[COUNT(sampling_members)];
    if (!read(&p, params, params_members, COUNT(params_members), chat))
        return false;
    p.path = "params.chat_completion.";
    if (!read(&p, chat[0], sampling_members, COUNT(sampling_members), values))
        return false;
    for (int i = 0; i < SETTINGS_SAMPLINGS; i++)
        if (json_walk_kind(values[i]) == JSON_NUMBER)
            j->chat->given |= (uint8_t)(1u << i);
    return true;
}

bool gateway_native_judge(struct gateway_chat *chat, const struct json_outline *outline,
                          struct span body, struct json_tokens *tokens,
                          struct gateway_error *error)
{
    static const struct span names[GATEWAY_JUDGE_OWN] = {
        [GATEWAY_JUDGE_MOONGATE] = {"moongate", 8},
    };
    const struct gateway_judge j = {chat, outline, names, body.at, tokens, error, -1};
    const struct place p = {error, "", -1};
    struct span root = json_walk_root(body);
    struct span values[ROOT];
    *chat = (struct gateway_chat){0};
    if (outline->root != JSON_OBJECT)
        return gateway_judge_refuse(&j, NULL, " is JSON, but no object");
    if (!read(&p, root, root_members, ROOT, values))
        return false;
    chat->stream = json_walk_kind(values[STREAM]) == JSON_TRUE;
    return judge_name(&j, values) && judge_input(&j, values[INPUT]) &&
           judge_episode(&j, values[EPISODE]) && judge_params(&j, values[PARAMS]) &&
           gateway_judge_thread(&j);
}

/* ---- what goes no further ------------------------------------------------------------------- */

void gateway_native_ignored(const struct provider_call *call, struct text *out)
{
    const struct provider_protocol *protocol = provider_protocol(call->provider->protocol);
    struct span inside = provider_members(call);
    struct span name;
    struct span value;
    while (json_walk_member(&inside, &name, &value))
        if (!is_nothing(value) && (protocol->carries == NULL || !protocol->carries(name)))
            gateway_judge_ignore(out, name);
    value = json_walk_find(json_walk_root(call->asked.body), SPAN("tags"));
    if (value.at != NULL && !is_nothing(value))
        gateway_judge_ignore(out, SPAN("tags"));
}

#endif
