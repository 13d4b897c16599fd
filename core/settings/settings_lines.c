/* See settings_lines.h. */
#include "core/settings/settings_lines.h"

#include "core/base/assert.h"
#include "core/settings/settings_path.h"
#include "core/settings/settings_string.h"

static const char unclosed_string[] = "a string that never closes";
static const char unclosed_array[] = "an array that never closes";

void settings_lines_begin(struct settings_lines *lines, struct span text, char *buffer, size_t cap)
{
    if (span_starts(text, SPAN("\xEF\xBB\xBF")))
        text = span_skip(text, 3);
    *lines = (struct settings_lines){._rest = text, ._value = text_over(buffer, cap)};
}

/* The line in front of the reader, without its end and the blanks around it; *len: with its end. */
static struct span peek(const struct settings_lines *lines, size_t *len)
{
    struct span line = lines->_rest;
    line.len = span_find(line, '\n');
    *len = line.len < lines->_rest.len ? line.len + 1 : line.len;
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return span_trim(line);
}

static struct span take(struct settings_lines *lines)
{
    size_t len = 0;
    struct span line = peek(lines, &len);
    lines->_rest = span_skip(lines->_rest, len);
    lines->_number++;
    return line;
}

static bool comment(struct span s)
{
    return s.len > 0 && (s.at[0] == '#' || s.at[0] == ';');
}

/* Nothing of meaning follows. */
static bool nothing(struct span s)
{
    s = span_trim(s);
    return s.len == 0 || comment(s);
}

/* The length of a section's name behind its '[', when ']' and nothing else follows; else 0. */
static size_t section_name(struct span s)
{
    size_t len = settings_path_scan(span_skip(s, 1));
    bool closed = 1 + len < s.len && s.at[1 + len] == ']';
    return closed && nothing(span_skip(s, len + 2)) ? len : 0;
}

/* The length of a key's name, when '=' follows; else 0. */
static size_t key_name(struct span s)
{
    size_t len = settings_path_scan(s);
    return len < s.len && s.at[len] == '=' ? len : 0;
}

/* Whether the line begins something of its own, so that an open array cannot go on in it. */
static bool own_line(struct span s)
{
    if (s.len == 0 || s.at[0] != '[')
        return key_name(s) > 0;
    struct span inner = span_trim(span_skip(s, 1));
    bool letter = inner.len > 0 && ((inner.at[0] | 0x20) >= 'a' && (inner.at[0] | 0x20) <= 'z');
    return letter && section_name(s) > 0;
}

static void fault(struct settings_lines *lines, struct settings_line *line, const char *why)
{
    line->kind = SETTINGS_LINE_FAULT;
    line->why = why;
    lines->_lost = why == unclosed_string || why == unclosed_array;
    line->unclosed = lines->_lost;
}

static void read_section(struct settings_lines *lines, struct settings_line *line, struct span s)
{
    size_t len = section_name(s);
    line->fault_section = true;
    if (s.len > 1 && s.at[1] == '[') {
        fault(lines, line, "a list of tables [[...]], which no key here takes");
    } else if (len == 0) {
        fault(lines, line, "a section that is not [NAME], with ] at its end");
    } else {
        line->kind = SETTINGS_LINE_SECTION;
        line->name = (struct span){s.at + 1, len};
    }
}

/* Adds what an array has in this line to the value and moves *depth; false: an unclosed string. */
static bool join(struct settings_lines *lines, struct span *s, int *depth)
{
    while (s->len > 0 && !comment(*s)) {
        char c = s->at[0];
        size_t len = c == '"' || c == '\'' ? settings_string_len(*s) : 1;
        if (len == 0)
            return false;
        text_add(&lines->_value, (struct span){s->at, len});
        *s = span_skip(*s, len);
        if (c == '[' || c == '{')
            ++*depth;
        if ((c == ']' || c == '}') && --*depth == 0)
            return true;
    }
    *s = (struct span){0};
    text_add_char(&lines->_value, ' ');
    return true;
}

