/* See settings_take.h. */
#include "core/settings/settings_take.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/http/http_token.h"
#include "core/settings/settings_file.h"
#include "core/settings/settings_near.h"
#include "core/settings/settings_store.h"
#include "core/settings/settings_string.h"
#include "core/settings/settings_take_list.h"
#include "core/settings/settings_take_secret.h"
#include "core/settings/settings_things.h"
#include "core/settings/settings_vendor.h"

/* ---- faults ---- */

void settings_take_fault(struct settings_taking *t, const char *pattern, struct span more)
{
    settings_report_fault(t->scratch, t->spot, pattern, t->name, more);
}

static void add_range(struct text *out, const struct settings_row *row, const char *what)
{
    text_add_str(out, what);
    if (row->min == INT64_MIN)
        return;
    if (row->max == INT64_MAX) {
        text_add_str(out, " of ");
        text_add_i64(out, row->min);
        text_add_str(out, " or more");
        return;
    }
    int64_t unit = row->take == SETTINGS_TAKE_DECIMAL ? 1000 : 1;
    text_add_str(out, " from ");
    text_add_i64(out, row->min / unit);
    text_add_str(out, " to ");
    text_add_i64(out, row->max / unit);
    if (row->zero_too)
        text_add_str(out, ", or 0");
}

static void add_words(struct text *out, const struct settings_row *row)
{
    text_add_str(out, "one of ");
    for (const char *at = row->words; *at != 0; at++) {
        if (*at == ' ')
            text_add_char(out, ',');
        text_add_char(out, *at);
    }
}

static void add_wanted(struct text *out, const struct settings_row *row)
{
    switch (row->take) {
    case SETTINGS_TAKE_BOOL:
        text_add_str(out, "true or false");
        break;
    case SETTINGS_TAKE_INTEGER:
    case SETTINGS_TAKE_WHOLE:
        add_range(out, row, "an integer");
        break;
    case SETTINGS_TAKE_WEIGHT:
        add_range(out, row, "a number");
        text_add_str(out, ", with three decimals at most");
        break;
    case SETTINGS_TAKE_DECIMAL:
        add_range(out, row, "a number");
        break;
    case SETTINGS_TAKE_WORD:
        add_words(out, row);
        break;
    case SETTINGS_TAKE_LISTENERS:
        text_add_str(out, "a string in quotes, or a list of them");
        break;
    case SETTINGS_TAKE_LIST:
    case SETTINGS_TAKE_HOSTS:
    case SETTINGS_TAKE_ORIGINS:
    case SETTINGS_TAKE_ROUTING:
    case SETTINGS_TAKE_FILTER_TYPES:
        text_add_str(out, "a list of strings");
        break;
    default:
        text_add_str(out, "a string in quotes");
        break;
    }
}

void settings_take_refuse(struct settings_taking *t, const char *got)
{
    char bytes[SETTINGS_MESSAGE_BYTES];
    struct text wanted = text_over(bytes, sizeof(bytes));
    add_wanted(&wanted, t->row);
    if (got != NULL) {
        text_add_str(&wanted, ", and not ");
        text_add_str(&wanted, got);
    }
    settings_take_fault(t, "$ takes $", text_span(&wanted));
}

/* ---- numbers and words ---- */

static void take_bool(struct settings_taking *t)
{
    if (t->value.kind != SETTINGS_VALUE_BOOL)
        settings_take_refuse(t, settings_value_kind_name(t->value.kind));
    else
        settings_keys_put(t->row, t->thing, t->value.truth);
}

/* An integer in the row's range. */
static bool whole(struct settings_taking *t)
{
    const struct settings_row *row = t->row;
    int64_t value = t->value.integer;
    if (t->value.kind != SETTINGS_VALUE_INTEGER) {
        settings_take_refuse(t, settings_value_kind_name(t->value.kind));
        return false;
    }
    bool good = (value >= row->min && value <= row->max) || (value == 0 && row->zero_too);
    if (!good)
        settings_take_refuse(t, NULL);
    return good;
}

