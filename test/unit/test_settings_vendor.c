/* settings_vendor: the types, and names such as openrouter::NAME. */
#include "core/settings/settings_vendor.h"

#include <string.h>

#include "core/settings/settings_url.h"
#include "test/unit/unit.h"

static void all_types(void)
{
    static const char *const types[] = {
        "rust-proxy", "openai", "anthropic", "loopback", "vllm", "sglang", "tgi", "openrouter",
        "deepseek", "groq", "mistral", "xai", "together", "fireworks", "hyperbolic",
    };
    size_t count = sizeof(types) / sizeof(types[0]);
    for (size_t i = 0; i < count; i++) {
        const struct settings_vendor *vendor = settings_vendor_find(span_of(types[i]));
        CU_ASSERT_PTR_NOT_NULL_FATAL(vendor);
        CU_ASSERT_STRING_EQUAL(vendor->type, types[i]);
        CU_ASSERT_NOT_EQUAL(vendor->protocol, 0);
    }
    CU_ASSERT_PTR_NOT_NULL(settings_vendor_at((int)count - 1));
    CU_ASSERT_PTR_NULL(settings_vendor_at((int)count));
    CU_ASSERT_PTR_NULL(settings_vendor_find(SPAN("OpenAI")));
    CU_ASSERT_PTR_NULL(settings_vendor_find(SPAN("")));
}

/* What has a fixed address has a good one, over TLS; shorthands have it, and a key. */
static void addresses(void)
{
    const struct settings_vendor *vendor;
    int shorthands = 0;
    for (int i = 0; (vendor = settings_vendor_at(i)) != NULL; i++) {
        struct settings_url_parts parts;
        if (vendor->address != NULL) {
            CU_ASSERT_PTR_NULL(settings_url_read(&parts, span_of(vendor->address), false));
            CU_ASSERT_TRUE(parts.tls);
        }
        shorthands += vendor->shorthand;
        CU_ASSERT(!vendor->shorthand || (vendor->address != NULL && vendor->variable != NULL));
        CU_ASSERT(vendor->protocol != SETTINGS_OPENAI || vendor->variable != NULL);
    }
    CU_ASSERT_EQUAL(shorthands, LIMIT_SHORTHANDS);
}

static void shorthand_names(void)
{
    static const struct {
        const char *name;
        const char *type; /* NULL: none */
    } rows[] = {
        {"openai::gpt-4.1", "openai"},
        {"openrouter::meta/llama::free", "openrouter"},
        {"together::x", "together"},
        {"fireworks::x", NULL},
        {"vllm::x", NULL},
        {"rust-proxy::x", NULL},
        {"openai::", NULL},
        {"openai:x", NULL},
        {"openai", NULL},
        {"OpenAI::x", NULL},
        {"::x", NULL},
        {":", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].name);
        struct span name = {unit_guard(0, rows[i].name, len), len};
        const struct settings_vendor *vendor = settings_vendor_of(name);
        CU_ASSERT_EQUAL(vendor != NULL, rows[i].type != NULL);
        if (vendor != NULL && rows[i].type != NULL)
            CU_ASSERT_STRING_EQUAL(vendor->type, rows[i].type);
    }
}

static void the_nearest(void)
{
    CU_ASSERT(span_equal(settings_vendor_near(SPAN("rust-prox")), SPAN("rust-proxy")));
    CU_ASSERT(span_equal(settings_vendor_near(SPAN("anthropics")), SPAN("anthropic")));
}

static const struct unit_test tests[] = {
    {"all types", all_types},
    {"addresses", addresses},
    {"shorthand names", shorthand_names},
    {"the nearest", the_nearest},
};

UNIT_MAIN("settings_vendor", tests)
