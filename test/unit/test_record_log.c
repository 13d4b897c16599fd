/* Log lines: their shape, what cannot be smuggled into them, levels, and what is too long. */
#include "core/record/record_log.h"
#include "test/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {(literal), sizeof(literal) - 1}

static char last[RECORD_LOG_BYTES + 1]; /* the line that the port was handed */
static enum port_level last_level;
static int lines;

/* The port of this test. */
void port_log(enum port_level level, const char *line, size_t len)
{
    CU_ASSERT_TRUE_FATAL(len < sizeof(last));
    memcpy(last, line, len);
    last[len] = '\0';
    last_level = level;
    lines++;
}

void port_panic(const char *file, int line)
{
    (void)file;
    (void)line;
    abort();
}

static const struct {
    struct span value;
    struct span written;
} values[] = {
    {TEXT("plain"), TEXT("plain")},
    {TEXT("502"), TEXT("502")},
    {TEXT(""), TEXT("\"\"")},
    {TEXT("two words"), TEXT("\"two words\"")},
    {TEXT("a=b"), TEXT("\"a=b\"")},
    {TEXT("\"q\""), TEXT("\"'q'\"")},
    {TEXT("x\" level=\"y"), TEXT("\"x' level='y\"")},
    {TEXT("a\nb"), TEXT("a?b")},
    {TEXT("a\r\n\x1B[0m \x7F"), TEXT("\"a???[0m ?\"")},
    {TEXT("a\0b"), TEXT("a?b")},
    {TEXT("\xC3\xA9\xE2\x9C\xA8"), TEXT("\xC3\xA9\xE2\x9C\xA8")},
    {TEXT("\xC3(\xFF"), TEXT("?(?")},
    {TEXT("\xC2\x85"), TEXT("?")},
    {TEXT("back\\slash"), TEXT("back\\slash")},
};

static void values_of_every_kind(void)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char bytes[128];
        struct text expected = text_over(bytes, sizeof(bytes));
        struct record_log log;
        record_log_begin(&log, PORT_LOG_INFO, "event");
        record_log_add(&log, "name", values[i].value);
        record_log_add_u64(&log, "n", 7);
        record_log_end(&log, PORT_LOG_INFO);
        text_add_str(&expected, "event name=");
        text_add(&expected, values[i].written);
        text_add_str(&expected, " n=7");
        CU_ASSERT_STRING_EQUAL(last, text_str(&expected));
    }
}

static void pairs_in_order(void)
{
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "try failed");
    record_log_add_str(&log, "model", "mini");
    record_log_add_str(&log, "provider", NULL);
    record_log_add_u64(&log, "max", UINT64_MAX);
    record_log_add_u64(&log, "zero", 0);
    record_log_end(&log, PORT_LOG_DEBUG);
    CU_ASSERT_STRING_EQUAL(last, "try failed model=mini max=18446744073709551615 zero=0");
    CU_ASSERT_EQUAL(last_level, PORT_LOG_WARN);
    record_log_line(PORT_LOG_ERROR, PORT_LOG_ERROR, "a line alone");
    CU_ASSERT_STRING_EQUAL(last, "a line alone");
}

static void levels(void)
{
    for (int level = PORT_LOG_ERROR; level <= PORT_LOG_DEBUG; level++) {
        for (int max = PORT_LOG_ERROR; max <= PORT_LOG_DEBUG; max++) {
            int before = lines;
            record_log_line((enum port_level)level, (enum port_level)max, "x");
            CU_ASSERT_EQUAL(lines - before, level <= max);
        }
    }
}

static void long_values_are_cut(void)
{
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x9C\xA8", "\xF0\x9D\x84\x9E"};
    for (size_t width = 1; width <= 4; width++) {
        char bytes[2 * RECORD_LOG_VALUE_BYTES];
        struct text value = text_over(bytes, sizeof(bytes));
        struct record_log log;
        text_add_str(&value, ". "); /* it is quoted, and the border lies anywhere */
        while (value.len < RECORD_LOG_VALUE_BYTES + 4)
            text_add_str(&value, characters[width - 1]);
        record_log_begin(&log, PORT_LOG_INFO, "e");
        record_log_add(&log, "v", text_span(&value));
        record_log_add_str(&log, "w", "x");
        record_log_end(&log, PORT_LOG_INFO);
        size_t kept = 2 + (RECORD_LOG_VALUE_BYTES - 2) / width * width;
        CU_ASSERT_EQUAL(strlen(last), strlen("e v=\"\" w=x") + kept);
        CU_ASSERT_STRING_EQUAL(last + 5 + kept, "\" w=x");
        CU_ASSERT_EQUAL(memcmp(last + 5, bytes, kept), 0);
    }
}

static void long_lines_are_cut(void)
{
    char bytes[RECORD_LOG_VALUE_BYTES];
    memset(bytes, 'v', sizeof(bytes));
    struct record_log log;
    record_log_begin(&log, PORT_LOG_INFO, "e");
    for (int i = 0; i < 10; i++)
        record_log_add(&log, "v", (struct span){bytes, sizeof(bytes)});
    record_log_add_u64(&log, "behind", 1);
    record_log_end(&log, PORT_LOG_INFO);
    CU_ASSERT_EQUAL(strlen(last), RECORD_LOG_BYTES);
    CU_ASSERT_PTR_NULL(strstr(last, "behind"));
}

static const struct unit_test tests[] = {
    {"values of every kind", values_of_every_kind},
    {"pairs in order", pairs_in_order},
    {"levels", levels},
    {"long values are cut", long_values_are_cut},
    {"long lines are cut", long_lines_are_cut},
};

UNIT_MAIN("record_log", tests)
