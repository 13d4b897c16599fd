/* The parts of Linux's port beside sockets and store: files, signals, waiting, memory, log. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_folder.h"

/* ---- a clock that can be set ---- */

#ifndef SYS_clock_gettime /* of 32 bit processors, with a time of 64 bits */
#define SYS_clock_gettime SYS_clock_gettime64
#endif

static struct timespec wall; /* zero: the system's */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock == CLOCK_REALTIME && (wall.tv_sec != 0 || wall.tv_nsec != 0)) {
        *now = wall;
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, now);
}

/* ---- files, environment ---- */

static void files(void)
{
    char got[16];
    int handles[LIMIT_FILES];
    unit_folder_write("conf", "0123456789", 0600);
    CU_ASSERT_EQUAL(port_file_open(unit_folder_path("missing")), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(-1), PORT_WHY_MISSING);
    CU_ASSERT_EQUAL(port_file_open(unit_folder_path("")), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(-1), PORT_WHY_OTHER);
    for (int i = 0; i < LIMIT_FILES; i++) {
        handles[i] = port_file_open(unit_folder_path("conf"));
        CU_ASSERT_FATAL(handles[i] >= 0 && handles[i] < LIMIT_FILES);
    }
    CU_ASSERT_EQUAL(port_file_open(unit_folder_path("conf")), PORT_FULL);
    CU_ASSERT_EQUAL(port_file_read(handles[1], 0, got, sizeof(got)), 10);
    CU_ASSERT_EQUAL(port_file_read(handles[1], 4, got, 3), 3);
    CU_ASSERT_EQUAL(memcmp(got, "456", 3), 0);
    CU_ASSERT_EQUAL(port_file_read(handles[1], 10, got, 3), 0);
    CU_ASSERT_EQUAL(port_file_read(handles[1], UINT64_MAX, got, 3), 0);
    port_file_close(handles[1]);
    CU_ASSERT_EQUAL(port_file_open(unit_folder_path("conf")), handles[1]);
    for (int i = 0; i < LIMIT_FILES; i++)
        port_file_close(handles[i]);
}

static void shared_files(void)
{
    static const struct {
        mode_t mode;
        bool shared;
    } cases[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0644, true},
                 {0622, false}, {0711, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unit_folder_write("secret", "x", cases[i].mode);
        int file = port_file_open(unit_folder_path("secret"));
        CU_ASSERT_FATAL(file >= 0);
        CU_ASSERT_EQUAL(port_file_shared(file), cases[i].shared);
        port_file_close(file);
        (void)unlink(unit_folder_path("secret"));
    }
}

static void environment(void)
{
    (void)setenv("MOONGATE_TEST", "a value", 1);
    CU_ASSERT_STRING_EQUAL(port_env("MOONGATE_TEST"), "a value");
    (void)unsetenv("MOONGATE_TEST");
    CU_ASSERT_PTR_NULL(port_env("MOONGATE_TEST"));
}

static void why_texts(void)
{
    for (int why = PORT_WHY_NONE; why <= PORT_WHY_OTHER; why++) {
        const char *text = port_why_text((enum port_why)why);
        CU_ASSERT_FATAL(text != NULL && strlen(text) > 5);
        for (int other = PORT_WHY_NONE; other < why; other++)
            CU_ASSERT_STRING_NOT_EQUAL(text, port_why_text((enum port_why)other));
    }
}

/* ---- signals and waiting ---- */

