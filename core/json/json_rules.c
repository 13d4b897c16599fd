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
    const unsigned char *words; /* a word can be read in front of it */
    const unsigned char *text; /* of the string under way: from its quote on, or from begin on */
    const unsigned char *name; /* the first quote of the last name; NULL: it came before begin */
    uint64_t objects;
    unsigned depth;
    unsigned state;
    bool in_name;
    void (*note)(void *context, const char *name, const char *mark);
    void *context;
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

/* Passes over whole pieces, and the plain text between them. Not inlined: few strings have any. */
__attribute__((noinline)) static const unsigned char *skip_pieces(const unsigned char *at,
                                                                  const unsigned char *end)
{
    size_t len;
    while ((len = piece_len(at, end)) > 0) {
        at += len;
        if (*at < 0x80)
            at = skip_plain(at, end);
    }
    return at;
}

/* The byte in front structures the outermost object. */
static inline void tell(const struct run *run)
{
    run->note(run->context, (const char *)run->name, (const char *)run->at - 1);
}

/* False: it is refused. */
static inline bool open_level(struct run *run, bool object)
{
    if (run->depth == LIMIT_JSON_DEPTH)
        return false;
    run->at++;
    run->depth++;
    run->objects = run->objects << 1 | object;
    run->state = object ? FIRST_NAME : FIRST_ELEMENT;
    return true;
}

static inline void close_level(struct run *run)
{
    run->at++;
    run->depth--;
    run->objects >>= 1;
    if (run->depth == 0)
        tell(run);
}

static inline void open_string(struct run *run, bool name)
{
    if (name)
        run->name = run->at;
    run->in_name = name;
    run->at++;
    run->text = run->at;
    run->state = IN_STRING;
}

/* Opens an array and an object in it, or one of them, up to the first name, where a word can be
 * read in front of them. What may not be is left to the table. */
static inline void open_levels(struct run *run)
{
    if (*run->at == '[')
        open_level(run, false);
    if (*run->at == '{' && open_level(run, true) && *run->at == '"')
        open_string(run, true);
}

static inline void take_colon(struct run *run)
{
    run->at++;
    run->state = BEFORE_VALUE;
    run->in_name = false;
    if (run->depth == 1)
        tell(run);
}

/* A string opens at offset begin, or goes on there, and len bytes are a part of it. */
static void note_long(struct json_rules *rules, uint32_t begin, uint32_t len, bool opens)
{
    if (opens && len > rules->long_len) {
        rules->long_at = begin;
        rules->long_len = len;
    } else if (!opens && rules->long_len > 0 && rules->long_at + rules->long_len == begin) {
        rules->long_len += len;
    }
}

/* The same. True: to a quote. Where code need not be small, without a call, and without asking
 * again whether a byte that was found is there. */
static inline bool take_plain(struct run *run)
{
    const unsigned char *at = run->at;
    if (WORD_SMALL)
        at = skip_plain(at, run->end);
    while (!WORD_SMALL && at < run->words) {
        size_t marks = json_word_special(word_read((const char *)at));
        at += marks != 0 ? word_before(marks) : sizeof(marks);
        if (marks != 0 && WORD_LITTLE) {
            run->at = at;
            return *at == '"';
        }
        if (marks != 0)
            break;
    }
    while (!WORD_SMALL && at < run->end && json_word_is_plain((char)*at))
        at++;
    run->at = at;
    return at < run->end && *at == '"';
}

/* Passes over what stands in a string, as far as it is plain text and whole pieces. True: to the
 * quote that ends it. */
static inline bool take_text(struct run *run)
{
    bool ends = take_plain(run);
    if (!ends) {
        run->at = skip_pieces(run->at, run->end);
        ends = run->at < run->end && *run->at == '"';
    }
    if ((WORD_SMALL || !run->in_name) && run->at - run->text > JSON_RULES_LONG)
        note_long(run->rules, (uint32_t)(run->rules->offset + (size_t)(run->text - run->begin)),
                  (uint32_t)(run->at - run->text), run->text > run->begin);
    return ends;
}

/* A value has ended. Goes on to the next name, where a comma alone stands between; and where code
 * need not be small, past what closes levels. */
