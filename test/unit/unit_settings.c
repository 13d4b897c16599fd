/* See unit_settings.h. */
#define _GNU_SOURCE
#include "test/unit/unit_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/unit.h"

static struct settings settings;
static struct settings_scratch scratch;
static struct settings_report report;

enum result unit_settings_parse(const char *text)
{
    return settings_parse(&settings, &scratch, span_of(text), true, &report);
}

const struct settings *unit_settings(void)
{
    return &settings;
}

struct settings_scratch *unit_settings_scratch(void)
{
    return &scratch;
}

struct settings_report *unit_settings_report(void)
{
    return &report;
}

struct settings_scratch *unit_settings_fresh(void)
{
    CU_ASSERT_EQUAL(unit_settings_parse(""), RESULT_DONE);
    report = (struct settings_report){0};
    return &scratch;
}

static void show(const char *text)
{
    printf("---- %s\n", text);
    for (int i = 0; i < report.fault_count; i++)
        printf("%d: %s\n", report.faults[i].line, report.faults[i].text);
}

bool unit_settings_good(const char *text)
{
    if (unit_settings_parse(text) == RESULT_DONE)
        return report.fault_total == 0;
    show(text);
    return false;
}

bool unit_settings_refused(const char *text, int line, const char *what)
{
    enum result result = unit_settings_parse(text);
    if (result == RESULT_FAULT && unit_settings_fault(line, what))
        return true;
    show(text);
    return false;
}

static bool noted(const struct settings_note *notes, int count, int line, const char *what)
{
    for (int i = 0; i < count; i++)
        if (notes[i].line == line && strstr(notes[i].text, what) != NULL)
            return true;
    return false;
}

bool unit_settings_fault(int line, const char *what)
{
    return noted(report.faults, report.fault_count, line, what);
}

bool unit_settings_warning(int line, const char *what)
{
    return noted(report.warnings, report.warning_count, line, what);
}

bool unit_settings_said(const char *what)
{
    for (int i = 0; i < report.fault_count; i++)
        if (strstr(report.faults[i].text, what) != NULL)
            return true;
    for (int i = 0; i < report.warning_count; i++)
        if (strstr(report.warnings[i].text, what) != NULL)
            return true;
    return false;
}

void unit_settings_env(const char *name, const char *value)
{
    if (value != NULL)
        (void)setenv(name, value, 1);
    else
        (void)unsetenv(name);
}

static char folder[200];

/* What the tests wrote goes with them. */
static void remove_folder(void)
{
    static const char *const names[] = {"a", "b", "config"};
    char path[256];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

const char *unit_settings_file(const char *name, const char *content, unsigned mode)
{
    static char path[256];
    const char *base = getenv("TMPDIR");
    if (folder[0] == 0) {
        (void)snprintf(folder, sizeof(folder), "%s/moongate-XXXXXX", base != NULL ? base : "/tmp");
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        (void)atexit(remove_folder);
    }
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(content, 1, strlen(content), file), strlen(content));
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(chmod(path, mode), 0);
    return path;
}
