/* See settings_path.h. */
#include "core/settings/settings_path.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings_string.h"

/* What ends a bare part. TOML's own set is smaller; INI names such as llama3:latest are let in. */
static bool ends_bare(char c)
{
    static const char ends[] = " \t.=#;[]{},\"'";
    return memchr(ends, c, sizeof(ends) - 1) != NULL;
}

static size_t bare_len(struct span s)
{
    size_t len = 0;
    while (len < s.len && !ends_bare(s.at[len]))
        len++;
    return len;
}

static bool quote(struct span s)
{
    return s.len > 0 && (s.at[0] == '"' || s.at[0] == '\'');
}

size_t settings_path_scan(struct span s)
{
    size_t at = 0;
    while (at < s.len) {
        struct span rest = span_skip(s, at);
        bool between = s.at[at] == '.' || s.at[at] == ' ' || s.at[at] == '\t';
        size_t len = between ? 1 : quote(rest) ? settings_string_len(rest) : bare_len(rest);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

static struct span skip_blank(struct span s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = span_skip(s, 1);
    return s;
}

/* Reads one part off the front of *rest. */
static const char *add_part(struct settings_path *path, struct span *rest)
{
    struct text out = text_over(path->text + path->used, SETTINGS_PATH_BYTES - path->used);
    size_t len = quote(*rest) ? settings_string_len(*rest) : bare_len(*rest);
    if (len == 0)
        return quote(*rest) ? "a quoted name that never closes" : "an empty name";
    struct span part = {rest->at, len};
    const char *why = NULL;
    if (quote(*rest))
        why = settings_string_read(part, &out);
    else
        text_add(&out, part);
    if (why != NULL)
        return why;
    struct span read = text_span(&out);
    if (read.len == 0)
        return "an empty name";
    if (out.cut || read.len >= LIMIT_NAME_BYTES)
        return "a name that is too long";
    if (!settings_string_clean(read))
        return "a control character in a name";
    path->at[path->count] = path->used;
    path->part_len[path->count] = (uint16_t)read.len;
    path->count++;
    path->used = (uint16_t)(path->used + read.len);
    *rest = skip_blank(span_skip(*rest, len));
    return NULL;
}

const char *settings_path_add(struct settings_path *path, struct span dotted)
{
    struct span rest = span_trim(dotted);
    for (;;) {
        if (path->count == SETTINGS_PATH_PARTS || path->used + 1 >= SETTINGS_PATH_BYTES)
            return "a name that is too long";
        const char *why = add_part(path, &rest);
        if (why != NULL)
            return why;
        if (rest.len == 0)
            return NULL;
        if (rest.at[0] != '.')
            return "a name with a character that needs quotes";
        rest = skip_blank(span_skip(rest, 1));
    }
}

struct span settings_path_part(const struct settings_path *path, int i)
{
    ASSERT(i >= 0 && i < path->count);
    return (struct span){path->text + path->at[i], path->part_len[i]};
}
