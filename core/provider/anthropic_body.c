/*
 * See anthropic_body.h. What the system says is a member of its own; the other messages are turns
 * of the user and the assistant, one after the other, each an array of blocks.
 */
#include "core/provider/anthropic_body.h"

#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/provider/anthropic_terms.h"

#define DECODE_BYTES 256 /* of a call's arguments, at once */
#define SYSTEM_ALONE 0x8000u /* in cursor.seen: nobody else says anything; it speaks as the user */
#define ALONE SPAN(",\"disable_parallel_tool_use\":true")

enum {
    BODY_OPEN,
    BODY_SYSTEM,
    BODY_MESSAGES,
    BODY_MEMBERS,
    BODY_TOOLS,
    BODY_DEFAULTS,
    BODY_CLOSE,
    BODY_END
};

static void push(struct provider_call *call, struct span raw)
{
    provider_pieces_push(&call->cursor.pieces, raw, PROVIDER_PIECES_RAW);
}

static void push_str(struct provider_call *call, const char *raw)
{
    push(call, span_of(raw));
}

/* Calls of another service's have identifiers that this one does not know as such. */
static void push_id(struct provider_call *call, struct span id)
{
    provider_pieces_push(&call->cursor.pieces, id, PROVIDER_PIECES_WORD);
}

static bool has(const struct provider_call *call, enum anthropic_member member)
{
    return (call->cursor.seen >> member & 1) != 0;
}

_Static_assert(ANTHROPIC_MEMBERS < 15, "the highest bit is none of a member's");

static enum anthropic_role role_of(const struct provider_call *call, struct span word)
{
    enum anthropic_role role = anthropic_terms_role(word);
    bool alone = (call->cursor.seen & SYSTEM_ALONE) != 0;
    return role == ANTHROPIC_SYSTEM && alone ? ANTHROPIC_USER_ROLE : role;
}

/* ---- the beginning -------------------------------------------------------------------------- */

static void make_open(struct provider_call *call)
{
    push_str(call, "{\"model\":\"");
    provider_pieces_push(&call->cursor.pieces, call->identifier, PROVIDER_PIECES_PLAIN);
    push_str(call, "\",\"stream\":true");
    call->cursor.step = BODY_SYSTEM;
}

static void open_messages(struct provider_call *call)
{
    push_str(call, call->cursor.said ? "\"" : "");
    push_str(call, ",\"messages\":[");
    provider_said_begin(call);
    call->cursor.said = false;
    call->cursor.role = ANTHROPIC_NOBODY;
    call->cursor.step = BODY_MESSAGES;
}

/* All that the system says, wherever it stands, an empty line between. */
static void make_system(struct provider_call *call)
{
    struct provider_cursor *c = &call->cursor;
    struct provider_messages_thing thing;
    provider_said_next(call, &thing);
    if (thing.kind == PROVIDER_MESSAGES_END)
        open_messages(call);
    if (thing.kind == PROVIDER_MESSAGES_ROLE)
        c->role = (uint8_t)role_of(call, thing.text);
    if (thing.kind != PROVIDER_MESSAGES_TEXT || c->role != ANTHROPIC_SYSTEM || thing.text.len == 0)
        return;
    push_str(call, c->said ? "\\n\\n" : ",\"system\":\"");
    push(call, thing.text);
    c->said = true;
}

/* ---- messages ------------------------------------------------------------------------------- */

/* What stands in front of a block: the message in hand is begun with its first one, as one without
 * any would be refused, and goes on with the next of the same side. */
static void push_opening(struct provider_call *call)
{
    struct provider_cursor *c = &call->cursor;
    bool assistant = c->role == ANTHROPIC_ASSISTANT;
    uint8_t turn = assistant ? ANTHROPIC_ASSISTANT : ANTHROPIC_USER_ROLE;
    if (c->turn == turn)
        push_str(call, ",");
    else if (c->turn == ANTHROPIC_NOBODY)
        push_str(call, assistant ? "{\"role\":\"assistant\",\"content\":["
                                 : "{\"role\":\"user\",\"content\":[");
    else
        push_str(call, assistant ? "]},{\"role\":\"assistant\",\"content\":["
                                 : "]},{\"role\":\"user\",\"content\":[");
    c->turn = turn;
}

