/*
 * See openai_blocks.h. Each member of the client's body is told as it comes. A message of blocks is
 * gone through more than once: what tools answered are messages of their own there, and an
 * assistant's calls stand beside its text.
 */
#include "core/provider/openai_blocks.h"

#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/provider/openai_tools.h"

/* Where the writing is. cursor.tools is in front of the message, or tool, in hand; content is what
 * is still to come of its blocks, parts the same of a tool's answer. */
enum {
    STEP_OPEN,
    STEP_DEFAULT, /* what a function's variant says; cursor.count is which of its keys */
    STEP_MEMBER,
    STEP_TOOL,
    STEP_SYSTEM,
    STEP_SYSTEM_TEXT,
    STEP_MESSAGE,
    STEP_RESULTS, /* what tools answered, */
    STEP_RESULT,  /* and one such answer */
    STEP_REST,
    STEP_TEXT, /* blocks that are one string there */
    STEP_PART, /* blocks that are parts there */
    STEP_CALL,
    STEP_END
};

#define OTHER "[Non-text content]"
#define BETWEEN "\\n\\n" /* two blocks that become one string */

static void push(struct provider_call *call, struct span raw)
{
    provider_pieces_push(&call->cursor.pieces, raw, PROVIDER_PIECES_RAW);
}

static void push_str(struct provider_call *call, const char *raw)
{
    push(call, span_of(raw));
}