static void signals(void)
{
    static const struct {
        int number;
        unsigned told;
    } cases[] = {{SIGTERM, PORT_SIGNAL_STOP}, {SIGINT, PORT_SIGNAL_STOP},
                 {SIGHUP, PORT_SIGNAL_RELOAD}};
    struct port_event events[1];
    CU_ASSERT_EQUAL(port_signals(), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)raise(cases[i].number);
        uint64_t begun_us = port_now_us();
        CU_ASSERT_EQUAL(port_wait(events, 1, port_now_us() + 5000000), 0);
        CU_ASSERT(port_now_us() - begun_us < 4000000);
        CU_ASSERT_EQUAL(port_signals(), cases[i].told);
        CU_ASSERT_EQUAL(port_signals(), 0);
    }
    (void)raise(SIGTERM);
    (void)raise(SIGHUP);
    CU_ASSERT_EQUAL(port_signals(), PORT_SIGNAL_STOP | PORT_SIGNAL_RELOAD);
    (void)raise(SIGPIPE);
    CU_ASSERT_EQUAL(port_signals(), 0);
}

/* One that comes during the sleep ends it. */
static void signal_ends_sleep(void)
{
    struct port_event events[1];
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(30000);
        (void)kill(getppid(), SIGHUP);
        _exit(0);
    }
    (void)port_wait(events, 1, 0); /* the one of the test before */
    uint64_t begun_us = port_now_us();
    while (port_signals() != PORT_SIGNAL_RELOAD && port_now_us() - begun_us < 8000000)
        (void)port_wait(events, 1, port_now_us() + 8000000);
    CU_ASSERT(port_now_us() - begun_us < 6000000);
    (void)waitpid(child, NULL, 0);
}

static void timeouts(void)
{
    static const uint64_t waits_us[] = {0, 1, 900, 1000, 20000};
    struct port_event events[1];
    for (size_t i = 0; i < sizeof(waits_us) / sizeof(waits_us[0]); i++) {
        uint64_t begun_us = port_now_us();
        CU_ASSERT_EQUAL(port_wait(events, 1, port_now_us() + waits_us[i]), 0);
        uint64_t took_us = port_now_us() - begun_us;
        CU_ASSERT(took_us >= waits_us[i] && took_us < waits_us[i] + 2000000);
    }
}

static void process(void)
{
    struct rlimit limit;
    rlim_t wanted = LIMIT_SOCKETS + 64;
    CU_ASSERT_EQUAL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    CU_ASSERT(limit.rlim_cur >= wanted || limit.rlim_cur == limit.rlim_max);
}

/* ---- time, chance, memory ---- */

static void wall_clock(void)
{
    wall = (struct timespec){.tv_sec = 4102444800, .tv_nsec = 123999999};
    CU_ASSERT_EQUAL(port_wall_ms(), 4102444800123u);
    wall = (struct timespec){.tv_sec = 0, .tv_nsec = 1}; /* 1970, as after power-on */
    CU_ASSERT_EQUAL(port_wall_ms(), 0);
    wall = (struct timespec){0, 0};
    CU_ASSERT(port_wall_ms() > 0);
}

static void random_bytes(void)
{
    unsigned char a[1000] = {0}, b[1000] = {0};
    unsigned seen = 0;
    port_random(a, 0);
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)), 0);
    port_random(a, sizeof(a) - 1);
    CU_ASSERT_EQUAL(a[sizeof(a) - 1], 0);
    port_random(b, sizeof(b));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, 16), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(a + 900, b + 900, 16), 0);
    for (size_t i = 0; i < sizeof(b); i++)
        seen |= b[i];
    CU_ASSERT_EQUAL(seen, 0xFF);
}

/* Small ones come of a stock, and none comes twice. */
static void random_ids(void)
{
    unsigned char ids[100][16];
    for (size_t i = 0; i < 100; i++) {
        port_random(ids[i], 1 + i % 16);
        port_random(ids[i], 16);
    }
    for (size_t i = 0; i < 100; i++)
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(memcmp(ids[i], ids[j], 16), 0);
}

static char *fresh_pages(size_t len)
{
    char *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(at != MAP_FAILED);
    memset(at, 'x', len);
    return at;
}

