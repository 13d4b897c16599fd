/* port/musl's files of lines beside the system's, whatever the buffer. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/unit.h"

#undef getc
#define getc musl_getc
#define fgets musl_fgets
#define __fopen_rb_ca musl_fopen_rb_ca
#define __fclose_ca musl_fclose_ca
#define __stdio_exit musl_stdio_exit
#define __stdio_exit_needed musl_stdio_exit_needed
int musl_getc(FILE *file);
char *musl_fgets(char *restrict line, int cap, FILE *restrict file);
#include "port/musl/lines.c"
#undef fgets
#undef getc

#define LONGEST 40

static char path[] = "/tmp/moongate_lines_XXXXXX";

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

/* Both readers say the same, line by line, and the last line ends where the buffer does. */
static void same_lines(size_t buffer_cap, int line_cap)
{
    union {
        struct lines lines;
        char bytes[128];
    } place;
    unsigned char buffer[64];
    char expected[LONGEST];
    FILE *system = fopen(path, "r");
    FILE *ours = __fopen_rb_ca(path, (FILE *)(void *)&place, buffer, buffer_cap);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ours);
    for (;;) {
        char *line = unit_guard_room(0, (size_t)line_cap);
        char *got = musl_fgets(line, line_cap, ours);
        bool more = fgets(expected, line_cap, system) != NULL;
        CU_ASSERT_EQUAL(got != NULL, more);
        if (got == NULL || !more)
            break;
        CU_ASSERT_STRING_EQUAL(line, expected);
        CU_ASSERT_PTR_EQUAL(got, line);
    }
    CU_ASSERT_EQUAL(place.lines.flags, AT_END);
    CU_ASSERT_EQUAL(musl_getc(ours), EOF);
    CU_ASSERT_EQUAL(__fclose_ca(ours), 0);
    (void)fclose(system);
}

static void lines_of_every_length(void)
{
    static const char *const texts[] = {
        "", "\n", "\n\n", "a", "a\n", "name server\n\nsecond\nlast",
        "no end of line in forty bytes", "\xff\xfe\n\xff",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(texts[i]);
        for (size_t buffer_cap = 1; buffer_cap <= 64; buffer_cap += 7)
            for (int line_cap = 2; line_cap <= LONGEST; line_cap++)
                same_lines(buffer_cap, line_cap);
    }
}

static void a_file_that_is_not_there(void)
{
    struct lines place;
    unsigned char buffer[8];
    FILE *file = (FILE *)(void *)&place;
    CU_ASSERT_PTR_NULL(__fopen_rb_ca("/nowhere/at/all", file, buffer, sizeof(buffer)));
}

/* A folder can be opened; reading says no, and that is an end. */
static void a_file_that_cannot_be_read(void)
{
    struct lines place;
    unsigned char buffer[8];
    char line[8];
    FILE *file = __fopen_rb_ca("/tmp", (FILE *)(void *)&place, buffer, sizeof(buffer));
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NULL(musl_fgets(line, sizeof(line), file));
    CU_ASSERT_EQUAL(place.flags, AT_END);
    (void)__fclose_ca(file);
}

static const struct unit_test tests[] = {
    {"lines of every length", lines_of_every_length},
    {"a file that is not there", a_file_that_is_not_there},
    {"a file that cannot be read", a_file_that_cannot_be_read},
};

int main(void)
{
    (void)close(mkstemp(path));
    int status = unit_run("musl_lines", tests, sizeof(tests) / sizeof(tests[0]));
    (void)unlink(path);
    return status;
}
