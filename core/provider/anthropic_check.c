/* See anthropic_check.h. */
#include "core/provider/anthropic_check.h"

#include "core/json/json_walk.h"
#include "core/provider/anthropic_terms.h"

static const char *judge_tools(struct span value)
{
    struct span inside = json_walk_inside(value);
    struct span tool;
    if (json_walk_kind(value) != JSON_ARRAY)
        return " is no array";
    while (json_walk_element(&inside, &tool)) {
        if (json_walk_kind(tool) != JSON_OBJECT)
            return " has an element that is no object";
        if (json_walk_find(tool, SPAN("custom")).at != NULL)
            return " has one of the type custom, which this model's service does not know";
    }
    return NULL;
}

static const char *judge_choice(struct span value)
{
    struct span name;
    return anthropic_terms_choice(value, &name) != ANTHROPIC_CHOICE_UNKNOWN
               ? NULL
               : " is neither auto, none or required, nor names a function";
}

/* The others are no protocol's: the gateway judges what n and stop are, and that only one answer is
 * asked for. */
static const char *(*const judges[ANTHROPIC_MEMBERS])(struct span value) = {
    [ANTHROPIC_TOOLS] = judge_tools,
    [ANTHROPIC_CHOICE] = judge_choice,
};

/* Null is the same as nothing; a name that is there twice could be read as either. */
static bool check_members(const struct provider_call *call, struct provider_refusal *refusal)
{
    struct span inside = provider_members(call);
    struct span name;
    struct span value;
    unsigned seen = 0;
    while (refusal->why == NULL && json_walk_member(&inside, &name, &value)) {
        enum anthropic_member member = anthropic_terms_member(name);
        if (member == ANTHROPIC_MEMBERS)
            continue;
        refusal->param = anthropic_terms_name(member).at;
        bool judged = judges[member] != NULL && json_walk_kind(value) != JSON_NULL;
        refusal->why = (seen >> member & 1) != 0 ? " is there twice"
                       : judged                  ? judges[member](value)
                                                 : NULL;
        seen |= 1u << member;
    }
    return refusal->why == NULL;
}

static const char *judge_thing(const struct provider_messages_thing *thing,
                               enum anthropic_role role)
{
    struct anthropic_source source;
    if (thing->kind == PROVIDER_MESSAGES_ROLE && role == ANTHROPIC_NOBODY)
        return " has a role that this model's service does not know";
    if (thing->kind == PROVIDER_MESSAGES_ROLE && role == ANTHROPIC_TOOL && thing->id.len == 0)
        return " has no tool_call_id";
    if (thing->kind == PROVIDER_MESSAGES_OTHER && role == ANTHROPIC_SYSTEM)
        return " has a part that is no text, which the system cannot say";
    if (thing->kind == PROVIDER_MESSAGES_OTHER && !anthropic_terms_source(thing->part, &source) &&
        json_walk_kind(json_walk_find(thing->part, SPAN("refusal"))) != JSON_STRING)
        return " has a content part for which this model's service has no form: texts, images "
               "(image_url: a web address, or a data URL in base64) and files (file_data) have one";
    return NULL;
}

static bool check_messages(const struct provider_call *call, struct provider_refusal *refusal)
{
    struct provider_messages messages;
    struct provider_messages_thing thing;
    enum anthropic_role role = ANTHROPIC_NOBODY;
    refusal->param = "messages";
    refusal->message = -1;
    provider_messages_begin(&messages, call->messages);
    do {
        provider_messages_next(&messages, &thing);
        if (thing.kind == PROVIDER_MESSAGES_ROLE) {
            role = anthropic_terms_role(thing.text);
            refusal->message++;
        }
        refusal->why = judge_thing(&thing, role);
    } while (refusal->why == NULL && thing.kind != PROVIDER_MESSAGES_END);
    return refusal->why == NULL;
}

bool anthropic_check(const struct provider_call *call, struct provider_refusal *refusal)
{
    *refusal = (struct provider_refusal){.message = -1};
    return check_members(call, refusal) && check_messages(call, refusal);
}
