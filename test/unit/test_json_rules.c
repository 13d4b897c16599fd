/* The judge against a table, against a plain parser of its own, and against the clock. */
#include "core/json/json_rules.h"
#include "test/unit/unit.h"
#include "test/unit/unit_json.h"

#include <stdio.h>
#include <string.h>

#define GOOD(text) {text, sizeof(text) - 1}

static const struct span goods[] = {
    GOOD("{}"), GOOD("[]"), GOOD("\"\""), GOOD("null"), GOOD("true"), GOOD("false"),
    GOOD(" \t\r\n[\n]\r\t "), GOOD("{ }"), GOOD("[ ]"), GOOD("{\r\n\t }"), GOOD("0"), GOOD("-0"),
    GOOD("1"), GOOD("-1"), GOOD("10"), GOOD("1234567890"), GOOD(" 1 "), GOOD("0.0"), GOOD("-0.0"),
    GOOD("1.5"), GOOD("0.10"), GOOD("1e1"), GOOD("1E1"), GOOD("1e+1"), GOOD("1e-1"), GOOD("0e0"),
    GOOD("0E+00"), GOOD("-0e-0"), GOOD("1.0e10"), GOOD("1e9999"),
    GOOD("123456789012345678901234567890.123456789012345678901234567890e-12345678901234567890"),
    GOOD("[0]"), GOOD("[-1,2.5,3e4]"), GOOD("[1 ,2\n,\t3 ]"), GOOD("[0 ]"), GOOD("[1e1 ]"),
    GOOD("[true,false,null]"), GOOD("[ true , false , null ]"), GOOD("[[],[[]],{}]"),
    GOOD("{\"a\":1}"), GOOD("{\"a\":1,\"b\":2}"), GOOD("{\"a\":{\"b\":{}}}"), GOOD("{\"\":0}"),
    GOOD("{\"a\":1,\"a\":1}"), GOOD(" { \"a\" : [ 1 , 2 ] , \"b\" : { } } "),
    GOOD("[{\"a\":[{\"b\":[]}]},[],{},\"x\",-1,null]"), GOOD("{\"a\\u0000b\":\"\\u0000\"}"),
    GOOD("\"plain\""), GOOD("\" \""), GOOD("\"'\""), GOOD("\"/\""), GOOD("\"//\""),
    GOOD("\"\x7F\""), GOOD("\"/* no comment */\""), GOOD("\"[{,:}]\""),
    GOOD("\"a b c d e f g h i j k l m n o p\""), GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    GOOD("\"\\u0041\\u00e9\\u20AC\\uFfFf\""), GOOD("\"\\\\\""), GOOD("\"\\\\\\\"\""),
    GOOD("\"\\\\n\""), GOOD("\"\\\\u12\""), GOOD("\"\\uD83D\\uDE00\""), GOOD("\"\\uD800\""),
    GOOD("\"\\uDC00\""), GOOD("\"\\uDE00\\uD83D\""), GOOD("\"\\uD800x\""), GOOD("\"\\uD800\\n\""),
    GOOD("\"\\uD800\\uD800\\uDC00\""), GOOD("\"\\u0000\\u001F\\u007f\""), GOOD("\"\xC2\x80\""),
    GOOD("\"\xDF\xBF\""), GOOD("\"\xE0\xA0\x80\""), GOOD("\"\xE1\x80\x80\""),
    GOOD("\"\xEC\xBF\xBF\""), GOOD("\"\xED\x9F\xBF\""), GOOD("\"\xEE\x80\x80\""),
    GOOD("\"\xEF\xBF\xBF\""), GOOD("\"\xF0\x90\x80\x80\""), GOOD("\"\xF3\xBF\xBF\xBF\""),
    GOOD("\"\xF4\x8F\xBF\xBF\""), GOOD("\"\xEF\xBB\xBF\""), GOOD("\"\xE2\x80\xA8\xE2\x80\xA9\""),
    GOOD("{\"\xC3\xA4\":\"abcdefg\xE2\x82\xAC" "abcdefgh\xF0\x9F\x98\x80\\n\\u20acx\xC3\xB6yz\"}"),
    GOOD("{\"a\":[{\"b\":\"\"}],\"d\":[[{\"e\":{\"\":2}}]],\"g\":{\"\":[\"i\"]},\"j\":{\"k\":30}}"),
    GOOD("[\"abcdefg\\n\",\"abcdefgh\\n\",\"abcdefghi\\n\"]"),
};

