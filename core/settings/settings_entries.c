/* See settings_entries.h. */
#include "core/settings/settings_entries.h"

#include "core/base/assert.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_report.h"

static int find(const struct settings_scratch *scratch, int row, int thing)
{
    for (int i = 0; i < scratch->entry_count; i++)
        if (scratch->entries[i].row == row && scratch->entries[i].thing == thing)
            return scratch->entries[i].line;
    return 0;
}

int settings_entries_add(struct settings_scratch *scratch, int row, int thing)
{
    ASSERT(row >= 0 && thing >= 0);
    int before = find(scratch, row, thing);
    if (before != 0)
        return before;
    if (scratch->entry_count == SETTINGS_ENTRIES) {
        if (!scratch->entries_full)
            settings_report_fault(scratch, settings_report_here(scratch),
                                  "more keys than fit into memory", SPAN(""), SPAN(""));
        scratch->entries_full = true;
        return -1;
    }
    scratch->entries[scratch->entry_count++] = (struct settings_entry){
        (uint16_t)row, (uint16_t)thing, (int32_t)scratch->now.number};
    return 0;
}

int settings_entries_line(const struct settings_scratch *scratch, const char *path, int thing)
{
    return find(scratch, settings_keys_number(path), thing);
}
