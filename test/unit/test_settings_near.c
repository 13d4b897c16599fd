/* settings_near: what somebody who mistyped probably meant. */
#include "core/settings/settings_near.h"

#include <string.h>

#include "test/unit/unit.h"

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

static void the_nearest(void)
{
    static const struct {
        const char *wanted;
        const char *names[4];
        const char *best;
    } rows[] = {
        {"bind_adress", {"base_path", "bind_address", "allow_hosts"}, "bind_address"},
        {"inf", {"error", "warn", "info", "debug"}, "info"},
        {"rust-prox", {"openai", "rust-proxy"}, "rust-proxy"},
        {"RUST-PROXY", {"openai", "rust-proxy"}, "rust-proxy"},
        {"ab", {"ba", "xy"}, "ba"},        /* a swap is one step */
        {"abcd", {"acbd", "abxy"}, "acbd"},
        {"x", {"a", "b"}, "a"},            /* the first of two that are as near */
        {"", {"abc", "a"}, "a"},
        {"abc", {"abcde", "abcd"}, "abcd"},
        {"abc", {"xabc", "axbxc"}, "xabc"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_near near = settings_near_begin(guarded(rows[i].wanted));
        for (size_t n = 0; n < 4 && rows[i].names[n] != NULL; n++)
            settings_near_offer(&near, span_of(rows[i].names[n]));
        CU_ASSERT(span_equal(near.best, span_of(rows[i].best)));
    }
}

static void nothing_offered(void)
{
    struct settings_near near = settings_near_begin(SPAN("x"));
    CU_ASSERT_EQUAL(near.best.len, 0);
}

static void long_names(void)
{
    char wanted[200];
    char other[200];
    memset(wanted, 'a', sizeof(wanted));
    memset(other, 'a', sizeof(other));
    other[0] = 'b';
    other[199] = 'b';
    struct settings_near near =
        settings_near_begin((struct span){unit_guard(0, wanted, 200), 200});
    settings_near_offer(&near, SPAN("z"));
    settings_near_offer(&near, (struct span){unit_guard(1, other, 200), 200});
    CU_ASSERT_EQUAL(near.best.len, 200);
    settings_near_offer(&near, (struct span){wanted, 64}); /* what is compared is the same */
    CU_ASSERT_EQUAL(near.best.len, 64);
}

static const struct unit_test tests[] = {
    {"the nearest", the_nearest},
    {"nothing offered", nothing_offered},
    {"long names", long_names},
};

UNIT_MAIN("settings_near", tests)