struct bad {
    const char *text;
    size_t len;
    size_t offset; /* of the byte that is refused; len: the end is */
    const char *why;
};

#define BAD(text, offset, why) {text, sizeof(text) - 1, offset, why}
#define CUT(text, why) {text, sizeof(text) - 1, sizeof(text) - 1, why}

static const struct bad bads[] = {
    CUT("", "empty"), CUT(" \n", "empty"), BAD("\xEF\xBB\xBF{}", 0, "byte order mark"),
    BAD("\xFE\xFF", 0, "no value"), BAD("\0", 0, "no value"), BAD("\f[]", 0, "no value"),
    BAD("\xC2\xA0[]", 0, "no value"), BAD("abc", 0, "no value"), BAD("'a'", 0, "no value"),
    BAD("// x\n1", 0, "no value"), BAD("/**/1", 0, "no value"), BAD("]", 0, "no value"),
    BAD("}", 0, "no value"), BAD(",", 0, "no value"), BAD(":", 0, "no value"),
    BAD("(1)", 0, "no value"), BAD("{}{}", 2, "follows"), BAD("1 2", 2, "follows"),
    BAD("[],", 2, "follows"), BAD("[]]", 2, "follows"), BAD("{}}", 2, "follows"),
    BAD("\"a\"b", 3, "follows"), BAD("nullx", 4, "follows"), BAD("{}\0", 2, "follows"),
    BAD("1,", 1, "follows"), BAD("[]//", 2, "follows"), BAD("[]\xEF\xBB\xBF", 2, "follows"),
    BAD("[1,]", 3, "comma stands in front of a ']'"), BAD("[,]", 1, "value is missing"),
    BAD("[,1]", 1, "value is missing"), BAD("[1,,2]", 3, "value is missing"),
    BAD("[1 2]", 3, "comma is missing"), BAD("[\"a\" \"b\"]", 5, "comma is missing"),
    BAD("[1;2]", 2, "malformed number"), BAD("[[]1]", 3, "comma is missing"),
    BAD("[\"a\":1]", 4, "comma is missing"), BAD("[1:2]", 2, "malformed number"),
    BAD("[1}", 2, "'}' stands where"), BAD("[}", 1, "'}' stands where"), BAD("[a]", 1, "no value"),
    BAD("[1,a]", 3, "no value"), BAD("['a']", 1, "no value"), BAD("[+1]", 1, "no value"),
    BAD("[.5]", 1, "no value"), BAD("[Infinity]", 1, "no value"), BAD("[NaN]", 1, "no value"),
    BAD("[nan]", 2, "a word"), BAD("[\x0B]", 1, "no value"), BAD("[True]", 1, "no value"),
    BAD("[undefined]", 1, "no value"), BAD("[*]", 1, "no value"), CUT("[", "']' is missing"),
    CUT("[1", "']' is missing"), CUT("[1,", "']' is missing"), CUT("[[]", "']' is missing"),
    CUT("[\"a\"", "']' is missing"), CUT("[{}", "']' is missing"), CUT("[-0.5e1", "']' is missing"),
    CUT("[0", "']' is missing"), CUT("[null", "']' is missing"),
    BAD("{\"a\":1,}", 7, "comma stands in front of a '}'"), BAD("{,}", 1, "double quotes"),
    BAD("{\"a\"}", 4, "colon is missing"), BAD("{\"a\" 1}", 5, "colon is missing"),
    BAD("{\"a\",1}", 4, "colon is missing"), BAD("{\"a\"::1}", 5, "no value"),
    BAD("{\"a\":}", 5, "value is missing"), BAD("{\"a\":,}", 5, "value is missing"),
    BAD("{\"a\":1 \"b\":2}", 7, "comma is missing"),
    BAD("{\"a\":\"b\":\"c\"}", 8, "comma is missing"), BAD("{\"a\":1,,}", 7, "double quotes"),
    BAD("{a:1}", 1, "double quotes"), BAD("{'a':1}", 1, "double quotes"),
    BAD("{1:1}", 1, "double quotes"), BAD("{null:1}", 1, "double quotes"),
    BAD("{[]:1}", 1, "double quotes"), BAD("{:1}", 1, "double quotes"),
    BAD("{\"a\":1]", 6, "']' stands where"), BAD("{\"a\":{}]", 7, "']' stands where"),
    BAD("{]", 1, "']' stands where"), BAD("{\"a\":a}", 5, "no value"),
    BAD("{\"a\":1,b}", 7, "double quotes"), CUT("{", "'}' is missing"),
    CUT("{\"a\"", "'}' is missing"), CUT("{\"a\":", "'}' is missing"),
    CUT("{\"a\":1", "'}' is missing"), CUT("{\"a\":1,", "'}' is missing"),
    CUT("[{\"a\":[]", "'}' is missing"), CUT("{\"a\":[{}", "']' is missing"),
    CUT("-", "inside a number"), CUT("1.", "inside a number"), CUT("1e", "inside a number"),
    CUT("1e+", "inside a number"), CUT("[-", "inside a number"), BAD("01", 1, "begins with 0"),
    BAD("-01", 2, "begins with 0"), BAD("00", 1, "begins with 0"), BAD("[1.]", 3, "decimal point"),
    BAD("[1.e1]", 3, "decimal point"), BAD("[-]", 2, "behind '-'"), BAD("--1", 1, "behind '-'"),
    BAD("-a", 1, "behind '-'"), BAD("-.5", 1, "behind '-'"), BAD("- 1", 1, "behind '-'"),
    BAD("-Infinity", 1, "behind '-'"), BAD("[1e]", 3, "exponent"), BAD("[1e+]", 4, "exponent"),
    BAD("[1e-a]", 4, "exponent"), BAD("1ea", 2, "exponent"), BAD("1e1.5", 3, "malformed number"),
    BAD("1.5.5", 3, "malformed"), BAD("1a", 1, "malformed number"),
    BAD("0x1F", 1, "malformed number"), BAD("1_0", 1, "malformed"),
    BAD("1+1", 1, "malformed number"), BAD("1\0", 1, "malformed number"),
    BAD("1e1e1", 3, "malformed"), BAD("1\"", 1, "malformed number"),
    BAD("0[", 1, "malformed number"), BAD("1.5-", 3, "malformed"),
    BAD("1\xC2\xA0", 1, "malformed number"), BAD("\xEF\xBC\x91", 0, "byte order mark"),
    BAD("tru ", 3, "a word"), BAD("[tru]", 4, "a word"), BAD("trUe", 2, "a word"),
    BAD("fals}", 4, "a word"), BAD("nulL", 3, "a word"), BAD("t\0", 1, "a word"),
    BAD("nil", 1, "a word"), BAD("truee", 4, "follows"), BAD("[truefalse]", 5, "comma is missing"),
    CUT("t", "inside true"), CUT("tru", "inside true"), CUT("fals", "inside true"),
    CUT("nul", "inside true"), CUT("[n", "inside true"), CUT("\"", "inside a string"),
    CUT("\"a", "inside a string"), CUT("\"\\", "inside a string"), CUT("\"\\\"", "inside a string"),
    CUT("\"\\u", "inside a string"), CUT("\"\\u12", "inside a string"),
    CUT("{\"a", "inside a string"), CUT("\"\xE2\x82", "inside a string"),
    CUT("\"abcdefgh", "inside a string"), CUT("\"\\u123", "inside a string"),
    BAD("\"\0\"", 1, "control character"), BAD("\"a\nb\"", 2, "control character"),
    BAD("\"\t\"", 1, "control character"), BAD("\"\x1F\"", 1, "control character"),
    BAD("\"abcdefgh\x01\"", 9, "control character"), BAD("{\"\r\":1}", 2, "control character"),
    BAD("\"abcdefgabcdef\x1F\"", 14, "control character"), BAD("\"\\a\"", 2, "escape"),
    BAD("\"\\x41\"", 2, "escape"), BAD("\"\\U0041\"", 2, "escape"), BAD("\"\\'\"", 2, "escape"),
    BAD("\"\\0\"", 2, "escape"), BAD("\"\\\n\"", 2, "escape"), BAD("\"\\u\"", 3, "four hex"),
    BAD("\"\\u12\"", 5, "four hex"), BAD("\"\\u123g\"", 6, "hexadecimal"),
    BAD("\"\\uG000\"", 3, "hexadecimal"),
    BAD("\"\\u 041\"", 3, "four hex"), BAD("\"\\u+041\"", 3, "hexadecimal"),
    BAD("\"\\\xC3\xA4\"", 2, "escape"), BAD("\"\\u00\xC3\xA4\"", 5, "four hex"),
    BAD("\"\\ud83d\\u\"", 9, "four hex"), BAD("\"\\N\"", 2, "escape"), BAD("\"\\v\"", 2, "escape"),
    BAD("\"\x80\"", 1, "UTF-8"), BAD("\"\xBF\"", 1, "UTF-8"), BAD("\"\xC0\x80\"", 1, "UTF-8"),
    BAD("\"\xC1\xBF\"", 1, "UTF-8"), BAD("\"\xC3\"", 2, "UTF-8"), BAD("\"\xC3x\"", 2, "UTF-8"),
    BAD("\"\xC3\xC3\xA4\"", 2, "UTF-8"), BAD("\"\xE0\x80\x80\"", 2, "UTF-8"),
    BAD("\"\xE0\x9F\xBF\"", 2, "UTF-8"), BAD("\"\xE2\x82\"", 3, "UTF-8"),
    BAD("\"\xE2\x28\xA1\"", 2, "UTF-8"), BAD("\"\xED\xA0\x80\"", 2, "UTF-8"),
    BAD("\"\xED\xBF\xBF\"", 2, "UTF-8"), BAD("\"\xF0\x80\x80\x80\"", 2, "UTF-8"),
    BAD("\"\xF0\x8F\xBF\xBF\"", 2, "UTF-8"), BAD("\"\xF0\x9F\x98\"", 4, "UTF-8"),
    BAD("\"\xF4\x90\x80\x80\"", 2, "UTF-8"), BAD("\"\xF5\x80\x80\x80\"", 1, "UTF-8"),
    BAD("\"\xF8\x88\x80\x80\x80\"", 1, "UTF-8"), BAD("\"\xFE\"", 1, "UTF-8"),
    BAD("\"\xFF\"", 1, "UTF-8"), BAD("\"\xE9\"", 2, "UTF-8"), BAD("\"a\xC3\xA4\xA4\"", 4, "UTF-8"),
    BAD("{\"\xE9\":1}", 3, "UTF-8"), BAD("[\xC3\xA4]", 1, "no value"), BAD("[\xFF]", 1, "no value"),
    BAD("\"abcdefg\xFFh\"", 8, "UTF-8"), BAD("\"abcdefgh\xC3\x0A\"", 10, "UTF-8"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json_rules rules;
static char places[64]; /* of marks */

/* Judges text in pieces of step bytes, each in front of a guard page. */
static enum result judge(const char *text, size_t len, size_t step)
{
    enum result result = RESULT_MORE;
    json_rules_init(&rules);
    for (size_t at = 0; at < len && result == RESULT_MORE; at += step) {
        size_t n = len - at < step ? len - at : step;
        result = json_rules_take(&rules, (struct span){unit_guard(0, text + at, n), n});
    }
    return result == RESULT_MORE ? json_rules_end(&rules) : result;
}

static void good_documents(void)
{
    for (size_t i = 0; i < COUNT(goods); i++) {
        for (size_t step = 1; step <= goods[i].len; step++) {
            enum result result = judge(goods[i].at, goods[i].len, step);
            CU_ASSERT_EQUAL(result, RESULT_DONE);
            if (result != RESULT_DONE)
                printf("    in pieces of %zu: %s: %s\n", step, goods[i].at, rules.why);
            CU_ASSERT_EQUAL(rules.offset, goods[i].len);
            CU_ASSERT_EQUAL(rules.depth, 0);
        }
    }
}

static void bad_documents(void)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        const struct bad *bad = &bads[i];
        for (size_t step = 1; step <= bad->len + 1; step++) {
            CU_ASSERT_EQUAL_FATAL(judge(bad->text, bad->len, step), RESULT_FAULT);
            CU_ASSERT_PTR_NOT_NULL_FATAL(rules.why);
            bool same = rules.offset == bad->offset && strstr(rules.why, bad->why) != NULL;
            CU_ASSERT_TRUE(same);
            if (!same) {
                printf("    in pieces of %zu: %s: %s, at %u\n", step, bad->text, rules.why,
                       (unsigned)rules.offset);
            }
        }
    }
}

