/* What /v1/models tells: every name, every reason, every key; the list through a small queue. */
#include "core/gateway/gateway_models.h"
#include "core/model/model_catalog.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define S (&unit_gateway_settings)

/* The services' list. */
static const struct {
    const char *identifier;
    const char *name;
    const char *type;
    int32_t usage_left;
} listed[] = {
    {"gpt-4.1-mini", "GPT-4.1 mini", "base", 5},
    {"trial", "Trial", "freeTrial", 3},
    {"used-up", "Used \"up\"", "premium", 0},
    {"untold", "", "freeTrial", MODEL_USAGE_UNTOLD},
    {"corporate", "Corporate", "enterprise", 9},
    {"plain", "Plain", "", MODEL_USAGE_UNTOLD},
};

static void open_catalog(void)
{
    struct model_catalogs *all = &G->catalogs.models;
    model_catalog_init(all);
    int catalog = model_catalog_open(all, 1, 300);
    CU_ASSERT_EQUAL_FATAL(model_catalog_begin(all, catalog), RESULT_DONE);
    for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
        struct model_item item = {.identifier = span_of(listed[i].identifier),
                                  .name = span_of(listed[i].name),
                                  .type_text = span_of(listed[i].type),
                                  .usage_left = listed[i].usage_left};
        item.type = item.type_text.len > 0 ? model_list_type(item.type_text) : MODEL_TYPE_UNTOLD;
        model_list_add(model_catalog_building(all, catalog), &item);
    }
    model_catalog_commit(all, catalog, 1, 1);
    for (int i = 0; i < SETTINGS_PROVIDERS; i++)
        G->catalogs.of_provider[i] = (int16_t)catalog;
}

/* A further model with a provider for each of the service's names given, up to a NULL. */
static void add_model(const char *name, const char *const *identifiers)
{
    struct settings_model *model = &S->models[S->model_count++];
    *model = (struct settings_model){.name = name, .route_first = (uint16_t)S->route_count};
    for (int i = 0; identifiers[i] != NULL; i++, model->route_count++) {
        S->providers[S->provider_count] = (struct settings_provider){
            .name = "p", .model_name = identifiers[i], .protocol = SETTINGS_RUST_PROXY};
        S->routes[S->route_count++] = (uint16_t)S->provider_count++;
    }
}

static void add_variant(int function, int model)
{
    S->variants[S->variant_count++] = (struct settings_variant){.function = function,
                                                                .model = model};
}

/* Models, one of them the wildcard in their middle, then functions, then aliases. */
static void set_up(void)
{
    static const struct {
        const char *name;
        const char *identifiers[3];
    } models[] = {
        {"mini", {"GPT-4.1-Mini", NULL, NULL}},
        {"trial", {"trial", NULL, NULL}},
        {"*", {NULL, NULL, NULL}},
        {"used", {"used-up", NULL, NULL}},
        {"corporate", {"corporate", NULL, NULL}},
        {"untold", {"untold", NULL, NULL}},
        {"plain", {"plain", NULL, NULL}},
        {"missing", {"nobody", NULL, NULL}},
        {"second", {"nobody", "trial", NULL}},
        {"neither", {"used-up", "nobody", NULL}},
    };
    unit_gateway_fresh(false);
    S->model_count = S->provider_count = S->route_count = 0;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        add_model(models[i].name, models[i].identifiers);
    S->wildcard = 2;
    S->function_count = 3;
    S->functions[0].name = "some";
    S->functions[1].name = "none";
    S->functions[2].name = "abroad";
    add_variant(0, 3);
    add_variant(1, 3);
    add_variant(0, 1);
    add_variant(2, -1);
    S->alias_count = 2;
    S->aliases[0] = (struct settings_alias){"nick", 0};
    S->aliases[1] = (struct settings_alias){"o'\"nick", 3};
    S->keys[0] = (struct settings_key){.name = "all", .all_models = true};
    S->keys[1] = (struct settings_key){.name = "some", .models = {"mini\0trial", 2}};
    S->keys[2] = (struct settings_key){.name = "none"};
    S->keys[3] = (struct settings_key){.name = "late", .models = {"plain", 1}};
    S->key_count = 4;
    open_catalog();
}

