/*
 * The file's lines as sections and keys: comments are gone, arrays over several lines are joined.
 * inih alone would cut names at 50 bytes, keys at ':' and values at ';' inside quotes.
 */
#ifndef MOONGATE_SETTINGS_LINES_H
#define MOONGATE_SETTINGS_LINES_H

#include "core/base/text.h"

struct settings_lines {
    struct span _rest;
    struct text _value; /* the caller's buffer, reused by each line */
    int _number;        /* of the line read last */
    bool _lost; /* behind an unclosed thing: skip what does not look like a line of its own */
};

enum settings_line_kind {
    SETTINGS_LINE_END,
    SETTINGS_LINE_SECTION,
    SETTINGS_LINE_KEY,
    SETTINGS_LINE_FAULT /* why says what; fault_section: a section was meant */
};

struct settings_line {
    enum settings_line_kind kind;
    int number;        /* from 1 */
    struct span name;  /* as written, in the text */
    struct span value; /* as written, in the buffer; never empty */
    const char *why;
    bool fault_section;
    bool unclosed;     /* of a FAULT: what follows may be the rest of a value */
    bool tight; /* a comment follows the value with no space between */
};

/* Begins at the text's first line; a byte order mark is skipped. buffer holds one value, cap > 0;
 * text and buffer stay the caller's. */
void settings_lines_begin(struct settings_lines *lines, struct span text, char *buffer, size_t cap);

/* The next line that says something. Names and values are well-formed UTF-8 without control
 * characters; comments may hold anything. */
void settings_lines_next(struct settings_lines *lines, struct settings_line *line);

#endif
