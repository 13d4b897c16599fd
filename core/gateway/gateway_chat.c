/* See gateway_chat.h. */
#include "core/gateway/gateway_judge.h"

#include "core/gateway/gateway_episode.h"
#include "core/json/json_walk.h"

#include <string.h>

/* What is read at the top level: the last but STOP are numbers, the first of them in the order of
 * enum settings_sampling. */
enum {
    STREAM_OPTIONS = GATEWAY_JUDGE_OWN,
    SAMPLING,
    TOKENS = SAMPLING + SETTINGS_SAMPLINGS,
    N,
    STOP,
    EPISODE, /* no service's */
};

static const struct span names[] = {
    [GATEWAY_JUDGE_MODEL] = {"model", 5},
    [GATEWAY_JUDGE_MESSAGES] = {"messages", 8},
    [GATEWAY_JUDGE_STREAM] = {"stream", 6},
    [STREAM_OPTIONS] = {"stream_options", 14},
    [GATEWAY_JUDGE_MOONGATE] = {"moongate", 8},
    [SAMPLING + SETTINGS_TEMPERATURE] = {"temperature", 11},
    [SAMPLING + SETTINGS_TOP_P] = {"top_p", 5},
    [SAMPLING + SETTINGS_MAX_TOKENS] = {"max_tokens", 10},
    [SAMPLING + SETTINGS_SEED] = {"seed", 4},
    [SAMPLING + SETTINGS_PRESENCE_PENALTY] = {"presence_penalty", 16},
    [SAMPLING + SETTINGS_FREQUENCY_PENALTY] = {"frequency_penalty", 17},
    [TOKENS] = {"max_completion_tokens", 21},
    [N] = {"n", 1},
    [STOP] = {"stop", 4},
    [EPISODE] = {"tensorzero::episode_id", 22},
};

#define INCLUDE_USAGE "stream_options.include_usage"

_Static_assert(sizeof(names) / sizeof(names[0]) >= GATEWAY_CHAT_NAMES, "each has a name");
_Static_assert(GATEWAY_CHAT_NAMES <= JSON_OUTLINE_NAMES, "the outline notes every name");

/* ---- messages ------------------------------------------------------------------------------- */

/* Where it is not of its type, it is as if it were not there. */
static const char *judge_nothing(struct span value, struct span known)
{
    (void)value;
    (void)known;
    return NULL;
}

static const char *judge_role(struct span role, struct span known)
{
    (void)known;
    return json_walk_kind(role) == JSON_STRING ? NULL : " has a role that is no string";
}

static const char *judge_content(struct span content, struct span known)
{
    switch (json_walk_kind(content)) {
    case JSON_NULL:
    case JSON_STRING:
        return NULL;
    case JSON_ARRAY:
        return json_walk_all(content, JSON_OBJECT, known)
                   ? NULL
                   : " has a content part that is no object";
    default:
        return " has a content that is neither a string, nor null, nor an array of parts";
    }
}

static const char *judge_calls(struct span calls, struct span known)
{
    switch (json_walk_kind(calls)) {
    case JSON_NULL:
        return NULL;
    case JSON_ARRAY:
        return json_walk_all(calls, JSON_OBJECT, known) ? NULL
                                                        : " has a tool call that is no object";
    default:
        return " has tool_calls that are no array";
    }
}

/* What is read of a message, and how each is judged. */
static const struct gateway_judge_part parts[] = {
    {{"role", 4}, " has role twice", " has no role", judge_role},
    {{"content", 7}, " has content twice", NULL, judge_content},
    {{"tool_calls", 10}, " has tool_calls twice", NULL, judge_calls},
    {{"refusal", 7}, " has refusal twice", NULL, judge_nothing},
    {{"function_call", 13}, " has function_call twice", NULL, judge_nothing},
};

/* ---- the rest ------------------------------------------------------------------------------- */

static bool judge_stream(const struct gateway_judge *j)
{
    j->chat->stream_options = j->outline->members[STREAM_OPTIONS];
    const struct json_tokens *t = j->tokens;
    struct span name = SPAN("include_usage");
    if (!gateway_judge_bool(j, "stream", gateway_judge_kind(j, GATEWAY_JUDGE_STREAM),
                            &j->chat->stream) ||
        !gateway_judge_read(j, STREAM_OPTIONS))
        return false;
    if (t->count == 0)
        return true;
    if (json_tokens_times(t, 0, name) > 1)
        return gateway_judge_refuse(j, INCLUDE_USAGE, " is there twice");
    enum json_kind kind = json_tokens_kind(t, json_tokens_member(t, 0, name));
    return gateway_judge_bool(j, INCLUDE_USAGE, kind, &j->chat->include_usage);
}

