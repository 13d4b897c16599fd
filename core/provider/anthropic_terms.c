/* See anthropic_terms.h. */
#include "core/provider/anthropic_terms.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#define URL_HEAD_BYTES 16    /* decoded, to see what kind of a URL it is */
#define DATA_HEAD_BYTES 256  /* in front of a data URL's comma */

static const char *const members[ANTHROPIC_MEMBERS] = {
    [ANTHROPIC_N] = "n",
    [ANTHROPIC_TOKENS] = "max_completion_tokens",
    [ANTHROPIC_OLD_TOKENS] = "max_tokens",
    [ANTHROPIC_STOP] = "stop",
    [ANTHROPIC_USER] = "user",
    [ANTHROPIC_TOOLS] = "tools",
    [ANTHROPIC_CHOICE] = "tool_choice",
    [ANTHROPIC_PARALLEL] = "parallel_tool_calls",
    [ANTHROPIC_TEMPERATURE] = "temperature",
    [ANTHROPIC_TOP_P] = "top_p",
    [ANTHROPIC_TOP_K] = "top_k",
    [ANTHROPIC_THINKING] = "thinking",
    [ANTHROPIC_STOP_SEQUENCES] = "stop_sequences",
};

static const struct {
    const char *word;
    enum anthropic_role role;
} roles[] = {
    {"user", ANTHROPIC_USER_ROLE},   {"assistant", ANTHROPIC_ASSISTANT},
    {"system", ANTHROPIC_SYSTEM},    {"tool", ANTHROPIC_TOOL},
    {"developer", ANTHROPIC_SYSTEM}, {"function", ANTHROPIC_TOOL},
};

static const struct {
    const char *word;
    enum anthropic_choice choice;
} choices[] = {
    {"auto", ANTHROPIC_CHOICE_AUTO},
    {"none", ANTHROPIC_CHOICE_NONE},
    {"required", ANTHROPIC_CHOICE_ANY},
};

enum anthropic_member anthropic_terms_member(struct span name)
{
    enum anthropic_member member = 0;
    while (member < ANTHROPIC_MEMBERS && !json_string_equal(name, span_of(members[member])))
        member++;
    return member;
}

struct span anthropic_terms_name(enum anthropic_member member)
{
    ASSERT(member < ANTHROPIC_MEMBERS);
    return span_of(members[member]);
}

enum anthropic_role anthropic_terms_role(struct span role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (json_string_equal(role, span_of(roles[i].word)))
            return roles[i].role;
    return ANTHROPIC_NOBODY;
}

/* ---- images and documents ------------------------------------------------------------------- */

static bool starts_nocase(struct span s, struct span head)
{
    return s.len >= head.len && span_equal_nocase((struct span){s.at, head.len}, head);
}

static bool is_web(struct span url)
{
    char bytes[URL_HEAD_BYTES];
    struct span head = {bytes, json_string_decode(url, bytes, sizeof(bytes))};
    return starts_nocase(head, SPAN("https://")) || starts_nocase(head, SPAN("http://"));
}

/* "data:TYPE;base64,BYTES" (RFC 2397); what stands in it besides goes nowhere. */
static bool read_data(struct span url, struct anthropic_source *source)
{
    struct span mark = SPAN(";base64");
    if (!starts_nocase(url, SPAN("data:")))
        return false;
    struct span head = span_skip(url, 5);
    struct span first = {head.at, head.len < DATA_HEAD_BYTES ? head.len : DATA_HEAD_BYTES};
    size_t comma = span_find(first, ',');
    size_t type = span_find(first, ';');
    if (comma == first.len || type == 0 || type + mark.len > comma)
        return false;
    source->media = (struct span){head.at, type};
    source->data = span_skip(head, comma + 1);
    struct span last = {head.at + comma - mark.len, mark.len};
    return span_equal_nocase(last, mark) && source->data.len > 0;
}

bool anthropic_terms_source(struct span part, struct anthropic_source *source)
{
    struct span image = json_walk_find(part, SPAN("image_url"));
    struct span file = json_walk_find(part, SPAN("file"));
    struct span url = json_walk_kind(image) == JSON_OBJECT ? json_walk_find(image, SPAN("url"))
                                                           : image;
    *source = (struct anthropic_source){.document = image.at == NULL};
    if (source->document)
        url = json_walk_find(file, SPAN("file_data"));
    url = json_walk_string(url);
    if (read_data(url, source))
        return true;
    source->url = url;
    return !source->document && is_web(url);
}

/* ---- tools ---------------------------------------------------------------------------------- */

enum anthropic_choice anthropic_terms_choice(struct span value, struct span *name)
{
    struct span word = json_walk_string(value);
    *name = json_walk_find(json_walk_find(value, SPAN("function")), SPAN("name"));
    if (json_walk_string(*name).len > 0)
        return ANTHROPIC_CHOICE_TOOL;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
        if (json_string_equal(word, span_of(choices[i].word)))
            return choices[i].choice;
    return ANTHROPIC_CHOICE_UNKNOWN;
}
