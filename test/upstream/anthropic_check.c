/* Whether a request keeps Anthropic's protocol, and nothing of another one's. */
#include "test/upstream/anthropic_check.h"

#include <ctype.h>
#include <string.h>

enum { CALLS_MAX = 64, ID_MAX = 64 };

/* The calls of a message that wait for their results. */
struct calls {
    int count;
    struct json ids[CALLS_MAX];
};

static bool starts(struct json value, char c) { return value.at != NULL && *value.at == c; }

static bool same(struct json a, struct json b) {
    return a.at != NULL && b.at != NULL && a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool is_date(const char *text) {
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7 ? text[i] != '-' : !isdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return text[10] == '\0';
}

struct anthropic_fault anthropic_check_head(const struct http_request *r) {
    static const char *const foreign[] = {"device-id", "sid", "nonce", "sign", "cookie",
                                          "authorization"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (http_field(r, foreign[i])[0] != '\0') {
            return (struct anthropic_fault){400, "a header of another protocol"};
        }
    }
    if (strncmp(http_field(r, "user-agent"), "moongate/", 9) != 0) {
        return (struct anthropic_fault){400, "user-agent is not moongate/VERSION"};
    }
    if (!is_date(http_field(r, "anthropic-version"))) {
        return (struct anthropic_fault){400, "anthropic-version: header is required"};
    }
    if (http_field(r, "host")[0] == '\0') {
        return (struct anthropic_fault){400, "no host"};
    }
    const char *key = http_field(r, "x-api-key");
    bool good = strcmp(key, "sk-key-of-tests") == 0;
    return good ? (struct anthropic_fault){0, NULL}
                : (struct anthropic_fault){401, "invalid x-api-key"};
}

static const char *check_names(struct json body) {
    static const char *const foreign[] = {
        "stop", "n", "max_completion_tokens", "stream_options", "response_format", "seed", "user",
        "presence_penalty", "frequency_penalty", "parallel_tool_calls", "functions", "logprobs"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (json_member(body, foreign[i]).at != NULL) {
            return "a member of another protocol: Extra inputs are not permitted";
        }
    }
    struct json choice = json_member(body, "tool_choice");
    struct json system = json_member(body, "system");
    if (choice.at != NULL && !starts(choice, '{')) {
        return "tool_choice is no object";
    }
    return system.at != NULL && !starts(system, '"') && !starts(system, '[')
               ? "system is neither text nor a list"
               : NULL;
}

static const char *check_tools(struct json tools) {
    struct json tool;
    if (tools.at != NULL && *tools.at != '[') {
        return "tools is no list";
    }
    while (json_element(&tools, &tool)) {
        struct json type = json_member(tool, "type");
        bool own = type.at == NULL || json_is(type, "\"custom\"");
        if (!starts(json_member(tool, "name"), '"')) {
            return "a tool without a name";
        }
        if (own && !starts(json_member(tool, "input_schema"), '{')) {
            return "a tool without input_schema";
        }
    }
    return NULL;
}

/* The result names a call that waits, which is then done. */
static bool take_result(struct calls *calls, struct json id) {
    for (int i = 0; i < calls->count; i++) {
        if (same(calls->ids[i], id)) {
            calls->ids[i] = calls->ids[--calls->count];
            return true;
        }
    }
    return false;
}

static bool good_id(struct json id) {
    if (!starts(id, '"') || id.len < 3 || id.len > ID_MAX + 2) {
        return false;
    }
    for (size_t i = 1; i < id.len - 1; i++) {
        char c = id.at[i];
        if (!isalnum((unsigned char)c) && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

static const char *check_image(struct json block) {
    struct json source = json_member(block, "source");
    struct json type = json_member(source, "type");
    bool data = json_is(type, "\"base64\"") && starts(json_member(source, "data"), '"') &&
                starts(json_member(source, "media_type"), '"');
    bool url = json_is(type, "\"url\"") && starts(json_member(source, "url"), '"');
    return data || url ? NULL : "an image without a source";
}

static const char *check_call(struct json block, bool user, struct calls *made) {
    struct json id = json_member(block, "id");
    if (user || !good_id(id) || !starts(json_member(block, "name"), '"') ||
        !starts(json_member(block, "input"), '{') || made->count == CALLS_MAX) {
        return "a tool_use of the user's, or without id, name or input";
    }
    made->ids[made->count++] = id;
    return NULL;
}

static const char *check_block(struct json block, bool user, struct calls *due,
                               struct calls *made) {
    struct json type = json_member(block, "type");
    struct json text = json_member(block, "text");
    if (json_is(type, "\"text\"")) {
        return starts(text, '"') && text.len > 2 ? NULL : "text content blocks must be non-empty";
    }
    if (json_is(type, "\"tool_use\"")) {
        return check_call(block, user, made);
    }
    if (json_is(type, "\"tool_result\"")) {
        bool good = user && take_result(due, json_member(block, "tool_use_id"));
        return good ? NULL : "a tool_result without its tool_use in the message before";
    }
    if (json_is(type, "\"image\"")) {
        return user ? check_image(block) : "an image of the assistant's";
    }
    return starts(type, '"') ? NULL : "a block without a type";
}

static const char *check_content(struct json content, bool user, struct calls *due,
                                 struct calls *made) {
    struct json block;
    const char *fault = NULL;
    if (starts(content, '"')) {
        return content.len > 2 ? NULL : "messages must have non-empty content";
    }
    if (!starts(content, '[')) {
        return "content is neither text nor a list";
    }
    int blocks = 0;
    for (; fault == NULL && json_element(&content, &block); blocks++) {
        fault = check_block(block, user, due, made);
    }
    return fault == NULL && blocks == 0 ? "messages must have non-empty content" : fault;
}

static const char *check_messages(struct json messages) {
    struct json message;
    struct calls due = {0};
    int count = 0;
    for (; json_element(&messages, &message); count++) {
        struct calls made = {0};
        struct json role = json_member(message, "role");
        bool user = json_is(role, "\"user\"");
        if (!user && !json_is(role, "\"assistant\"")) {
            return "a role other than user and assistant";
        }
        const char *fault = check_content(json_member(message, "content"), user, &due, &made);
        if (fault != NULL || due.count > 0) {
            return fault != NULL ? fault : "a tool_use without its tool_result right behind it";
        }
        due = made;
    }
    if (due.count > 0) {
        return "a tool_use without its tool_result right behind it";
    }
    return count == 0 ? "no messages" : NULL;
}

const char *anthropic_check_body(struct json body) {
    struct json max = json_member(body, "max_tokens");
    const char *fault = check_names(body);
    if (fault != NULL) {
        return fault;
    }
    struct json model = json_member(body, "model");
    model = model.at != NULL ? model : json_member(body, "mod\\u0065l");
    if (!starts(model, '"') || !starts(json_member(body, "messages"), '[')) {
        return "no model or no messages";
    }
    if (max.at == NULL || !isdigit((unsigned char)*max.at) || *max.at == '0') {
        return "max_tokens: Field required";
    }
    fault = check_tools(json_member(body, "tools"));
    return fault != NULL ? fault : check_messages(json_member(body, "messages"));
}
