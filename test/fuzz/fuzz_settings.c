/* Configurations: whatever the file has, it is read or refused, each fault with its line, and no
 * secret is in any of them. */
#define _GNU_SOURCE
#include "core/settings/settings.h"

#include "core/settings/settings_scratch.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define SECRET "sk-of-the-environment" /* of fuzz_port.c */

static struct settings settings;
static struct settings_scratch scratch;
static struct settings_report report;

static void check_notes(const struct settings_note *notes, int count)
{
    int line = 0;
    for (int i = 0; i < count; i++) {
        FUZZ_CHECK(memchr(notes[i].text, '\0', sizeof(notes[i].text)) != NULL);
        FUZZ_CHECK(notes[i].line >= line && notes[i].text[0] != '\0');
        FUZZ_CHECK(strstr(notes[i].text, SECRET) == NULL);
        line = notes[i].line;
        for (const char *at = notes[i].text; *at != '\0'; at++)
            FUZZ_CHECK((uint8_t)*at >= 0x20 && *at != 0x7F);
    }
}

/* Every number that leads somewhere leads to something that is there. */
static void check_settings(void)
{
    for (int i = 0; i < settings.model_count; i++)
        for (int n = 0; n < settings.models[i].route_count; n++)
            FUZZ_CHECK(settings_route(&settings, i, n) < settings.provider_count);
    for (int i = 0; i < settings.provider_count; i++)
        FUZZ_CHECK(settings.providers[i].model < settings.model_count);
    for (int i = 0; i < settings.alias_count; i++)
        FUZZ_CHECK(settings.aliases[i].model < settings.model_count);
    FUZZ_CHECK(strlen(settings.hash) == SETTINGS_HASH_BYTES - 1);
}

void fuzz_one(struct span input)
{
    if (input.len > 20000 || memmem(input.at, input.len, SECRET, strlen(SECRET)) != NULL)
        return;
    struct span text = {fuzz_copy(input), input.len};
    enum result result = settings_parse(&settings, &scratch, text, true, &report);
    FUZZ_CHECK((result == RESULT_DONE) == (report.fault_total == 0));
    FUZZ_CHECK(report.fault_count <= LIMIT_CONFIG_FAULTS);
    check_notes(report.faults, report.fault_count);
    check_notes(report.warnings, report.warning_count);
    if (result == RESULT_DONE)
        check_settings();
}