static const struct {
    const char *name;
    const char *rest; /* behind owned_by */
} objects[] = {
    {"mini", "\"display_name\":\"GPT-4.1 mini\",\"type\":\"base\",\"usage_left\":null,"
             "\"available\":true,\"reason\":null}"},
    {"trial", "\"display_name\":\"Trial\",\"type\":\"freeTrial\",\"usage_left\":3,"
              "\"available\":true,\"reason\":null}"},
    {"used", "\"display_name\":\"Used \\\"up\\\"\",\"type\":\"premium\",\"usage_left\":0,"
             "\"available\":false,\"reason\":\"usage_used_up\"}"},
    {"corporate", "\"display_name\":\"Corporate\",\"type\":null,\"usage_left\":null,"
                  "\"available\":false,\"reason\":\"unknown_type\"}"},
    {"untold", "\"display_name\":\"untold\",\"type\":\"freeTrial\",\"usage_left\":null,"
               "\"available\":true,\"reason\":null}"},
    {"plain", "\"display_name\":\"Plain\",\"type\":null,\"usage_left\":null,"
              "\"available\":true,\"reason\":null}"},
    {"missing", "\"display_name\":null,\"type\":null,\"usage_left\":null,"
                "\"available\":false,\"reason\":\"not_found\"}"},
    {"second", "\"display_name\":\"Trial\",\"type\":\"freeTrial\",\"usage_left\":3,"
               "\"available\":true,\"reason\":null}"},
    {"neither", "\"display_name\":\"Used \\\"up\\\"\",\"type\":\"premium\",\"usage_left\":0,"
                "\"available\":false,\"reason\":\"usage_used_up\"}"},
    {"some", "\"display_name\":\"Used \\\"up\\\"\",\"type\":\"premium\",\"usage_left\":0,"
             "\"available\":true,\"reason\":null}"},
    {"none", "\"display_name\":\"Used \\\"up\\\"\",\"type\":\"premium\",\"usage_left\":0,"
             "\"available\":false,\"reason\":\"usage_used_up\"}"},
    {"nick", "\"display_name\":\"GPT-4.1 mini\",\"type\":\"base\",\"usage_left\":null,"
             "\"available\":true,\"reason\":null}"},
};

/* The whole list as one key sees it. */
static struct span read_list(int key, bool only_available, size_t pace)
{
    unit_gateway_client(key);
    G->clients[0].available_only = only_available;
    do {
        gateway_models_some(G, 0);
        CU_ASSERT_TRUE(G->clients[0].out.len <= LIMIT_OUT_BYTES + 16);
        unit_gateway_read(pace);
    } while (!G->clients[0].ended);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole && answer.chunked);
    CU_ASSERT_TRUE_FATAL(unit_gateway_is_json(answer.body));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "object"), SPAN("\"list\"")));
    CU_ASSERT_PTR_NOT_NULL(unit_gateway_at(answer.body, "data").at);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    return answer.body;
}

/* The object of that name in a list; at NULL: it is not there. */
static struct span find_object(struct span list, const char *name)
{
    char path[16];
    for (int i = 0;; i++) {
        struct text text = text_over(path, sizeof(path));
        text_add_str(&text, "data.");
        text_add_u64(&text, (uint64_t)i);
        struct span object = unit_gateway_at(list, text_str(&text));
        if (object.at == NULL ||
            span_equal(unit_gateway_string(object, "id"), span_of(name)))
            return object;
    }
}

static int count_objects(struct span list)
{
    int count = 0;
    for (size_t i = 0; i + 5 < list.len; i++)
        count += span_starts(span_skip(list, i), SPAN("{\"id\""));
    return count;
}

