/* model_catalog: who shares a list, when it is read again, and that only a whole one is taken. */
#include "core/model/model_catalog.h"

#include "core/model/model_quota.h"
#include "test/unit/unit.h"

#define S 1000000u /* a second */
#define TTL_S 300u

static struct model_catalogs all;
static unsigned char blob[MODEL_CATALOG_SAVE_BYTES];

static void add(struct model_list *list, const char *identifier, int32_t usage)
{
    struct model_item item = {.identifier = span_of(identifier),
                              .type_text = SPAN("premium"),
                              .type = MODEL_TYPE_PREMIUM,
                              .usage_left = usage};
    CU_ASSERT_EQUAL(model_list_add(list, &item), MODEL_ADDED);
}

/* A whole fetch at now_us that gives one model. */
static void fetch(int catalog, const char *identifier, int32_t usage, uint64_t now_us)
{
    CU_ASSERT_EQUAL_FATAL(model_catalog_begin(&all, catalog), RESULT_DONE);
    add(model_catalog_building(&all, catalog), identifier, usage);
    model_catalog_commit(&all, catalog, now_us, 0);
}

static int fresh(uint64_t key)
{
    model_catalog_init(&all);
    return model_catalog_open(&all, key, TTL_S);
}

static bool has(int catalog, const char *identifier)
{
    const struct model_list *list = model_catalog_list(&all, catalog);
    return list != NULL && model_list_find(list, span_of(identifier)) != MODEL_NONE;
}

static void shared_by_key(void)
{
    int a = fresh(11);
    int b = model_catalog_open(&all, 22, TTL_S);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(model_catalog_open(&all, 11, 100), a);
    CU_ASSERT_EQUAL(all.catalogs[a].users, 2);
    CU_ASSERT_EQUAL(all.catalogs[a].ttl_us, 100u * S);
    CU_ASSERT_EQUAL(model_catalog_open(&all, 11, 900), a);
    CU_ASSERT_EQUAL(all.catalogs[a].ttl_us, 100u * S);
    CU_ASSERT_EQUAL(all.catalogs[b].ttl_us, TTL_S * (uint64_t)S);
}

static void closed_by_the_last(void)
{
    int a = fresh(11);
    model_catalog_open(&all, 11, TTL_S);
    fetch(a, "m", 1, 0);
    model_catalog_close(&all, a);
    CU_ASSERT(has(a, "m"));
    model_catalog_close(&all, a);
    CU_ASSERT_EQUAL(all._index.in_use, 0);
    int b = model_catalog_open(&all, 11, TTL_S);
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, b));
    CU_ASSERT_EQUAL(model_catalog_begin(&all, b), RESULT_DONE);
    model_catalog_close(&all, b); /* in the middle of a fetch */
    CU_ASSERT_EQUAL(all._index.in_use, 0);
}

static void more_accounts_than_catalogs(void)
{
    model_catalog_init(&all);
    for (uint64_t key = 0; key < LIMIT_CATALOGS; key++)
        CU_ASSERT_EQUAL(model_catalog_open(&all, key, TTL_S), (int)key);
    CU_ASSERT_EQUAL(model_catalog_open(&all, LIMIT_CATALOGS, TTL_S), MODEL_CATALOG_NONE);
    CU_ASSERT_EQUAL(model_catalog_open(&all, 3, TTL_S), 3);
    model_catalog_close(&all, 5);
    CU_ASSERT_EQUAL(model_catalog_open(&all, LIMIT_CATALOGS, TTL_S), 5);
}

static void whole_lists_alone(void)
{
    int a = fresh(1);
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, a));
    CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
    add(model_catalog_building(&all, a), "first", 5);
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, a));
    model_catalog_commit(&all, a, 7 * S, 1234);
    CU_ASSERT(has(a, "first"));
    CU_ASSERT_EQUAL(all.catalogs[a].fetched_us, 7 * S);
    CU_ASSERT_EQUAL(all.catalogs[a].fetched_wall_ms, 1234);
    CU_ASSERT_FALSE(all.catalogs[a].stale);

    CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
    CU_ASSERT_EQUAL(model_catalog_building(&all, a)->count, 0);
    add(model_catalog_building(&all, a), "second", 5);
    CU_ASSERT(has(a, "first"));
    CU_ASSERT(!has(a, "second"));
    model_catalog_abort(&all, a, 400 * (uint64_t)S);
    CU_ASSERT(has(a, "first"));
    CU_ASSERT_TRUE(all.catalogs[a].stale);
    CU_ASSERT_EQUAL(all.catalogs[a].failures, 1);

    fetch(a, "second", 5, 500 * (uint64_t)S);
    CU_ASSERT(!has(a, "first"));
    CU_ASSERT(has(a, "second"));
    CU_ASSERT_FALSE(all.catalogs[a].stale);
    CU_ASSERT_EQUAL(all.catalogs[a].fetches, 3);
    CU_ASSERT_EQUAL(all._index.in_use, 1);
}