static struct span inside_array(struct span value)
{
    bool is_array = json_walk_kind(value) == JSON_ARRAY;
    return is_array ? json_walk_inside(value) : (struct span){NULL, 0};
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* The text of a block of text, or of a document that is one; at NULL: it is none. */
static struct span text_of(struct span block)
{
    struct span text = {NULL, 0};
    struct span source = json_walk_find(block, SPAN("source"));
    if (provider_blocks_is(block, SPAN("text")))
        text = json_walk_find(block, SPAN("text"));
    else if (provider_blocks_is(block, SPAN("document")) &&
             provider_blocks_is(source, SPAN("text")))
        text = json_walk_find(source, SPAN("data"));
    return json_walk_kind(text) == JSON_STRING ? text : (struct span){NULL, 0};
}

/* What is in a message, beside what tools answered. */
struct contents {
    bool any;
    bool texts; /* some, */
    bool all;   /* and nothing else */
    bool calls;
};

static struct contents look_into(struct span inside)
{
    struct contents c = {.all = true};
    struct span block;
    while (json_walk_element(&inside, &block)) {
        bool text = text_of(block).at != NULL;
        if (provider_blocks_is(block, SPAN("tool_result")))
            continue;
        c.any = true;
        c.texts = c.texts || text;
        c.all = c.all && text;
        c.calls = c.calls || provider_blocks_is(block, SPAN("tool_use"));
    }
    return c;
}

/* The message in hand; at NULL: there is none. */
static struct span message_of(const struct provider_call *call)
{
    struct span rest = call->cursor.tools;
    struct span message = {NULL, 0};
    json_walk_element(&rest, &message);
    return message;
}

static struct span content_of(const struct provider_call *call)
{
    return json_walk_find(message_of(call), SPAN("content"));
}

static bool is_assistant(struct span message)
{
    struct span role = json_walk_string(json_walk_find(message, SPAN("role")));
    return json_string_equal(role, SPAN("assistant"));
}

/* A comma behind what is there already. */
static void push_comma(struct provider_call *call)
{
    push_str(call, call->cursor.count > 0 ? "," : "");
    call->cursor.count++;
}

static void next_message(struct provider_call *call)
{
    struct span message;
    json_walk_element(&call->cursor.tools, &message);
    call->cursor.step = STEP_MESSAGE;
}

/* ---- messages ------------------------------------------------------------------------------- */

static void make_system(struct provider_call *call)
{
    struct span system = provider_system(call);
    call->cursor.step = STEP_MESSAGE;
    if (json_walk_string(system).len > 0) {
        push_comma(call);
        push_str(call, "{\"role\":\"system\",\"content\":");
        push(call, system);
        push_str(call, "}");
    } else if (look_into(inside_array(system)).texts) {
        push_comma(call);
        push_str(call, "{\"role\":\"system\",\"content\":\"");
        call->cursor.content = inside_array(system);
        call->cursor.said = false;
        call->cursor.step = STEP_SYSTEM_TEXT;
    }
}

/* The next block as a further piece of a string; other stands for what is no text, or NULL: it is
 * left out. False: there is none. */
static bool push_text(struct provider_call *call, struct span *blocks, const char *other)
{
    struct span block;
    if (!json_walk_element(blocks, &block))
        return false;
    struct span text = json_walk_string(text_of(block));
    if (text.at == NULL && other != NULL)
        text = span_of(other);
    if (text.len == 0)
        return true;
    push_str(call, call->cursor.said ? BETWEEN : "");
    push(call, text);
    call->cursor.said = true;
    return true;
}

static void make_system_text(struct provider_call *call)
{
    if (push_text(call, &call->cursor.content, NULL))
        return;
    push_str(call, "\"}");
    call->cursor.step = STEP_MESSAGE;
}

static void make_message(struct provider_call *call)
{
    struct span message = message_of(call);
    struct span content = json_walk_find(message, SPAN("content"));
    if (message.at == NULL) {
        push_str(call, "]");
        call->cursor.step = STEP_MEMBER;
        return;
    }
    if (json_walk_kind(content) == JSON_STRING) {
        push_comma(call);
        push_str(call, is_assistant(message) ? "{\"role\":\"assistant\",\"content\":"
                                             : "{\"role\":\"user\",\"content\":");
        push(call, content);
        push_str(call, "}");
        next_message(call);
        return;
    }
    call->cursor.content = inside_array(content);
    call->cursor.role = is_assistant(message);
    call->cursor.step = call->cursor.role ? STEP_REST : STEP_RESULTS;
}

static void make_results(struct provider_call *call)
{
    struct span block;
    if (!json_walk_element(&call->cursor.content, &block)) {
        call->cursor.step = STEP_REST;
        return;
    }
    if (!provider_blocks_is(block, SPAN("tool_result")))
        return;
    struct span content = json_walk_find(block, SPAN("content"));
    push_comma(call);
    push_str(call, "{\"role\":\"tool\",\"tool_call_id\":");
    push(call, provider_blocks_string(json_walk_find(block, SPAN("tool_use_id"))));
    push_str(call, ",\"content\":\"");
    push(call, json_walk_string(content));
    call->cursor.parts = inside_array(content);
    call->cursor.said = false;
    call->cursor.step = STEP_RESULT;
}

static void make_result(struct provider_call *call)
{
    if (push_text(call, &call->cursor.parts, OTHER))
        return;
    push_str(call, "\"}");
    call->cursor.step = STEP_RESULTS;
}

/* Behind a message's content: an assistant's calls, or the next message. */
static void end_content(struct provider_call *call)
{
    call->cursor.content = inside_array(content_of(call));
    call->cursor.turn = 0; /* calls so far */
    if (call->cursor.role) {
        call->cursor.step = STEP_CALL;
        return;
    }
    push_str(call, "}");
    next_message(call);
}

/* What a message says itself. Where all of it is text, one string: every service reads that. */
static void make_rest(struct provider_call *call)
{
    struct span inside = inside_array(content_of(call));
    struct contents c = look_into(inside);
    bool results_alone = !c.any && inside.len > 0;
    if (!call->cursor.role && results_alone) {
        next_message(call);
        return;
    }
    push_comma(call);
    push_str(call, call->cursor.role ? "{\"role\":\"assistant\",\"content\":"
                                     : "{\"role\":\"user\",\"content\":");
    call->cursor.content = inside;
    call->cursor.said = false;
    if (c.calls && !c.texts) {
        push_str(call, "null");
        end_content(call);
    } else if (call->cursor.role || c.all) {
        push_str(call, "\"");
        call->cursor.step = STEP_TEXT;
    } else {
        push_str(call, "[");
        call->cursor.step = STEP_PART;
    }
}

static void make_text(struct provider_call *call)
{
    if (push_text(call, &call->cursor.content, NULL))
        return;
    push_str(call, "\"");
    end_content(call);
}

static void push_picture(struct provider_call *call, struct span source)
{
    struct span url = json_walk_find(source, SPAN("url"));
    struct span media = json_walk_find(source, SPAN("media_type"));
    push_str(call, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
    if (json_walk_kind(url) == JSON_STRING) {
        push(call, json_walk_string(url));
    } else {
        push_str(call, "data:");
        push(call, json_walk_string(media));
        push_str(call, ";base64,");
        push(call, json_walk_string(json_walk_find(source, SPAN("data"))));
    }
    push_str(call, "\"}}");
}

static void make_part(struct provider_call *call)
{
    struct span block;
    if (!json_walk_element(&call->cursor.content, &block)) {
        push_str(call, "]");
        end_content(call);
        return;
    }
    if (provider_blocks_is(block, SPAN("tool_result")) || provider_blocks_is_thought(block))
        return;
    struct span source = json_walk_find(block, SPAN("source"));
    struct span text = text_of(block);
    bool fetched = json_walk_find(source, SPAN("data")).at != NULL ||
                   json_walk_find(source, SPAN("url")).at != NULL;
    push_str(call, call->cursor.said ? "," : "");
    call->cursor.said = true;
    if (provider_blocks_is(block, SPAN("image")) && fetched) {
        push_picture(call, source);
        return;
    }
    push_str(call, "{\"type\":\"text\",\"text\":");
    push(call, text.at != NULL ? text : SPAN("\"" OTHER "\""));
    push_str(call, "}");
}

static void make_call(struct provider_call *call)
{
    struct span block;
    if (!json_walk_element(&call->cursor.content, &block)) {
        push_str(call, call->cursor.turn > 0 ? "]}" : "}");
        next_message(call);
        return;
    }
    if (!provider_blocks_is(block, SPAN("tool_use")))
        return;
    struct span input = json_walk_find(block, SPAN("input"));
    push_str(call, call->cursor.turn > 0 ? ",{\"id\":" : ",\"tool_calls\":[{\"id\":");
    push(call, provider_blocks_string(json_walk_find(block, SPAN("id"))));
    push_str(call, ",\"type\":\"function\",\"function\":{\"name\":");
    push(call, provider_blocks_string(json_walk_find(block, SPAN("name"))));
    push_str(call, ",\"arguments\":\"");
    provider_pieces_push(&call->cursor.pieces, input.at != NULL ? input : SPAN("{}"),
                         PROVIDER_PIECES_PLAIN);
    push_str(call, "\"}}");
    call->cursor.turn = 1;
}

/* ---- tools, and other members --------------------------------------------------------------- */

static void make_tool(struct provider_call *call)
{
    struct span tool;
    if (!json_walk_element(&call->cursor.tools, &tool)) {
        push_str(call, call->cursor.count > 0 ? "]" : "");
        call->cursor.step = STEP_MEMBER;
        return;
    }
    if (openai_tools_push(call, call->cursor.count > 0 ? "," : ",\"tools\":[", tool))
        call->cursor.count++;
}

static void take_list(struct provider_call *call, struct span value, uint8_t step)
{
    call->cursor.tools = inside_array(value);
    call->cursor.count = 0;
    call->cursor.step = step;
}

static void take_messages(struct provider_call *call, struct span value)
{
    push_str(call, ",\"messages\":[");
    take_list(call, value, STEP_SYSTEM);
}

static void take_tools(struct provider_call *call, struct span value)
{
    take_list(call, value, STEP_TOOL);
}

static void take_stop(struct provider_call *call, struct span value)
{
    struct span inside = inside_array(value);
    struct span first;
    if (!json_walk_element(&inside, &first))
        return;
    push_str(call, ",\"stop\":");
    push(call, value);
}

static void take_metadata(struct provider_call *call, struct span value)
{
    struct span user = json_walk_find(value, SPAN("user_id"));
    if (json_walk_string(user).len == 0)
        return;
    push_str(call, ",\"user\":");
    push(call, user);
}

/* NULL: as it stands. */
static const struct {
    struct span name;
    void (*take)(struct provider_call *call, struct span value);
    const char *as;
} members[] = {
    {{"messages", 8}, take_messages, NULL},
    {{"tools", 5}, take_tools, NULL},
    {{"tool_choice", 11}, openai_tools_choose, NULL},
    {{"stop_sequences", 14}, take_stop, NULL},
    {{"metadata", 8}, take_metadata, NULL},
    {{"max_tokens", 10}, NULL, ",\"max_tokens\":"},
    {{"temperature", 11}, NULL, ",\"temperature\":"},
    {{"top_p", 5}, NULL, ",\"top_p\":"},
    {{"seed", 4}, NULL, ",\"seed\":"},
    {{"presence_penalty", 16}, NULL, ",\"presence_penalty\":"},
    {{"frequency_penalty", 17}, NULL, ",\"frequency_penalty\":"},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Which of the members it is, or MEMBERS. */
static size_t member_of(struct span name)
{
    size_t i = 0;
    while (i < MEMBERS && !json_string_equal(name, members[i].name))
        i++;
    return i;
}

bool openai_blocks_carries(struct span name)
{
    return member_of(name) < MEMBERS;
}

static void make_member(struct provider_call *call)
{
    struct span name;
    struct span value;
    if (!json_walk_member(&call->cursor.members, &name, &value)) {
        push_str(call, "}");
        call->cursor.step = STEP_END;
        return;
    }
    size_t i = member_of(name);
    if (i < MEMBERS && members[i].take != NULL) {
        members[i].take(call, value);
    } else if (i < MEMBERS && json_walk_kind(value) == JSON_NUMBER) {
        push_str(call, members[i].as);
        push(call, value);
    }
}

/* Whatever the client asked for, the answer is to come as a stream, and to tell its usage. */
static void make_open(struct provider_call *call)
{
    push_str(call, "{\"model\":\"");
    provider_pieces_push(&call->cursor.pieces, call->identifier, PROVIDER_PIECES_PLAIN);
    push_str(call, "\",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    call->cursor.members = provider_members(call);
    call->cursor.step = STEP_DEFAULT;
}

static void make_default(struct provider_call *call)
{
    provider_push_default(call, (enum settings_sampling)call->cursor.count++);
    if (call->cursor.count < SETTINGS_SAMPLINGS)
        return;
    call->cursor.step = STEP_MEMBER;
    if (provider_is_inference(call))
        take_messages(call, call->messages);
}

void openai_blocks_begin(struct provider_call *call)
{
    provider_cursor_begin(&call->cursor, STEP_OPEN);
}

bool openai_blocks_make(struct provider_call *call)
{
    static void (*const makers[])(struct provider_call *) = {
        [STEP_OPEN] = make_open,
        [STEP_DEFAULT] = make_default,
        [STEP_MEMBER] = make_member,
        [STEP_TOOL] = make_tool,
        [STEP_SYSTEM] = make_system,
        [STEP_SYSTEM_TEXT] = make_system_text,
        [STEP_MESSAGE] = make_message,
        [STEP_RESULTS] = make_results,
        [STEP_RESULT] = make_result,
        [STEP_REST] = make_rest,
        [STEP_TEXT] = make_text,
        [STEP_PART] = make_part,
        [STEP_CALL] = make_call,
    };
    if (call->cursor.step == STEP_END)
        return false;
    makers[call->cursor.step](call);
    return true;
}