static inline void end_value(struct run *run)
{
    while (true) {
        const bool object = (run->objects & 1) != 0;
        run->state = object ? BEHIND_MEMBER : run->depth > 0 ? BEHIND_ELEMENT : BEHIND_DOCUMENT;
        if (object && run->at < run->words && run->at[0] == ',' && run->at[1] == '"') {
            run->at++;
            open_string(run, true);
            return;
        }
        if (WORD_SMALL || run->at == run->end || run->depth == 0 ||
            *run->at != (object ? '}' : ']'))
            return;
        close_level(run);
    }
}

static inline bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of a number that begins with one of 1 to 9; what else is in it is the table's. */
static inline void take_digits(struct run *run)
{
    run->state = IN_INTEGER;
    while (run->at < run->end && is_digit(*run->at))
        run->at++;
    if (run->at < run->end && (*run->at == ',' || *run->at == '}'))
        end_value(run);
}

/* A name has ended. Goes on to what its value begins with, where a colon alone stands between. */
static inline void end_name(struct run *run)
{
    run->state = BEHIND_NAME;
    if (run->at >= run->words || *run->at != ':')
        return;
    take_colon(run);
    if (*run->at == '"')
        open_string(run, false);
    else if (*run->at != '0' && is_digit(*run->at))
        take_digits(run);
    else if (!WORD_SMALL)
        open_levels(run);
}

/* Goes on in a string, and in those behind it that stand without white space between. */
static inline void take_strings(struct run *run)
{
    while (run->state == IN_STRING && take_text(run)) {
        run->at++;
        if (run->in_name)
            end_name(run);
        else
            end_value(run);
    }
}

/* False: it is refused. */
static inline bool act(struct run *run, enum json_step action)
{
    switch (action) {
    case OPEN_STRING:
    case OPEN_NAME:
        open_string(run, action == OPEN_NAME);
        return true;
    case GO_ON:
        run->at++;
        run->text = run->end; /* no part of a stretch: there was an escape */
        run->state = IN_STRING;
        return true;
    case OPEN_ARRAY:
        return open_level(run, false);
    case OPEN_OBJECT:
        if (!open_level(run, true))
            return false;
        if (run->at < run->end && *run->at == '"')
            open_string(run, true);
        return true;
    case CLOSE:
        close_level(run);
        end_value(run);
        return true;
    case END_WORD:
    case END_NUMBER:
        run->at += action == END_WORD;
        end_value(run);
        return true;
    case TAKE_COLON:
        take_colon(run);
        return true;
    default:
        return false;
    }
}

/* Goes on to the end of the bytes; false: to one that is refused. */
static inline bool go(struct run *run)
{
    while (true) {
        take_strings(run);
        unsigned next = FIRST_STATE;
        while (run->at < run->end) {
            next = json_grammar_steps[run->state][json_grammar_classes[*run->at]];
            if (next < FIRST_STATE)
                break;
            run->state = next;
            run->at++;
        }
        if (run->at == run->end)
            return true;
        if (!act(run, (enum json_step)next))
            return false;
    }
}

enum result json_rules_mark(struct json_rules *rules, struct span bytes,
                            void (*note)(void *context, const char *name, const char *mark),
                            void *context)
{
    ASSERT(rules->_state >= FIRST_STATE && rules->_state < JSON_STEPS);
    if (rules->why != NULL)
        return RESULT_FAULT;
    if (bytes.len == 0)
        return RESULT_MORE;
    const unsigned char *begin = (const unsigned char *)bytes.at;
    const size_t words = bytes.len < sizeof(size_t) ? 0 : bytes.len - sizeof(size_t) + 1;
    struct run run = {rules, begin, begin, begin + bytes.len, begin + words, begin, NULL,
                      rules->_objects, rules->depth, rules->_state, rules->in_name, note, context};
    bool good = go(&run);
    if (run.name != NULL)
        rules->name_at = (uint32_t)(rules->offset + (size_t)(run.name - begin));
    rules->_objects = run.objects;
    rules->depth = (uint8_t)run.depth;
    rules->_state = (uint8_t)run.state;
    rules->in_name = run.in_name;
    rules->offset += (uint64_t)(run.at - begin);
    if (good)
        return RESULT_MORE;
    rules->why = json_grammar_byte_reason((enum json_step)run.state, *run.at);
    return RESULT_FAULT;
}

static void note_nothing(void *context, const char *name, const char *mark)
{
    (void)context;
    (void)name;
    (void)mark;
}

enum result json_rules_take(struct json_rules *rules, struct span bytes)
{
    return json_rules_mark(rules, bytes, note_nothing, NULL);
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