/* Whole pages inside the range become zero, all else stays. */
static void trims(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const struct {
        size_t from, len, zero_from, zero_end;
    } cases[] = {
        {0, 4 * page, 0, 4 * page},     {1, 4 * page - 1, page, 4 * page},
        {0, 4 * page - 1, 0, 3 * page}, {1, 2 * page - 1, page, 2 * page},
        {1, 2 * page - 2, 0, 0},        {page - 1, page + 1, page, 2 * page},
        {0, page - 1, 0, 0},            {1, 5, 0, 0},
        {page, 0, 0, 0},                {page, page, page, 2 * page},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *at = fresh_pages(4 * page);
        port_trim(at + cases[i].from, cases[i].len);
        size_t wrong = 0;
        for (size_t k = 0; k < 4 * page; k++) {
            bool zero = k >= cases[i].zero_from && k < cases[i].zero_end;
            wrong += at[k] != (zero ? 0 : 'x');
        }
        CU_ASSERT_EQUAL(wrong, 0);
        (void)munmap(at, 4 * page);
    }
}

static void resident(void)
{
    enum { MIB = 1 << 20 };
    uint64_t before = port_resident_bytes();
    char *at = fresh_pages(8 * MIB);
    uint64_t more = port_resident_bytes();
    port_trim(at, 8 * MIB);
    uint64_t after = port_resident_bytes();
    CU_ASSERT(before > 0 && more >= before + 7 * MIB && after <= more - 7 * MIB);
    (void)munmap(at, 8 * MIB);
}

/* ---- log ---- */

/* What is written to standard error while write_it runs. */
static size_t captured(void (*write_it)(void), char *out, size_t cap)
{
    int ends[2];
    int before = dup(STDERR_FILENO);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    (void)dup2(ends[1], STDERR_FILENO);
    write_it();
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)close(ends[1]);
    ssize_t len = read(ends[0], out, cap - 1);
    (void)close(ends[0]);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static enum port_level level;

static void log_hello(void)
{
    port_log(level, "hello world!!", 11);
}

static void log_lines(void)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    static const time_t times[] = {1, 951782399, 951782400, 951868800, 1709164800, 1709251199,
                                   1735689599, 1735689600, 1764074096, 4107542399, 4107542400};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char line[128], date[32], wanted[128];
        struct tm parts;
        wall = (struct timespec){.tv_sec = times[i], .tv_nsec = 7999999};
        level = (enum port_level)(i % 4);
        (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", gmtime_r(&times[i], &parts));
        (void)snprintf(wanted, sizeof(wanted), "%s.007Z %s hello world\n", date, names[level]);
        (void)captured(log_hello, line, sizeof(line));
        CU_ASSERT_STRING_EQUAL(line, wanted);
    }
    wall = (struct timespec){0, 0};
}

static void panic_in_child(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        port_panic("core/x.c", 1203);
    }
    (void)waitpid(child, &status, 0);
    CU_ASSERT_TRUE(WIFSIGNALED(status));
    CU_ASSERT_EQUAL(WTERMSIG(status), SIGABRT);
}

static void panics(void)
{
    char line[256];
    (void)captured(panic_in_child, line, sizeof(line));
    line[strcspn(line, "\n")] = '\0'; /* an emulator may say more */
    CU_ASSERT_STRING_EQUAL(line, "moongate: a promise was broken at core/x.c:1203");
}

static const struct unit_test tests[] = {
    {"panics", panics},
    {"process", process},
    {"signals", signals},
    {"signal ends sleep", signal_ends_sleep},
    {"timeouts", timeouts},
    {"files", files},
    {"shared files", shared_files},
    {"environment", environment},
    {"why texts", why_texts},
    {"wall clock", wall_clock},
    {"random bytes", random_bytes},
    {"random ids", random_ids},
    {"trims", trims},
    {"resident", resident},
    {"log lines", log_lines},
};

int main(void)
{
    unit_folder_make();
    posix_start();
    int status = unit_run("posix", tests, sizeof(tests) / sizeof(tests[0]));
    unit_folder_remove();
    return status;
}
