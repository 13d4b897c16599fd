/*
 * Log lines, all of one shape: an event, then NAME=VALUE pairs. A value with spaces, quotes or '='
 * in it, and an empty one, stands in double quotes; those of its own become apostrophes.
 */
#ifndef MOONGATE_RECORD_LOG_H
#define MOONGATE_RECORD_LOG_H

#include "core/base/text.h"
#include "port/port.h"

#define RECORD_LOG_BYTES 640
#define RECORD_LOG_VALUE_BYTES 256

/* A line under way. */
struct record_log {
    struct text text;
    enum port_level level;
    char _bytes[RECORD_LOG_BYTES];
};

/* Begins a line; event is a short constant phrase. Not to be copied. */
void record_log_begin(struct record_log *log, enum port_level level, const char *event);

/* Adds a pair; what is not printable is replaced. A value is cut at RECORD_LOG_VALUE_BYTES, between
 * characters, and the line at RECORD_LOG_BYTES. */
void record_log_add(struct record_log *log, const char *name, struct span value);

/* The same with a C string (NULL: nothing is added), and with a number. */
void record_log_add_str(struct record_log *log, const char *name, const char *value);
void record_log_add_u64(struct record_log *log, const char *name, uint64_t value);

/* Hands the line to the port when its level is at most max (the configuration's log_level). */
void record_log_end(struct record_log *log, enum port_level max);

/* A whole line without pairs. */
void record_log_line(enum port_level level, enum port_level max, const char *text);

#endif
