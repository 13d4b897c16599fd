/* model_quota: what an inference costs, and when it is said that little is left. */
#include "core/model/model_quota.h"

#include "test/unit/unit.h"

static struct model_list list;

static void one(enum model_type type, int32_t usage)
{
    struct model_item item = {.identifier = SPAN("m"), .type = type, .usage_left = usage};
    model_list_clear(&list);
    CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
}

static void spend(void)
{
    static const struct {
        enum model_type type;
        int32_t before;
        int32_t after;
        int counted;
        int32_t shown;
    } rows[] = {
        {MODEL_TYPE_FREE_TRIAL, 10, 9, 0, 9},
        {MODEL_TYPE_PREMIUM, 1, 0, 0, 0},
        {MODEL_TYPE_PREMIUM, 0, 0, 0, 0},
        {MODEL_TYPE_FREE_TRIAL, INT32_MAX, INT32_MAX - 1, 0, INT32_MAX - 1},
        {MODEL_TYPE_BASE, 10, 10, MODEL_NONE, MODEL_USAGE_UNTOLD},
        {MODEL_TYPE_UNTOLD, 10, 10, MODEL_NONE, MODEL_USAGE_UNTOLD},
        {MODEL_TYPE_UNKNOWN, 10, 10, MODEL_NONE, MODEL_USAGE_UNTOLD},
        {MODEL_TYPE_PREMIUM, -1, MODEL_USAGE_UNTOLD, MODEL_NONE, MODEL_USAGE_UNTOLD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        one(rows[i].type, rows[i].before);
        CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("m")), rows[i].counted);
        CU_ASSERT_EQUAL(list.entries[0].usage_left, rows[i].after);
        CU_ASSERT_EQUAL(model_quota_left(&list, 0), rows[i].shown);
    }
}

static void spend_on_nothing(void)
{
    one(MODEL_TYPE_PREMIUM, 3);
    CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("other")), MODEL_NONE);
    CU_ASSERT_EQUAL(list.entries[0].usage_left, 3);
    CU_ASSERT_EQUAL(model_quota_spend(NULL, SPAN("m")), MODEL_NONE);
}

/* A list of which some are counted, wherever those stand, and then one of none. */
static void spend_among_others(void)
{
    struct model_item free_one = {.identifier = SPAN("f"), .type = MODEL_TYPE_BASE};
    struct model_item trial = {
        .identifier = SPAN("t"), .type = MODEL_TYPE_FREE_TRIAL, .usage_left = 5};
    for (int first = 0; first < 2; first++) {
        model_list_clear(&list);
        CU_ASSERT_EQUAL(model_list_add(&list, first ? &trial : &free_one), MODEL_ADDED);
        CU_ASSERT_EQUAL(model_list_add(&list, first ? &free_one : &trial), MODEL_ADDED);
        CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("f")), MODEL_NONE);
        CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("t")), first ? 0 : 1);
        CU_ASSERT_EQUAL(list.entries[first ? 0 : 1].usage_left, 4);
    }
    model_list_clear(&list);
    CU_ASSERT_EQUAL(model_list_add(&list, &free_one), MODEL_ADDED);
    CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("f")), MODEL_NONE);
    CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("t")), MODEL_NONE);
}

static void never_below_zero(void)
{
    one(MODEL_TYPE_PREMIUM, 3);
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(model_quota_spend(&list, SPAN("m")), 0);
    CU_ASSERT_EQUAL(list.entries[0].usage_left, 0);
}

static void warns_once_at_each_crossing(void)
{
    static const struct {
        int32_t usage;
        bool warns;
    } rows[] = {
        {12, false}, {10, false}, {9, true}, {8, false}, {0, false},
        {10, false}, {9, true},   {9, false}, {50, false}, {3, true},
    };
    one(MODEL_TYPE_FREE_TRIAL, 12);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        list.entries[0].usage_left = rows[i].usage;
        CU_ASSERT_EQUAL(model_quota_warn(&list, 0, 10), rows[i].warns);
    }
}

static void unlimited_never_warns(void)
{
    static const enum model_type unlimited[] = {MODEL_TYPE_BASE, MODEL_TYPE_UNTOLD};
    for (size_t i = 0; i < 2; i++) {
        one(unlimited[i], 0);
        CU_ASSERT_FALSE(model_quota_warn(&list, 0, 10));
    }
    one(MODEL_TYPE_PREMIUM, -1);
    CU_ASSERT_FALSE(model_quota_warn(&list, 0, 10));
    one(MODEL_TYPE_PREMIUM, 0);
    CU_ASSERT_FALSE(model_quota_warn(&list, 0, 0)); /* threshold 0: never */
}

static const struct unit_test tests[] = {
    {"spend", spend},
    {"spend on nothing", spend_on_nothing},
    {"spend among others", spend_among_others},
    {"never below zero", never_below_zero},
    {"warns once at each crossing", warns_once_at_each_crossing},
    {"unlimited never warns", unlimited_never_warns},
};

UNIT_MAIN("model_quota", tests)
