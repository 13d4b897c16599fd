/* settings_lines: sections, keys, values over one line and several, and broken lines. */
#include "core/settings/settings_lines.h"

#include <string.h>

#include "test/unit/unit.h"

#define CAP 64

static struct settings_lines lines;
static struct settings_line line;

static void begin(const char *text)
{
    size_t len = strlen(text);
    struct span s = {unit_guard(0, text, len), len};
    settings_lines_begin(&lines, s, unit_guard_room(1, CAP), CAP);
}

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

#define SECTION SETTINGS_LINE_SECTION
#define KEY SETTINGS_LINE_KEY
#define FAULT SETTINGS_LINE_FAULT

/* What each line of a text is: of a fault, value is a word of the reason. */
static const struct {
    const char *text;
    struct {
        enum settings_line_kind kind;
        int number;
        const char *name;
        const char *value;
    } lines[4];
} rows[] = {
    {"", {{0}}},
    {"\n\n# c\n ; c\n\t\n", {{0}}},
    {"\xEF\xBB\xBF[a]\r\nb = 1\r\n", {{SECTION, 1, "a", ""}, {KEY, 2, "b ", "1"}}},
    {"[a.b.\"c.d\"] # c\n[ e ];x", {{SECTION, 1, "a.b.\"c.d\"", ""}, {SECTION, 2, " e ", ""}}},
    {"a = \"x # y ; z\" # c", {{KEY, 1, "a ", "\"x # y ; z\""}}},
    {"a='x\\' ; c", {{KEY, 1, "a", "'x\\'"}}},
    {"a = b c # d", {{KEY, 1, "a ", "b c"}}},
    {"a = 1;c", {{KEY, 1, "a ", "1"}}},
    {"\"k.x\".y = true", {{KEY, 1, "\"k.x\".y ", "true"}}},
    {"a = [1, # one\n  2,\n\n]\nb = 2", {{KEY, 1, "a ", "[1,  2,  ]"}, {KEY, 5, "b ", "2"}}},
    {"a = [\"]\", ']'] ; c\n", {{KEY, 1, "a ", "[\"]\", ']']"}}},
    {"a = [\n\"b=c\",\n]", {{KEY, 1, "a ", "[ \"b=c\", ]"}}},
    {"a = { b = 1 }", {{KEY, 1, "a ", "{ b = 1 }"}}},
    {"a =\nb = 1", {{FAULT, 1, "a ", "value"}, {KEY, 2, "b ", "1"}}},
    {"a = # c\n", {{FAULT, 1, "a ", "value"}}},
    {"what is this\n", {{FAULT, 1, "", "neither"}}},
    {"= 1\n", {{FAULT, 1, "", "neither"}}},
    {"[a\n[]\n[a]b\n",
     {{FAULT, 1, "", "section"}, {FAULT, 2, "", "section"}, {FAULT, 3, "", "section"}}},
    {"[[a]]\n", {{FAULT, 1, "", "tables"}}},
    {"a = \"b\nc = 1\n", {{FAULT, 1, "a ", "string"}, {KEY, 2, "c ", "1"}}},
    {"a = \"b\nc = 1\nwhat\n",
     {{FAULT, 1, "a ", "string"}, {KEY, 2, "c ", "1"}, {FAULT, 3, "", "neither"}}},
    {"a = \"b\nmore text\"\n[s]\n", {{FAULT, 1, "a ", "string"}, {SECTION, 3, "s", ""}}},
    {"a = [1,\n2\nb = 1", {{FAULT, 1, "a ", "array"}, {KEY, 3, "b ", "1"}}},
    {"a = [1,\n[s]\n", {{FAULT, 1, "a ", "array"}, {SECTION, 2, "s", ""}}},
    {"a = [1,\n\"x\nb = 1", {{FAULT, 2, "a ", "string"}, {KEY, 3, "b ", "1"}}},
    {"a = \"b\" c\n", {{FAULT, 1, "a ", "behind"}}},
    {"a = [1] c\n", {{FAULT, 1, "a ", "behind"}}},
    {"a = \"\"\"x\ny = 1\n\"\"\"\nb = 1", {{FAULT, 1, "a ", "three"}, {KEY, 4, "b ", "1"}}},
    {"a = '''x", {{FAULT, 1, "a ", "string"}}},
    {"a = \"\x01\"\n", {{FAULT, 1, "a ", "control"}}},
    {"a\xFF = 1\n", {{FAULT, 1, "a\xFF ", "control"}}},
    {"# \xFF\x01\na = 1 # \xFE", {{KEY, 2, "a ", "1"}}},
    {"a = 0123456789012345678901234567890123456789012345678901234567890123456789\n",
     {{FAULT, 1, "a ", "long"}}},
};

static void texts(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(rows[i].text);
        for (int n = 0; n < 4 && rows[i].lines[n].number != 0; n++) {
            settings_lines_next(&lines, &line);
            CU_ASSERT_EQUAL(line.kind, rows[i].lines[n].kind);
            CU_ASSERT_EQUAL(line.number, rows[i].lines[n].number);
            CU_ASSERT(is(line.name, rows[i].lines[n].name));
            if (line.kind == FAULT)
                CU_ASSERT_PTR_NOT_NULL(strstr(line.why, rows[i].lines[n].value))
            else
                CU_ASSERT(is(line.value, rows[i].lines[n].value));
        }
        settings_lines_next(&lines, &line);
        CU_ASSERT_EQUAL(line.kind, SETTINGS_LINE_END);
        settings_lines_next(&lines, &line);
        CU_ASSERT_EQUAL(line.kind, SETTINGS_LINE_END);
    }
}

static void marks(void)
{
    static const struct {
        const char *text;
        bool tight;
        bool section;
        bool unclosed;
    } flags[] = {
        {"a = b#c", true, false, false},      {"a = b #c", false, false, false},
        {"a = b;c", true, false, false},      {"a = \"b\"#c", false, false, false},
        {"[a", false, true, false},           {"a = \"b", false, false, true},
        {"a = [1", false, false, true},       {"a = \"b\" c", false, false, false},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        begin(flags[i].text);
        settings_lines_next(&lines, &line);
        CU_ASSERT_EQUAL(line.tight, flags[i].tight);
        CU_ASSERT_EQUAL(line.fault_section, flags[i].section);
        CU_ASSERT_EQUAL(line.unclosed, flags[i].unclosed);
    }
}

static void every_prefix(void)
{
    static const char text[] = "\xEF\xBB\xBF[models.\"a.b\"] # c\r\nrouting = [\"p\", # x\n"
                               " 'q',\n]\n"
                               "s = \"\\u0041 # ; \"\nw = word ; c\nt = \"\"\"\n\"\"\"\n";
    for (size_t len = 0; len < sizeof(text); len++) {
        struct span prefix = {unit_guard(0, text, len), len};
        settings_lines_begin(&lines, prefix, unit_guard_room(1, CAP), CAP);
        int number = 0;
        int count = 0;
        for (settings_lines_next(&lines, &line); line.kind != SETTINGS_LINE_END;
             settings_lines_next(&lines, &line)) {
            CU_ASSERT(line.number >= number && ++count <= 8);
            number = line.number;
        }
    }
}

static const struct unit_test tests[] = {
    {"texts", texts},
    {"marks", marks},
    {"every prefix", every_prefix},
};

UNIT_MAIN("settings_lines", tests)
