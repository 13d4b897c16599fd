/* See gateway_models.h. */
#include "core/gateway/gateway_models.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_resolve.h"
#include "core/json/json_write.h"
#include "core/model/model_names.h"

#define OWNER SPAN("moongate")
#define FUNCTION_PREFIX SPAN("tensorzero::function_name::")

/* client->cursor: the number of the next name, and 1; and whether a comma comes before it. */
#define CURSOR_COMMA 0x80000000u

_Static_assert(LIMIT_WINDOW_BYTES >= GATEWAY_MODELS_ENTRY_BYTES, "an entry fits the scratch");
_Static_assert(LIMIT_OUT_BYTES >= GATEWAY_MODELS_ENTRY_BYTES, "an entry fits an empty queue");

/* What is told of a name. */
struct view {
    bool available;
    const char *reason;         /* when not: of the first provider that would have been asked */
    struct span display_name;   /* at NULL: no list has it */
    const char *type;           /* NULL: not told */
    int32_t usage_left;         /* -1: not limited, or not known */
};

/* ---- what a model would do now ---- */

/* Takes what a list tells of the model, unless another one told before. */
static void take_entry(struct view *view, const struct model_list *list, int entry)
{
    if (entry == MODEL_NONE || view->display_name.at != NULL)
        return;
    struct model_item item = model_list_get(list, entry);
    view->display_name = item.name;
    view->type = model_list_type_text(item.type);
    view->usage_left = model_list_limited(list, entry) ? item.usage_left : -1;
}

/* The provider at a place of a model's routing. */
static int route(const struct gateway *g, int model, int place)
{
    return GATEWAY_ERA_FIRST(gateway_now(g)) + settings_route(g->settings, model, place);
}

static void look_at_model(const struct gateway *g, int model, struct span name, struct view *view)
{
    for (int i = 0; i < g->settings->models[model].route_count; i++) {
        int provider = route(g, model, i);
        struct model_verdict verdict = gateway_catalog_judge(g, provider, name);
        bool elsewhere = model == g->settings->wildcard && !model_check_passes(verdict) &&
                         !gateway_catalog_lists(g, provider, name);
        if (elsewhere)
            continue; /* another one's list may have it */
        bool open = gateway_bench_is_on(g, provider, NULL) || !gateway_circuit_passes(g, provider);
        const char *reason = open ? "circuit_open" : model_check_reason(verdict);
        take_entry(view, gateway_catalog_list(g, provider), verdict.entry);
        view->available |= reason == NULL;
        if (view->reason == NULL)
            view->reason = reason;
    }
    if (view->reason == NULL)
        view->reason = "not_found";
}

/* ---- names ---- */

enum kind { KIND_NOTHING, KIND_MODEL, KIND_FUNCTION };

/* What a name comes to. */
struct target {
    enum kind kind;
    int index;
    struct span name;
};

static const struct target nothing = {KIND_NOTHING, -1, {NULL, 0}};

/* One model may be used by any client, another only by some. */
static bool may_use(const struct gateway *g, int key, struct span name)
{
    const struct settings_key *settings = &g->settings->keys[key < 0 ? 0 : key];
    return key < 0 || settings->all_models || settings_list_has(&settings->models, name);
}

/* Looks at the model that was asked for by that name. False: the key may not use it. */
static bool look_at_name(const struct gateway *g, int model, struct span asked, int key,
                         struct view *view)
{
    struct span name = settings_model_name(g->settings, model, asked);
    if (!may_use(g, key, name))
        return false;
    look_at_model(g, model, name, view);
    return true;
}

/* What the variants of a function that the key may use come to together. False: there are none. */
static bool look_at_function(const struct gateway *g, int function, int key, struct view *view)
{
    bool any = false;
    for (int i = 0; i < g->settings->variant_count; i++) {
        const struct settings_variant *variant = &g->settings->variants[i];
        if (variant->function == function && variant->model >= 0)
            any |= look_at_name(g, variant->model, span_of(variant->model_name), key, view);
    }
    return any;
}

static bool look(const struct gateway *g, const struct target *target, int key, struct view *view)
{
    *view = (struct view){.usage_left = -1};
    if (target->kind == KIND_FUNCTION)
        return look_at_function(g, target->index, key, view);
    return target->kind == KIND_MODEL &&
           look_at_name(g, target->index, model_names_plain(target->name), key, view);
}

/* ---- what the wildcard's lists have ---- */

static int wildcard_routes(const struct settings *settings)
{
    return settings->wildcard < 0 ? 0 : settings->models[settings->wildcard].route_count;
}

/* Whether one of the wildcard's first so many providers lists the name. */
static bool is_listed(const struct gateway *g, int routes, struct span name)
{
    bool listed = false;
    for (int i = 0; i < routes && !listed; i++)
        listed = gateway_catalog_lists(g, route(g, g->settings->wildcard, i), name);
    return listed;
}

static uint32_t listed_count(const struct gateway *g)
{
    uint32_t count = 0;
    for (int i = 0; i < wildcard_routes(g->settings); i++) {
        int provider = route(g, g->settings->wildcard, i);
        const struct model_list *list = gateway_catalog_list(g, provider);
        count += list == NULL ? 0 : list->count;
    }
    return count;
}

/* The name in an entry of the nth list: nothing where it is told already, or filtered out. */
static struct target target_entry(const struct gateway *g, int n, int entry)
{
    int provider = route(g, g->settings->wildcard, n);
    struct span name = model_list_get(gateway_catalog_list(g, provider), entry).identifier;
    bool known = model_names_resolve(g->settings, name) >= 0 ||
                 settings_function_find(g->settings, name) >= 0;
    if (known || is_listed(g, n, name) || !gateway_catalog_lists(g, provider, name))
        return nothing;
    return (struct target){KIND_MODEL, g->settings->wildcard, name};
}