/* Reads an array from s on, over as many lines as it has; *s becomes what follows it. */
static const char *read_array(struct settings_lines *lines, struct settings_line *line,
                              struct span *s)
{
    int depth = 0;
    for (;;) {
        if (!join(lines, s, &depth)) {
            line->number = lines->_number;
            return unclosed_string;
        }
        if (depth == 0)
            return NULL;
        size_t len = 0;
        if (lines->_rest.len == 0 || own_line(peek(lines, &len)))
            return unclosed_array;
        *s = take(lines);
    }
}

/* Reads over a string in three quotes, so that what is in it is not taken for lines. */
static const char *skip_long_string(struct settings_lines *lines, struct span s)
{
    struct span quotes = {s.at, 3};
    for (s = span_skip(s, 3);; s = take(lines)) {
        while (s.len >= 3 && !span_starts(s, quotes))
            s = span_skip(s, 1);
        if (s.len >= 3)
            return "a string in three quotes, which no key here takes";
        if (lines->_rest.len == 0)
            return unclosed_string;
    }
}

/* A string, in its quotes; *s becomes what follows it. */
static const char *read_string(struct settings_lines *lines, struct span *s)
{
    if (s->len >= 3 && s->at[1] == s->at[0] && s->at[2] == s->at[0])
        return skip_long_string(lines, *s);
    size_t len = settings_string_len(*s);
    if (len == 0)
        return unclosed_string;
    text_add(&lines->_value, (struct span){s->at, len});
    *s = span_skip(*s, len);
    return NULL;
}

/* A bare word, number or boolean: all up to a comment. */
static void read_bare(struct settings_lines *lines, struct settings_line *line, struct span *s)
{
    size_t hash = span_find(*s, '#');
    size_t semicolon = span_find(*s, ';');
    size_t len = hash < semicolon ? hash : semicolon;
    struct span bare = span_trim((struct span){s->at, len});
    line->tight = len < s->len && bare.len == len;
    text_add(&lines->_value, bare);
    *s = span_skip(*s, len);
}

static void read_key(struct settings_lines *lines, struct settings_line *line, struct span s)
{
    size_t len = key_name(s);
    if (len == 0) {
        fault(lines, line, "neither [SECTION] nor KEY = VALUE");
        return;
    }
    line->name = (struct span){s.at, len};
    s = span_trim(span_skip(s, len + 1));
    if (nothing(s)) {
        fault(lines, line, "no value behind the key");
        return;
    }
    const char *why = NULL;
    if (s.at[0] == '[' || s.at[0] == '{')
        why = read_array(lines, line, &s);
    else if (s.at[0] == '"' || s.at[0] == '\'')
        why = read_string(lines, &s);
    else
        read_bare(lines, line, &s);
    if (why == NULL && !nothing(s))
        why = "text behind the value";
    if (why == NULL && lines->_value.cut)
        why = "a value that is too long";
    line->kind = SETTINGS_LINE_KEY;
    line->value = text_span(&lines->_value);
    if (why != NULL)
        fault(lines, line, why);
}

void settings_lines_next(struct settings_lines *lines, struct settings_line *line)
{
    ASSERT(lines->_value.cap > 0);
    *line = (struct settings_line){.kind = SETTINGS_LINE_END};
    lines->_value = text_over(lines->_value.at, lines->_value.cap);
    struct span s = {0};
    do {
        if (lines->_rest.len == 0)
            return;
        s = take(lines);
    } while (nothing(s) || (lines->_lost && !own_line(s)));
    lines->_lost = false;
    line->number = lines->_number;
    if (s.at[0] == '[')
        read_section(lines, line, s);
    else
        read_key(lines, line, s);
    if (!settings_string_clean(line->name) || !settings_string_clean(line->value))
        fault(lines, line, "a control character, or bytes that are not UTF-8");
}
