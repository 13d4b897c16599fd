/*
 * An automaton over byte classes. Most bytes only change the state; a few also open or close a
 * level, and those are the actions. The plain text of strings does not pass through the table at
 * all.
 */
#include "core/json/json_rules.h"

#include "core/base/assert.h"
#include "core/json/json_grammar.h"
#include "core/json/json_word.h"

_Static_assert(LIMIT_JSON_DEPTH >= 1 && LIMIT_JSON_DEPTH <= 64, "a bit for each open level");

#define PIECE_MAX 6 /* of an escape such as \u0041 */

void json_rules_init(struct json_rules *rules)
{
    *rules = (struct json_rules){._state = BEFORE_DOCUMENT};
}

/* The automaton while it runs, out of the way of aliases so that it stays in registers. */
struct run {
    struct json_rules *rules;
    const unsigned char *begin;
    const unsigned char *at;
    const unsigned char *end;
    uint64_t objects;
    uint8_t depth;
    uint8_t state;
    bool in_name;
    bool refused;
};

/* Passes over plain text. */
static inline const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    return (const unsigned char *)json_word_skip((const char *)at, (const char *)end);
}

static inline bool leads(enum json_step state, unsigned char byte, enum json_step step)
{
    return json_grammar_steps[state][json_grammar_classes[byte]] == step;
}

/* The length of the escape or character at the front that is no plain text, where all of it is
 * there, and good; else 0, and the automaton goes on byte by byte. */
static inline size_t piece_len(const unsigned char *at, const unsigned char *end)
{
    if (end - at <= PIECE_MAX)
        return 0;
    enum json_step step = json_grammar_steps[IN_STRING][json_grammar_classes[at[0]]];
    switch (step) {
    case IN_ESCAPE:
        if (leads(IN_ESCAPE, at[1], GO_ON))
            return 2;
        return at[1] == 'u' && leads(HEX_4, at[2], GO_ON) && leads(HEX_4, at[3], GO_ON) &&
                       leads(HEX_4, at[4], GO_ON) && leads(HEX_4, at[5], GO_ON)
                   ? PIECE_MAX
                   : 0;
    case UTF8_1:
        return leads(UTF8_1, at[1], GO_ON) ? 2 : 0;
    case UTF8_2:
        return leads(UTF8_1, at[1], GO_ON) && leads(UTF8_1, at[2], GO_ON) ? 3 : 0;
    case UTF8_E0:
    case UTF8_ED:
        return leads(step, at[1], UTF8_1) && leads(UTF8_1, at[2], GO_ON) ? 3 : 0;
    case UTF8_3:
    case UTF8_F0:
    case UTF8_F4:
        return leads(step, at[1], UTF8_2) && leads(UTF8_1, at[2], GO_ON) &&
                       leads(UTF8_1, at[3], GO_ON)
                   ? 4
                   : 0;
    default:
        return 0;
    }
}

/* Passes over what stands in a string, as far as it is plain text and whole pieces. */
static inline const unsigned char *skip_text(const unsigned char *at, const unsigned char *end)
{
    size_t len;
    do {
        at = skip_plain(at, end);
        if (at == end || *at == '"')
            break;
        do {
            len = piece_len(at, end);
            at += len;
        } while (len > 0 && *at >= 0x80);
    } while (len > 0);
    return at;
}

static inline uint8_t behind_value(const struct run *run)
{
    if (run->depth == 0)
        return BEHIND_DOCUMENT;
    return (run->objects & 1) != 0 ? BEHIND_MEMBER : BEHIND_ELEMENT;
}

/* True: json_rules_mark tells of it, or it is refused. */
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

/* The same. */
static inline bool close_string(struct run *run)
{
    run->at++;
    if (!run->in_name) {
        run->state = behind_value(run);
        return false;
    }
    run->state = BEHIND_NAME;
    if (run->at == run->end || *run->at != ':')
        return false;
    run->at++;
    run->state = BEFORE_VALUE;
    return run->depth == 1;
}

/* A string opens at from, or goes on there, and all up to there is a part of it. */
static void note_long(struct json_rules *rules, size_t from, size_t to, bool opens)
{
    uint32_t begin = (uint32_t)rules->offset + (uint32_t)from;
    bool goes_on = !opens && rules->long_len > 0 && rules->long_at + rules->long_len == begin;
    if (opens && to - from > rules->long_len)
        rules->long_at = begin;
    else if (!goes_on)
        return;
    rules->long_len = (uint32_t)rules->offset + (uint32_t)to - rules->long_at;
}

/* The same. Where it is called and not inlined, run is no longer in registers: half the speed. */
__attribute__((always_inline)) static inline bool go_on(struct run *run)
{
    const unsigned char *from = run->at;
    run->at = skip_text(from, run->end);
    if (run->at - from > JSON_RULES_LONG)
        note_long(run->rules, (size_t)(from - run->begin), (size_t)(run->at - run->begin),
                  run->state < IN_STRING);
    run->state = IN_STRING;
    return run->at < run->end && *run->at == '"' && close_string(run);
}

/* The same. Strings and brackets come first, and not in the switch: most documents are of little
 * else. */
static inline bool act(struct run *run, enum json_step action)
{
    if (action == OPEN_STRING || action == OPEN_NAME || action == GO_ON) {
        run->in_name = action == GO_ON ? run->in_name : action == OPEN_NAME;
        run->at++;
        return go_on(run);
    }
    if (action == CLOSE)
        return close_level(run);
    if (action == OPEN_ARRAY || action == OPEN_OBJECT)
        return open_level(run, action == OPEN_OBJECT);
    switch (action) {
    case CLOSE_STRING:
        return close_string(run);
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
    if (run->state == IN_STRING && go_on(run))
        return true;
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

enum result json_rules_mark(struct json_rules *rules, struct span bytes,
                            void (*note)(void *context, const char *mark), void *context)
{
    ASSERT(rules->_state >= FIRST_STATE && rules->_state < JSON_STEPS);
    if (rules->why != NULL)
        return RESULT_FAULT;
    const unsigned char *begin = (const unsigned char *)bytes.at;
    if (bytes.len == 0)
        return RESULT_MORE;
    struct run run = {rules, begin, begin, begin + bytes.len, rules->_objects, rules->depth,
                      rules->_state, rules->_in_name, false};
    while (go(&run) && !run.refused)
        if (note != NULL)
            note(context, (const char *)run.at - 1);
    rules->_objects = run.objects;
    rules->depth = run.depth;
    rules->_state = run.state;
    rules->_in_name = run.in_name;
    rules->offset += (uint64_t)(run.at - begin);
    if (!run.refused)
        return RESULT_MORE;
    rules->why = json_grammar_byte_reason((enum json_step)run.state, *run.at);
    return RESULT_FAULT;
}

enum result json_rules_take(struct json_rules *rules, struct span bytes)
{
    return json_rules_mark(rules, bytes, NULL, NULL);
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
