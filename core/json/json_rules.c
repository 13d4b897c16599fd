/*
 * An automaton over byte classes. Most bytes only change the state; a few also open or close a
 * level, and those are the actions. The plain text of strings does not pass through the table at
 * all.
 */
#include "core/json/json_rules.h"

#include "core/base/assert.h"
#include "core/json/json_grammar.h"

#include <string.h>

_Static_assert(LIMIT_JSON_DEPTH >= 1 && LIMIT_JSON_DEPTH <= 64, "a bit for each open level");

void json_rules_init(struct json_rules *rules)
{
    *rules = (struct json_rules){._state = BEFORE_DOCUMENT};
}

/* The automaton while it runs, out of the way of aliases so that it stays in registers. */
struct run {
    const unsigned char *at;
    const unsigned char *end;
    uint64_t objects;
    uint8_t depth;
    uint8_t state;
    bool in_name;
    bool refused;
};

#define EACH_BYTE (SIZE_MAX / 255) /* 0x01 in every byte of a word */
#define TOP_BITS (EACH_BYTE * 0x80)

/* Not 0 when a byte of word is no plain text: '"', '\', below 0x20 or above 0x7F. Exact as a
 * yes or no, not as to where. */
static inline size_t special_bytes(size_t word)
{
    size_t quote = word ^ (EACH_BYTE * '"');
    size_t backslash = word ^ (EACH_BYTE * '\\');
    size_t found = (quote - EACH_BYTE) | (backslash - EACH_BYTE) | (word - EACH_BYTE * 0x20);
    return (found | word) & TOP_BITS;
}

static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Passes over plain text. */
static inline const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    size_t word;
    while ((size_t)(end - at) >= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if (special_bytes(word) != 0)
            break;
        at += sizeof(word);
    }
    while (at < end && is_plain(*at))
        at++;
    return at;
}

static inline uint8_t behind_value(const struct run *run)
{
    if (run->depth == 0)
        return BEHIND_DOCUMENT;
    return (run->objects & 1) != 0 ? BEHIND_MEMBER : BEHIND_ELEMENT;
}

/* True: an outermost object begins here. */
static inline bool open_level(struct run *run, bool object)
{
    if (run->depth == LIMIT_JSON_DEPTH) {
        run->refused = true;
        return true;
    }
    run->at++;
    run->depth++;
    run->objects = run->objects << 1 | object;
    run->state = object ? FIRST_NAME : FIRST_ELEMENT;
    return object && run->depth == 1;
}

static inline bool close_level(struct run *run)
{
    run->at++;
    run->depth--;
    run->objects >>= 1;
    run->state = behind_value(run);
    return run->depth == 0;
}

static inline void go_on(struct run *run)
{
    run->at = skip_plain(run->at + 1, run->end);
    run->state = IN_STRING;
}

/* True: json_rules_mark stops here. Brackets come first, and not in the switch: a document of
 * nothing else is the slowest there is. */
static inline bool act(struct run *run, enum json_step action)
{
    if (action == CLOSE)
        return close_level(run);
    if (action == OPEN_ARRAY || action == OPEN_OBJECT)
        return open_level(run, action == OPEN_OBJECT);
    switch (action) {
    case OPEN_STRING:
    case OPEN_NAME:
        run->in_name = action == OPEN_NAME;
        go_on(run);
        return false;
    case GO_ON:
        go_on(run);
        return false;
    case CLOSE_STRING:
        run->at++;
        run->state = run->in_name ? BEHIND_NAME : behind_value(run);
        return false;
    case END_WORD:
        run->at++;
        run->state = behind_value(run);
        return false;
    case END_NUMBER:
        run->state = behind_value(run);
        return false;
    case TAKE_COLON:
    case TAKE_COMMA:
        run->at++;
        run->state = action == TAKE_COLON ? BEFORE_VALUE : NEXT_NAME;
        return run->depth == 1;
    default:
        run->refused = true;
        return true;
    }
}

/* Goes on until something is to be told: true; or to the end of the bytes: false. */
static inline bool go(struct run *run)
{
    if (run->state == IN_STRING)
        run->at = skip_plain(run->at, run->end);
    while (run->at < run->end) {
        uint8_t next = json_grammar_steps[run->state][json_grammar_classes[*run->at]];
        if (next >= FIRST_STATE) {
            run->state = next;
            run->at++;
        } else if (act(run, (enum json_step)next)) {
            return true;
        }
    }
    return false;
}

/* As json_rules_mark, or as json_rules_take. */
static enum result advance(struct json_rules *rules, struct span *bytes, bool all)
{
    ASSERT(rules->_state >= FIRST_STATE && rules->_state < JSON_STEPS);
    if (rules->why != NULL)
        return RESULT_FAULT;
    const unsigned char *begin = (const unsigned char *)bytes->at;
    if (bytes->len == 0)
        return RESULT_MORE;
    struct run run = {begin, begin + bytes->len, rules->_objects, rules->depth, rules->_state,
                      rules->_in_name, false};
    bool told;
    do {
        told = go(&run);
    } while (told && all && !run.refused);
    rules->_objects = run.objects;
    rules->depth = run.depth;
    rules->_state = run.state;
    rules->_in_name = run.in_name;
    rules->offset += (uint64_t)(run.at - begin);
    *bytes = span_skip(*bytes, (size_t)(run.at - begin));
    if (run.refused) {
        rules->why = json_grammar_byte_reason((enum json_step)run.state, *run.at);
        return RESULT_FAULT;
    }
    return told ? RESULT_DONE : RESULT_MORE;
}

enum result json_rules_mark(struct json_rules *rules, struct span *bytes)
{
    return advance(rules, bytes, false);
}

enum result json_rules_take(struct json_rules *rules, struct span bytes)
{
    return advance(rules, &bytes, true);
}

enum result json_rules_end(struct json_rules *rules)
{
    if (rules->why == NULL) {
        const char *why = json_grammar_end_reason((enum json_step)rules->_state);
        if (why == NULL && rules->depth > 0)
            why = json_grammar_open_reason((rules->_objects & 1) != 0);
        rules->why = why;
    }
    return rules->why == NULL ? RESULT_DONE : RESULT_FAULT;
}
