/* See daemon_models.h. */
#include "core/daemon_models.h"

#include "core/daemon.h"
#include "core/model/model_check.h"
#include "core/model/model_filter.h"

#define NAME_COLUMNS 30
#define IDENTIFIER_COLUMNS 52
#define TYPE_COLUMNS 12
#define USES_COLUMNS 8

/* A cell, filled up with spaces; columns are bytes, names are mostly ASCII. */
static void add_cell(struct text *line, struct span cell, size_t columns)
{
    text_add(line, cell);
    for (size_t i = cell.len; i < columns; i++)
        text_add_char(line, ' ');
    text_add_char(line, ' ');
}

static void add_uses(struct text *line, int32_t uses)
{
    char bytes[12];
    struct text text = text_over(bytes, sizeof(bytes));
    if (uses == MODEL_USAGE_UNTOLD)
        text_add_char(&text, '-');
    else
        text_add_i64(&text, uses);
    add_cell(line, text_span(&text), USES_COLUMNS);
}

static void add_verdict(struct text *line, const struct settings_filter *filter,
                        struct model_verdict verdict, const struct model_item *item)
{
    if (verdict.status == MODEL_FILTERED) {
        text_add_str(line, "filtered out: ");
        model_filter_explain(line, verdict.filter_reason, filter, item);
    } else if (verdict.status == MODEL_USAGE_USED_UP) {
        text_add_str(line, "not available: its usage is used up");
    } else if (verdict.status == MODEL_UNKNOWN_TYPE) {
        text_add_str(line, "not available: its type is unknown");
    } else {
        text_add_str(line, "kept");
    }
}

static void write_heading(const struct daemon *d, int provider, struct text *line)
{
    const struct settings_provider *p = &d->settings.providers[provider];
    text_add_str(line, "# ");
    text_add_str(line, d->settings.models[p->model].name);
    text_add_str(line, " / ");
    text_add_str(line, p->name);
    text_add_str(line, ": name, identifier, type, uses left, kept or why not");
}

static void write_entry(const struct daemon *d, const struct daemon_models *place,
                        const struct model_list *list, struct text *line)
{
    const struct settings_filter *filter = &d->settings.providers[place->provider].filter;
    struct model_item item = model_list_get(list, place->entry);
    add_cell(line, item.name, NAME_COLUMNS);
    add_cell(line, item.identifier, IDENTIFIER_COLUMNS);
    add_cell(line, item.type_text, TYPE_COLUMNS);
    add_uses(line, item.usage_left);
    add_verdict(line, filter, model_check_entry(list, filter, place->entry), &item);
}

bool daemon_models_line(const struct daemon *d, struct daemon_models *place, struct text *line)
{
    const struct gateway_catalogs *catalogs = &d->gateway.catalogs;
    for (; place->provider < d->settings.provider_count; place->provider++, place->entry = 0) {
        int catalog = catalogs->of_provider[place->provider];
        if (catalog == MODEL_CATALOG_NONE)
            continue;
        const struct model_list *list = model_catalog_list(&catalogs->models, catalog);
        if (list == NULL || place->entry > (int)list->count)
            continue;
        if (place->entry++ == 0) {
            write_heading(d, place->provider, line);
            return true;
        }
        struct daemon_models entry = {place->provider, place->entry - 2};
        write_entry(d, &entry, list, line);
        return true;
    }
    return false;
}