static void every_object(void)
{
    char bytes[512];
    set_up();
    struct span list = read_list(-1, false, SIZE_MAX);
    CU_ASSERT_EQUAL(count_objects(list), 13);
    CU_ASSERT_EQUAL(gateway_models_count(G), 9 + 3 + 2);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        struct text expected = text_over(bytes, sizeof(bytes));
        text_add_str(&expected, "{\"id\":\"");
        text_add_str(&expected, objects[i].name);
        text_add_str(&expected, "\",\"object\":\"model\",\"created\":0,\"owned_by\":\"moongate\",");
        text_add_str(&expected, objects[i].rest);
        CU_ASSERT_TRUE(span_equal(find_object(list, objects[i].name), text_span(&expected)));
    }
    CU_ASSERT_PTR_NOT_NULL(find_object(list, "o'\"nick").at);
    CU_ASSERT_PTR_NULL(find_object(list, "*").at);
    CU_ASSERT_PTR_NULL(find_object(list, "abroad").at);
}

static void the_order(void)
{
    set_up();
    struct span list = read_list(-1, false, SIZE_MAX);
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(list, "data.0.id"), SPAN("mini")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(list, "data.2.id"), SPAN("used")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(list, "data.9.id"), SPAN("some")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(list, "data.11.id"), SPAN("nick")));
}

static void available_ones_alone(void)
{
    set_up();
    struct span list = read_list(-1, true, SIZE_MAX);
    CU_ASSERT_EQUAL(count_objects(list), 7);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        CU_ASSERT_EQUAL(find_object(list, objects[i].name).at != NULL,
                        strstr(objects[i].rest, "\"available\":true") != NULL);
}

static void keys_see_what_they_may_use(void)
{
    set_up();
    CU_ASSERT_EQUAL(count_objects(read_list(0, false, SIZE_MAX)), 13);
    CU_ASSERT_EQUAL(count_objects(read_list(2, false, SIZE_MAX)), 0);
    CU_ASSERT_EQUAL(count_objects(read_list(3, false, SIZE_MAX)), 1);
    struct span list = read_list(1, false, SIZE_MAX);
    CU_ASSERT_EQUAL(count_objects(list), 4);
    CU_ASSERT_PTR_NOT_NULL(find_object(list, "mini").at);
    CU_ASSERT_PTR_NOT_NULL(find_object(list, "trial").at);
    CU_ASSERT_PTR_NOT_NULL(find_object(list, "nick").at);
    /* Of the function's variants it sees its own. */
    struct span some = find_object(list, "some");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(some, "usage_left"), SPAN("3")));
}

static void benched_providers(void)
{
    set_up();
    G->benches[0].until_us = G->now_us + 1;
    struct span list = read_list(-1, false, SIZE_MAX);
    struct span mini = find_object(list, "mini");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(mini, "available"), SPAN("false")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(mini, "reason"), SPAN("\"circuit_open\"")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(mini, "display_name"), SPAN("\"GPT-4.1 mini\"")));
    G->benches[0].until_us = G->now_us;
    mini = find_object(read_list(-1, false, SIZE_MAX), "mini");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(mini, "available"), SPAN("true")));
    /* Another provider still answers. */
    G->benches[S->routes[S->models[8].route_first]].until_us = UINT64_MAX;
    struct span second = find_object(read_list(-1, false, SIZE_MAX), "second");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(second, "available"), SPAN("true")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(second, "reason"), SPAN("null")));
}

static void filters_and_providers_without_lists(void)
{
    set_up();
    S->providers[0].filter.exclude_types = SETTINGS_TYPE_BASE;
    struct span mini = find_object(read_list(-1, false, SIZE_MAX), "mini");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(mini, "reason"), SPAN("\"not_found\"")));
    for (int i = 0; i < SETTINGS_PROVIDERS; i++)
        G->catalogs.of_provider[i] = MODEL_CATALOG_NONE;
    struct span list = read_list(-1, true, SIZE_MAX);
    CU_ASSERT_EQUAL(count_objects(list), 13);
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(find_object(list, "used"), "display_name"),
                              SPAN("null")));
}

/* ---- names without a section ---- */

