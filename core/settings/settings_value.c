/* See settings_value.h. */
#include "core/settings/settings_value.h"

#include "core/base/assert.h"
#include "core/settings/settings_string.h"

#define EXPONENT_MAX 1000

/* A number as it is being read: mantissa times ten to the power of scale. */
struct decimal {
    int64_t mantissa;
    int scale;
    bool negative;
    bool full;  /* the mantissa takes no more digits */
    bool cut;   /* digits were left out that are not 0 */
    bool whole; /* neither a point nor an exponent */
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(struct decimal *number, char c, bool fraction)
{
    int64_t value = c - '0';
    number->full = number->full || number->mantissa > (INT64_MAX - value) / 10;
    if (number->full) {
        number->cut = number->cut || c != '0';
        number->scale += fraction ? 0 : 1;
        return;
    }
    number->mantissa = number->mantissa * 10 + value;
    number->scale -= fraction ? 1 : 0;
}

/* Reads digits with single '_' between them off *s, each tidied into out; how many, 0: none. */
static size_t read_digits(struct span *s, struct decimal *number, bool fraction, struct text *out)
{
    size_t count = 0;
    for (;;) {
        bool between = count > 0 && s->len >= 2 && s->at[0] == '_' && digit(s->at[1]);
        if (between)
            *s = span_skip(*s, 1);
        if (s->len == 0 || !digit(s->at[0]))
            return count;
        add_digit(number, s->at[0], fraction);
        text_add_char(out, s->at[0]);
        *s = span_skip(*s, 1);
        count++;
    }
}

static bool read_exponent(struct span *s, struct decimal *number, struct text *out)
{
    struct decimal exponent = {0};
    text_add_char(out, 'e');
    *s = span_skip(*s, 1);
    if (s->len > 0 && (s->at[0] == '-' || s->at[0] == '+')) {
        exponent.negative = s->at[0] == '-';
        text_add_char(out, s->at[0]);
        *s = span_skip(*s, 1);
    }
    if (read_digits(s, &exponent, false, out) == 0)
        return false;
    int64_t power = exponent.mantissa > EXPONENT_MAX ? EXPONENT_MAX : exponent.mantissa;
    number->scale += (int)(exponent.negative ? -power : power);
    number->whole = false;
    return true;
}

/* Reads a number that fills s. False: it is none (and may be a bare word). */
static bool read_decimal(struct span s, struct decimal *number, struct text *out)
{
    *number = (struct decimal){.whole = true};
    if (s.len > 0 && (s.at[0] == '-' || s.at[0] == '+')) {
        number->negative = s.at[0] == '-';
        if (number->negative)
            text_add_char(out, '-');
        s = span_skip(s, 1);
    }
    bool zero = s.len > 0 && s.at[0] == '0';
    size_t digits = read_digits(&s, number, false, out);
    if (digits == 0 || (zero && digits > 1))
        return false;
    if (s.len > 0 && s.at[0] == '.') {
        text_add_char(out, '.');
        s = span_skip(s, 1);
        number->whole = false;
        if (read_digits(&s, number, true, out) == 0)
            return false;
    }
    if (s.len > 0 && (s.at[0] == 'e' || s.at[0] == 'E') && !read_exponent(&s, number, out))
        return false;
    return s.len == 0;
}

/* mantissa * 10^(scale + by), cut towards 0; *exact is cleared when something was cut. */
static int64_t shifted(const struct decimal *number, int by, bool *exact)
{
    int64_t value = number->mantissa;
    int scale = number->scale + by;
    *exact = !number->cut;
    for (; scale < 0 && value != 0; scale++) {
        *exact = *exact && value % 10 == 0;
        value /= 10;
    }
    for (; scale > 0 && value != 0; scale--) {
        if (value > INT64_MAX / 10) {
            *exact = false;
            value = INT64_MAX;
            break;
        }
        value *= 10;
    }
    return number->negative ? -value : value;
}

static void set_number(struct settings_value *value, const struct decimal *number,
                       const struct text *out)
{
    bool exact = false;
    value->integer = shifted(number, 0, &exact);
    value->kind = number->whole ? SETTINGS_VALUE_INTEGER : SETTINGS_VALUE_FLOAT;
    value->raw = text_span(out);
    if (number->whole && !exact) {
        value->kind = SETTINGS_VALUE_BAD;
        value->why = "a number that is too large";
    }
    value->milli = shifted(number, 3, &value->exact);
}

static void set_string(struct settings_value *value, struct text *out)
{
    size_t len = settings_string_len(value->raw);
    value->kind = SETTINGS_VALUE_BAD;
    value->why = len == 0 ? "a string that never closes" : "text behind the value";
    if (len != value->raw.len)
        return;
    value->why = settings_string_read(value->raw, out);
    value->text = text_span(out);
    if (value->why == NULL)
        value->kind = SETTINGS_VALUE_STRING;
}

static void set_closed(struct settings_value *value, char end, enum settings_value_kind kind)
{
    bool closed = value->raw.len >= 2 && value->raw.at[value->raw.len - 1] == end;
    value->kind = closed ? kind : SETTINGS_VALUE_BAD;
    value->why = closed ? NULL : "brackets that do not match";
}

void settings_value_read(struct settings_value *value, struct span raw, struct text *out)
{
    struct decimal number;
    raw = span_trim(raw);
    *value = (struct settings_value){.kind = SETTINGS_VALUE_WORD, .raw = raw, .text = raw};
    *out = text_over(out->at, out->cap);
    if (raw.len == 0) {
        value->kind = SETTINGS_VALUE_BAD;
        value->why = "no value";
    } else if (raw.at[0] == '"' || raw.at[0] == '\'') {
        set_string(value, out);
    } else if (raw.at[0] == '[') {
        set_closed(value, ']', SETTINGS_VALUE_ARRAY);
    } else if (raw.at[0] == '{') {
        set_closed(value, '}', SETTINGS_VALUE_TABLE);
    } else if (span_equal(raw, SPAN("true")) || span_equal(raw, SPAN("false"))) {
        value->kind = SETTINGS_VALUE_BOOL;
        value->truth = raw.len == 4;
    } else if (read_decimal(raw, &number, out)) {
        set_number(value, &number, out);
    }
}

struct span settings_value_inside(const struct settings_value *array)
{
    ASSERT(array->kind == SETTINGS_VALUE_ARRAY && array->raw.len >= 2);
    return (struct span){array->raw.at + 1, array->raw.len - 2};
}

enum settings_value_step settings_value_next(struct span *rest, struct span *element)
{
    struct span s = span_trim(*rest);
    if (s.len == 0)
        return SETTINGS_VALUE_NO_MORE;
    bool quoted = s.at[0] == '"' || s.at[0] == '\'';
    size_t len = quoted ? settings_string_len(s) : span_find(s, ',');
    bool nested = s.at[0] == '[' || s.at[0] == '{';
    if (len == 0 || nested)
        return SETTINGS_VALUE_BROKEN;
    *element = span_trim((struct span){s.at, len});
    s = span_trim(span_skip(s, len));
    if (s.len > 0 && s.at[0] != ',')
        return SETTINGS_VALUE_BROKEN;
    *rest = s.len > 0 ? span_skip(s, 1) : s;
    return SETTINGS_VALUE_ELEMENT;
}

const char *settings_value_kind_name(enum settings_value_kind kind)
{
    static const char *const names[] = {
        [SETTINGS_VALUE_BAD] = "no value",       [SETTINGS_VALUE_STRING] = "a string",
        [SETTINGS_VALUE_WORD] = "a bare word",   [SETTINGS_VALUE_INTEGER] = "an integer",
        [SETTINGS_VALUE_FLOAT] = "a fraction",   [SETTINGS_VALUE_BOOL] = "true or false",
        [SETTINGS_VALUE_ARRAY] = "a list",       [SETTINGS_VALUE_TABLE] = "a table in braces",
    };
    return names[kind];
}
