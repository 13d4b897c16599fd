/*
 * See settings_read.h. inih cuts names at 50 bytes, so it gets numbers for them: each key becomes
 * two lines, "[THING]" and "ROW = VALUE", the value as it was written.
 */
#include "core/settings/settings_read.h"

#include "config/ini_options.h"

#include <ini.h>

#include "core/base/assert.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_match.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_string.h"
#include "core/settings/settings_take.h"
#include "core/settings/settings_things.h"

#define NOTHING ((struct span){0})
#define NO_ROW (-1)

#define FNV_PRIME 0x00000100000001B3u

static struct span name_of(const struct settings_scratch *scratch)
{
    return span_trim(scratch->now.name);
}

static void report(struct settings_scratch *scratch, const char *pattern, struct span a,
                   struct span b)
{
    settings_report_fault(scratch, settings_report_here(scratch), pattern, a, b);
}

/* Reports the name in hand as unknown; own: the first part of path that it gives itself. */
static void unknown(struct settings_scratch *scratch, const struct settings_path *path, int own)
{
    static const char *const patterns[2][2] = {
        {"unknown key \"$\"|; did you mean \"$\"?",
         "unknown key \"$\" (a name with dots in it stands in quotes)|; did you mean \"$\"?"},
        {"unknown section [$]|; did you mean \"$\"?",
         "unknown section [$] (a name with dots in it stands in quotes)|; did you mean \"$\"?"},
    };
    struct settings_miss miss = {0};
    if (settings_report_room(scratch, scratch->now.number))
        miss = settings_match_miss(path);
    bool section = path == &scratch->section;
    bool dots = miss.behind_name && miss.part > own;
    bool secret = !section && scratch->behind_unclosed; /* perhaps its second half */
    report(scratch, patterns[section][dots], secret ? SPAN("...") : name_of(scratch), miss.near);
}

/* ---- TensorZero's tables that mean nothing here ---- */

static bool listed(struct span list, struct span name)
{
    while (list.len > 0) {
        struct span one = span_trim((struct span){list.at, span_find(list, ',')});
        if (span_equal(one, name))
            return true;
        size_t skip = span_find(list, ',');
        list = span_skip(list, skip < list.len ? skip + 1 : skip);
    }
    return false;
}

static void note_ignored(struct settings_scratch *scratch, struct span name)
{
    struct text out = {scratch->ignored, sizeof(scratch->ignored), scratch->ignored_len, false};
    if (listed(text_span(&out), name) || out.len + name.len + 2 > out.cap)
        return;
    if (out.len == 0)
        scratch->ignored_line = scratch->now.number;
    else
        text_add_str(&out, ", ");
    text_add(&out, name);
    scratch->ignored_len = (uint32_t)out.len;
}

/* ---- sections ---- */

static void judge_section(struct settings_scratch *scratch, const struct settings_path *section)
{
    struct span ignored = settings_match_ignored(section);
    if (settings_match_section(section)) {
        struct settings_thing thing = settings_things_enter(scratch, section, true);
        scratch->section_unknown = thing.index < 0;
        if (thing.kind == SETTINGS_THING_PROVIDER)
            scratch->section_provider = thing.index;
    } else if (ignored.len > 0) {
        note_ignored(scratch, ignored);
        scratch->section_unknown = false;
    } else if (settings_match_key(section) >= 0) {
        report(scratch, "[$] is a key and no section: write NAME = VALUE", name_of(scratch),
               NOTHING);
    } else {
        unknown(scratch, section, 0);
    }
}

static void read_section(struct settings_scratch *scratch)
{
    scratch->section.count = 0;
    scratch->section.used = 0;
    scratch->section_unknown = true;
    scratch->section_provider = -1;
    scratch->provider = -1;
    const char *why = scratch->now.kind == SETTINGS_LINE_FAULT
                          ? scratch->now.why
                          : settings_path_add(&scratch->section, scratch->now.name);
    if (why != NULL)
        report(scratch, "$", span_of(why), NOTHING);
    else
        judge_section(scratch, &scratch->section);
}

/* ---- keys ---- */

/* Finds the row and the thing of a key that the table has; false: there is none, or no room. */
static bool find_key(struct settings_scratch *scratch)
{
    scratch->row = settings_match_key(&scratch->path);
    if (scratch->row < 0)
        return false;
    struct settings_thing thing = settings_things_enter(scratch, &scratch->path, false);
    ASSERT(thing.kind == settings_keys_row(scratch->row)->kind);
    scratch->thing = thing.index;
    if (thing.kind == SETTINGS_THING_PROVIDER && thing.index >= 0)
        scratch->provider = thing.index;
    return thing.index >= 0;
}

static void add_hash(struct settings_scratch *scratch, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        scratch->hash = (scratch->hash ^ (unsigned char)bytes.at[i]) * FNV_PRIME;
    scratch->hash *= FNV_PRIME; /* an end, so that "ab" "c" is not "a" "bc" */
}

