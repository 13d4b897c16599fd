/* model_filter: every condition alone and together, their order, and the words for each. */
#include "core/model/model_filter.h"

#include "core/settings/settings.h"
#include "test/unit/unit.h"

#define B SETTINGS_TYPE_BASE
#define F SETTINGS_TYPE_FREE_TRIAL
#define P SETTINGS_TYPE_PREMIUM

/* A type's text; the type follows from it. NULL: untold. */
#define UNTOLD NULL

static const struct {
    unsigned include;
    unsigned exclude;
    int32_t min;
    bool only_new;
    const char *type;
    int32_t usage;
    bool is_new;
    enum model_filter_reason reason;
    const char *text;
} rows[] = {
    /* no filter */
    {0, 0, 0, false, "base", 0, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 0, false, "premium", 0, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 0, false, "other", -1, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 0, false, UNTOLD, -1, false, MODEL_FILTER_KEPT, "kept"},
    /* include_types */
    {B | F, 0, 0, false, "base", 0, false, MODEL_FILTER_KEPT, "kept"},
    {B | F, 0, 0, false, "freeTrial", 0, false, MODEL_FILTER_KEPT, "kept"},
    {B | F, 0, 0, false, "premium", 9, true, MODEL_FILTER_NOT_INCLUDED,
     "type premium is not in include_types"},
    {P, 0, 0, false, "base", 9, true, MODEL_FILTER_NOT_INCLUDED,
     "type base is not in include_types"},
    {B | F | P, 0, 0, false, "Base", 9, true, MODEL_FILTER_NOT_INCLUDED,
     "type Base is not in include_types"},
    {B | F | P, 0, 0, false, "other", 9, true, MODEL_FILTER_NOT_INCLUDED,
     "type other is not in include_types"},
    {B | F | P, 0, 0, false, UNTOLD, 9, true, MODEL_FILTER_NOT_INCLUDED,
     "no type is told, so it is not in include_types"},
    /* exclude_types */
    {0, P, 0, false, "premium", 9, true, MODEL_FILTER_EXCLUDED,
     "type premium is in exclude_types"},
    {0, B | P, 0, false, "base", 9, true, MODEL_FILTER_EXCLUDED, "type base is in exclude_types"},
    {0, P, 0, false, "freeTrial", 9, false, MODEL_FILTER_KEPT, "kept"},
    {0, B | F | P, 0, false, "other", 9, false, MODEL_FILTER_KEPT, "kept"},
    {0, B | F | P, 0, false, UNTOLD, 9, false, MODEL_FILTER_KEPT, "kept"},
    {P, P, 0, false, "premium", 9, false, MODEL_FILTER_EXCLUDED,
     "type premium is in exclude_types"},
    /* min_usage_left */
    {0, 0, 10, false, "freeTrial", 10, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 10, false, "freeTrial", 11, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 10, false, "freeTrial", 9, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 9 is under min_usage_left 10"},
    {0, 0, 10, false, "premium", 3, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 3 is under min_usage_left 10"},
    {0, 0, 10, false, "premium", 0, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 0 is under min_usage_left 10"},
    {0, 0, 10, false, "base", 0, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 10, false, "base", -1, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 10, false, "premium", -1, false, MODEL_FILTER_USAGE_UNTOLD,
     "usage_left is not told, and min_usage_left is 10"},
    {0, 0, 10, false, UNTOLD, -1, false, MODEL_FILTER_USAGE_UNTOLD,
     "usage_left is not told, and min_usage_left is 10"},
    {0, 0, 10, false, "other", 3, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 3 is under min_usage_left 10"},
    {0, 0, 1, false, "premium", 0, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 0 is under min_usage_left 1"},
    {0, 0, 0, false, "premium", -1, false, MODEL_FILTER_KEPT, "kept"},
    {0, 0, INT32_MAX, false, "premium", INT32_MAX, false, MODEL_FILTER_KEPT, "kept"},
    /* only_new */
    {0, 0, 0, true, "base", 0, true, MODEL_FILTER_KEPT, "kept"},
    {0, 0, 0, true, "base", 0, false, MODEL_FILTER_NOT_NEW, "it is not new, and only_new is set"},
    /* the order: the first that fails gives the reason */
    {B, P, 10, true, "premium", 0, false, MODEL_FILTER_NOT_INCLUDED,
     "type premium is not in include_types"},
    {P, P, 10, true, "premium", 0, false, MODEL_FILTER_EXCLUDED,
     "type premium is in exclude_types"},
    {P, B, 10, true, "premium", 0, false, MODEL_FILTER_USAGE_LOW,
     "usage_left 0 is under min_usage_left 10"},
    {P, B, 10, true, "premium", 10, false, MODEL_FILTER_NOT_NEW,
     "it is not new, and only_new is set"},
    {P, B, 10, true, "premium", 10, true, MODEL_FILTER_KEPT, "kept"},
    /* the user's own filter */
    {B | F, P, 10, false, "base", -1, false, MODEL_FILTER_KEPT, "kept"},
    {B | F, P, 10, false, "freeTrial", 10, false, MODEL_FILTER_KEPT, "kept"},
    {B | F, P, 10, false, "premium", 99, false, MODEL_FILTER_NOT_INCLUDED,
     "type premium is not in include_types"},
};

static struct settings_filter filter_of(size_t i)
{
    return (struct settings_filter){.include_types = rows[i].include,
                                    .exclude_types = rows[i].exclude,
                                    .min_usage_left = rows[i].min,
                                    .only_new = rows[i].only_new};
}

static void every_row(void)
{
    char buffer[128];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_filter filter = filter_of(i);
        struct model_item item = {.identifier = SPAN("m"),
                                  .type_text = span_of(rows[i].type),
                                  .usage_left = rows[i].usage,
                                  .is_new = rows[i].is_new};
        item.type = rows[i].type == NULL ? MODEL_TYPE_UNTOLD : model_list_type(item.type_text);
        enum model_filter_reason reason = model_filter_judge(&filter, &item);
        CU_ASSERT_EQUAL(reason, rows[i].reason);
        struct text text = text_over(buffer, sizeof(buffer));
        model_filter_explain(&text, reason, &filter, &item);
        CU_ASSERT_STRING_EQUAL(text_str(&text), rows[i].text);
    }
}

static void hostile_type_is_made_printable(void)
{
    char buffer[128];
    struct settings_filter filter = {.include_types = B};
    struct model_item item = {.type_text = SPAN("a\nb"), .type = MODEL_TYPE_UNKNOWN};
    struct text text = text_over(buffer, sizeof(buffer));
    model_filter_explain(&text, MODEL_FILTER_NOT_INCLUDED, &filter, &item);
    CU_ASSERT_STRING_EQUAL(text_str(&text), "type a?b is not in include_types");
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"hostile type is made printable", hostile_type_is_made_printable},
};

UNIT_MAIN("model_filter", tests)
