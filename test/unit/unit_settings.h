/* What the tests of core/settings share: one configuration, and what was said about it. */
#ifndef MOONGATE_UNIT_SETTINGS_H
#define MOONGATE_UNIT_SETTINGS_H

#include "core/settings/settings.h"
#include "core/settings/settings_scratch.h"

/* Parses text as a file that others can read. The same settings, scratch and report each time. */
enum result unit_settings_parse(const char *text);
const struct settings *unit_settings(void);
struct settings_scratch *unit_settings_scratch(void);
struct settings_report *unit_settings_report(void);

/* A scratch as it is before the first line, for tests of single parts of a load. */
struct settings_scratch *unit_settings_fresh(void);

/* True when text is good; else prints what is wrong with it. */
bool unit_settings_good(const char *text);

/* True when text is refused, and one of the faults of that line has what in it. */
bool unit_settings_refused(const char *text, int line, const char *what);

/* Whether such a fault, such a warning was reported last. */
bool unit_settings_fault(int line, const char *what);
bool unit_settings_warning(int line, const char *what);

/* Whether anything that was reported last has what in it. */
bool unit_settings_said(const char *what);

/* Sets an environment variable; NULL takes it away. */
void unit_settings_env(const char *name, const char *value);

/* Writes a file of that name in a folder of this process, with that mode; returns its path. */
const char *unit_settings_file(const char *name, const char *content, unsigned mode);

#endif