static void nothing_is_stale_without_a_list(void)
{
    int a = fresh(1);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
    model_catalog_abort(&all, a, 1);
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, a));
    CU_ASSERT_FALSE(all.catalogs[a].stale);
    CU_ASSERT_EQUAL(all._index.in_use, 0);
}

static void due(void)
{
    int a = fresh(1);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 0);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), UINT64_MAX);
    model_catalog_abort(&all, a, 20 * S);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 30 * S);
    fetch(a, "m", 1, 50 * S);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 350 * S);
    model_catalog_ttl(&all, a, 60);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 110 * S);
    model_catalog_open(&all, 1, 30);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 80 * S);
    model_catalog_ttl(&all, a, 4000);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), 4050 * (uint64_t)S);
}

static void forced_refreshes_are_rare(void)
{
    static const struct {
        uint64_t now_us;
        bool fetches;
    } rows[] = {
        {60 * S, true},  {60 * S, false},     {61 * S, false}, {70 * S - 1, false},
        {70 * S, true},  {75 * S, false},     {80 * S, true},  {1000 * (uint64_t)S, true},
    };
    int a = fresh(1);
    fetch(a, "m", 1, 59 * S);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(model_catalog_force(&all, a, rows[i].now_us), rows[i].fetches);
        if (!rows[i].fetches)
            continue;
        CU_ASSERT_EQUAL(model_catalog_due_us(&all, a), rows[i].now_us);
        CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
        CU_ASSERT_FALSE(model_catalog_force(&all, a, rows[i].now_us + 100 * (uint64_t)S));
        model_catalog_commit(&all, a, rows[i].now_us, 0);
    }
}

static void first_force_at_time_zero(void)
{
    int a = fresh(1);
    CU_ASSERT_TRUE(model_catalog_force(&all, a, 0));
    CU_ASSERT_FALSE(model_catalog_force(&all, a, MODEL_CATALOG_FORCED_US - 1));
    CU_ASSERT_TRUE(model_catalog_force(&all, a, MODEL_CATALOG_FORCED_US));
}

/* With a list in every catalog, LIMIT_CATALOG_BUILDS fetches run; the next waits for one to end. */
static void builds_are_limited(void)
{
    model_catalog_init(&all);
    for (int i = 0; i < LIMIT_CATALOGS; i++) {
        model_catalog_open(&all, (uint64_t)i, TTL_S);
        fetch(i, "m", 1, 0);
    }
    int running = 0;
    while (running < LIMIT_CATALOGS && model_catalog_begin(&all, running) == RESULT_DONE)
        running++;
    CU_ASSERT_EQUAL_FATAL(running, LIMIT_CATALOG_BUILDS);
    CU_ASSERT_FALSE(all.catalogs[running].fetching);
    CU_ASSERT_EQUAL(all.catalogs[running].fetches, 1);
    model_catalog_abort(&all, 0, 1);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, running), RESULT_DONE);
    model_catalog_commit(&all, running, 1, 0);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, running), RESULT_MORE);
}

static void warnings_outlive_a_refresh(void)
{
    int a = fresh(1);
    fetch(a, "m", 5, 0);
    CU_ASSERT_TRUE(model_quota_warn(model_catalog_list_mut(&all, a), 0, 10));
    fetch(a, "m", 4, 1);
    CU_ASSERT_FALSE(model_quota_warn(model_catalog_list_mut(&all, a), 0, 10));
    fetch(a, "other", 4, 2);
    CU_ASSERT_TRUE(model_quota_warn(model_catalog_list_mut(&all, a), 0, 10));
}

static void the_next_list_corrects_the_count(void)
{
    int a = fresh(1);
    fetch(a, "m", 5, 0);
    CU_ASSERT_EQUAL(model_quota_spend(model_catalog_list_mut(&all, a), SPAN("m")), 0);
    CU_ASSERT_EQUAL(model_quota_left(model_catalog_list(&all, a), 0), 4);
    fetch(a, "m", 80, 1);
    CU_ASSERT_EQUAL(model_quota_left(model_catalog_list(&all, a), 0), 80);
}