static int object_named(struct span list, const char *name, const char *reason)
{
    int count = 0;
    for (int i = 0; i < count_objects(list); i++) {
        char path[32];
        snprintf(path, sizeof(path), "data.%d.id", i);
        count += span_equal(unit_gateway_string(list, path), span_of(name));
    }
    if (count == 1 && reason != NULL)
        CU_ASSERT_TRUE(span_equal(unit_gateway_at(find_object(list, name), "reason"),
                                  span_of(reason)));
    return count;
}

/* The wildcard gets two providers that share the list, the first of which leaves out premium. */
static void open_wildcard(void)
{
    set_up();
    S->models[2].route_first = (uint16_t)S->route_count;
    S->models[2].route_count = 2;
    for (int i = 0; i < 2; i++) {
        S->providers[S->provider_count] =
            (struct settings_provider){.name = "w", .protocol = SETTINGS_OPENAI, .model = 2};
        S->routes[S->route_count++] = (uint16_t)S->provider_count++;
    }
    S->providers[S->provider_count - 2].filter.exclude_types = SETTINGS_TYPE_PREMIUM;
}

/* Each name once: not those that are told anyway. */
static void what_a_wildcard_lists(void)
{
    open_wildcard();
    struct span list = read_list(-1, false, 2000);
    CU_ASSERT_EQUAL(object_named(list, "gpt-4.1-mini", "null"), 1);
    CU_ASSERT_EQUAL(object_named(list, "used-up", "\"usage_used_up\""), 1);
    CU_ASSERT_EQUAL(object_named(list, "trial", NULL), 1);
    CU_ASSERT_EQUAL(object_named(list, "corporate", NULL), 1);
    CU_ASSERT_EQUAL(object_named(list, "*", NULL), 0);
    CU_ASSERT_EQUAL(count_objects(list), 15);
    S->providers[S->provider_count - 1].filter.exclude_types = SETTINGS_TYPE_PREMIUM;
    CU_ASSERT_EQUAL(object_named(read_list(-1, false, SIZE_MAX), "used-up", NULL), 0);
    S->keys[1].models = (struct settings_list){"gpt-4.1-mini\0mini", 2};
    CU_ASSERT_EQUAL(count_objects(read_list(1, false, SIZE_MAX)), 3);
}

static int status_of(const char *name, int key)
{
    unit_gateway_client(key);
    gateway_models_one(G, 0, span_of(name));
    return unit_gateway_answer().status;
}

static void one_without_a_section(void)
{
    open_wildcard();
    CU_ASSERT_EQUAL(status_of("gpt-4.1-mini", -1), 200);
    CU_ASSERT_EQUAL(status_of("tensorzero::model_name::used-up", -1), 200);
    CU_ASSERT_EQUAL(status_of("tensorzero::function_name::used-up", -1), 404);
    CU_ASSERT_EQUAL(status_of("gpt-4.1-mini", 2), 404);
    CU_ASSERT_EQUAL(status_of("nobody", -1), 404);
    CU_ASSERT_EQUAL(status_of("groq::x", -1), 404);
    S->shorthand_count = 1;
    S->models[S->model_count] = (struct settings_model){
        .name = "groq", .route_first = (uint16_t)S->route_count, .route_count = 1};
    S->providers[S->provider_count] =
        (struct settings_provider){.name = "groq", .model = S->model_count};
    G->catalogs.of_provider[S->provider_count] = MODEL_CATALOG_NONE;
    S->routes[S->route_count++] = (uint16_t)S->provider_count++;
    CU_ASSERT_EQUAL(status_of("groq::x", -1), 200);
    CU_ASSERT_EQUAL(status_of("groq::x", 1), 404);
    CU_ASSERT_EQUAL(status_of("groq::", -1), 404);
    CU_ASSERT_EQUAL(object_named(read_list(-1, false, SIZE_MAX), "groq", NULL), 0);
}

