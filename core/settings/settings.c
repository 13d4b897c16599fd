/* See settings.h: a load from its beginning to its end. */
#include "core/settings/settings.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/settings/settings_check.h"
#include "core/settings/settings_file.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_read.h"
#include "core/settings/settings_report.h"

#define FNV_START 0xCBF29CE484222325u

/* Everything before a load; the text of the strings and the big buffers are not touched. */
static void begin(struct settings *settings, struct settings_scratch *scratch,
                  struct settings_report *report)
{
    memset(settings, 0, offsetof(struct settings, _text));
    settings->_text_len = 0;
    settings->wildcard = -1;
    settings->batch.to_hour = 24;
    settings_keys_defaults(SETTINGS_THING_ROOT, settings);
    memset(scratch, 0, offsetof(struct settings_scratch, value));
    scratch->settings = settings;
    scratch->report = report;
    scratch->section_provider = -1;
    scratch->provider = -1;
    scratch->hash = FNV_START;
    report->fault_count = 0;
    report->fault_total = 0;
    report->warning_count = 0;
    report->warning_total = 0;
}

static enum result finish(struct settings_scratch *scratch)
{
    struct settings *settings = scratch->settings;
    uint8_t bytes[sizeof(scratch->hash)];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(scratch->hash >> 8 * (sizeof(bytes) - 1 - i));
    struct text hash = text_over(settings->hash, sizeof(settings->hash));
    text_add_hex(&hash, bytes, sizeof(bytes));
    text_str(&hash);
    settings_report_finish(scratch);
    ASSERT(scratch->report->fault_count <= scratch->report->fault_total);
    return scratch->report->fault_total == 0 ? RESULT_DONE : RESULT_FAULT;
}

static enum result parse(struct settings_scratch *scratch, struct span text)
{
    settings_read(scratch, text);
    settings_check(scratch);
    return finish(scratch);
}

enum result settings_parse(struct settings *settings, struct settings_scratch *scratch,
                           struct span text, bool shared, struct settings_report *report)
{
    begin(settings, scratch, report);
    scratch->shared = shared;
    return parse(scratch, text);
}

static enum result refuse(struct settings_scratch *scratch, const char *why)
{
    settings_report_fault(scratch, (struct settings_spot){0, -1}, "$", span_of(why), SPAN(""));
    return RESULT_FAULT;
}

enum result settings_load(struct settings *settings, struct settings_scratch *scratch,
                          const char *path, struct settings_report *report)
{
    begin(settings, scratch, report);
    struct text text = text_over(scratch->file, LIMIT_CONFIG_BYTES);
    const char *why = settings_file_read(path, &text, &scratch->shared);
    if (why != NULL)
        return refuse(scratch, why);
    if (text.cut)
        return refuse(scratch, "the file is too large");
    return parse(scratch, text_span(&text));
}

void settings_wipe(struct settings *settings)
{
    ASSERT(settings->_text_len <= sizeof(settings->_text));
    wipe(settings, offsetof(struct settings, _text) + settings->_text_len);
    settings->_text_len = 0;
    port_trim(settings, sizeof(*settings));
}