/* The same for what a message says: a tool's result has blocks of its own. */
static void begin_block(struct provider_call *call)
{
    if (call->cursor.role != ANTHROPIC_TOOL)
        push_opening(call);
    else
        push_str(call, call->cursor.said ? "," : ",\"content\":[");
    call->cursor.said = true;
}

static void end_message(struct provider_call *call)
{
    if (call->cursor.role == ANTHROPIC_TOOL)
        push_str(call, call->cursor.said ? "]}" : "}");
    call->cursor.said = false;
}

static void begin_message(struct provider_call *call, const struct provider_messages_thing *thing)
{
    end_message(call);
    call->cursor.role = (uint8_t)role_of(call, thing->text);
    if (call->cursor.role != ANTHROPIC_TOOL)
        return;
    push_opening(call);
    push_str(call, "{\"type\":\"tool_result\",\"tool_use_id\":\"");
    push_id(call, thing->id);
    push_str(call, "\"");
}

static void make_text(struct provider_call *call, struct span text)
{
    if (text.len == 0)
        return;
    begin_block(call);
    push_str(call, "{\"type\":\"text\",\"text\":\"");
    push(call, text);
    push_str(call, "\"}");
}

static void make_part(struct provider_call *call, struct span part)
{
    struct anthropic_source source;
    if (!anthropic_terms_source(part, &source)) {
        make_text(call, json_walk_string(json_walk_find(part, SPAN("refusal"))));
        return;
    }
    begin_block(call);
    push_str(call, source.document ? "{\"type\":\"document\",\"source\":{\"type\":\""
                                   : "{\"type\":\"image\",\"source\":{\"type\":\"");
    if (source.url.len > 0) {
        push_str(call, "url\",\"url\":\"");
        push(call, source.url);
    } else {
        push_str(call, "base64\",\"media_type\":\"");
        push(call, source.media);
        push_str(call, "\",\"data\":\"");
        push(call, source.data);
    }
    push_str(call, "\"}}");
}

/* Whether what a string has between its quotes is an object itself. */
static bool is_object(struct span raw)
{
    char bytes[DECODE_BYTES];
    struct json_rules rules;
    bool good = true;
    char first = ' ';
    json_rules_init(&rules);
    while (good && raw.len > 0) {
        struct span plain = {bytes, json_string_decode_some(&raw, bytes, sizeof(bytes))};
        good = json_rules_take(&rules, plain) == RESULT_MORE;
        for (size_t i = 0; i < plain.len && first <= ' '; i++)
            first = plain.at[i];
    }
    return good && first == '{' && json_rules_end(&rules) == RESULT_DONE;
}

/* Arguments that are no object are none. */
static void push_input(struct provider_call *call, const struct provider_messages_thing *thing)
{
    bool object = thing->arguments_as_json ? json_walk_kind(thing->arguments) == JSON_OBJECT
                                           : is_object(thing->arguments);
    if (!object)
        push_str(call, "{}");
    else if (thing->arguments_as_json)
        push(call, thing->arguments);
    else
        provider_pieces_push(&call->cursor.pieces, thing->arguments, PROVIDER_PIECES_UNQUOTED);
}

static void make_call(struct provider_call *call, const struct provider_messages_thing *thing)
{
    begin_block(call);
    push_str(call, "{\"type\":\"tool_use\",\"id\":\"");
    push_id(call, thing->id.len > 0 ? thing->id : thing->text);
    push_str(call, "\",\"name\":\"");
    push(call, thing->text);
    push_str(call, "\",\"input\":");
    push_input(call, thing);
    push_str(call, "}");
}

static void end_messages(struct provider_call *call)
{
    end_message(call);
    push_str(call, call->cursor.turn == ANTHROPIC_NOBODY ? "]" : "]}]");
    call->cursor.members = provider_members(call);
    call->cursor.step = BODY_MEMBERS;
}

static void make_messages(struct provider_call *call)
{
    struct provider_messages_thing thing;
    provider_said_next(call, &thing);
    bool theirs = thing.kind == PROVIDER_MESSAGES_ROLE || thing.kind == PROVIDER_MESSAGES_END;
    if (!theirs && call->cursor.role <= ANTHROPIC_SYSTEM)
        return;
    switch (thing.kind) {
    case PROVIDER_MESSAGES_ROLE:
        begin_message(call, &thing);
        break;
    case PROVIDER_MESSAGES_TEXT:
        make_text(call, thing.text);
        break;
    case PROVIDER_MESSAGES_OTHER:
        make_part(call, thing.part);
        break;
    case PROVIDER_MESSAGES_CALL:
        make_call(call, &thing);
        break;
    case PROVIDER_MESSAGES_END:
        end_messages(call);
        break;
    }
}