static struct target target_listed(const struct gateway *g, int number)
{
    for (int i = 0; i < wildcard_routes(g->settings); i++) {
        int provider = route(g, g->settings->wildcard, i);
        const struct model_list *list = gateway_catalog_list(g, provider);
        int count = list == NULL ? 0 : (int)list->count;
        if (number < count)
            return target_entry(g, i, number);
        number -= count;
    }
    return nothing;
}

/* ---- all names ---- */

uint32_t gateway_models_count(const struct gateway *g)
{
    const struct settings *settings = g->settings;
    int models = settings->model_count - (settings->wildcard >= 0);
    return (uint32_t)(models + settings->function_count + settings->alias_count) + listed_count(g);
}

static struct target target_number(const struct gateway *g, uint32_t number)
{
    const struct settings *settings = g->settings;
    int models = settings->model_count - (settings->wildcard >= 0);
    int i = (int)number;
    ASSERT(number < gateway_models_count(g));
    if (i < models) {
        i += settings->wildcard >= 0 && i >= settings->wildcard;
        return (struct target){KIND_MODEL, i, span_of(settings->models[i].name)};
    }
    i -= models;
    if (i < settings->function_count)
        return (struct target){KIND_FUNCTION, i, span_of(settings->functions[i].name)};
    i -= settings->function_count;
    if (i >= settings->alias_count)
        return target_listed(g, i - settings->alias_count);
    const struct settings_alias *alias = &settings->aliases[i];
    return (struct target){KIND_MODEL, alias->model, span_of(alias->name)};
}

/* What a chat would find by that name. */
static struct target find(const struct gateway *g, struct span name)
{
    const struct settings *settings = g->settings;
    bool prefixed = span_starts(name, FUNCTION_PREFIX);
    int model = model_names_resolve(settings, name);
    if (!prefixed && model >= 0)
        return (struct target){KIND_MODEL, model, name};
    struct span function = prefixed ? span_skip(name, FUNCTION_PREFIX.len) : name;
    int index = settings_function_find(settings, function);
    if (index >= 0 || prefixed)
        return index < 0 ? nothing : (struct target){KIND_FUNCTION, index, name};
    index = model_names_open(settings, name);
    bool listed = index != settings->wildcard ||
                  is_listed(g, wildcard_routes(settings), model_names_plain(name));
    return index >= 0 && listed ? (struct target){KIND_MODEL, index, name} : nothing;
}

/* ---- writing ---- */

static void write_entry(struct text *out, struct span id, const struct view *view)
{
    text_add_char(out, '{');
    json_write_member(out, "id", id);
    json_write_member(out, "object", SPAN("model"));
    json_write_member_u64(out, "created", 0);
    json_write_member(out, "owned_by", OWNER);
    json_write_name(out, "display_name");
    if (view->display_name.at != NULL)
        json_write_string(out, view->display_name);
    else
        json_write_str(out, NULL);
    json_write_name(out, "type");
    json_write_str(out, view->type);
    if (view->usage_left >= 0)
        json_write_member_u64(out, "usage_left", (uint64_t)view->usage_left);
    else
        json_write_member_null(out, "usage_left");
    json_write_member_bool(out, "available", view->available);
    json_write_name(out, "reason");
    json_write_str(out, view->available ? NULL : view->reason);
    text_add_char(out, '}');
}

bool gateway_models_write(const struct gateway *g, uint32_t i, int key, bool only_available,
                          struct text *out)
{
    struct target target = target_number(g, i);
    struct view view;
    if (!look(g, &target, key, &view) || (only_available && !view.available))
        return false;
    write_entry(out, target.name, &view);
    return true;
}

void gateway_models_some(struct gateway *g, int client)
{
    struct gateway_client *c = &g->clients[client];
    const struct gateway_answer answer = {.status = 200, .content_type = "application/json"};
    if (c->ended || !gateway_answer_start(g, client, &answer))
        return;
    if (c->cursor == 0) {
        if (!gateway_answer_put(g, client, SPAN("{\"object\":\"list\",\"data\":[")))
            return;
        c->cursor = 1;
    }
    while ((c->cursor & ~CURSOR_COMMA) <= gateway_models_count(g)) {
        struct text entry = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
        if ((c->cursor & CURSOR_COMMA) != 0)
            text_add_char(&entry, ',');
        uint32_t number = (c->cursor & ~CURSOR_COMMA) - 1;
        bool written = gateway_models_write(g, number, c->key, c->available_only, &entry);
        if (written && !gateway_answer_put(g, client, text_span(&entry)))
            return;
        c->cursor = (c->cursor + 1) | (written ? CURSOR_COMMA : 0);
    }
    if (gateway_answer_put(g, client, SPAN("]}")))
        gateway_answer_end(g, client, false);
}

int64_t gateway_models_usage_left(const struct gateway *g, int model)
{
    struct target target = {KIND_MODEL, model, span_of(g->settings->models[model].name)};
    struct view view;
    bool known = model != g->settings->wildcard && look(g, &target, -1, &view);
    return known ? view.usage_left : -1;
}

void gateway_models_one(struct gateway *g, int client, struct span id)
{
    char bytes[GATEWAY_MODELS_ENTRY_BYTES];
    struct text entry = text_over(bytes, sizeof(bytes));
    struct target target = find(g, id);
    struct view view;
    if (!look(g, &target, g->clients[client].key, &view)) {
        struct gateway_error error = gateway_resolve_unknown(id);
        gateway_answer_error(g, client, &error, SPAN(""));
        return;
    }
    write_entry(&entry, id, &view);
    ASSERT(!entry.cut);
    gateway_answer_json(g, client, 200, text_span(&entry));
}
