/* Strings decoded, compared, copied and escaped, in pieces of every size. */
#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "test/unit/unit.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM 256

struct row {
    const char *raw;
    struct span plain;
};

#define ROW(raw, plain) {raw, {plain, sizeof(plain) - 1}}

static const struct row rows[] = {
    ROW("", ""),
    ROW("a", "a"),
    ROW("plain text", "plain text"),
    ROW("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"),
    ROW("a\\nb\\nc", "a\nb\nc"),
    ROW("\\\\n", "\\n"),
    ROW("\\\\\\n", "\\\n"),
    ROW("\\u0041\\u005a\\u005A\\u007f", "AZZ\x7F"),
    ROW("\\u0000x\\u0000", "\0x\0"),
    ROW("\\u0080\\u07ff\\u0800\\uFFFF", "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"),
    ROW("\\uabcd\\uABCD\\uEf01", "\xEA\xAF\x8D\xEA\xAF\x8D\xEE\xBC\x81"),
    ROW("\\ud800\\udc00\\uDBFF\\uDFFF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
    ROW("x\\uD83D\\uDE00y", "x\xF0\x9F\x98\x80y"),
    ROW("\\ud83d", "\xEF\xBF\xBD"),
    ROW("\\ude00", "\xEF\xBF\xBD"),
    ROW("\\u0041\\ude00", "A\xEF\xBF\xBD"),
    ROW("\\ude00\\ude00", "\xEF\xBF\xBD\xEF\xBF\xBD"),
    ROW("\\ud83dx", "\xEF\xBF\xBDx"),
    ROW("\\ud83d\\n", "\xEF\xBF\xBD\n"),
    ROW("\\ud83d\\u0041", "\xEF\xBF\xBD" "A"),
    ROW("\\ud83d\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80"),
    ROW("\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD"),
    ROW("\\ud83dude00", "\xEF\xBF\xBDude00"),
    ROW("\\ud83d\\\\ude00", "\xEF\xBF\xBD\\ude00"),
    ROW("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
    ROW("\xF0\x9F\x98\x80\\n\xF0\x9F\x98\x80\\t\xC3\xA4",
        "\xF0\x9F\x98\x80\n\xF0\x9F\x98\x80\t\xC3\xA4"),
    ROW("a rather long text, longer than what is compared at once, with \\u00e4 and "
        "\\ud83d\\ude00 in the middle of it, and quite a bit behind it as well",
        "a rather long text, longer than what is compared at once, with \xC3\xA4 and "
        "\xF0\x9F\x98\x80 in the middle of it, and quite a bit behind it as well"),
};

static struct span guarded(int side, struct span s)
{
    return (struct span){unit_guard(side, s.at, s.len), s.len};
}

/* Is n the border of a character in s? */
static bool is_border(struct span s, size_t n)
{
    return n == s.len || ((unsigned char)s.at[n] & 0xC0) != 0x80;
}

static void decodes_into_every_room(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span raw = guarded(0, span_of(rows[i].raw));
        struct span plain = rows[i].plain;
        for (size_t cap = 0; cap <= plain.len + 2; cap++) {
            char *out = unit_guard_room(1, cap);
            size_t n = json_string_decode(raw, out, cap);
            CU_ASSERT_TRUE_FATAL(n <= cap && n <= plain.len);
            CU_ASSERT_EQUAL(n == 0 || memcmp(out, plain.at, n) == 0, true);
            CU_ASSERT_TRUE(is_border(plain, n));
            CU_ASSERT_TRUE(n == plain.len || n + 4 > cap);
        }
    }
}

typedef size_t some(struct span *rest, char *out, size_t cap);

/* Runs a function that works piece by piece; returns how much came out, 0xFFFF when it stuck. */
static size_t in_pieces(some *function, struct span in, size_t cap, char out[ROOM])
{
    size_t len = 0;
    in = guarded(0, in);
    while (in.len > 0) {
        char *room = unit_guard_room(1, cap);
        size_t n = function(&in, room, cap);
        if (n == 0 || n > cap || len + n > ROOM)
            return 0xFFFF;
        memcpy(out + len, room, n);
        len += n;
    }
    return len;
}

static void decodes_in_pieces(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t cap = 4; cap < 80; cap++) {
            char out[ROOM];
            size_t len = in_pieces(json_string_decode_some, span_of(rows[i].raw), cap, out);
            CU_ASSERT_TRUE(span_equal((struct span){out, len}, rows[i].plain));
        }
    }
}

static void copies_in_pieces(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span raw = span_of(rows[i].raw);
        for (size_t cap = 12; cap < 80; cap++) {
            char out[ROOM];
            size_t len = in_pieces(json_string_copy_some, raw, cap, out);
            CU_ASSERT_TRUE(span_equal((struct span){out, len}, raw));
        }
    }
}

/* Pieces that were copied mean the same alone as they do together. */
static void copied_pieces_stand_alone(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t cap = 12; cap < 80; cap++) {
            struct span rest = span_of(rows[i].raw);
            char plain[ROOM];
            size_t len = 0;
            while (rest.len > 0) {
                char piece[80];
                struct span copied = {piece, json_string_copy_some(&rest, piece, cap)};
                CU_ASSERT_FATAL(copied.len > 0);
                len += json_string_decode(copied, plain + len, ROOM - len);
            }
            CU_ASSERT_TRUE(span_equal((struct span){plain, len}, rows[i].plain));
        }
    }
}

