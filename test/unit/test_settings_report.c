/* settings_report: wording, order of lines, and what finds no room. */
#include "core/settings/settings_report.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static struct settings_scratch *scratch;
static struct settings_report *report;

static void begin(void)
{
    scratch = unit_settings_fresh();
    report = unit_settings_report();
}

static void fault(int line, int provider, const char *a)
{
    settings_report_fault(scratch, (struct settings_spot){line, provider}, "$", span_of(a),
                          SPAN(""));
}

static void wording(void)
{
    static const struct {
        const char *pattern;
        const char *a;
        const char *b;
        const char *text;
    } rows[] = {
        {"plain", "a", "b", "plain"},
        {"$ takes $", "a", "b", "a takes b"},
        {"no \"$\"|; did you mean \"$\"?", "a", "b", "no \"a\"; did you mean \"b\"?"},
        {"no \"$\"|; did you mean \"$\"?", "a", "", "no \"a\""},
        {"$", "tab\there\x01\xFF", "", "tab?here??"},
        {"$", "$|$", "", "$|$"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        settings_report_fault(scratch, (struct settings_spot){1, -1}, rows[i].pattern,
                              span_of(rows[i].a), span_of(rows[i].b));
        CU_ASSERT_STRING_EQUAL(report->faults[0].text, rows[i].text);
        settings_report_warn(scratch, (struct settings_spot){1, -1}, rows[i].pattern,
                             span_of(rows[i].a), span_of(rows[i].b));
        CU_ASSERT_STRING_EQUAL(report->warnings[0].text, rows[i].text);
    }
}

static void long_text_is_cut(void)
{
    char text[600];
    memset(text, 'x', sizeof(text));
    text[599] = 0;
    begin();
    settings_report_fault(scratch, (struct settings_spot){1, 0}, "$ $", span_of(text),
                          span_of(text));
    CU_ASSERT_EQUAL(strlen(report->faults[0].text), SETTINGS_MESSAGE_BYTES - 1);
    scratch->settings->providers[0].protocol = SETTINGS_RUST_PROXY;
    settings_report_finish(scratch);
    CU_ASSERT_EQUAL(strlen(report->faults[0].text), SETTINGS_MESSAGE_BYTES - 1);
    CU_ASSERT(span_starts(span_of(report->faults[0].text), SPAN("Failed to create DevApi")));
}

static void order(void)
{
    static const int lines[] = {5, 2, 9, 2, 0, 7};
    static const char *const sorted[] = {"e", "b", "d", "a", "f", "c"};
    begin();
    for (size_t i = 0; i < 6; i++)
        fault(lines[i], -1, (const char[]){(char)('a' + i), 0});
    CU_ASSERT_EQUAL(report->fault_count, 6);
    for (size_t i = 0; i < 6; i++)
        CU_ASSERT_STRING_EQUAL(report->faults[i].text, sorted[i]);
}

/* When all places are taken the last line gives way, and all are counted. */
static void too_many(void)
{
    begin();
    for (int i = 0; i < LIMIT_CONFIG_FAULTS; i++) {
        CU_ASSERT_TRUE(settings_report_room(scratch, 100000));
        fault(10 + i, -1, "x");
    }
    int last = 10 + LIMIT_CONFIG_FAULTS - 1;
    CU_ASSERT_FALSE(settings_report_room(scratch, last));
    CU_ASSERT_TRUE(settings_report_room(scratch, last - 1));
    fault(last + 1, -1, "late");
    fault(1, -1, "early");
    CU_ASSERT_EQUAL(report->fault_count, LIMIT_CONFIG_FAULTS);
    CU_ASSERT_EQUAL(report->fault_total, LIMIT_CONFIG_FAULTS + 2);
    CU_ASSERT_STRING_EQUAL(report->faults[0].text, "early");
    CU_ASSERT_EQUAL(report->faults[LIMIT_CONFIG_FAULTS - 1].line, last - 1);
    CU_ASSERT_FALSE(unit_settings_said("late"));
    for (int i = 0; i < LIMIT_CONFIG_FAULTS + 3; i++)
        settings_report_warn(scratch, (struct settings_spot){i, -1}, "w", SPAN(""), SPAN(""));
    CU_ASSERT_EQUAL(report->warning_count, LIMIT_CONFIG_FAULTS);
    CU_ASSERT_EQUAL(report->warning_total, LIMIT_CONFIG_FAULTS + 3);
}

/* The service's own words stand before the faults of its providers, wherever those were sorted. */
static void whose_fault(void)
{
    begin();
    scratch->settings->providers[3].protocol = SETTINGS_RUST_PROXY;
    scratch->settings->providers[4].protocol = SETTINGS_OPENAI;
    fault(9, 3, "three");
    fault(5, -1, "nobody");
    fault(7, 4, "four");
    fault(2, 3, "early");
    settings_report_finish(scratch);
    CU_ASSERT_STRING_EQUAL(report->faults[0].text, "Failed to create DevApiClient: early");
    CU_ASSERT_STRING_EQUAL(report->faults[1].text, "nobody");
    CU_ASSERT_STRING_EQUAL(report->faults[2].text, "four");
    CU_ASSERT_STRING_EQUAL(report->faults[3].text, "Failed to create DevApiClient: three");
}

static const struct unit_test tests[] = {
    {"wording", wording},
    {"long text is cut", long_text_is_cut},
    {"order", order},
    {"too many", too_many},
    {"whose fault", whose_fault},
};

UNIT_MAIN("settings_report", tests)
