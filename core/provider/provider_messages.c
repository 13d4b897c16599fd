/* See provider_messages.h. */
#include "core/provider/provider_messages.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

enum { STEP_MESSAGE, STEP_CONTENT, STEP_PARTS, STEP_CALLS };

#define NAMES_MAX 7

/* The first value of each name in an object, found in one pass; at NULL where there is none. */
static void pick(struct span object, const struct span *names, size_t count, struct span *values)
{
    struct span name;
    struct span value;
    ASSERT(count <= NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        values[i] = (struct span){NULL, 0};
    if (json_walk_kind(object) != JSON_OBJECT)
        return;
    struct span inside = json_walk_inside(object);
    while (json_walk_member(&inside, &name, &value)) {
        for (size_t i = 0; i < count; i++)
            if (values[i].at == NULL && json_string_equal(name, names[i]))
                values[i] = value;
    }
}

static struct span inside_array(struct span value)
{
    bool is_array = json_walk_kind(value) == JSON_ARRAY;
    return is_array ? json_walk_inside(value) : (struct span){NULL, 0};
}

/* An assistant that refused has no content, and that is what it said. */
static struct span said(struct span content, struct span refusal)
{
    bool empty = json_walk_kind(content) != JSON_ARRAY && json_walk_string(content).len == 0;
    return empty && json_walk_kind(refusal) == JSON_STRING ? refusal : content;
}

/* The one call that messages had before tools is an array's inside as it stands. */
static struct span called(struct span tool_calls, struct span function_call)
{
    struct span calls = inside_array(tool_calls);
    bool old = calls.len == 0 && json_walk_kind(function_call) == JSON_OBJECT;
    return old ? function_call : calls;
}

static bool step_message(struct provider_messages *m, struct provider_messages_thing *thing)
{
    const struct span names[] = {SPAN("role"), SPAN("content"), SPAN("refusal"),
                                 SPAN("tool_calls"), SPAN("function_call"), SPAN("tool_call_id"),
                                 SPAN("name")};
    struct span values[NAMES_MAX];
    struct span message;
    if (!json_walk_element(&m->_rest, &message)) {
        thing->kind = PROVIDER_MESSAGES_END;
        return true;
    }
    pick(message, names, 7, values);
    m->_content = said(values[1], values[2]);
    m->_calls = called(values[3], values[4]);
    m->_step = STEP_CONTENT;
    thing->kind = PROVIDER_MESSAGES_ROLE;
    thing->text = json_walk_string(values[0]);
    thing->id = json_walk_string(values[values[5].at != NULL ? 5 : 6]);
    return true;
}

static bool step_content(struct provider_messages *m, struct provider_messages_thing *thing)
{
    if (json_walk_kind(m->_content) == JSON_STRING) {
        m->_step = STEP_CALLS;
        thing->kind = PROVIDER_MESSAGES_TEXT;
        thing->text = json_walk_string(m->_content);
        return thing->text.len > 0;
    }
    m->_content = inside_array(m->_content);
    m->_step = STEP_PARTS;
    return false;
}

/* A part without a type is taken for what it carries. */
static bool is_text(struct span type, struct span text)
{
    bool text_type = type.at == NULL || json_string_equal(json_walk_string(type), SPAN("text"));
    return text_type && json_walk_kind(text) == JSON_STRING;
}

static bool step_parts(struct provider_messages *m, struct provider_messages_thing *thing)
{
    const struct span names[] = {SPAN("type"), SPAN("text")};
    struct span values[NAMES_MAX];
    struct span part;
    if (!json_walk_element(&m->_content, &part)) {
        m->_step = STEP_CALLS;
        return false;
    }
    pick(part, names, 2, values);
    thing->kind = PROVIDER_MESSAGES_OTHER;
    thing->part = part;
    if (is_text(values[0], values[1])) {
        thing->kind = PROVIDER_MESSAGES_TEXT;
        thing->text = json_walk_string(values[1]);
    }
    return true;
}

/* Tools of the type "function" have arguments, those of the type "custom" an input; an old call has
 * no type around it. */
static bool step_calls(struct provider_messages *m, struct provider_messages_thing *thing)
{
    const struct span kinds[] = {SPAN("function"), SPAN("custom"), SPAN("id")};
    const struct span names[] = {SPAN("name"), SPAN("arguments"), SPAN("input")};
    struct span values[NAMES_MAX];
    struct span call;
    if (!json_walk_element(&m->_calls, &call)) {
        m->_step = STEP_MESSAGE;
        return false;
    }
    pick(call, kinds, 3, values);
    thing->id = json_walk_string(values[2]);
    struct span typed = values[0].at != NULL ? values[0] : values[1];
    pick(typed.at != NULL ? typed : call, names, 3, values);
    struct span arguments = values[1].at != NULL ? values[1] : values[2];
    thing->kind = PROVIDER_MESSAGES_CALL;
    thing->text = json_walk_string(values[0]);
    thing->arguments_as_json = json_walk_kind(arguments) != JSON_STRING;
    thing->arguments = thing->arguments_as_json ? arguments : json_walk_string(arguments);
    return true;
}

void provider_messages_begin(struct provider_messages *m, struct span messages)
{
    ASSERT(json_walk_kind(messages) == JSON_ARRAY);
    *m = (struct provider_messages){._rest = json_walk_inside(messages)};
}

void provider_messages_next(struct provider_messages *m, struct provider_messages_thing *thing)
{
    static bool (*const steps[])(struct provider_messages *, struct provider_messages_thing *) = {
        [STEP_MESSAGE] = step_message,
        [STEP_CONTENT] = step_content,
        [STEP_PARTS] = step_parts,
        [STEP_CALLS] = step_calls,
    };
    do {
        *thing = (struct provider_messages_thing){0};
    } while (!steps[m->_step](m, thing));
}
