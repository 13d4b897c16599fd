/*
 * The grammar of JSON (RFC 8259) and of UTF-8 (RFC 3629) as tables, for json_rules alone: the class
 * of each byte, and where each state goes with each class.
 */
#ifndef MOONGATE_JSON_GRAMMAR_H
#define MOONGATE_JSON_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "config/bounds.h"

/* Bytes that the grammar tells apart. C_OTHER: legal nowhere, or as plain text alone. */
enum json_class {
    C_OTHER,
    C_BLANK,
    C_QUOTE,
    C_BACKSLASH,
    C_SLASH,
    C_COMMA,
    C_COLON,
    C_ARRAY,
    C_ARRAY_END,
    C_OBJECT,
    C_OBJECT_END,
    C_MINUS,
    C_PLUS,
    C_POINT,
    C_ZERO,
    C_DIGIT, /* 1 to 9 */
    C_A,
    C_B,
    C_E,
    C_E_UPPER,
    C_F,
    C_L,
    C_N,
    C_R,
    C_S,
    C_T,
    C_U,
    C_HEX, /* the hexadecimal digits that are no class of their own */
    /* UTF-8, RFC 3629 section 4: continuations by what some leads allow, leads by what may
     * follow */
    C_80,
    C_90,
    C_A0,
    C_LEAD_2,
    C_LEAD_3,
    C_LEAD_E0,
    C_LEAD_ED,
    C_LEAD_4,
    C_LEAD_F0,
    C_LEAD_F4,
    JSON_CLASSES
};

/* What a byte leads to: an action, or just the next state. */
enum json_step {
    REFUSE,
    OPEN_ARRAY,
    OPEN_OBJECT,
    CLOSE,
    OPEN_STRING,
    OPEN_NAME,
    GO_ON, /* in the string */
    CLOSE_STRING, /* seen to where text is passed over, and not as an action */
    END_WORD,   /* this was the last byte of true, false, null */
    END_NUMBER, /* the byte before was the last of a number */
    TAKE_COLON,

    FIRST_STATE,
    BEFORE_DOCUMENT = FIRST_STATE,
    BEFORE_VALUE, /* of a member */
    FIRST_ELEMENT,
    NEXT_ELEMENT,
    FIRST_NAME,
    NEXT_NAME,
    BEHIND_NAME,
    BEHIND_ELEMENT,
    BEHIND_MEMBER,
    BEHIND_DOCUMENT,
    IN_STRING,
    IN_ESCAPE,
    HEX_1,
    HEX_2,
    HEX_3,
    HEX_4,
    UTF8_1, /* so many continuations must follow; or one that this lead allows */
    UTF8_2,
    UTF8_3,
    UTF8_E0,
    UTF8_ED,
    UTF8_F0,
    UTF8_F4,
    IN_MINUS,
    IN_ZERO,
    IN_INTEGER,
    IN_POINT,
    IN_FRACTION,
    IN_EXPONENT,
    IN_EXPONENT_SIGN,
    IN_EXPONENT_DIGITS,
    WORD_T,
    WORD_TR,
    WORD_TRU,
    WORD_F,
    WORD_FA,
    WORD_FAL,
    WORD_FALS,
    WORD_N,
    WORD_NU,
    WORD_NUL,
    JSON_STEPS
};

/* The room of a row of steps: a power of two, so that finding a row takes no multiplication; where
 * code must be small, what is needed of it. */
#ifndef JSON_GRAMMAR_ROW
#define JSON_GRAMMAR_ROW 64
#endif

_Static_assert(JSON_CLASSES <= JSON_GRAMMAR_ROW, "a class is a place in a row");

extern const uint8_t json_grammar_classes[256];
extern const uint8_t json_grammar_steps[JSON_STEPS][JSON_GRAMMAR_ROW];

/* Why a state refuses a byte: a constant phrase for people. A byte that it takes is refused for the
 * depth alone. */
const char *json_grammar_byte_reason(enum json_step state, unsigned char byte);

/* Why the document may not end in a state; NULL: it may, or the innermost open level says why. */
const char *json_grammar_end_reason(enum json_step state);

/* Why it may not end while a level is open, an object or an array. */
const char *json_grammar_open_reason(bool object);

#endif