static void equality(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(rows); j++) {
            struct span raw = guarded(0, span_of(rows[i].raw));
            struct span plain = guarded(1, rows[j].plain);
            bool same = span_equal(rows[i].plain, rows[j].plain);
            bool slash = span_find(plain, '\\') < plain.len;
            CU_ASSERT_EQUAL(json_string_equal(raw, plain), same);
            CU_ASSERT_TRUE(slash || json_string_is(raw, plain) == same);
            for (size_t len = 0; len < plain.len && i == j; len++)
                CU_ASSERT_FALSE(json_string_equal(raw, (struct span){plain.at, len}));
        }
    }
    CU_ASSERT_TRUE(json_string_equal((struct span){NULL, 0}, (struct span){NULL, 0}));
    CU_ASSERT_TRUE(json_string_is((struct span){NULL, 0}, (struct span){NULL, 0}));
    CU_ASSERT_FALSE(json_string_is(SPAN("\\u0061"), SPAN("aaaaaa")));
    CU_ASSERT_TRUE(json_string_is(SPAN("rol\\u0065"), SPAN("role")));
    CU_ASSERT_FALSE(json_string_is(SPAN("roles"), SPAN("role")));
    CU_ASSERT_FALSE(json_string_equal(SPAN("\\u0061\\u0061"), SPAN("a")));
    CU_ASSERT_FALSE(json_string_equal(SPAN("\\u0061"), SPAN("aa")));
    CU_ASSERT_TRUE(json_string_equal(SPAN("\\u0061\\u0061"), SPAN("aa")));
    CU_ASSERT_TRUE(json_string_equal(SPAN("completion\\u005ftokens"), SPAN("completion_tokens")));
    CU_ASSERT_FALSE(json_string_equal(SPAN("seven by\\te"), SPAN("seven by\\te")));
    CU_ASSERT_FALSE(json_string_equal(SPAN("completion_tokens"), SPAN("completion_token")));
}

/* Cut where a judge would never have let it through: nothing is read that is not there. */
static void broken_escapes_are_not_read_past(void)
{
    struct span raw = SPAN("\\ud83d\\ude00");
    for (size_t len = 1; len < raw.len; len++) {
        char out[ROOM];
        struct span cut = {raw.at, len};
        CU_ASSERT_TRUE(json_string_decode(guarded(0, cut), out, sizeof(out)) > 0);
        CU_ASSERT_EQUAL(in_pieces(json_string_copy_some, cut, 12, out), len);
    }
}

static const struct row escapes[] = {
    ROW("", ""),
    ROW("plain ~ / '", "plain ~ / '"),
    ROW("\\\"\\\\", "\"\\"),
    ROW("\\b\\f\\n\\r\\t", "\b\f\n\r\t"),
    ROW("\\u0000\\u0001\\u0007\\u000b\\u000e\\u001f", "\x00\x01\x07\x0B\x0E\x1F"),
    ROW(" \x7F", " \x7F"),
    ROW("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
    ROW("a\xEF\xBF\xBD" "b", "a\xFF" "b"),
    ROW("\xEF\xBF\xBD\xEF\xBF\xBD", "\xC0\x80"),
    ROW("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "\xED\xA0\x80"),
    ROW("\xEF\xBF\xBD\\n", "\xC3\n"),
    ROW("\xEF\xBF\xBD\xEF\xBF\xBDx", "\xE2\x82x"),
    ROW("x\xEF\xBF\xBD\xEF\xBF\xBD", "x\xE2\x82"),
};

static void escaping(void)
{
    for (size_t i = 0; i < COUNT(escapes); i++) {
        for (size_t cap = 6; cap < 40; cap++) {
            char out[ROOM];
            size_t len = in_pieces(json_string_escape_some, escapes[i].plain, cap, out);
            CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(escapes[i].raw)));
        }
    }
}

static bool is_good(struct span raw)
{
    struct json_rules rules;
    json_rules_init(&rules);
    json_rules_take(&rules, SPAN("\""));
    json_rules_take(&rules, raw);
    json_rules_take(&rules, SPAN("\""));
    return json_rules_end(&rules) == RESULT_DONE;
}

/* Every two bytes: the judge takes what was escaped, and UTF-8 comes back as it was. */
static void escapes_come_back(void)
{
    size_t wrong = 0;
    for (uint32_t pair = 0; pair < 0x10000; pair++) {
        char plain[2] = {(char)(pair >> 8), (char)pair};
        char raw[12];
        char back[12];
        struct span rest = {plain, 2};
        struct span escaped = {raw, json_string_escape_some(&rest, raw, sizeof(raw))};
        size_t len = json_string_decode(escaped, back, sizeof(back));
        bool ascii = (pair & 0x8080) == 0;
        bool two = (pair & 0xE0C0) == 0xC080 && pair >= 0xC280;
        bool same = len == 2 && memcmp(back, plain, 2) == 0;
        wrong += rest.len != 0 || !is_good(escaped) || same != (ascii || two);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_test tests[] = {
    {"decodes into every room", decodes_into_every_room},
    {"decodes in pieces", decodes_in_pieces},
    {"copies in pieces", copies_in_pieces},
    {"copied pieces stand alone", copied_pieces_stand_alone},
    {"equality", equality},
    {"broken escapes are not read past", broken_escapes_are_not_read_past},
    {"escaping", escaping},
    {"escapes come back", escapes_come_back},
};

UNIT_MAIN("json_string", tests)
