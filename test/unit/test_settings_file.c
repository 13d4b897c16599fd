/* settings_file: whole files, files that are too large, and files that cannot be read. */
#include "core/settings/settings_file.h"

#include <string.h>

#include "config/bounds.h"
#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static void whole_files(void)
{
    static const char *const contents[] = {"", "a", "0123456789abcdef"};
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        const char *path = unit_settings_file("a", contents[i], 0600);
        struct text out = text_over(unit_guard_room(0, 16), 16);
        bool shared = true;
        CU_ASSERT_PTR_NULL(settings_file_check(path));
        CU_ASSERT_PTR_NULL(settings_file_read(path, &out, &shared));
        CU_ASSERT(span_equal(text_span(&out), span_of(contents[i])));
        CU_ASSERT_FALSE(out.cut);
        CU_ASSERT_FALSE(shared);
    }
}

static void one_byte_too_many(void)
{
    const char *path = unit_settings_file("a", "0123456789abcdefg", 0644);
    struct text out = text_over(unit_guard_room(0, 16), 16);
    bool shared = false;
    CU_ASSERT_PTR_NULL(settings_file_read(path, &out, &shared));
    CU_ASSERT_TRUE(out.cut);
    CU_ASSERT_TRUE(shared);
    CU_ASSERT(span_equal(text_span(&out), SPAN("0123456789abcdef")));
}

/* More often than there are handles: each is given back. */
static void cannot_be_read(void)
{
    static const char *const paths[] = {"/no/such/file", "/", ""};
    for (int i = 0; i < 5 * LIMIT_FILES; i++) {
        char room[8];
        struct text out = text_over(room, sizeof(room));
        bool shared = false;
        const char *path = paths[i % 3];
        CU_ASSERT_PTR_NOT_NULL(settings_file_check(path));
        CU_ASSERT_PTR_NOT_NULL(settings_file_read(path, &out, &shared));
        path = unit_settings_file("b", "x", 0600);
        CU_ASSERT_PTR_NULL(settings_file_check(path));
        CU_ASSERT_PTR_NULL(settings_file_read(path, &out, &shared));
    }
}

static const struct unit_test tests[] = {
    {"whole files", whole_files},
    {"one byte too many", one_byte_too_many},
    {"cannot be read", cannot_be_read},
};

UNIT_MAIN("settings_file", tests)
