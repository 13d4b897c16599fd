/* The tables of the grammar. What a row does not name is refused. */
#include "core/json/json_grammar.h"

#include "config/bounds.h"

#include <stddef.h>

#define BYTE_ORDER_MARK 0xEF /* the first of its three bytes */

#define TWO(first, c) [first] = c, [(first) + 1] = c
#define FOUR(first, c) TWO(first, c), TWO((first) + 2, c)
#define SIXTEEN(first, c) FOUR(first, c), FOUR((first) + 4, c), FOUR((first) + 8, c), \
                          FOUR((first) + 12, c)

const uint8_t json_grammar_classes[256] = {
    ['\t'] = C_BLANK, ['\n'] = C_BLANK, ['\r'] = C_BLANK, [' '] = C_BLANK,
    ['"'] = C_QUOTE, ['\\'] = C_BACKSLASH, ['/'] = C_SLASH, [','] = C_COMMA, [':'] = C_COLON,
    ['['] = C_ARRAY, [']'] = C_ARRAY_END, ['{'] = C_OBJECT, ['}'] = C_OBJECT_END,
    ['-'] = C_MINUS, ['+'] = C_PLUS, ['.'] = C_POINT,
    ['0'] = C_ZERO, ['1'] = C_DIGIT, FOUR('2', C_DIGIT), FOUR('6', C_DIGIT),
    ['A'] = C_HEX, ['B'] = C_HEX, ['C'] = C_HEX, ['D'] = C_HEX, ['E'] = C_E_UPPER, ['F'] = C_HEX,
    ['a'] = C_A, ['b'] = C_B, ['c'] = C_HEX, ['d'] = C_HEX, ['e'] = C_E, ['f'] = C_F,
    ['l'] = C_L, ['n'] = C_N, ['r'] = C_R, ['s'] = C_S, ['t'] = C_T, ['u'] = C_U,
    SIXTEEN(0x80, C_80), SIXTEEN(0x90, C_90), SIXTEEN(0xA0, C_A0), SIXTEEN(0xB0, C_A0),
    TWO(0xC2, C_LEAD_2), FOUR(0xC4, C_LEAD_2), FOUR(0xC8, C_LEAD_2), FOUR(0xCC, C_LEAD_2),
    SIXTEEN(0xD0, C_LEAD_2),
    [0xE0] = C_LEAD_E0, [0xE1] = C_LEAD_3, TWO(0xE2, C_LEAD_3), FOUR(0xE4, C_LEAD_3),
    FOUR(0xE8, C_LEAD_3), [0xEC] = C_LEAD_3, [0xED] = C_LEAD_ED, TWO(0xEE, C_LEAD_3),
    [0xF0] = C_LEAD_F0, [0xF1] = C_LEAD_4, TWO(0xF2, C_LEAD_4), [0xF4] = C_LEAD_F4,
};

#define VALUE                                                                                      \
    [C_ARRAY] = OPEN_ARRAY, [C_OBJECT] = OPEN_OBJECT, [C_QUOTE] = OPEN_STRING,                     \
    [C_MINUS] = IN_MINUS, [C_ZERO] = IN_ZERO, [C_DIGIT] = IN_INTEGER, [C_T] = WORD_T,              \
    [C_F] = WORD_F, [C_N] = WORD_N
#define DIGITS(state) [C_ZERO] = state, [C_DIGIT] = state
#define HEX(state)                                                                                 \
    DIGITS(state), [C_A] = state, [C_B] = state, [C_HEX] = state, [C_E] = state,                   \
    [C_E_UPPER] = state, [C_F] = state
#define CONTINUED(state) [C_80] = state, [C_90] = state, [C_A0] = state
#define EXPONENT [C_E] = IN_EXPONENT, [C_E_UPPER] = IN_EXPONENT
#define NUMBER_END                                                                                 \
    [C_BLANK] = END_NUMBER, [C_COMMA] = END_NUMBER, [C_ARRAY_END] = END_NUMBER,                    \
    [C_OBJECT_END] = END_NUMBER

