/* See provider_blocks.h. */
#include "core/provider/provider_blocks.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

enum { STEP_MESSAGE, STEP_BLOCKS, STEP_RESULT };

enum { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT };

enum { TOLD_NOBODY, TOLD_TOOL, TOLD_SPEAKER };

bool provider_blocks_is(struct span block, struct span type)
{
    return json_string_equal(json_walk_string(json_walk_find(block, SPAN("type"))), type);
}

struct span provider_blocks_string(struct span value)
{
    return json_walk_kind(value) == JSON_STRING ? value : SPAN("\"\"");
}

bool provider_blocks_is_thought(struct span block)
{
    return provider_blocks_is(block, SPAN("thinking")) ||
           provider_blocks_is(block, SPAN("redacted_thinking"));
}

static struct span speaker(const struct provider_blocks *b)
{
    static const struct span names[] = {
        [ROLE_SYSTEM] = {"system", 6},
        [ROLE_USER] = {"user", 4},
        [ROLE_ASSISTANT] = {"assistant", 9},
    };
    return names[b->_role];
}

/* A string is its own only part. */
static struct span parts_of(struct span content)
{
    if (json_walk_kind(content) == JSON_STRING)
        return content;
    bool is_array = json_walk_kind(content) == JSON_ARRAY;
    return is_array ? json_walk_inside(content) : (struct span){NULL, 0};
}

static void begin_message(struct provider_blocks *b, uint8_t role, struct span content)
{
    b->_role = role;
    b->_content = parts_of(content);
    b->_told = TOLD_NOBODY;
    b->_step = STEP_BLOCKS;
}

void provider_blocks_begin(struct provider_blocks *b, struct span system, struct span messages)
{
    ASSERT(json_walk_kind(messages) == JSON_ARRAY);
    *b = (struct provider_blocks){._rest = json_walk_inside(messages), ._step = STEP_MESSAGE};
    if (parts_of(system).len > 0)
        begin_message(b, ROLE_SYSTEM, system);
}

static bool step_message(struct provider_blocks *b, struct provider_messages_thing *thing)
{
    struct span message;
    if (!json_walk_element(&b->_rest, &message)) {
        thing->kind = PROVIDER_MESSAGES_END;
        return true;
    }
    struct span role = json_walk_string(json_walk_find(message, SPAN("role")));
    bool assistant = json_string_equal(role, SPAN("assistant"));
    begin_message(b, assistant ? ROLE_ASSISTANT : ROLE_USER,
                  json_walk_find(message, SPAN("content")));
    return false;
}

static bool tell_speaker(struct provider_blocks *b, struct provider_messages_thing *thing)
{
    b->_told = TOLD_SPEAKER;
    thing->kind = PROVIDER_MESSAGES_ROLE;
    thing->text = speaker(b);
    return true;
}

static bool tell_text(struct provider_messages_thing *thing, struct span text)
{
    thing->kind = PROVIDER_MESSAGES_TEXT;
    thing->text = json_walk_string(text);
    return thing->text.len > 0;
}

/* A block that the speaker of the message says. */
static bool tell_block(struct span block, struct provider_messages_thing *thing)
{
    struct span text = json_walk_find(block, SPAN("text"));
    if (json_walk_kind(block) == JSON_STRING)
        return tell_text(thing, block);
    if (provider_blocks_is(block, SPAN("text")) && json_walk_kind(text) == JSON_STRING)
        return tell_text(thing, text);
    thing->kind = PROVIDER_MESSAGES_OTHER;
    thing->part = block;
    if (provider_blocks_is(block, SPAN("tool_use"))) {
        thing->kind = PROVIDER_MESSAGES_CALL;
        thing->text = json_walk_string(json_walk_find(block, SPAN("name")));
        thing->id = json_walk_string(json_walk_find(block, SPAN("id")));
        thing->arguments = json_walk_find(block, SPAN("input"));
        thing->arguments_as_json = true;
    }
    return true;
}

static bool begin_result(struct provider_blocks *b, struct span block,
                         struct provider_messages_thing *thing)
{
    b->_result = parts_of(json_walk_find(block, SPAN("content")));
    b->_told = TOLD_TOOL;
    b->_step = STEP_RESULT;
    thing->kind = PROVIDER_MESSAGES_ROLE;
    thing->text = SPAN("tool");
    thing->id = json_walk_string(json_walk_find(block, SPAN("tool_use_id")));
    return true;
}

static bool step_blocks(struct provider_blocks *b, struct provider_messages_thing *thing)
{
    struct span rest = b->_content;
    struct span block;
    if (!json_walk_element(&rest, &block)) {
        b->_step = STEP_MESSAGE;
        return b->_told == TOLD_NOBODY && tell_speaker(b, thing);
    }
    bool result = provider_blocks_is(block, SPAN("tool_result"));
    if (!result && b->_told != TOLD_SPEAKER && !provider_blocks_is_thought(block))
        return tell_speaker(b, thing);
    b->_content = rest;
    if (result)
        return begin_result(b, block, thing);
    return !provider_blocks_is_thought(block) && tell_block(block, thing);
}

static bool step_result(struct provider_blocks *b, struct provider_messages_thing *thing)
{
    struct span block;
    if (json_walk_element(&b->_result, &block))
        return tell_block(block, thing);
    b->_step = STEP_BLOCKS;
    return false;
}

void provider_blocks_next(struct provider_blocks *b, struct provider_messages_thing *thing)
{
    static bool (*const steps[])(struct provider_blocks *, struct provider_messages_thing *) = {
        [STEP_MESSAGE] = step_message,
        [STEP_BLOCKS] = step_blocks,
        [STEP_RESULT] = step_result,
    };
    do {
        *thing = (struct provider_messages_thing){0};
    } while (!steps[b->_step](b, thing));
}
