/* See record_log.h. */
#include "core/record/record_log.h"

void record_log_begin(struct record_log *log, enum port_level level, const char *event)
{
    log->level = level;
    log->text = text_over(log->_bytes, sizeof(log->_bytes));
    text_add_str(&log->text, event);
}

static bool needs_quotes(struct span value)
{
    if (value.len == 0)
        return true;
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] == ' ' || value.at[i] == '"' || value.at[i] == '=')
            return true;
    return false;
}

void record_log_add(struct record_log *log, const char *name, struct span value)
{
    bool quotes = needs_quotes(value);
    text_add_char(&log->text, ' ');
    text_add_str(&log->text, name);
    text_add_str(&log->text, quotes ? "=\"" : "=");
    size_t begin = log->text.len;
    text_add_printable(&log->text, value, RECORD_LOG_VALUE_BYTES);
    for (size_t i = begin; i < log->text.len; i++) /* so that quotes end where they seem to */
        if (log->text.at[i] == '"')
            log->text.at[i] = '\'';
    if (quotes)
        text_add_char(&log->text, '"');
}

void record_log_add_str(struct record_log *log, const char *name, const char *value)
{
    if (value != NULL)
        record_log_add(log, name, span_of(value));
}

void record_log_add_u64(struct record_log *log, const char *name, uint64_t value)
{
    text_add_char(&log->text, ' ');
    text_add_str(&log->text, name);
    text_add_char(&log->text, '=');
    text_add_u64(&log->text, value);
}

void record_log_end(struct record_log *log, enum port_level max)
{
    if (log->level <= max)
        port_log(log->level, log->text.at, log->text.len);
}

void record_log_line(enum port_level level, enum port_level max, const char *text)
{
    struct record_log log;
    record_log_begin(&log, level, text);
    record_log_end(&log, max);
}