static void a_fault_stays(void)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        judge(bads[i].text, bads[i].len, bads[i].len + 1);
        const char *why = rules.why;
        CU_ASSERT_EQUAL(json_rules_take(&rules, SPAN("\"]}")), RESULT_FAULT);
        CU_ASSERT_EQUAL(json_rules_take(&rules, SPAN("")), RESULT_FAULT);
        CU_ASSERT_EQUAL(json_rules_end(&rules), RESULT_FAULT);
        CU_ASSERT_PTR_EQUAL(rules.why, why);
        CU_ASSERT_EQUAL(rules.offset, bads[i].offset);
    }
}

/* ---- a parser that follows the grammar's text, recursive and slow ---- */

struct parser {
    const unsigned char *at;
    const unsigned char *end;
    int depth;
};

static bool next_is(struct parser *p, const char *set)
{
    return p->at < p->end && *p->at != '\0' && strchr(set, *p->at) != NULL;
}

static bool take_if(struct parser *p, const char *set)
{
    bool there = next_is(p, set);
    p->at += there;
    return there;
}

static bool take_blanks(struct parser *p)
{
    while (take_if(p, " \t\n\r")) {
    }
    return true;
}

static bool take_digits(struct parser *p)
{
    bool any = false;
    while (take_if(p, "0123456789"))
        any = true;
    return any;
}

