/* model_account: who shares a list, and who must not. */
#include "core/model/model_account.h"

#include "core/settings/settings.h"
#include "test/unit/unit.h"

static struct settings_provider devv(const char *endpoint, const char *device, const char *session)
{
    return (struct settings_provider){.protocol = SETTINGS_RUST_PROXY,
                                      .api_endpoint = endpoint,
                                      .device_id = device,
                                      .session_id = session};
}

static struct settings_provider openai(const char *base, const char *key)
{
    return (struct settings_provider){
        .protocol = SETTINGS_OPENAI, .api_base = base, .api_key = key};
}

static void accounts(void)
{
    const struct {
        struct settings_provider a;
        struct settings_provider b;
        bool same;
    } rows[] = {
        {devv("https://x/c", "d", "s"), devv("https://x/c", "d", "s"), true},
        {devv("https://x/c", "d", "s"), devv("https://y/c", "d", "s"), false},
        {devv("https://x/c", "d", "s"), devv("https://x/c", "e", "s"), false},
        {devv("https://x/c", "d", "s"), devv("https://x/c", "d", "t"), false},
        {devv("https://x/c", "ab", "c"), devv("https://x/c", "a", "bc"), false},
        {devv("https://x/c", "d", "s"), devv("https://x/c", "s", "d"), false},
        {devv("https://x/c", NULL, NULL), devv("https://x/c", NULL, NULL), true},
        {devv("https://x/c", NULL, "s"), devv("https://x/c", "d", "s"), false},
        {openai("https://x/v1", "k"), openai("https://x/v1", "k"), true},
        {openai("https://x/v1", "k"), openai("https://x/v1", "l"), false},
        {openai("https://x/v1", "k"), openai("https://z/v1", "k"), false},
        {openai("https://x/v1", NULL), openai("https://x/v1", NULL), true},
        {openai("https://x/v1", NULL), openai("https://x/v1", "k"), false},
        {devv("https://x", "k", NULL), openai("https://x", "k"), false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool keys = model_account_key(&rows[i].a) == model_account_key(&rows[i].b);
        CU_ASSERT_EQUAL(keys, rows[i].same);
    }
}

/* Names, filters and languages differ; the account is one. */
static void what_does_not_matter(void)
{
    struct settings_provider a = devv("https://x/c", "d", "s");
    struct settings_provider b = a;
    b.name = "other";
    b.model_name = "o3";
    b.filter.only_new = true;
    b.filter.min_usage_left = 5;
    CU_ASSERT_EQUAL(model_account_key(&a), model_account_key(&b));
}

static const struct unit_test tests[] = {
    {"accounts", accounts},
    {"what does not matter", what_does_not_matter},
};

UNIT_MAIN("model_account", tests)
