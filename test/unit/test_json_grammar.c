/* The tables alone: nothing in them is dead or mute. What they accept is test_json_rules'
 * matter. */
#include "core/json/json_grammar.h"
#include "test/unit/unit.h"

#include <stdbool.h>
#include <string.h>

/* Marks the states that an action may lead to, whatever is open. */
static void mark_after(int action, bool *reached)
{
    static const uint8_t after[FIRST_STATE][3] = {
        [OPEN_ARRAY] = {FIRST_ELEMENT},
        [OPEN_OBJECT] = {FIRST_NAME},
        [CLOSE] = {BEHIND_ELEMENT, BEHIND_MEMBER, BEHIND_DOCUMENT},
        [OPEN_STRING] = {IN_STRING},
        [OPEN_NAME] = {IN_STRING},
        [GO_ON] = {IN_STRING},
        [CLOSE_STRING] = {BEHIND_NAME, BEHIND_ELEMENT, BEHIND_MEMBER},
        [END_WORD] = {BEHIND_ELEMENT, BEHIND_MEMBER, BEHIND_DOCUMENT},
        [END_NUMBER] = {BEHIND_ELEMENT, BEHIND_MEMBER, BEHIND_DOCUMENT},
        [TAKE_COLON] = {BEFORE_VALUE},
    };
    for (size_t i = 0; i < 3; i++)
        reached[after[action][i]] = true;
}

static void every_state_is_reached(void)
{
    bool reached[JSON_STEPS] = {[BEFORE_DOCUMENT] = true};
    for (int round = 0; round < JSON_STEPS; round++) {
        for (int state = FIRST_STATE; state < JSON_STEPS; state++) {
            for (int c = 0; reached[state] && c < JSON_CLASSES; c++) {
                int step = json_grammar_steps[state][c];
                CU_ASSERT_TRUE_FATAL(step < JSON_STEPS);
                reached[step] = true;
                mark_after(step < FIRST_STATE ? step : REFUSE, reached);
            }
        }
    }
    for (int step = 0; step < JSON_STEPS; step++)
        CU_ASSERT_TRUE(reached[step]);
}

static void every_class_has_bytes(void)
{
    bool seen[JSON_CLASSES] = {false};
    for (int byte = 0; byte < 256; byte++) {
        CU_ASSERT_TRUE_FATAL(json_grammar_classes[byte] < JSON_CLASSES);
        seen[json_grammar_classes[byte]] = true;
    }
    for (int c = 0; c < JSON_CLASSES; c++)
        CU_ASSERT_TRUE(seen[c]);
}

/* Bytes that nothing takes by itself: most control characters, and what UTF-8 never holds. */
static void dead_bytes(void)
{
    for (int byte = 0; byte < 256; byte++) {
        bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
        bool never = byte == 0xC0 || byte == 0xC1 || byte > 0xF4;
        if (control || never)
            CU_ASSERT_EQUAL(json_grammar_classes[byte], C_OTHER);
        bool high = byte >= 0x80 && !never;
        CU_ASSERT_EQUAL(json_grammar_classes[byte] >= C_80, high);
    }
}

static void every_refusal_has_a_reason(void)
{
    for (int state = FIRST_STATE; state < JSON_STEPS; state++) {
        CU_ASSERT_EQUAL(json_grammar_steps[state][C_OTHER], REFUSE);
        for (int byte = 0; byte < 256; byte++) {
            const char *why = json_grammar_byte_reason((enum json_step)state, (unsigned char)byte);
            CU_ASSERT_PTR_NOT_NULL_FATAL(why);
            CU_ASSERT_TRUE(strlen(why) > 10);
        }
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(json_grammar_byte_reason(BEFORE_VALUE, '['), "deeper than"));
    CU_ASSERT_PTR_NULL(strstr(json_grammar_byte_reason(BEFORE_VALUE, ']'), "deeper than"));
}

/* A document may end behind its value, or in a number that is whole. */
static void ends(void)
{
    static const bool good[JSON_STEPS] = {[BEHIND_DOCUMENT] = true, [IN_ZERO] = true,
                                          [IN_INTEGER] = true,      [IN_FRACTION] = true,
                                          [IN_EXPONENT_DIGITS] = true};
    for (int state = FIRST_STATE; state < JSON_STEPS; state++)
        CU_ASSERT_EQUAL(json_grammar_end_reason((enum json_step)state) == NULL, good[state]);
    CU_ASSERT_PTR_NOT_NULL(strchr(json_grammar_open_reason(true), '}'));
    CU_ASSERT_PTR_NOT_NULL(strchr(json_grammar_open_reason(false), ']'));
}

static const struct unit_test tests[] = {
    {"every state is reached", every_state_is_reached},
    {"every class has bytes", every_class_has_bytes},
    {"dead bytes", dead_bytes},
    {"every refusal has a reason", every_refusal_has_a_reason},
    {"ends", ends},
};

UNIT_MAIN("json_grammar", tests)