/* ---- other members -------------------------------------------------------------------------- */

static void push_member(struct provider_call *call, const char *name, struct span value)
{
    push_str(call, ",\"");
    push_str(call, name);
    push_str(call, "\":");
    push(call, value);
}

static void make_stop(struct provider_call *call, struct span value)
{
    bool one = json_walk_kind(value) == JSON_STRING;
    push_str(call, one ? ",\"stop_sequences\":[" : ",\"stop_sequences\":");
    push(call, value);
    push_str(call, one ? "]" : "");
}

static void make_choice(struct provider_call *call, struct span value)
{
    static const char *const words[] = {
        [ANTHROPIC_CHOICE_UNKNOWN] = "auto\"", [ANTHROPIC_CHOICE_AUTO] = "auto\"",
        [ANTHROPIC_CHOICE_NONE] = "none\"",    [ANTHROPIC_CHOICE_ANY] = "any\"",
        [ANTHROPIC_CHOICE_TOOL] = "tool\",\"name\":",
    };
    struct span name;
    enum anthropic_choice choice = anthropic_terms_choice(value, &name);
    if (!has(call, ANTHROPIC_TOOLS))
        return; /* without tools there is no choice */
    push_str(call, ",\"tool_choice\":{\"type\":\"");
    push_str(call, words[choice]);
    push(call, choice == ANTHROPIC_CHOICE_TOOL ? name : SPAN(""));
    push(call, choice != ANTHROPIC_CHOICE_NONE && has(call, ANTHROPIC_PARALLEL) ? ALONE : SPAN(""));
    push_str(call, "}");
}

static void open_tools(struct provider_call *call, struct span value)
{
    if (!has(call, ANTHROPIC_TOOLS))
        return;
    push_str(call, ",\"tools\":[");
    call->cursor.tools = json_walk_inside(value);
    call->cursor.said = false;
    call->cursor.step = BODY_TOOLS;
}

/* A tool that is no function is one of the service's own, and goes as it stands. */
static void make_tools(struct provider_call *call)
{
    struct span tool;
    if (!json_walk_element(&call->cursor.tools, &tool)) {
        push_str(call, "]");
        call->cursor.step = BODY_MEMBERS;
        return;
    }
    struct span function = json_walk_find(tool, SPAN("function"));
    push_str(call, call->cursor.said ? "," : "");
    call->cursor.said = true;
    if (json_walk_kind(function) != JSON_OBJECT) {
        push(call, tool);
        return;
    }
    struct span name = json_walk_find(function, SPAN("name"));
    struct span words = json_walk_find(function, SPAN("description"));
    struct span schema = json_walk_find(function, SPAN("parameters"));
    bool described = json_walk_kind(words) == JSON_STRING;
    push_str(call, "{\"name\":");
    push(call, name.at != NULL ? name : SPAN("\"\""));
    push_str(call, described ? ",\"description\":" : "");
    push(call, described ? words : SPAN(""));
    push_str(call, ",\"input_schema\":");
    push(call, json_walk_kind(schema) == JSON_OBJECT ? schema
                                                     : SPAN("{\"type\":\"object\"}"));
    push_str(call, "}");
}

static void make_member(struct provider_call *call, enum anthropic_member member,
                        struct span value)
{
    if (member == ANTHROPIC_TOKENS ||
        (member == ANTHROPIC_OLD_TOKENS && !has(call, ANTHROPIC_TOKENS))) {
        push_member(call, "max_tokens", value);
    } else if (member == ANTHROPIC_STOP ||
               (member == ANTHROPIC_STOP_SEQUENCES && !has(call, ANTHROPIC_STOP))) {
        make_stop(call, value);
    } else if (member == ANTHROPIC_USER) {
        push_member(call, "metadata\":{\"user_id", value);
        push_str(call, "}");
    } else if (member == ANTHROPIC_TOOLS) {
        open_tools(call, value);
    } else if (member == ANTHROPIC_CHOICE) {
        make_choice(call, value);
    } else if (member >= ANTHROPIC_TEMPERATURE && member < ANTHROPIC_STOP_SEQUENCES) {
        push_member(call, anthropic_terms_name(member).at, value);
    }
}

