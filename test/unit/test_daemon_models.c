/* The table of models: headings, columns, what is kept and why not. */
#include "core/daemon_models.h"

#include <stdio.h>
#include <string.h>

#include "core/daemon.h"
#include "test/unit/unit.h"

static struct daemon d;

static void add_provider(const char *name, int model, int catalog)
{
    int number = d.settings.provider_count++;
    d.settings.providers[number] = (struct settings_provider){.name = name, .model = model};
    d.gateway.catalogs.of_provider[number] = (int16_t)catalog;
}

static void add_model(struct model_list *list, const char *identifier, const char *type,
                      int32_t uses)
{
    const struct model_item item = {.identifier = span_of(identifier),
                                    .name = span_of(identifier),
                                    .type = model_list_type(span_of(type)),
                                    .type_text = span_of(type),
                                    .usage_left = uses};
    CU_ASSERT_EQUAL(model_list_add(list, &item), MODEL_ADDED);
}

/* A catalog with a list in it; without one. */
static int open_catalog(uint64_t key, bool listed)
{
    struct model_catalogs *models = &d.gateway.catalogs.models;
    int catalog = model_catalog_open(models, key, 300);
    CU_ASSERT_EQUAL_FATAL(model_catalog_begin(models, catalog), RESULT_DONE);
    if (!listed) {
        model_catalog_abort(models, catalog, 0);
        return catalog;
    }
    struct model_list *list = model_catalog_building(models, catalog);
    add_model(list, "free", "base", MODEL_USAGE_UNTOLD);
    add_model(list, "trial", "freeTrial", 12);
    add_model(list, "gone", "freeTrial", 0);
    add_model(list, "dear", "premium", 7);
    add_model(list, "odd", "platinum", 5);
    model_catalog_commit(models, catalog, 0, 0);
    return catalog;
}

static void set_up(void)
{
    memset(&d.settings.providers, 0, sizeof(d.settings.providers));
    d.settings.provider_count = 0;
    d.settings.model_count = 2;
    d.settings.models[0].name = "small";
    d.settings.models[1].name = "large";
    model_catalog_init(&d.gateway.catalogs.models);
}

/* The next line; "" behind the end. */
static const char *next_line(struct daemon_models *place)
{
    static char bytes[512];
    struct text line = text_over(bytes, sizeof(bytes));
    return daemon_models_line(&d, place, &line) ? text_str(&line) : "";
}

static void one_provider(void)
{
    set_up();
    add_provider("main", 0, open_catalog(1, true));
    d.settings.providers[0].filter.exclude_types = SETTINGS_TYPE_PREMIUM;
    struct daemon_models place = {0};
    const char *line = next_line(&place);
    CU_ASSERT_EQUAL(strncmp(line, "# small / main: ", 16), 0);
    static const struct {
        const char *name;
        const char *uses;
        const char *verdict;
    } rows[] = {
        {"free ", " - ", "kept"},
        {"trial ", " 12 ", "kept"},
        {"gone ", " 0 ", "not available: its usage is used up"},
        {"dear ", " 7 ", "filtered out: "},
        {"odd ", " 5 ", "not available: its type is unknown"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        line = next_line(&place);
        CU_ASSERT_EQUAL(strncmp(line, rows[i].name, strlen(rows[i].name)), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(line, rows[i].uses));
        CU_ASSERT_PTR_NOT_NULL(strstr(line, rows[i].verdict));
    }
    CU_ASSERT_STRING_EQUAL(next_line(&place), "");
    CU_ASSERT_STRING_EQUAL(next_line(&place), "");
}

/* Verdicts stand below one another. */
static void columns(void)
{
    size_t at[5];
    set_up();
    add_provider("main", 0, open_catalog(1, true));
    struct daemon_models place = {0};
    next_line(&place);
    static const char *const verdicts[] = {"kept", "kept", "not available", "kept",
                                           "not available"};
    for (size_t i = 0; i < 5; i++) {
        const char *line = next_line(&place);
        const char *verdict = strstr(line, verdicts[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
        at[i] = (size_t)(verdict - line);
        CU_ASSERT_EQUAL(at[i], at[0]);
    }
    CU_ASSERT(at[0] > 40);
}

/* Names longer than their columns push the others on, and are not cut. */
static void long_names(void)
{
    char name[MODEL_TEXT_MAX_BYTES + 1];
    set_up();
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    int catalog = open_catalog(1, false);
    struct model_catalogs *models = &d.gateway.catalogs.models;
    CU_ASSERT_EQUAL(model_catalog_begin(models, catalog), RESULT_DONE);
    add_model(model_catalog_building(models, catalog), name, "base", 3);
    model_catalog_commit(models, catalog, 0, 0);
    add_provider("main", 0, catalog);
    struct daemon_models place = {0};
    next_line(&place);
    const char *line = next_line(&place);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, name));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, " base "));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "kept"));
    CU_ASSERT_STRING_EQUAL(next_line(&place), "");
}

/* Each provider has its own filter over a list that it may share; those without a list are left
 * out. */
static void several_providers(void)
{
    int shared, missing;
    int headings = 0, kept = 0, lines = 0;
    char filtered_by[64] = "";
    set_up();
    shared = open_catalog(1, true);
    missing = open_catalog(2, false);
    add_provider("box", 0, MODEL_CATALOG_NONE);
    add_provider("all", 0, shared);
    add_provider("mute", 0, missing);
    add_provider("new", 1, shared);
    add_provider("end", 1, MODEL_CATALOG_NONE);
    d.settings.providers[3].filter.only_new = true;
    struct daemon_models place = {0};
    for (const char *line = next_line(&place); line[0] != '\0'; line = next_line(&place)) {
        lines++;
        headings += line[0] == '#';
        kept += strstr(line, "kept") != NULL && line[0] != '#';
        if (line[0] == '#')
            snprintf(filtered_by, sizeof(filtered_by), "%.20s", line);
    }
    CU_ASSERT_EQUAL(headings, 2);
    CU_ASSERT_EQUAL(lines, 12);
    CU_ASSERT_EQUAL(kept, 3);
    CU_ASSERT_EQUAL(strncmp(filtered_by, "# large / new: ", 15), 0);
}

static void an_empty_list(void)
{
    struct model_catalogs *models = &d.gateway.catalogs.models;
    set_up();
    int catalog = model_catalog_open(models, 1, 300);
    CU_ASSERT_EQUAL(model_catalog_begin(models, catalog), RESULT_DONE);
    model_catalog_commit(models, catalog, 0, 0);
    add_provider("main", 0, catalog);
    add_provider("second", 1, catalog);
    struct daemon_models place = {0};
    CU_ASSERT_EQUAL(strncmp(next_line(&place), "# small / main", 14), 0);
    CU_ASSERT_EQUAL(strncmp(next_line(&place), "# large / second", 16), 0);
    CU_ASSERT_STRING_EQUAL(next_line(&place), "");
}

static const struct unit_test tests[] = {
    {"each verdict", one_provider},
    {"columns", columns},
    {"long names", long_names},
    {"several providers", several_providers},
    {"an empty list", an_empty_list},
};

UNIT_MAIN("daemon_models", tests)
