/* settings_match: paths that are keys, sections, known and ignored, or nearly known. */
#include "core/settings/settings_match.h"

#include "core/settings/settings_keys.h"
#include "test/unit/unit.h"

static struct settings_path path_of(const char *text)
{
    struct settings_path path = {.count = 0};
    CU_ASSERT_PTR_NULL(settings_path_add(&path, span_of(text)));
    return path;
}

static void every_row_matches_itself(void)
{
    const struct settings_row *row;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        char text[128];
        struct text name = text_over(text, sizeof(text));
        for (const char *at = row->path; *at != 0; at++)
            text_add_char(&name, *at == '*' ? 'n' : *at);
        struct settings_path path = path_of(text_str(&name));
        CU_ASSERT_EQUAL(settings_match_key(&path), i);
        CU_ASSERT_FALSE(settings_match_section(&path));
        CU_ASSERT_EQUAL(settings_match_ignored(&path).len, 0);
        path.count--;
        CU_ASSERT_EQUAL(settings_match_key(&path), -1);
        CU_ASSERT_TRUE(settings_match_section(&path));
    }
}

static void paths(void)
{
    static const struct {
        const char *path;
        bool section;
        const char *ignored;
        const char *near;
        bool behind_name;
    } rows[] = {
        {"gateway", true, "", "", false},
        {"models.m.providers", true, "", "", false},
        {"models.m.timeouts.streaming", true, "", "", false},
        {"gatewy", false, "", "gateway", false},
        {"gateway.bind_adress", false, "", "bind_address", false},
        {"gateway.limits.queue", false, "", "queue_ms", false},
        {"gateway.bind_address.x", false, "", "", false},
        {"models.gpt-4.1", false, "", "routing", true},
        {"aliases.gpt-4.1", false, "", "", true},
        {"models.m.provider.p", false, "", "providers", true},
        {"models.m.providers.p.model_filter.only_now", false, "", "only_new", false},
        {"Gateway", false, "", "gateway", false},
        {"metrics", false, "metrics", NULL, false},
        {"metrics.rated.type", false, "metrics", NULL, false},
        {"tools.x", false, "tools", NULL, false},
        {"object_storage", false, "object_storage", NULL, false},
        {"functions.f.system_schema", false, "system_schema", NULL, true},
        {"functions.f.variants.v.user_template", false, "user_template", NULL, true},
        {"functions.f.variants.v.templates.a.path", false, "templates", NULL, true},
        {"metric", false, "", NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_path path = path_of(rows[i].path);
        struct settings_miss miss = settings_match_miss(&path);
        CU_ASSERT_EQUAL(settings_match_key(&path), -1);
        CU_ASSERT_EQUAL(settings_match_section(&path), rows[i].section);
        CU_ASSERT(span_equal(settings_match_ignored(&path), span_of(rows[i].ignored)));
        CU_ASSERT_EQUAL(miss.part == path.count, rows[i].section);
        CU_ASSERT_EQUAL(miss.behind_name, rows[i].behind_name);
        if (rows[i].near != NULL)
            CU_ASSERT(span_equal(miss.near, span_of(rows[i].near)));
    }
}

static const struct unit_test tests[] = {
    {"every row matches itself", every_row_matches_itself},
    {"paths", paths},
};

UNIT_MAIN("settings_match", tests)