static bool take_number(struct parser *p)
{
    take_if(p, "-");
    if (!take_if(p, "0") && !take_digits(p))
        return false;
    if (take_if(p, ".") && !take_digits(p))
        return false;
    if (take_if(p, "eE")) {
        take_if(p, "+-");
        return take_digits(p);
    }
    return true;
}

static bool take_word(struct parser *p, const char *word)
{
    size_t len = strlen(word);
    bool there = (size_t)(p->end - p->at) >= len && memcmp(p->at, word, len) == 0;
    p->at += there ? len : 0;
    return there;
}

/* Decodes, and compares the code point with the shortest form's range. */
static bool take_character(struct parser *p)
{
    static const uint32_t firsts[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = *p->at++;
    if (lead < 0x80)
        return lead >= 0x20;
    int len = (lead & 0xE0) == 0xC0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : (lead & 0xF8) == 0xF0 ? 4 : 0;
    uint32_t point = lead & (0xFFu >> (len + 1));
    for (int i = 1; i < len; i++) {
        if (p->at == p->end || (*p->at & 0xC0) != 0x80)
            return false;
        point = point << 6 | (*p->at++ & 0x3Fu);
    }
    return len > 0 && point >= firsts[len] && point <= 0x10FFFF && (point & ~0x7FFu) != 0xD800;
}

static bool take_escape(struct parser *p)
{
    if (!take_if(p, "u"))
        return take_if(p, "\"\\/bfnrt");
    for (int i = 0; i < 4; i++) {
        if (!take_if(p, "0123456789abcdefABCDEF"))
            return false;
    }
    return true;
}

static bool take_string(struct parser *p)
{
    if (!take_if(p, "\""))
        return false;
    while (p->at < p->end && !next_is(p, "\"")) {
        if (take_if(p, "\\") ? !take_escape(p) : !take_character(p))
            return false;
    }
    return take_if(p, "\"");
}

static bool take_value(struct parser *p);

static bool take_list(struct parser *p, bool object)
{
    const char *close = object ? "}" : "]";
    p->at++;
    take_blanks(p);
    if (take_if(p, close))
        return true;
    do {
        take_blanks(p);
        if (object && !(take_string(p) && take_blanks(p) && take_if(p, ":")))
            return false;
        if (!take_value(p))
            return false;
    } while (take_if(p, ","));
    return take_if(p, close);
}

static bool take_value(struct parser *p)
{
    take_blanks(p);
    bool good = false;
    if (next_is(p, "[{")) {
        good = p->depth++ < LIMIT_JSON_DEPTH && take_list(p, next_is(p, "{"));
        p->depth--;
    } else if (next_is(p, "\"")) {
        good = take_string(p);
    } else {
        good = take_word(p, "true") || take_word(p, "false") || take_word(p, "null") ||
               take_number(p);
    }
    return good && take_blanks(p);
}

static bool is_document(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    struct parser parser = {at, at + len, 0};
    return take_value(&parser) && parser.at == parser.end;
}

/* A prefix is good so far, and ends well when it is a document itself. */
static void every_prefix(void)
{
    for (size_t i = 0; i < COUNT(goods); i++) {
        for (size_t len = 0; len <= goods[i].len; len++) {
            const char *prefix = unit_guard(0, goods[i].at, len);
            json_rules_init(&rules);
            CU_ASSERT_EQUAL(json_rules_take(&rules, (struct span){prefix, len}), RESULT_MORE);
            bool whole = is_document(prefix, len);
            CU_ASSERT_TRUE(whole || len < goods[i].len);
            CU_ASSERT_EQUAL(json_rules_end(&rules), whole ? RESULT_DONE : RESULT_FAULT);
        }
    }
    for (size_t i = 0; i < COUNT(bads); i++)
        CU_ASSERT_FALSE(is_document(bads[i].text, bads[i].len));
}

/* Every byte of every good document replaced, dropped, or pushed aside by every other. */
static size_t disagreements(const struct span *good, size_t place, int kind)
{
    char text[128];
    size_t wrong = 0;
    for (int byte = 0; byte < 256; byte++) {
        size_t gap = kind == 2 ? 0 : 1;
        size_t skip = kind == 1 ? 0 : 1;
        size_t len = good->len + gap - skip;
        memcpy(text, good->at, place);
        text[place] = (char)byte;
        memcpy(text + place + gap, good->at + place + skip, good->len - place - skip);
        json_rules_init(&rules);
        enum result result = json_rules_take(&rules, (struct span){text, len});
        bool whole = result == RESULT_MORE && json_rules_end(&rules) == RESULT_DONE;
        wrong += whole != is_document(text, len);
    }
    return wrong;
}

static void every_slip(void)
{
    for (size_t i = 0; i < COUNT(goods); i++) {
        for (size_t place = 0; place < goods[i].len; place++) {
            CU_ASSERT_EQUAL(disagreements(&goods[i], place, 0), 0);
            CU_ASSERT_EQUAL(disagreements(&goods[i], place, 1), 0);
            CU_ASSERT_EQUAL(disagreements(&goods[i], place, 2), 0);
        }
    }
}

/* Every byte at every place of a string, so that it meets words at every offset. */
static void strings_a_word_at_a_time(void)
{
    char text[40];
    size_t wrong = 0;
    memset(text, 'x', sizeof(text));
    for (size_t place = 0; place < sizeof(text) * 256; place++) {
        size_t at = place / 256;
        text[at] = (char)(place % 256);
        char *copy = unit_guard(0, text, sizeof(text));
        json_rules_init(&rules);
        json_rules_take(&rules, SPAN("\""));
        json_rules_take(&rules, (struct span){copy, sizeof(text)});
        json_rules_take(&rules, SPAN("\""));
        char whole[sizeof(text) + 2] = "\"";
        memcpy(whole + 1, text, sizeof(text));
        whole[sizeof(whole) - 1] = '"';
        wrong += (json_rules_end(&rules) == RESULT_DONE) != is_document(whole, sizeof(whole));
        text[at] = 'x';
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Nests kinds ('[' or '{') in turn, levels deep, and closes them again. */
static size_t nest(char *out, const char *kinds, size_t levels)
{
    size_t at = 0;
    for (size_t i = 0; i < levels; i++) {
        bool object = kinds[i % strlen(kinds)] == '{' && i + 1 < levels;
        memcpy(out + at, object ? "{\"\":" : "[", object ? 4 : 1);
        at += object ? 4 : 1;
    }
    for (size_t i = levels; i > 0; i--)
        out[at++] = kinds[(i - 1) % strlen(kinds)] == '{' && i < levels ? '}' : ']';
    return at;
}

static void depth(void)
{
    static const char *const kinds[] = {"[", "{", "[{", "{[", "{{[", "[[{"};
    char text[8 * (LIMIT_JSON_DEPTH + 2)];
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t levels = 1; levels <= LIMIT_JSON_DEPTH; levels++) {
            size_t len = nest(text, kinds[i], levels);
            CU_ASSERT_EQUAL(judge(text, len, len), RESULT_DONE);
            CU_ASSERT_EQUAL(judge(text, len, 1), RESULT_DONE);
            text[len - 1] = text[len - 1] == ']' ? '}' : ']';
            CU_ASSERT_EQUAL(judge(text, len, len), RESULT_FAULT);
        }
        size_t len = nest(text, kinds[i], LIMIT_JSON_DEPTH + 1);
        CU_ASSERT_EQUAL(judge(text, len, len), RESULT_FAULT);
        CU_ASSERT_STRING_EQUAL(rules.why, "it is nested deeper than 64 levels");
        CU_ASSERT_EQUAL(rules.depth, LIMIT_JSON_DEPTH);
        CU_ASSERT_TRUE(text[rules.offset] == '[' && text[rules.offset + 1] == ']');
    }
}

static void mark(void *context, const char *name, const char *at)
{
    places[at - *(const char *const *)context] = '^';
    if (*at == ':') /* its name begins there */
        places[name != NULL ? (size_t)(name - *(const char *const *)context) : rules.name_at] = 'n';
}

/* The places that json_rules_mark tells of, in pieces of step bytes. */
static void find_marks(const char *text, size_t len, size_t step)
{
    json_rules_init(&rules);
    memset(places, ' ', len);
    for (size_t at = 0; at < len; at += step)
        json_rules_mark(&rules, (struct span){text + at, len - at < step ? len - at : step}, mark,
                        &text);
}

static void structure_of_the_outermost_object(void)
{
    static const char *const rows[][2] = {
        {" { } ", "   ^ "}, {"\"{:,}\"", "      "}, {"{\"a\":1 2", " n  ^   "},
        {"{\"a\":1,\"b\":{\"c\":[2,{}]},\"d\":\"{:,}\" , \"e\" : null}",
         " n  ^  n  ^             n  ^         n   ^     ^"},
        {"{\"\":\"\",\"\\\"c\":\"\",\"d\":[\"e\"]}", " n ^   n    ^   n  ^     ^"},
        {"[{\"a\":1},[2]]", "            ^"}, {"{\"a\":12,\"b\":1e2}", " n  ^   n  ^   ^"},
        {"{\"a\":[{\"b\":3}],\"c\":{\"d\":[\"e\"]}}", " n  ^          n  ^           ^"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i][0]);
        for (size_t step = 1; step <= len; step++) {
            find_marks(rows[i][0], len, step);
            CU_ASSERT_EQUAL(strncmp(places, rows[i][1], len), 0);
        }
    }
}

static enum result judge_in_place(struct span document, size_t step)
{
    json_rules_init(&rules);
    while (document.len > 0) {
        size_t n = document.len < step ? document.len : step;
        json_rules_take(&rules, (struct span){document.at, n});
        document = span_skip(document, n);
    }
    return json_rules_end(&rules);
}

static void race(void)
{
    unit_json_race("json_rules", judge_in_place);
}

static const struct unit_test tests[] = {
    {"good documents", good_documents}, {"bad documents", bad_documents},
    {"a fault stays", a_fault_stays},
    {"every prefix", every_prefix}, {"every slip", every_slip},
    {"strings, a word at a time", strings_a_word_at_a_time},
    {"depth", depth},
    {"structure of the outermost object", structure_of_the_outermost_object},
    {"race", race},
};

UNIT_MAIN("json_rules", tests)