static void take_integer(struct settings_taking *t)
{
    if (whole(t))
        settings_keys_put(t->row, t->thing, t->value.integer);
}

/* A number from min to max thousandths. */
static bool decimal(struct settings_taking *t, int64_t min, int64_t max)
{
    const struct settings_value *value = &t->value;
    if (value->kind != SETTINGS_VALUE_INTEGER && value->kind != SETTINGS_VALUE_FLOAT) {
        settings_take_refuse(t, settings_value_kind_name(value->kind));
        return false;
    }
    bool negative = value->raw.at[0] == '-';
    bool under = value->milli < min || (value->milli == min && !value->exact && negative);
    bool over = value->milli > max || (value->milli == max && !value->exact && !negative);
    if (under || over)
        settings_take_refuse(t, NULL);
    return !under && !over;
}

static void take_weight(struct settings_taking *t)
{
    if (!decimal(t, t->row->min * 1000, t->row->max * 1000))
        return;
    if (t->value.exact)
        settings_keys_put(t->row, t->thing, t->value.milli);
    else
        settings_take_refuse(t, NULL);
}

/* Keeps the text of a string or of a number. */
static void keep_text(struct settings_taking *t, struct span text)
{
    settings_keys_put_text(t->row, t->thing, settings_store_add(t->scratch, text));
}

static void take_decimal(struct settings_taking *t)
{
    if (decimal(t, t->row->min, t->row->max))
        keep_text(t, t->value.raw);
}

static void take_whole(struct settings_taking *t)
{
    if (whole(t))
        keep_text(t, t->value.raw);
}

bool settings_take_text(struct settings_taking *t)
{
    struct span text = t->value.text;
    if (t->value.kind != SETTINGS_VALUE_STRING && t->value.kind != SETTINGS_VALUE_WORD) {
        settings_take_refuse(t, settings_value_kind_name(t->value.kind));
        return false;
    }
    const char *why = NULL;
    if (text.len == 0 && t->row->min > 0)
        why = "$ is empty";
    else if (t->row->max > 0 && text.len > (uint64_t)t->row->max)
        why = "$ is too long";
    else if (!settings_string_clean(text))
        why = "$ has a control character";
    if (why != NULL)
        settings_take_fault(t, why, SPAN(""));
    return why == NULL;
}

static void take_word(struct settings_taking *t)
{
    struct span words = span_of(t->row->words);
    if (!settings_take_text(t))
        return;
    struct settings_near near = settings_near_begin(t->value.text);
    for (int number = 0; words.len > 0; number++) {
        struct span word = {words.at, span_find(words, ' ')};
        if (span_equal(t->value.text, word)) {
            settings_keys_put(t->row, t->thing, number);
            return;
        }
        settings_near_offer(&near, word);
        words = span_skip(words, word.len < words.len ? word.len + 1 : word.len);
    }
    char bytes[SETTINGS_MESSAGE_BYTES];
    struct text wanted = text_over(bytes, sizeof(bytes));
    add_words(&wanted, t->row);
    text_add_str(&wanted, "; did you mean \"");
    text_add(&wanted, near.best);
    text_add_str(&wanted, "\"?");
    settings_take_fault(t, "$ takes $", text_span(&wanted));
}

static void take_type(struct settings_taking *t)
{
    struct settings_provider *provider = t->thing;
    if (!settings_take_text(t))
        return;
    const struct settings_vendor *vendor = settings_vendor_find(t->value.text);
    if (vendor == NULL) {
        settings_take_fault(t, "$ is none that is known; did you mean \"$\"?",
                            settings_vendor_near(t->value.text));
        return;
    }
    provider->type = vendor->type;
    provider->protocol = vendor->protocol;
}

/* ---- strings ---- */

static void take_string(struct settings_taking *t)
{
    if (settings_take_text(t))
        keep_text(t, t->value.text);
}

static void take_file(struct settings_taking *t)
{
    if (!settings_take_text(t))
        return;
    const char *path = settings_store_add(t->scratch, t->value.text);
    const char *why = path == NULL ? NULL : settings_file_check(path);
    settings_keys_put_text(t->row, t->thing, path);
    if (why != NULL)
        settings_report_fault(t->scratch, t->spot, "the file $: $", span_of(path), span_of(why));
}

