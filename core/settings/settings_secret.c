/* See settings_secret.h. */
#include "core/settings/settings_secret.h"

#include "core/base/assert.h"
#include "core/settings/settings_file.h"
#include "core/settings/settings_scratch.h"
#include "core/settings/settings_store.h"
#include "core/settings/settings_string.h"

#define NOTHING ((struct span){0})

/* Fit for a header field, and not empty. */
static bool fit(struct span secret)
{
    return secret.len > 0 && settings_string_clean(secret);
}

static enum settings_secret keep(struct settings_scratch *scratch, struct span secret,
                                 enum settings_secret from, const char **out)
{
    *out = settings_store_add(scratch, secret);
    return *out == NULL ? SETTINGS_SECRET_BAD : from;
}

static enum settings_secret read_variable(struct settings_scratch *scratch,
                                          struct settings_spot spot, const char *variable,
                                          const char **out)
{
    const char *found = *variable == 0 ? NULL : port_env(variable);
    if (found == NULL || !fit(span_of(found))) {
        const char *pattern = found == NULL ? "the environment variable $ is not set"
                                            : "the environment variable $ is empty, or has a "
                                              "control character or bytes that are not UTF-8";
        settings_report_fault(scratch, spot, pattern, span_of(variable), NOTHING);
        return SETTINGS_SECRET_BAD;
    }
    return keep(scratch, span_of(found), SETTINGS_SECRET_ELSEWHERE, out);
}

static enum settings_secret read_file(struct settings_scratch *scratch, struct settings_spot spot,
                                      const char *path, const char **out)
{
    struct text text = text_over(scratch->string, sizeof(scratch->string));
    bool shared = false;
    const char *why = settings_file_read(path, &text, &shared);
    struct span secret = text_span(&text);
    if (span_ends(secret, SPAN("\n")))
        secret.len -= span_ends(secret, SPAN("\r\n")) ? 2 : 1;
    if (why == NULL && secret.len == 0)
        why = "it is empty";
    else if (why == NULL && text.cut)
        why = "it is too long for a secret";
    else if (why == NULL && !fit(secret))
        why = "it has more than one line, a control character or bytes that are not UTF-8";
    if (why != NULL) {
        settings_report_fault(scratch, spot, "the file $: $", span_of(path), span_of(why));
        return SETTINGS_SECRET_BAD;
    }
    return keep(scratch, secret, SETTINGS_SECRET_ELSEWHERE, out);
}

enum settings_secret settings_secret_read(struct settings_scratch *scratch,
                                          struct settings_spot spot, struct span name,
                                          struct span text, const char **out)
{
    ASSERT(name.len > 0);
    *out = NULL;
    if (span_equal(text, SPAN("none")))
        return SETTINGS_SECRET_NONE;
    bool variable = span_starts(text, SPAN("env::"));
    if (variable || span_starts(text, SPAN("path::"))) {
        struct text place = text_over(scratch->value, sizeof(scratch->value));
        text_add(&place, span_skip(text, variable ? 5 : 6));
        const char *where = text_str(&place);
        return variable ? read_variable(scratch, spot, where, out)
                        : read_file(scratch, spot, where, out);
    }
    if (span_starts(text, SPAN("dynamic::")) || span_starts(text, SPAN("path_from_env::"))) {
        settings_report_fault(scratch, spot, "$ takes env::NAME, path::FILE or none", name,
                              NOTHING);
        return SETTINGS_SECRET_BAD;
    }
    if (text.len == 0) {
        settings_report_fault(scratch, spot, "$ is empty", name, NOTHING);
        return SETTINGS_SECRET_BAD;
    }
    return keep(scratch, text, SETTINGS_SECRET_LITERAL, out);
}

void settings_secret_warn(struct settings_scratch *scratch, struct settings_spot spot,
                          struct span name)
{
    if (scratch->shared)
        settings_report_warn(scratch, spot,
                             "$ is a secret, and others can read this file: env::NAME or "
                             "path::FILE keep it elsewhere",
                             name, NOTHING);
}

const char *settings_secret_variable(struct settings_scratch *scratch, const char *variable)
{
    const char *found = port_env(variable);
    bool usable = found != NULL && fit(span_of(found));
    return usable ? settings_store_add(scratch, span_of(found)) : NULL;
}