/* As many and as long as there may be, and a reader at every pace. */
static void a_long_list_in_pieces(void)
{
    static char names[2][LIMIT_NAME_BYTES];
    static const size_t paces[] = {300, 2000, SIZE_MAX};
    memset(names[0], 1, LIMIT_NAME_BYTES - 1);
    memset(names[1], 'n', LIMIT_NAME_BYTES - 1);
    set_up();
    S->alias_count = LIMIT_ALIASES;
    for (int i = 0; i < LIMIT_ALIASES; i++)
        S->aliases[i] = (struct settings_alias){names[i % 2], 0};
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(count_objects(read_list(-1, false, paces[i])), 11 + LIMIT_ALIASES);
}

static void no_names_at_all(void)
{
    set_up();
    S->model_count = S->function_count = S->alias_count = 0;
    S->wildcard = -1;
    CU_ASSERT_TRUE(span_equal(read_list(-1, false, 1), SPAN("{\"object\":\"list\",\"data\":[]}")));
}

static void no_pages(void)
{
    set_up();
    unit_gateway_leave_pages(0);
    gateway_models_some(G, 0);
    CU_ASSERT_TRUE(G->clients[0].ended && G->clients[0].close);
    CU_ASSERT_EQUAL(unit_gateway_answer().status, 0);
    unit_gateway_give_pages();
    set_up();
    unit_gateway_leave_pages(1);
    gateway_models_some(G, 0);
    unit_gateway_read(SIZE_MAX);
    CU_ASSERT_FALSE(G->clients[0].ended);
    unit_gateway_give_pages();
    gateway_models_some(G, 0);
    CU_ASSERT_TRUE(G->clients[0].ended);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_TRUE(answer.whole && unit_gateway_is_json(answer.body));
}

/* ---- one ---- */

static const struct {
    const char *asked;
    int key;
    const char *display_name; /* JSON; NULL: 404 */
} asked[] = {
    {"mini", -1, "\"GPT-4.1 mini\""},
    {"mini", 1, "\"GPT-4.1 mini\""},
    {"mini", 2, NULL},
    {"nick", -1, "\"GPT-4.1 mini\""},
    {"nick", 2, NULL},
    {"tensorzero::model_name::mini", -1, "\"GPT-4.1 mini\""},
    {"tensorzero::function_name::some", -1, "\"Used \\\"up\\\"\""},
    {"some", -1, "\"Used \\\"up\\\"\""},
    {"some", 1, "\"Trial\""},
    {"none", 1, NULL},
    {"missing", -1, "null"},
    {"tensorzero::function_name::mini", -1, NULL},
    {"abroad", -1, NULL},
    {"*", -1, NULL},
    {"", -1, NULL},
    {"Mini", -1, NULL},
    {"nobody-knows\n\"x\"", -1, NULL},
};

static void one_model(void)
{
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        set_up();
        unit_gateway_client(asked[i].key);
        gateway_models_one(G, 0, span_of(asked[i].asked));
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_EQUAL(answer.status, asked[i].display_name != NULL ? 200 : 404);
        CU_ASSERT_TRUE(answer.whole && !answer.chunked);
        CU_ASSERT_TRUE_FATAL(unit_gateway_is_json(answer.body));
        if (answer.status == 200) {
            CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "id"),
                                      span_of(asked[i].asked)));
            CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "display_name"),
                                      span_of(asked[i].display_name)));
            continue;
        }
        CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "error.code"),
                                  SPAN("\"model_not_found\"")));
        CU_ASSERT_TRUE(span_starts(unit_gateway_string(answer.body, "error.message"),
                                   SPAN("Model not available: ")));
    }
}

static const struct unit_test tests[] = {
    {"every object", every_object},
    {"the order", the_order},
    {"available ones alone", available_ones_alone},
    {"keys see what they may use", keys_see_what_they_may_use},
    {"benched providers", benched_providers},
    {"filters and providers without lists", filters_and_providers_without_lists},
    {"a long list in pieces", a_long_list_in_pieces},
    {"no names at all", no_names_at_all},
    {"what a wildcard lists", what_a_wildcard_lists},
    {"one without a section", one_without_a_section},
    {"no pages", no_pages},
    {"one model", one_model},
};

UNIT_MAIN("gateway_models", tests)