const uint8_t json_grammar_steps[JSON_STEPS][JSON_GRAMMAR_ROW] = {
    [BEFORE_DOCUMENT] = {VALUE, [C_BLANK] = BEFORE_DOCUMENT},
    [BEFORE_VALUE] = {VALUE, [C_BLANK] = BEFORE_VALUE},
    [FIRST_ELEMENT] = {VALUE, [C_BLANK] = FIRST_ELEMENT, [C_ARRAY_END] = CLOSE},
    [NEXT_ELEMENT] = {VALUE, [C_BLANK] = NEXT_ELEMENT},
    [FIRST_NAME] = {[C_BLANK] = FIRST_NAME, [C_QUOTE] = OPEN_NAME, [C_OBJECT_END] = CLOSE},
    [NEXT_NAME] = {[C_BLANK] = NEXT_NAME, [C_QUOTE] = OPEN_NAME},
    [BEHIND_NAME] = {[C_BLANK] = BEHIND_NAME, [C_COLON] = TAKE_COLON},
    [BEHIND_ELEMENT] = {[C_BLANK] = BEHIND_ELEMENT, [C_COMMA] = NEXT_ELEMENT,
                        [C_ARRAY_END] = CLOSE},
    [BEHIND_MEMBER] = {[C_BLANK] = BEHIND_MEMBER, [C_COMMA] = NEXT_NAME, [C_OBJECT_END] = CLOSE},
    [BEHIND_DOCUMENT] = {[C_BLANK] = BEHIND_DOCUMENT},
    [IN_STRING] = {[C_QUOTE] = CLOSE_STRING, [C_BACKSLASH] = IN_ESCAPE, [C_LEAD_2] = UTF8_1,
                   [C_LEAD_3] = UTF8_2, [C_LEAD_4] = UTF8_3, [C_LEAD_E0] = UTF8_E0,
                   [C_LEAD_ED] = UTF8_ED, [C_LEAD_F0] = UTF8_F0, [C_LEAD_F4] = UTF8_F4},
    [IN_ESCAPE] = {[C_QUOTE] = GO_ON, [C_BACKSLASH] = GO_ON, [C_SLASH] = GO_ON, [C_B] = GO_ON,
                   [C_F] = GO_ON, [C_N] = GO_ON, [C_R] = GO_ON, [C_T] = GO_ON, [C_U] = HEX_1},
    [HEX_1] = {HEX(HEX_2)},
    [HEX_2] = {HEX(HEX_3)},
    [HEX_3] = {HEX(HEX_4)},
    [HEX_4] = {HEX(GO_ON)},
    [UTF8_1] = {CONTINUED(GO_ON)},
    [UTF8_2] = {CONTINUED(UTF8_1)},
    [UTF8_3] = {CONTINUED(UTF8_2)},
    [UTF8_E0] = {[C_A0] = UTF8_1},
    [UTF8_ED] = {[C_80] = UTF8_1, [C_90] = UTF8_1},
    [UTF8_F0] = {[C_90] = UTF8_2, [C_A0] = UTF8_2},
    [UTF8_F4] = {[C_80] = UTF8_2},
    [IN_MINUS] = {[C_ZERO] = IN_ZERO, [C_DIGIT] = IN_INTEGER},
    [IN_ZERO] = {NUMBER_END, EXPONENT, [C_POINT] = IN_POINT},
    [IN_INTEGER] = {NUMBER_END, EXPONENT, DIGITS(IN_INTEGER), [C_POINT] = IN_POINT},
    [IN_POINT] = {DIGITS(IN_FRACTION)},
    [IN_FRACTION] = {NUMBER_END, EXPONENT, DIGITS(IN_FRACTION)},
    [IN_EXPONENT] = {DIGITS(IN_EXPONENT_DIGITS), [C_MINUS] = IN_EXPONENT_SIGN,
                     [C_PLUS] = IN_EXPONENT_SIGN},
    [IN_EXPONENT_SIGN] = {DIGITS(IN_EXPONENT_DIGITS)},
    [IN_EXPONENT_DIGITS] = {NUMBER_END, DIGITS(IN_EXPONENT_DIGITS)},
    [WORD_T] = {[C_R] = WORD_TR},
    [WORD_TR] = {[C_U] = WORD_TRU},
    [WORD_TRU] = {[C_E] = END_WORD},
    [WORD_F] = {[C_A] = WORD_FA},
    [WORD_FA] = {[C_L] = WORD_FAL},
    [WORD_FAL] = {[C_S] = WORD_FALS},
    [WORD_FALS] = {[C_E] = END_WORD},
    [WORD_N] = {[C_U] = WORD_NU},
    [WORD_NU] = {[C_L] = WORD_NUL},
    [WORD_NUL] = {[C_L] = END_WORD},
};

/* ---- what is wrong, for people ---- */

#define DIGITS_OF(limit) #limit
#define LEVELS(limit) "it is nested deeper than " DIGITS_OF(limit) " levels"

/* What a state misses when a byte does not fit, and when the document ends there. */
struct reason {
    const char *byte;
    const char *end;
};

static const char in_string[] = "it ends inside a string";
static const char in_number[] = "it ends inside a number";
static const char in_word[] = "it ends inside true, false or null";
static const char in_array[] = "it ends inside an array: a ']' is missing";
static const char in_object[] = "it ends inside an object: a '}' is missing";
static const char no_value[] = "what stands here is no value";
static const char no_name[] = "a name in double quotes is missing";
static const char no_hex[] = "\\u without four hexadecimal digits behind it";
static const char no_utf8[] = "bytes in a string that are not UTF-8";
static const char no_number[] = "a malformed number";
static const char no_word[] = "a word other than true, false, null";

