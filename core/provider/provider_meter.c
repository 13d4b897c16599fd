/* See provider_meter.h. */
#include "core/provider/provider_meter.h"

#include "core/json/json_word.h"

#include <string.h>

enum wanted { NOTHING, INPUT, WRITTEN, READ, OUTPUT, CACHED };

#define NUMBER_MAX (UINT64_MAX / 100) /* beyond it, digits change nothing */

static const struct {
    struct span name;
    uint8_t depth; /* of the object that it is a member of */
    enum wanted wanted;
} names[] = {
    {{"prompt_tokens", 13}, 1, INPUT},  {{"completion_tokens", 17}, 1, OUTPUT},
    {{"cached_tokens", 13}, 2, CACHED}, {{"cache_creation_input_tokens", 27}, 1, WRITTEN},
    {{"input_tokens", 12}, 1, INPUT},   {{"cache_read_input_tokens", 23}, 1, READ},
    {{"output_tokens", 13}, 1, OUTPUT},
};

/* A name has ended, and its value is next. */
static inline void begin_value(struct provider_meter *m, struct span name)
{
    const uint32_t depth = m->_depth;
    m->_wanted = NOTHING;
    m->_digits = false;
    m->_number = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].name.len == name.len && names[i].depth == depth &&
            word_equal(name.at, names[i].name.at, name.len)) {
            m->_wanted = (uint8_t)names[i].wanted;
            return;
        }
    }
}

static inline void end_value(struct provider_meter *m, struct provider_usage *usage)
{
    enum wanted wanted = m->_digits ? m->_wanted : NOTHING;
    if (wanted >= INPUT && wanted <= READ) {
        m->_input[wanted - INPUT] = m->_number;
        usage->has_input = true;
        usage->input = m->_input[0] + m->_input[1] + m->_input[2];
        usage->cached = wanted == READ ? m->_number : usage->cached;
    } else if (wanted == OUTPUT) {
        usage->has_output = true;
        usage->output = m->_number;
    } else if (wanted == CACHED) {
        usage->cached = m->_number;
    }
    m->_wanted = NOTHING;
}

/* Takes what stands at the front up to a quote or a backslash, and this; its length. */
static size_t take_in_string(struct provider_meter *m, struct span s)
{
    const size_t room = (size_t)PROVIDER_METER_NAME_BYTES - m->_name_len;
    const char *mark = json_word_find_mark(s.at, s.at + s.len);
    const size_t len = (size_t)(mark - s.at);
    if (m->_escaped) { /* whatever it is, it ends no string */
        m->_escaped = false;
        return 1;
    }
    if (len > 0 && len <= room)
        memcpy(m->_name + m->_name_len, s.at, len);
    m->_name_len = (uint8_t)(m->_name_len + (len < room ? len : room));
    if (len == s.len)
        return len;
    m->_in_string = m->_escaped = *mark == '\\';
    if (m->_escaped)
        m->_name_len = PROVIDER_METER_NAME_BYTES; /* no name that is looked for is so long */
    return len + 1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits from at on; returns what is behind. */
static const char *take_digits(struct provider_meter *m, const char *at, const char *end)
{
    uint64_t number = m->_number;
    for (; at < end && is_digit(*at); at++)
        if (number < NUMBER_MAX)
            number = number * 10 + (uint64_t)(*at - '0');
    m->_number = number;
    m->_digits = true;
    return at;
}

/* Behind a quote: members that are there whole, numbers with nothing but commas between, are read
 * where they lie. Says what is behind them. */
static inline const char *take_members(struct provider_meter *m, const char *at, const char *end,
                                       struct provider_usage *usage)
{
    const char *mark;
    while (mark = json_word_find_mark(at, end),
           end - mark > 2 && mark[0] == '"' && mark[1] == ':') {
        begin_value(m, (struct span){at, (size_t)(mark - at)});
        at = mark + 2;
        if (WORD_SMALL || !is_digit(*at)) /* where code need not be small, the number too */
            return at;
        at = take_digits(m, at, end);
        if (end - at < 2 || at[0] != ',' || at[1] != '"')
            return at;
        end_value(m, usage);
        at += 2;
    }
    m->_in_string = true;
    m->_name_len = 0;
    m->_wanted = NOTHING;
    return at;
}

/* Takes the byte in front, or what begins with it; returns what is behind. */
static inline const char *take(struct provider_meter *m, const char *at, const char *end,
                               struct provider_usage *usage)
{
    const char c = *at++;
    switch (c) {
    case '{':
    case '[':
        m->_depth++;
        m->_wanted = NOTHING;
        break;
    case '}':
    case ']':
    case ',':
        end_value(m, usage);
        m->_depth = (uint8_t)(m->_depth - (c != ','));
        break;
    case ':':
        begin_value(m, (struct span){m->_name, m->_name_len});
        break;
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        break;
    case '"':
        return take_members(m, at, end, usage);
    default: /* no whole number */
        m->_wanted = NOTHING;
    }
    return at;
}

void provider_meter_take(struct provider_meter *meter, struct span bytes,
                         struct provider_usage *usage)
{
    const char *end = span_end(bytes);
    for (const char *at = bytes.at; at < end;) {
        if (meter->_in_string)
            at += take_in_string(meter, (struct span){at, (size_t)(end - at)});
        else if (is_digit(*at))
            at = take_digits(meter, at, end);
        else
            at = take(meter, at, end, usage);
    }
}