static void file_names(void)
{
    char name[MODEL_CATALOG_FILE_BYTES];
    model_catalog_file(0, name);
    CU_ASSERT_STRING_EQUAL(name, "models-0");
    model_catalog_file(LIMIT_CATALOGS - 1, name);
    CU_ASSERT_STRING_EQUAL(name, "models-15");
}

static void saved_and_restored(void)
{
    int a = fresh(77);
    CU_ASSERT_EQUAL(model_catalog_save(&all, a, blob, sizeof(blob)), 0);
    CU_ASSERT_EQUAL(model_catalog_begin(&all, a), RESULT_DONE);
    add(model_catalog_building(&all, a), "m", 42);
    model_catalog_commit(&all, a, 5, 1700000000123u);
    size_t len = model_catalog_save(&all, a, blob, sizeof(blob));
    CU_ASSERT_FATAL(len > 0);
    CU_ASSERT_EQUAL(model_catalog_save(&all, a, blob, len - 1), 0);

    int b = fresh(77);
    CU_ASSERT_EQUAL(model_catalog_load(&all, blob, len), b);
    CU_ASSERT(has(b, "m"));
    CU_ASSERT_EQUAL(model_quota_left(model_catalog_list(&all, b), 0), 42);
    CU_ASSERT_TRUE(all.catalogs[b].stale);
    CU_ASSERT_EQUAL(all.catalogs[b].fetched_wall_ms, 1700000000123u);
    CU_ASSERT_EQUAL(model_catalog_due_us(&all, b), 0);
    fetch(b, "n", 1, 9);
    CU_ASSERT_FALSE(all.catalogs[b].stale);
    CU_ASSERT_EQUAL(model_catalog_load(&all, blob, len), MODEL_CATALOG_NONE);
    CU_ASSERT(has(b, "n")); /* a fresh list is not given up for a restored one */
    CU_ASSERT_EQUAL(all._index.in_use, 1);
}

/* Whatever the number that the account's catalog had when it was saved. */
static void restored_into_its_account(void)
{
    int a = fresh(77);
    fetch(a, "m", 42, 5);
    size_t len = model_catalog_save(&all, a, blob, sizeof(blob));
    int b = fresh(78);
    int c = model_catalog_open(&all, 77, TTL_S);
    CU_ASSERT_NOT_EQUAL(c, a);
    CU_ASSERT_EQUAL(model_catalog_load(&all, blob, len), c);
    CU_ASSERT(has(c, "m"));
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, b));
}

static void refused_blobs_change_nothing(void)
{
    int a = fresh(77);
    fetch(a, "m", 42, 5);
    size_t len = model_catalog_save(&all, a, blob, sizeof(blob));
    int b = fresh(78); /* another account */
    CU_ASSERT_EQUAL(model_catalog_load(&all, blob, len), MODEL_CATALOG_NONE);
    int c = model_catalog_open(&all, 77, TTL_S);
    blob[len / 2] ^= 1;
    CU_ASSERT_EQUAL(model_catalog_load(&all, blob, len), MODEL_CATALOG_NONE);
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, b));
    CU_ASSERT_PTR_NULL(model_catalog_list(&all, c));
    CU_ASSERT_EQUAL(all._index.in_use, 0);
    CU_ASSERT_FALSE(all.catalogs[c].stale);
}

static const struct unit_test tests[] = {
    {"shared by key", shared_by_key},
    {"closed by the last", closed_by_the_last},
    {"more accounts than catalogs", more_accounts_than_catalogs},
    {"whole lists alone", whole_lists_alone},
    {"nothing is stale without a list", nothing_is_stale_without_a_list},
    {"due", due},
    {"forced refreshes are rare", forced_refreshes_are_rare},
    {"first force at time zero", first_force_at_time_zero},
    {"builds are limited", builds_are_limited},
    {"warnings outlive a refresh", warnings_outlive_a_refresh},
    {"the next list corrects the count", the_next_list_corrects_the_count},
    {"file names", file_names},
    {"saved and restored", saved_and_restored},
    {"restored into its account", restored_into_its_account},
    {"refused blobs change nothing", refused_blobs_change_nothing},
};

UNIT_MAIN("model_catalog", tests)