/* A bit for each of a variant's keys that the body says itself. */
static void note_given(const struct gateway_judge *j)
{
    for (int i = 0; i < SETTINGS_SAMPLINGS; i++)
        if (gateway_judge_kind(j, SAMPLING + i) != JSON_ABSENT)
            j->chat->given |= (uint8_t)(1u << i);
    if (gateway_judge_kind(j, TOKENS) != JSON_ABSENT)
        j->chat->given |= 1u << SETTINGS_MAX_TOKENS;
}

static bool judge_numbers(const struct gateway_judge *j)
{
    for (int i = SAMPLING; i <= N; i++) {
        enum json_kind kind = gateway_judge_kind(j, i);
        if (kind != JSON_NUMBER && kind != JSON_NULL && kind != JSON_ABSENT)
            return gateway_judge_refuse(j, names[i].at, " is no number");
    }
    if (gateway_judge_kind(j, N) != JSON_NUMBER)
        return true;
    uint64_t n;
    bool whole = span_number(json_outline_value(&j->outline->members[N], j->body), INT32_MAX, &n);
    j->chat->many = whole && n > 1;
    return (whole && n > 0) || gateway_judge_refuse(j, "n", " is no whole number from 1 up");
}

static bool judge_stop(const struct gateway_judge *j)
{
    enum json_kind kind = gateway_judge_kind(j, STOP);
    bool good = kind != JSON_OBJECT && kind != JSON_NUMBER && kind != JSON_TRUE &&
                kind != JSON_FALSE &&
                json_walk_all(json_outline_value(&j->outline->members[STOP], j->body),
                              JSON_STRING, json_outline_known(j->outline, j->body));
    return good || gateway_judge_refuse(j, "stop", " is neither a string nor a list of strings");
}

static bool judge_episode(const struct gateway_judge *j)
{
    enum json_kind kind = FEATURE_INFERENCE ? gateway_judge_kind(j, EPISODE) : JSON_ABSENT;
    if (kind == JSON_ABSENT || kind == JSON_NULL)
        return true;
    struct span value = json_outline_value(&j->outline->members[EPISODE], j->body);
    return gateway_episode_read(j->chat, json_walk_string(value)) ||
           gateway_judge_refuse(j, names[EPISODE].at, " is no UUID");
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

bool gateway_chat_judge_relayed(struct gateway_chat *chat, const struct json_outline *outline,
                                const char *body, struct gateway_error *error)
{
    const struct gateway_judge j = {chat, outline, names, body, NULL, error, -1};
    if (!gateway_judge_object(&j))
        return false;
    note_given(&j);
    return gateway_judge_bool(&j, "stream", gateway_judge_kind(&j, GATEWAY_JUDGE_STREAM),
                              &chat->stream);
}

/* The name has no quote in it, so that the two in front of the value are its own. */
void gateway_chat_blank(const struct json_outline *outline, char *body)
{
    const struct json_member *episode = &outline->members[EPISODE];
    if (!FEATURE_INFERENCE || episode->kind == JSON_ABSENT)
        return;
    char *from = body + episode->at;
    char *to = from + episode->len;
    for (int quotes = 0; quotes < 2; quotes += *from == '"')
        from--;
    while (json_is_blank(*to))
        to++;
    if (*to == ',')
        to++;
    else
        while (from[-1] != '{' && *from != ',')
            from--;
    memset(from, ' ', (size_t)(to - from));
}

bool gateway_chat_judge(struct gateway_chat *chat, const struct json_outline *outline,
                        const char *body, struct json_tokens *tokens, struct gateway_error *error)
{
    struct gateway_judge j = {chat, outline, names, body, tokens, error, -1};
    if (!gateway_judge_object(&j))
        return false;
    note_given(&j);
    return gateway_judge_messages(&j, parts, sizeof(parts) / sizeof(parts[0])) &&
           judge_stream(&j) && judge_numbers(&j) && judge_stop(&j) && judge_episode(&j) &&
           gateway_judge_thread(&j);
}

void gateway_chat_ignored(const struct json_outline *outline, const char *body,
                          bool (*carries)(struct span name), struct text *out)
{
    const struct gateway_judge j = {.outline = outline, .names = names, .body = body};
    gateway_judge_ignored(&j, SAMPLING, EPISODE, carries, out);
}
