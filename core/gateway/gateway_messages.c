/* See gateway_messages.h. */
#include "core/gateway/gateway_messages.h"

#include "core/gateway/gateway_judge.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

/* What is read at the top level besides. */
enum {
    SYSTEM = GATEWAY_JUDGE_OWN,
    MAX_TOKENS,
    TOOLS,
    TOOL_CHOICE,
    STOP_SEQUENCES,
    TEMPERATURE,
    TOP_P,
    METADATA,
    THINKING,
    NAMES
};

static const struct span names[NAMES] = {
    [GATEWAY_JUDGE_MODEL] = {"model", 5},
    [GATEWAY_JUDGE_MESSAGES] = {"messages", 8},
    [GATEWAY_JUDGE_STREAM] = {"stream", 6},
    [GATEWAY_JUDGE_MOONGATE] = {"moongate", 8},
    [SYSTEM] = {"system", 6},
    [MAX_TOKENS] = {"max_tokens", 10},
    [TOOLS] = {"tools", 5},
    [TOOL_CHOICE] = {"tool_choice", 11},
    [STOP_SEQUENCES] = {"stop_sequences", 14},
    [TEMPERATURE] = {"temperature", 11},
    [TOP_P] = {"top_p", 5},
    [METADATA] = {"metadata", 8},
    [THINKING] = {"thinking", 8},
};

_Static_assert(NAMES <= JSON_OUTLINE_NAMES, "the outline notes every name");

#define KIND(kind) (1u << (kind))
#define OPTIONAL (KIND(JSON_ABSENT) | KIND(JSON_NULL))

/* What a member may be. */
static const struct {
    uint8_t name;
    unsigned kinds; /* a bit each */
    const char *why;
} members[] = {
    {SYSTEM, OPTIONAL | KIND(JSON_STRING) | KIND(JSON_ARRAY),
     " is neither a string nor an array of blocks"},
    {MAX_TOKENS, KIND(JSON_NUMBER), " is no number"},
    {TOOLS, OPTIONAL | KIND(JSON_ARRAY), " is no array"},
    {TOOL_CHOICE, OPTIONAL | KIND(JSON_OBJECT), " is no object"},
    {STOP_SEQUENCES, OPTIONAL | KIND(JSON_ARRAY), " is no array"},
    {TEMPERATURE, OPTIONAL | KIND(JSON_NUMBER), " is no number"},
    {TOP_P, OPTIONAL | KIND(JSON_NUMBER), " is no number"},
    {METADATA, OPTIONAL | KIND(JSON_OBJECT), " is no object"},
    {THINKING, OPTIONAL | KIND(JSON_OBJECT), " is no object"},
};

/* ---- messages ------------------------------------------------------------------------------- */

static const char no_content[] =
    " has a content that is neither a string nor an array of blocks";

static const char *judge_role(struct span role, struct span known)
{
    (void)known;
    struct span raw = json_walk_string(role);
    bool good = json_string_equal(raw, SPAN("user")) || json_string_equal(raw, SPAN("assistant"));
    return good ? NULL : " has a role that is neither user nor assistant";
}

static const char *judge_content(struct span content, struct span known)
{
    switch (json_walk_kind(content)) {
    case JSON_STRING:
        return NULL;
    case JSON_ARRAY:
        return json_walk_all(content, JSON_OBJECT, known)
                   ? NULL
                   : " has a content block that is no object";
    default:
        return no_content;
    }
}

static const struct gateway_judge_part parts[] = {
    {{"role", 4}, " has role twice", " has no role", judge_role},
    {{"content", 7}, " has content twice", no_content, judge_content},
};

/* ---- the body as a whole -------------------------------------------------------------------- */

void gateway_messages_outline(struct json_outline *outline)
{
    json_outline_init(outline, names, NAMES);
}

static bool judge_members(const struct gateway_judge *j)
{
    if (gateway_judge_kind(j, MAX_TOKENS) == JSON_ABSENT)
        return gateway_judge_refuse(j, "max_tokens", " is missing");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if ((members[i].kinds & KIND(gateway_judge_kind(j, members[i].name))) == 0)
            return gateway_judge_refuse(j, names[members[i].name].at, members[i].why);
    return gateway_judge_bool(j, "stream", gateway_judge_kind(j, GATEWAY_JUDGE_STREAM),
                              &j->chat->stream);
}

/* A bit for each of a variant's keys that the body says itself; the limit is always there. */
static void note_given(const struct gateway_judge *j)
{
    j->chat->given = 1u << SETTINGS_MAX_TOKENS;
    if (gateway_judge_kind(j, TEMPERATURE) != JSON_ABSENT)
        j->chat->given |= 1u << SETTINGS_TEMPERATURE;
    if (gateway_judge_kind(j, TOP_P) != JSON_ABSENT)
        j->chat->given |= 1u << SETTINGS_TOP_P;
}

bool gateway_messages_judge(struct gateway_chat *chat, const struct json_outline *outline,
                            const char *body, struct json_tokens *tokens,
                            struct gateway_error *error)
{
    struct gateway_judge j = {chat, outline, names, body, tokens, error, -1};
    if (!gateway_judge_object(&j))
        return false;
    note_given(&j);
    return gateway_judge_messages(&j, parts, sizeof(parts) / sizeof(parts[0])) &&
           judge_members(&j) && gateway_judge_thread(&j);
}

/* ---- what goes no further ------------------------------------------------------------------- */

/* What the system says is a part of the conversation, which goes wherever the chat goes. */
void gateway_messages_ignored(const struct json_outline *outline, const char *body,
                              bool (*carries)(struct span name), struct text *out)
{
    const struct gateway_judge j = {.outline = outline, .names = names, .body = body};
    gateway_judge_ignored(&j, SYSTEM + 1, NAMES, carries, out);
}