static const struct reason reasons[JSON_STEPS] = {
    [BEFORE_DOCUMENT] = {no_value, "it is empty"},
    [BEFORE_VALUE] = {no_value, in_object},
    [FIRST_ELEMENT] = {no_value, in_array},
    [NEXT_ELEMENT] = {no_value, in_array},
    [FIRST_NAME] = {no_name, in_object},
    [NEXT_NAME] = {no_name, in_object},
    [BEHIND_NAME] = {"a colon is missing", in_object},
    [BEHIND_ELEMENT] = {"a comma is missing", in_array},
    [BEHIND_MEMBER] = {"a comma is missing", in_object},
    [BEHIND_DOCUMENT] = {"something follows the document", NULL},
    [IN_STRING] = {no_utf8, in_string},
    [IN_ESCAPE] = {"an unknown escape in a string", in_string},
    [HEX_1] = {no_hex, in_string},
    [HEX_2] = {no_hex, in_string},
    [HEX_3] = {no_hex, in_string},
    [HEX_4] = {no_hex, in_string},
    [UTF8_1] = {no_utf8, in_string},
    [UTF8_2] = {no_utf8, in_string},
    [UTF8_3] = {no_utf8, in_string},
    [UTF8_E0] = {no_utf8, in_string},
    [UTF8_ED] = {no_utf8, in_string},
    [UTF8_F0] = {no_utf8, in_string},
    [UTF8_F4] = {no_utf8, in_string},
    [IN_MINUS] = {"a digit is missing behind '-'", in_number},
    [IN_ZERO] = {no_number, NULL},
    [IN_INTEGER] = {no_number, NULL},
    [IN_POINT] = {"a digit is missing behind a decimal point", in_number},
    [IN_FRACTION] = {no_number, NULL},
    [IN_EXPONENT] = {"a digit is missing in an exponent", in_number},
    [IN_EXPONENT_SIGN] = {"a digit is missing in an exponent", in_number},
    [IN_EXPONENT_DIGITS] = {no_number, NULL},
    [WORD_T] = {no_word, in_word},
    [WORD_TR] = {no_word, in_word},
    [WORD_TRU] = {no_word, in_word},
    [WORD_F] = {no_word, in_word},
    [WORD_FA] = {no_word, in_word},
    [WORD_FAL] = {no_word, in_word},
    [WORD_FALS] = {no_word, in_word},
    [WORD_N] = {no_word, in_word},
    [WORD_NU] = {no_word, in_word},
    [WORD_NUL] = {no_word, in_word},
};

/* Slips that deserve better words than their state's. */
static const struct slip {
    uint8_t state;
    uint8_t byte_class;
    const char *why;
} slips[] = {
    {BEFORE_VALUE, C_COMMA, "a value is missing"},
    {BEFORE_VALUE, C_OBJECT_END, "a value is missing"},
    {FIRST_ELEMENT, C_COMMA, "a value is missing"},
    {NEXT_ELEMENT, C_COMMA, "a value is missing"},
    {NEXT_ELEMENT, C_ARRAY_END, "a comma stands in front of a ']'"},
    {NEXT_NAME, C_OBJECT_END, "a comma stands in front of a '}'"},
    {BEHIND_ELEMENT, C_OBJECT_END, "a '}' stands where a ']' belongs"},
    {FIRST_ELEMENT, C_OBJECT_END, "a '}' stands where a ']' belongs"},
    {BEHIND_MEMBER, C_ARRAY_END, "a ']' stands where a '}' belongs"},
    {FIRST_NAME, C_ARRAY_END, "a ']' stands where a '}' belongs"},
    {IN_ZERO, C_ZERO, "a number begins with 0"},
    {IN_ZERO, C_DIGIT, "a number begins with 0"},
};

const char *json_grammar_byte_reason(enum json_step state, unsigned char byte)
{
    uint8_t byte_class = json_grammar_classes[byte];
    if (json_grammar_steps[state][byte_class] != REFUSE)
        return LEVELS(LIMIT_JSON_DEPTH);
    if (state == BEFORE_DOCUMENT && byte == BYTE_ORDER_MARK)
        return "what stands here is no value (a byte order mark?)";
    if (state == IN_STRING && byte < 0x20)
        return "a control character in a string";
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
        if (slips[i].state == state && slips[i].byte_class == byte_class)
            return slips[i].why;
    }
    return reasons[state].byte;
}

const char *json_grammar_end_reason(enum json_step state)
{
    return reasons[state].end;
}

const char *json_grammar_open_reason(bool object)
{
    return object ? in_object : in_array;
}