static void take_base_path(struct settings_taking *t)
{
    struct span path = t->value.text;
    if (!settings_take_text(t))
        return;
    while (path.len > 0 && path.at[path.len - 1] == '/')
        path.len--;
    bool good = http_token_path_valid(path) && span_find(path, '?') == path.len;
    if (!good || (path.len > 0 && path.at[0] != '/'))
        settings_take_fault(t, "$ is not a path such as \"/llm\"", SPAN(""));
    else
        keep_text(t, path);
}

static void take_alias(struct settings_taking *t)
{
    if (settings_take_text(t))
        t->scratch->alias_models[t->index] = settings_store_add(t->scratch, t->value.text);
}

static void take_hours(struct settings_taking *t)
{
    struct settings_batch *batch = &t->scratch->settings->batch;
    struct span text = t->value.text;
    uint64_t from = 0;
    uint64_t to = 0;
    if (!settings_take_text(t))
        return;
    size_t dash = span_find(text, '-');
    bool good = dash < text.len && span_number((struct span){text.at, dash}, 23, &from) &&
                span_number(span_skip(text, dash + 1), 24, &to) && to > 0;
    if (!good) {
        settings_take_fault(t, "$ takes FROM-TO in hours of the day, such as \"22-6\"", SPAN(""));
        return;
    }
    batch->from_hour = (uint8_t)from;
    batch->to_hour = (uint8_t)to;
}

/* ---- */

void settings_take(struct settings_scratch *scratch, int row, int index, struct span raw)
{
    static void (*const takers[SETTINGS_TAKES])(struct settings_taking *) = {
        [SETTINGS_TAKE_BOOL] = take_bool,
        [SETTINGS_TAKE_INTEGER] = take_integer,
        [SETTINGS_TAKE_WEIGHT] = take_weight,
        [SETTINGS_TAKE_WORD] = take_word,
        [SETTINGS_TAKE_STRING] = take_string,
        [SETTINGS_TAKE_FILE] = take_file,
        [SETTINGS_TAKE_DECIMAL] = take_decimal,
        [SETTINGS_TAKE_WHOLE] = take_whole,
        [SETTINGS_TAKE_TYPE] = take_type,
        [SETTINGS_TAKE_SECRET] = settings_take_secret_plain,
        [SETTINGS_TAKE_KEY] = settings_take_secret_key,
        [SETTINGS_TAKE_SHA256] = settings_take_secret_sha256,
        [SETTINGS_TAKE_CLICKHOUSE] = settings_take_secret_clickhouse,
        [SETTINGS_TAKE_BASE_PATH] = take_base_path,
        [SETTINGS_TAKE_HOURS] = take_hours,
        [SETTINGS_TAKE_ALIAS] = take_alias,
        [SETTINGS_TAKE_LISTENERS] = settings_take_list_listeners,
        [SETTINGS_TAKE_LIST] = settings_take_list_names,
        [SETTINGS_TAKE_HOSTS] = settings_take_list_hosts,
        [SETTINGS_TAKE_ORIGINS] = settings_take_list_origins,
        [SETTINGS_TAKE_ROUTING] = settings_take_list_routing,
        [SETTINGS_TAKE_FILTER_TYPES] = settings_take_list_types,
    };
    struct settings_taking t = {.scratch = scratch, .row = settings_keys_row(row), .index = index};
    ASSERT(t.row != NULL && takers[t.row->take] != NULL && scratch->path.count > 0);
    t.thing = settings_things_at(scratch->settings, t.row->kind, index);
    t.name = settings_path_part(&scratch->path, scratch->path.count - 1);
    t.spot = settings_report_here(scratch);
    struct text out = text_over(scratch->string, sizeof(scratch->string));
    settings_value_read(&t.value, raw, &out);
    if (t.value.kind == SETTINGS_VALUE_BAD)
        settings_take_fault(&t, "$: $", span_of(t.value.why));
    else
        takers[t.row->take](&t);
}