static void make_members(struct provider_call *call)
{
    struct span name;
    struct span value;
    if (!json_walk_member(&call->cursor.members, &name, &value))
        call->cursor.step = BODY_DEFAULTS;
    else if (json_walk_kind(value) != JSON_NULL)
        make_member(call, anthropic_terms_member(name), value);
}

/* What the configuration says where the client does not. */
static void push_default(struct provider_call *call, const char *name, const char *value)
{
    if (value == NULL)
        return;
    push_str(call, name);
    push_str(call, value);
}

/* What the service wants to be told, and the client did not tell. */
static void make_defaults(struct provider_call *call)
{
    const struct provider_asked *asked = &call->asked;
    const char *tokens = provider_default(asked, SETTINGS_MAX_TOKENS);
    if (!has(call, ANTHROPIC_TOKENS) && !has(call, ANTHROPIC_OLD_TOKENS))
        push_default(call, ",\"max_tokens\":", tokens != NULL ? tokens : call->nonce);
    push_default(call, ",\"temperature\":", provider_default(asked, SETTINGS_TEMPERATURE));
    push_default(call, ",\"top_p\":", provider_default(asked, SETTINGS_TOP_P));
    call->cursor.step = BODY_CLOSE;
}

static void make_close(struct provider_call *call)
{
    if (!has(call, ANTHROPIC_CHOICE) && has(call, ANTHROPIC_PARALLEL))
        make_choice(call, SPAN("\"auto\""));
    push_str(call, "}");
    call->cursor.step = BODY_END;
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Whether the member has a part in the body: of PARALLEL, that it is false. */
static bool counts(enum anthropic_member member, struct span value)
{
    struct span inside = json_walk_inside(value);
    struct span first;
    if (member == ANTHROPIC_PARALLEL)
        return json_walk_kind(value) == JSON_FALSE;
    if (member == ANTHROPIC_TOOLS)
        return json_walk_kind(value) == JSON_ARRAY && json_walk_element(&inside, &first);
    return member != ANTHROPIC_MEMBERS && json_walk_kind(value) != JSON_NULL;
}

/* A message is asked for, and what the system says is none. Whoever else speaks does so early. */
static bool is_system_alone(struct provider_call *call)
{
    struct provider_messages_thing thing;
    enum anthropic_role role = ANTHROPIC_NOBODY;
    provider_said_begin(call);
    do {
        provider_said_next(call, &thing);
        if (thing.kind == PROVIDER_MESSAGES_ROLE)
            role = anthropic_terms_role(thing.text);
        bool says = thing.kind == PROVIDER_MESSAGES_ROLE ? role == ANTHROPIC_TOOL
                    : thing.kind == PROVIDER_MESSAGES_TEXT ? thing.text.len > 0
                                                           : true;
        if (says && role > ANTHROPIC_SYSTEM)
            return thing.kind == PROVIDER_MESSAGES_END;
    } while (thing.kind != PROVIDER_MESSAGES_END);
    return true;
}

void anthropic_body_begin(struct provider_call *call)
{
    struct text digits = text_over(call->nonce, sizeof(call->nonce));
    struct span inside = provider_members(call);
    struct span name;
    struct span value;
    provider_cursor_begin(&call->cursor, BODY_OPEN);
    call->cursor.seen = is_system_alone(call) ? SYSTEM_ALONE : 0;
    provider_said_begin(call);
    text_add_u64(&digits, call->provider->max_tokens_default);
    text_str(&digits);
    while (json_walk_member(&inside, &name, &value)) {
        enum anthropic_member member = anthropic_terms_member(name);
        if (counts(member, value))
            call->cursor.seen |= (uint16_t)(1u << member);
    }
}

bool anthropic_body_make(struct provider_call *call)
{
    static void (*const makers[])(struct provider_call *) = {
        [BODY_OPEN] = make_open,       [BODY_SYSTEM] = make_system, [BODY_MESSAGES] = make_messages,
        [BODY_MEMBERS] = make_members, [BODY_TOOLS] = make_tools,   [BODY_DEFAULTS] = make_defaults,
        [BODY_CLOSE] = make_close,
    };
    if (call->cursor.step == BODY_END)
        return false;
    makers[call->cursor.step](call);
    return true;
}
