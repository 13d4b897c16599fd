/* See settings_store.h. */
#include "core/settings/settings_store.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_scratch.h"

static char *add(struct settings_scratch *scratch, struct span s)
{
    struct settings *settings = scratch->settings;
    ASSERT(settings->_text_len <= LIMIT_CONFIG_TEXT_BYTES);
    if (s.len >= LIMIT_CONFIG_TEXT_BYTES - settings->_text_len) {
        if (!scratch->text_full)
            settings_report_fault(scratch, settings_report_here(scratch),
                                  "more text than fits into a configuration's memory", s, s);
        scratch->text_full = true;
        return NULL;
    }
    char *copy = settings->_text + settings->_text_len;
    if (s.len > 0)
        memcpy(copy, s.at, s.len);
    copy[s.len] = 0;
    settings->_text_len += (uint32_t)s.len + 1;
    return copy;
}

const char *settings_store_add(struct settings_scratch *scratch, struct span s)
{
    return add(scratch, s);
}

const char *settings_store_lower(struct settings_scratch *scratch, struct span s)
{
    char *copy = add(scratch, s);
    for (char *at = copy; at != NULL && at < copy + s.len; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return copy;
}