static void hash_line(struct settings_scratch *scratch, bool value)
{
    for (int i = 0; i < scratch->path.count; i++)
        add_hash(scratch, settings_path_part(&scratch->path, i));
    add_hash(scratch, value ? scratch->now.value : NOTHING);
}

static void refuse_key(struct settings_scratch *scratch)
{
    struct span ignored = settings_match_ignored(&scratch->path);
    if (ignored.len > 0) {
        note_ignored(scratch, ignored);
        hash_line(scratch, false);
    } else if (settings_match_section(&scratch->path)) {
        report(scratch, "\"$\" is a section and no key", name_of(scratch), NOTHING);
    } else {
        unknown(scratch, &scratch->path, scratch->section.count);
    }
}

/* Notes that the file gives the key of the line in hand. False: it did before, or no room. */
static bool enter_key(struct settings_scratch *scratch)
{
    int before = settings_entries_add(scratch, scratch->row, scratch->thing);
    if (before > 0) {
        char bytes[24];
        struct text number = text_over(bytes, sizeof(bytes));
        text_add_u64(&number, (uint64_t)before);
        report(scratch, "\"$\" is given twice, first in line $", name_of(scratch),
               text_span(&number));
    }
    return before == 0;
}

/* A key's line: true when it is good so far and inih can have it. */
static bool read_key(struct settings_scratch *scratch)
{
    if (scratch->section_unknown)
        return false;
    scratch->path = scratch->section;
    const char *why = settings_path_add(&scratch->path, scratch->now.name);
    if (why != NULL) {
        report(scratch, "$", span_of(why), NOTHING);
        return false;
    }
    if (!find_key(scratch)) {
        if (scratch->row < 0)
            refuse_key(scratch);
        return false;
    }
    if (scratch->now.tight)
        settings_report_warn(scratch, settings_report_here(scratch),
                             "the value of \"$\" ends at the comment sign right behind it: if that "
                             "belongs to it, put it in quotes",
                             name_of(scratch), NOTHING);
    hash_line(scratch, !settings_keys_row(scratch->row)->secret);
    return enter_key(scratch);
}

/* A line that breaks the grammar. The key it meant to give is not missing for that. */
static void read_broken(struct settings_scratch *scratch)
{
    struct span name = scratch->now.name;
    scratch->path = scratch->section;
    bool known = !scratch->section_unknown && name.len > 0 && settings_string_clean(name) &&
                 settings_path_add(&scratch->path, name) == NULL && find_key(scratch);
    if (known)
        report(scratch, "$: $", span_trim(name), span_of(scratch->now.why));
    else
        report(scratch, "$", span_of(scratch->now.why), NOTHING);
    if (known)
        (void)settings_entries_add(scratch, scratch->row, scratch->thing);
}

/* ---- inih ---- */

/* Goes on to the next key that is good so far; false: there is none. */
static bool next_key(struct settings_scratch *scratch)
{
    for (;;) {
        scratch->behind_unclosed = scratch->now.unclosed;
        settings_lines_next(&scratch->lines, &scratch->now);
        scratch->provider = scratch->section_provider;
        scratch->row = NO_ROW;
        if (scratch->now.kind == SETTINGS_LINE_END)
            return false;
        if (scratch->now.kind == SETTINGS_LINE_SECTION || scratch->now.fault_section)
            read_section(scratch);
        else if (scratch->now.kind == SETTINGS_LINE_FAULT)
            read_broken(scratch);
        else if (read_key(scratch))
            return true;
    }
}

/* inih's reader: fills out with the next line. */
static char *next_line(char *out, int cap, void *stream)
{
    struct settings_scratch *scratch = stream;
    struct text line = text_over(out, (size_t)cap);
    if (!scratch->handed) {
        if (!next_key(scratch))
            return NULL;
        text_add_char(&line, '[');
        text_add_u64(&line, (uint64_t)scratch->thing);
        text_add_str(&line, "]\n");
    } else {
        text_add_u64(&line, (uint64_t)scratch->row);
        text_add_str(&line, " = ");
        text_add(&line, scratch->now.value);
        text_add_char(&line, '\n');
    }
    scratch->handed = !scratch->handed;
    text_str(&line);
    ASSERT(!line.cut);
    return out;
}

static int take_number(const char *text)
{
    uint64_t value = 0;
    bool number = span_number(span_of(text), INT32_MAX, &value);
    ASSERT(number);
    return (int)value;
}

/* inih's handler. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct settings_scratch *scratch = user;
    int row = take_number(name);
    int thing = take_number(section);
    ASSERT(row == scratch->row && thing == scratch->thing);
    settings_take(scratch, row, thing, span_of(value));
    return 1;
}

void settings_read(struct settings_scratch *scratch, struct span text)
{
    settings_lines_begin(&scratch->lines, text, scratch->value, sizeof(scratch->value));
    int fault = ini_parse_stream(next_line, scratch, take_line, scratch);
    ASSERT(fault == 0);
    scratch->now = (struct settings_line){.kind = SETTINGS_LINE_END};
    scratch->provider = -1;
}
