/* settings_secret: from the environment, a file, literal, none; and that none is ever shown. */
#include "core/settings/settings_secret.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define HIDDEN "s3cret"

static struct settings_scratch *scratch;
static const char *secret;

static enum settings_secret read(const char *text)
{
    size_t len = strlen(text);
    scratch = unit_settings_fresh();
    struct span s = {unit_guard(0, text, len), len};
    return settings_secret_read(scratch, (struct settings_spot){4, -1}, SPAN("device_id"), s,
                                &secret);
}

static void from_the_file_itself(void)
{
    CU_ASSERT_EQUAL(read("none"), SETTINGS_SECRET_NONE);
    CU_ASSERT_PTR_NULL(secret);
    CU_ASSERT_EQUAL(read(HIDDEN), SETTINGS_SECRET_LITERAL);
    CU_ASSERT_STRING_EQUAL(secret, HIDDEN);
    CU_ASSERT_EQUAL(read("None"), SETTINGS_SECRET_LITERAL);
    CU_ASSERT_EQUAL(read("a::b"), SETTINGS_SECRET_LITERAL);
    CU_ASSERT_EQUAL(read(""), SETTINGS_SECRET_BAD);
    CU_ASSERT_TRUE(unit_settings_fault(4, "device_id is empty"));
    CU_ASSERT_EQUAL(read("dynamic::x"), SETTINGS_SECRET_BAD);
    CU_ASSERT_TRUE(unit_settings_fault(4, "env::NAME"));
}

static void from_the_environment(void)
{
    unit_settings_env("UNIT_SECRET", HIDDEN);
    CU_ASSERT_EQUAL(read("env::UNIT_SECRET"), SETTINGS_SECRET_ELSEWHERE);
    CU_ASSERT_STRING_EQUAL(secret, HIDDEN);
    CU_ASSERT_STRING_EQUAL(settings_secret_variable(scratch, "UNIT_SECRET"), HIDDEN);
    static const char *const bad[] = {"", HIDDEN "\n", HIDDEN "\r\nX-Other: 1", HIDDEN "\xFF"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit_settings_env("UNIT_SECRET", bad[i]);
        CU_ASSERT_EQUAL(read("env::UNIT_SECRET"), SETTINGS_SECRET_BAD);
        CU_ASSERT_PTR_NULL(secret);
        CU_ASSERT_TRUE(unit_settings_fault(4, "UNIT_SECRET"));
        CU_ASSERT_FALSE(unit_settings_said(HIDDEN));
        CU_ASSERT_PTR_NULL(settings_secret_variable(scratch, "UNIT_SECRET"));
    }
    unit_settings_env("UNIT_SECRET", NULL);
    CU_ASSERT_EQUAL(read("env::UNIT_SECRET"), SETTINGS_SECRET_BAD);
    CU_ASSERT_TRUE(unit_settings_fault(4, "UNIT_SECRET is not set"));
    CU_ASSERT_EQUAL(read("env::"), SETTINGS_SECRET_BAD);
}

static void from_another_file(void)
{
    static const struct {
        const char *content;
        const char *secret; /* NULL: refused */
    } rows[] = {
        {HIDDEN, HIDDEN},
        {HIDDEN "\n", HIDDEN},
        {HIDDEN "\r\n", HIDDEN},
        {HIDDEN " \n", HIDDEN " "},
        {HIDDEN "\n\n", NULL},
        {HIDDEN "\nmore\n", NULL},
        {HIDDEN "\r", NULL},
        {"", NULL},
        {"\n", NULL},
        {HIDDEN "\xC3", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[300];
        const char *path = unit_settings_file("a", rows[i].content, 0600);
        (void)snprintf(text, sizeof(text), "path::%s", path);
        enum settings_secret kind = read(text);
        CU_ASSERT_EQUAL(kind == SETTINGS_SECRET_ELSEWHERE, rows[i].secret != NULL);
        if (kind == SETTINGS_SECRET_ELSEWHERE)
            CU_ASSERT_STRING_EQUAL(secret, rows[i].secret)
        else
            CU_ASSERT_TRUE(unit_settings_fault(4, path));
        CU_ASSERT_FALSE(unit_settings_said(HIDDEN));
    }
    CU_ASSERT_EQUAL(read("path::/no/such/file"), SETTINGS_SECRET_BAD);
    CU_ASSERT_TRUE(unit_settings_fault(4, "/no/such/file"));
    CU_ASSERT_EQUAL(read("path::"), SETTINGS_SECRET_BAD);
}

static void too_long_a_file(void)
{
    static char content[LIMIT_CONFIG_VALUE_BYTES + 2];
    char text[300];
    memset(content, 'x', sizeof(content) - 1);
    (void)snprintf(text, sizeof(text), "path::%s", unit_settings_file("a", content, 0600));
    CU_ASSERT_EQUAL(read(text), SETTINGS_SECRET_BAD);
    CU_ASSERT_TRUE(unit_settings_fault(4, "too long"));
}

static void a_file_that_others_read(void)
{
    struct settings_spot spot = {4, -1};
    (void)read("none");
    scratch->shared = false;
    settings_secret_warn(scratch, spot, SPAN("device_id"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    scratch->shared = true;
    settings_secret_warn(scratch, spot, SPAN("device_id"));
    CU_ASSERT_TRUE(unit_settings_warning(4, "device_id"));
}

static const struct unit_test tests[] = {
    {"from the file itself", from_the_file_itself},
    {"from the environment", from_the_environment},
    {"from another file", from_another_file},
    {"too long a file", too_long_a_file},
    {"a file that others read", a_file_that_others_read},
};

UNIT_MAIN("settings_secret", tests)
