/* See settings_report.h. */
#include "core/settings/settings_report.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings_scratch.h"

#define QUOTED_MAX 200 /* bytes of a or b in a note */

static const char client_fault[] = "Failed to create DevApiClient: ";

struct settings_spot settings_report_here(const struct settings_scratch *scratch)
{
    return (struct settings_spot){scratch->now.number, scratch->provider};
}

static void fill(struct text *out, const char *pattern, struct span a, struct span b)
{
    struct span next = a;
    for (const char *at = pattern; *at != 0; at++) {
        if (*at == '|' && b.len == 0)
            return;
        if (*at == '$') {
            text_add_printable(out, next, QUOTED_MAX);
            next = b;
        } else if (*at != '|') {
            text_add_char(out, *at);
        }
    }
}

/* Makes room for a note behind those of its line and before those of later lines; NULL: there is
 * none. When all are taken, the last one gives way. */
static struct settings_note *insert(struct settings_note *notes, int *count, int line)
{
    int at = *count;
    while (at > 0 && notes[at - 1].line > line)
        at--;
    if (at == LIMIT_CONFIG_FAULTS)
        return NULL;
    if (*count < LIMIT_CONFIG_FAULTS)
        ++*count;
    memmove(&notes[at + 1], &notes[at], sizeof(notes[0]) * (size_t)(*count - 1 - at));
    notes[at].line = line;
    return &notes[at];
}

void settings_report_fault(struct settings_scratch *scratch, struct settings_spot spot,
                           const char *pattern, struct span a, struct span b)
{
    struct settings_report *report = scratch->report;
    ASSERT(spot.provider < LIMIT_PROVIDERS && spot.line >= 0);
    report->fault_total++;
    struct settings_note *note = insert(report->faults, &report->fault_count, spot.line);
    if (note == NULL)
        return;
    int at = (int)(note - report->faults);
    int16_t *whose = &scratch->fault_providers[at];
    memmove(whose + 1, whose, sizeof(*whose) * (size_t)(report->fault_count - 1 - at));
    *whose = (int16_t)spot.provider;
    struct text text = text_over(note->text, sizeof(note->text));
    fill(&text, pattern, a, b);
    text_str(&text);
}

void settings_report_warn(struct settings_scratch *scratch, struct settings_spot spot,
                          const char *pattern, struct span a, struct span b)
{
    struct settings_report *report = scratch->report;
    report->warning_total++;
    struct settings_note *note = insert(report->warnings, &report->warning_count, spot.line);
    if (note == NULL)
        return;
    struct text text = text_over(note->text, sizeof(note->text));
    fill(&text, pattern, a, b);
    text_str(&text);
}

bool settings_report_room(const struct settings_scratch *scratch, int line)
{
    const struct settings_report *report = scratch->report;
    return report->fault_count < LIMIT_CONFIG_FAULTS ||
           report->faults[LIMIT_CONFIG_FAULTS - 1].line > line;
}

void settings_report_finish(struct settings_scratch *scratch)
{
    struct settings_report *report = scratch->report;
    for (int i = 0; i < report->fault_count; i++) {
        int provider = scratch->fault_providers[i];
        if (provider < 0 || scratch->settings->providers[provider].protocol != SETTINGS_RUST_PROXY)
            continue;
        char said[SETTINGS_MESSAGE_BYTES];
        memcpy(said, report->faults[i].text, sizeof(said));
        struct text text = text_over(report->faults[i].text, sizeof(said));
        text_add_str(&text, client_fault);
        text_add_printable(&text, span_of(said), sizeof(said));
        text_str(&text);
    }
}
