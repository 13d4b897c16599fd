/* See openai_tools.h. */
#include "core/provider/openai_tools.h"

#include "core/json/json_string.h"
#include "core/json/json_walk.h"

static void push(struct provider_call *call, struct span raw)
{
    provider_pieces_push(&call->cursor.pieces, raw, PROVIDER_PIECES_RAW);
}

static void push_str(struct provider_call *call, const char *raw)
{
    push(call, span_of(raw));
}

/* Tools that run at the service itself have none, and are not known elsewhere. */
static struct span schema_of(struct span tool)
{
    struct span schema = json_walk_find(tool, SPAN("input_schema"));
    return json_walk_kind(schema) == JSON_OBJECT ? schema : (struct span){NULL, 0};
}

bool openai_tools_push(struct provider_call *call, const char *lead, struct span tool)
{
    struct span schema = schema_of(tool);
    if (schema.at == NULL)
        return false;
    push_str(call, lead);
    push_str(call, "{\"type\":\"function\",\"function\":{\"name\":");
    push(call, provider_blocks_string(json_walk_find(tool, SPAN("name"))));
    push_str(call, ",\"description\":");
    push(call, provider_blocks_string(json_walk_find(tool, SPAN("description"))));
    push_str(call, ",\"parameters\":");
    push(call, schema);
    push_str(call, "}}");
    return true;
}

/* Whether a tool goes to the service: any, or one of that name. */
static bool goes(const struct provider_call *call, const struct span *name)
{
    struct span tools = json_walk_find(json_walk_root(call->asked.body), SPAN("tools"));
    struct span inside = json_walk_inside(tools);
    struct span tool;
    while (json_walk_kind(tools) == JSON_ARRAY && json_walk_element(&inside, &tool)) {
        struct span own = json_walk_string(json_walk_find(tool, SPAN("name")));
        if (schema_of(tool).at != NULL && (name == NULL || json_string_equal(own, *name)))
            return true;
    }
    return false;
}

static void choose_one(struct provider_call *call, struct span value)
{
    char bytes[PROVIDER_TOOL_BYTES];
    struct span raw = json_walk_string(value);
    struct span name = {bytes, json_string_decode(raw, bytes, sizeof(bytes))};
    if (name.len == 0 || !goes(call, &name))
        return;
    push_str(call, ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":");
    push(call, value);
    push_str(call, "}}");
}

void openai_tools_choose(struct provider_call *call, struct span choice)
{
    static const struct {
        struct span type;
        const char *choice;
    } types[] = {
        {{"auto", 4}, ",\"tool_choice\":\"auto\""},
        {{"any", 3}, ",\"tool_choice\":\"required\""},
        {{"none", 4}, ",\"tool_choice\":\"none\""},
    };
    if (!goes(call, NULL))
        return;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (provider_blocks_is(choice, types[i].type))
            push_str(call, types[i].choice);
    if (provider_blocks_is(choice, SPAN("tool")))
        choose_one(call, json_walk_find(choice, SPAN("name")));
    struct span alone = json_walk_find(choice, SPAN("disable_parallel_tool_use"));
    if (json_walk_kind(alone) == JSON_TRUE)
        push_str(call, ",\"parallel_tool_calls\":false");
}
