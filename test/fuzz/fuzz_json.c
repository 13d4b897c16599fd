/* JSON: core's judge against another one; what it lets through, every reader can read. */
#include "core/json/json_outline.h"
#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_tokens.h"
#include "core/json/json_walk.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

static struct json_tokens tokens;

static bool judge(struct span text, size_t step)
{
    struct json_rules rules;
    json_rules_init(&rules);
    while (text.len > 0) {
        struct span some = {text.at, step < text.len ? step : text.len};
        text = span_skip(text, some.len);
        if (json_rules_take(&rules, some) == RESULT_FAULT) {
            FUZZ_CHECK(rules.why != NULL);
            return false;
        }
    }
    return json_rules_end(&rules) == RESULT_DONE;
}

static void check_outline(struct span text, bool good)
{
    static const struct span names[] = {{"model", 5}, {"messages", 8}, {"a", 1}};
    struct json_outline outline;
    enum result result = RESULT_MORE;
    json_outline_init(&outline, names, 3);
    for (size_t len = 0; len <= text.len && result == RESULT_MORE; len += len < 256 ? 1 : 97)
        result = json_outline_take(&outline, text.at, len);
    if (result == RESULT_MORE)
        result = json_outline_take(&outline, text.at, text.len);
    if (result == RESULT_MORE)
        result = json_outline_end(&outline);
    FUZZ_CHECK((result == RESULT_DONE) == good);
    struct span known = json_outline_known(&outline, text.at);
    if (good && known.len > 0) {
        struct span string = span_skip(text, (size_t)(known.at - 1 - text.at));
        FUZZ_CHECK(string.at[0] == '"' && known.len + 2 <= json_walk_string_len(string));
    }
    if (!good || outline.root != JSON_OBJECT || outline.twice >= 0)
        return;
    struct span object = json_walk_document(text);
    for (int i = 0; i < 3; i++) {
        struct span noted = json_outline_value(&outline.members[i], text.at);
        struct span found = json_walk_find(object, names[i]);
        FUZZ_CHECK(noted.at == found.at && noted.len == found.len);
    }
}

/* Each string decodes into UTF-8 no longer than itself, and what is escaped is JSON again. */
static void check_string(struct span raw)
{
    char out[600];
    char again[4000];
    if (raw.len > 500)
        return;
    size_t len = json_string_decode(raw, out, sizeof(out));
    FUZZ_CHECK(len <= raw.len + 2);
    FUZZ_CHECK(json_string_equal(raw, (struct span){out, len}) || span_find(raw, '\\') < raw.len);
    struct span plain = {out, len};
    again[0] = '"';
    size_t escaped = json_string_escape_some(&plain, again + 1, sizeof(again) - 2);
    again[escaped + 1] = '"';
    FUZZ_CHECK(plain.len == 0 && fuzz_is_json((struct span){again, escaped + 2}, 1));
}

/* An object whose end is not known has the same members as one that ends. */
static void check_members(struct span object, struct span all)
{
    struct span rest = {object.at + 1, (size_t)(all.at + all.len - object.at - 1)};
    struct span inside = json_walk_inside(object);
    struct span name, value, other_name, other_value;
    while (json_walk_member(&inside, &name, &value)) {
        FUZZ_CHECK(json_walk_member_on(&rest, &other_name, &other_value, (struct span){NULL, 0}));
        FUZZ_CHECK(name.at == other_name.at && name.len == other_name.len);
        FUZZ_CHECK(value.at == other_value.at && value.len == other_value.len);
    }
    FUZZ_CHECK(!json_walk_member_on(&rest, &other_name, &other_value, (struct span){NULL, 0}));
    FUZZ_CHECK(rest.at == object.at + object.len);
}

/* Goes through a value as the encoders do, breadth first in its first few containers. */
static void walk(struct span value)
{
    struct span open[64];
    size_t count = 1;
    open[0] = value;
    while (count > 0) {
        struct span inside = open[--count];
        struct span name, element;
        bool object = json_walk_kind(inside) == JSON_OBJECT;
        if (object)
            check_members(inside, value);
        inside = json_walk_inside(inside);
        while (object ? json_walk_member(&inside, &name, &element)
                      : json_walk_element(&inside, &element)) {
            FUZZ_CHECK(element.len > 0 && fuzz_inside(element, value));
            FUZZ_CHECK(fuzz_is_json(element, LIMIT_JSON_DEPTH));
            if (object)
                check_string(name);
            if (json_walk_kind(element) == JSON_STRING)
                check_string(json_walk_string(element));
            if (count < 64)
                open[count++] = element;
        }
    }
}

static void check_tokens(struct span value)
{
    enum result result = json_tokens_read(&tokens, value);
    if (value.len < LIMIT_JSON_TOKENS)
        FUZZ_CHECK(result == RESULT_DONE);
    size_t count = json_walk_count(value, (struct span){NULL, 0});
    FUZZ_CHECK((count <= LIMIT_JSON_TOKENS) == (result == RESULT_DONE));
    if (result != RESULT_DONE || json_tokens_kind(&tokens, 0) != JSON_OBJECT)
        return;
    int member = json_tokens_member(&tokens, 0, SPAN("a"));
    struct span found = json_walk_find(value, SPAN("a"));
    FUZZ_CHECK((member >= 0) == (found.at != NULL));
    if (member >= 0)
        FUZZ_CHECK(json_tokens_kind(&tokens, member) == json_walk_kind(found));
}

void fuzz_one(struct span input)
{
    size_t step = (size_t)fuzz_byte(&input) % 17 + 1;
    struct span text = {fuzz_copy(input), input.len};
    bool good = fuzz_is_json(text, LIMIT_JSON_DEPTH);
    FUZZ_CHECK(judge(text, text.len) == good);
    FUZZ_CHECK(judge(text, step) == good);
    check_outline(text, good);
    struct span value = json_walk_document(text);
    FUZZ_CHECK((value.len > 0) == good);
    if (!good)
        return;
    walk(value);
    check_tokens(value);
}
