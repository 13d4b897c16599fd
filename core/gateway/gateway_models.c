/* See gateway_models.h. */
#include "core/gateway/gateway_models.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
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

static const struct model_list *list_of(const struct gateway *g, int provider)
{
    int catalog = g->catalogs.of_provider[provider];
    return catalog == MODEL_CATALOG_NONE ? NULL : model_catalog_list(&g->catalogs.models, catalog);
}

static struct model_verdict judge(const struct gateway *g, int provider)
{
    const struct settings_provider *settings = &g->settings->providers[provider];
    struct span name = span_of(settings->model_name);
    if (settings->protocol == SETTINGS_RUST_PROXY)
        name = model_names_map(g->settings, name);
    return model_check(list_of(g, provider), &settings->filter, name);
}

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

static void look_at_model(const struct gateway *g, int model, struct view *view)
{
    for (int i = 0; i < g->settings->models[model].route_count; i++) {
        int provider = settings_route(g->settings, model, i);
        struct model_verdict verdict = judge(g, provider);
        bool benched = g->benches[provider].until_us > g->now_us;
        const char *reason = benched ? "circuit_open" : model_check_reason(verdict);
        take_entry(view, list_of(g, provider), verdict.entry);
        view->available |= reason == NULL;
        if (view->reason == NULL)
            view->reason = reason;
    }
}

/* ---- names ---- */

enum kind { KIND_MODEL, KIND_FUNCTION };

/* What a name comes to. */
struct target {
    enum kind kind;
    int index;
    const char *name;
};

/* One model may be used by any client, another only by some. */
static bool may_use(const struct gateway *g, int key, int model)
{
    const struct settings_key *settings = &g->settings->keys[key < 0 ? 0 : key];
    return key < 0 || settings->all_models ||
           settings_list_has(&settings->models, span_of(g->settings->models[model].name));
}

/* What the variants of a function that the key may use come to together. False: there are none. */
static bool look_at_function(const struct gateway *g, int function, int key, struct view *view)
{
    bool any = false;
    for (int i = 0; i < g->settings->variant_count; i++) {
        const struct settings_variant *variant = &g->settings->variants[i];
        if (variant->function != function || variant->model < 0 ||
            !may_use(g, key, variant->model))
            continue;
        look_at_model(g, variant->model, view);
        any = true;
    }
    return any;
}

static bool look(const struct gateway *g, const struct target *target, int key, struct view *view)
{
    *view = (struct view){.usage_left = -1};
    if (target->kind == KIND_FUNCTION)
        return look_at_function(g, target->index, key, view);
    if (!may_use(g, key, target->index))
        return false;
    look_at_model(g, target->index, view);
    return true;
}

uint32_t gateway_models_count(const struct gateway *g)
{
    const struct settings *settings = g->settings;
    int models = settings->model_count - (settings->wildcard >= 0);
    return (uint32_t)(models + settings->function_count + settings->alias_count);
}

static struct target target_number(const struct gateway *g, uint32_t number)
{
    const struct settings *settings = g->settings;
    int models = settings->model_count - (settings->wildcard >= 0);
    int i = (int)number;
    ASSERT(number < gateway_models_count(g));
    if (i < models) {
        i += settings->wildcard >= 0 && i >= settings->wildcard;
        return (struct target){KIND_MODEL, i, settings->models[i].name};
    }
    i -= models;
    if (i < settings->function_count)
        return (struct target){KIND_FUNCTION, i, settings->functions[i].name};
    const struct settings_alias *alias = &settings->aliases[i - settings->function_count];
    return (struct target){KIND_MODEL, alias->model, alias->name};
}

/* What a chat would find by that name. */
static bool find(const struct gateway *g, struct span name, struct target *target)
{
    bool prefixed = span_starts(name, FUNCTION_PREFIX);
    struct model_target model = model_names_resolve(g->settings, name);
    *target = (struct target){KIND_MODEL, model.index, NULL};
    if (!prefixed && model.kind == MODEL_NAMES_MODEL)
        return true;
    int function = settings_function_find(
        g->settings, prefixed ? span_skip(name, FUNCTION_PREFIX.len) : name);
    *target = (struct target){KIND_FUNCTION, function, NULL};
    return function >= 0;
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
    write_entry(out, span_of(target.name), &view);
    return true;
}

/* Queues bytes. False: there is no room now; or no page, and nothing on its way whose end would
 * wake us: the answer is cut. */
static bool queue(struct gateway *g, int client, struct span bytes)
{
    if (gateway_answer_room(g, client) < bytes.len)
        return false;
    if (gateway_answer_add(g, client, bytes))
        return true;
    if (g->clients[client].out.len == 0)
        gateway_answer_cut(g, client);
    return false;
}

static bool begin_list(struct gateway *g, int client)
{
    const struct gateway_answer answer = {.status = 200, .content_type = "application/json"};
    if (g->clients[client].framing != GATEWAY_FRAMING_NONE)
        return true;
    if (gateway_answer_begin(g, client, &answer))
        return true;
    gateway_answer_cut(g, client);
    return false;
}

void gateway_models_some(struct gateway *g, int client)
{
    struct gateway_client *c = &g->clients[client];
    if (c->ended || !begin_list(g, client))
        return;
    if (c->cursor == 0) {
        if (!queue(g, client, SPAN("{\"object\":\"list\",\"data\":[")))
            return;
        c->cursor = 1;
    }
    while ((c->cursor & ~CURSOR_COMMA) <= gateway_models_count(g)) {
        struct text entry = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
        if ((c->cursor & CURSOR_COMMA) != 0)
            text_add_char(&entry, ',');
        uint32_t number = (c->cursor & ~CURSOR_COMMA) - 1;
        bool written = gateway_models_write(g, number, c->key, c->available_only, &entry);
        if (written && !queue(g, client, text_span(&entry)))
            return;
        c->cursor = (c->cursor + 1) | (written ? CURSOR_COMMA : 0);
    }
    if (queue(g, client, SPAN("]}")))
        gateway_answer_end(g, client, false);
}

static void refuse(struct gateway *g, int client, struct span id)
{
    struct gateway_error error = gateway_error_with(404, "", "model", "model_not_found");
    struct text message = gateway_error_text(&error);
    text_add_str(&message, "Model not available: ");
    text_add_printable(&message, id, LIMIT_NAME_BYTES);
    text_add_str(&message, ": no such model, alias or function is configured");
    text_str(&message);
    gateway_answer_error(g, client, &error, SPAN(""));
}

void gateway_models_one(struct gateway *g, int client, struct span id)
{
    char bytes[GATEWAY_MODELS_ENTRY_BYTES];
    struct text entry = text_over(bytes, sizeof(bytes));
    struct target target;
    struct view view;
    bool found = find(g, id, &target) && look(g, &target, g->clients[client].key, &view);
    if (!found) {
        refuse(g, client, id);
        return;
    }
    write_entry(&entry, id, &view);
    ASSERT(!entry.cut);
    gateway_answer_json(g, client, 200, text_span(&entry));
}
