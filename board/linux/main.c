/*
 * The program for Linux: its command line, and the loop. It prints without stdio, whose printf
 * brings floating point into a program that has none: an illegal instruction on most routers.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "board/linux/batch.h"
#include "board/linux/guard.h"
#include "board/linux/health.h"
#include "board/linux/service.h"
#include "core/daemon.h"
#include "core/daemon_key.h"
#include "core/daemon_limits.h"
#include "core/daemon_models.h"
#include "port/posix/posix.h"

#include <mbedtls/version.h>

#define EXIT_GOOD 0
#define EXIT_FAILED 1 /* a port is taken, a directory cannot be written */
#define EXIT_USAGE 2  /* a bad configuration or command line */

enum command {
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_LIMITS,
    COMMAND_MODELS,
    COMMAND_NEW_KEY,
    COMMAND_HEALTH,
    COMMAND_BATCH,
    COMMAND_VERSION,
    COMMAND_HELP
};

struct options {
    enum command command;
    const char *file;
    const char *argument; /* a new key's name, the URL of a gateway, what makes a batch */
    const char *url;      /* of the gateway that has the batch, or NULL */
    const char *user;
};

static struct daemon daemon;

#if FEATURE_SERVICE
#define HEALTH_USAGE                                                                               \
    "       moongate --health URL       ask whether the gateway at URL runs: status 0, or 1\n"
#else
#define HEALTH_USAGE
#endif
#if FEATURE_BATCH_COMMAND
#define BATCH_USAGE                                                                                \
    "       moongate --batch FILE [URL] have the gateway at URL work off a file of requests\n"
#else
#define BATCH_USAGE
#endif

static const char usage[] =
    "usage: moongate -c FILE            run with this configuration\n"
    "       moongate --user NAME -c FILE    the same as that user, when root starts it\n"
    "       moongate --check -c FILE    say what is wrong with it, and touch no network\n"
    "       moongate --limits           print every pool of memory, and their sum\n"
    "       moongate --models -c FILE   list the services' models, which are kept and why not\n"
    "       moongate --new-key NAME     make a client's key: shown once, with lines to paste\n"
    HEALTH_USAGE
    BATCH_USAGE
    "       moongate --version          print the version, and those of the libraries\n"
    "       moongate --help             print this\n"
    "\n"
    "Programs then speak OpenAI's API to http://127.0.0.1:3000/v1 (see bind_address).\n"
    "SIGTERM ends it. Exit status: 0 good, 1 it cannot run here (the reason is printed),\n"
    "2 a bad configuration or option.\n";

/* ---- what it prints ---- */

static void print(int to, const char *words)
{
    size_t left = strlen(words);
    while (left > 0) {
        ssize_t put = write(to, words, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        words += put;
        left -= (size_t)put;
    }
}

/* The words one behind the other, up to NULL. */
static void print_words(int to, const char *const *words)
{
    for (; *words != NULL; words++)
        print(to, *words);
}

#define PRINT(to, ...) print_words((to), (const char *const[]){__VA_ARGS__, NULL})

static void print_number(int to, uint64_t number)
{
    char bytes[24];
    struct text digits = text_over(bytes, sizeof(bytes));
    text_add_u64(&digits, number);
    print(to, text_str(&digits));
}

static void print_notes(const char *file, const struct settings_note *notes, int count,
                        const char *kind)
{
    for (int i = 0; i < count; i++) {
        print(STDERR_FILENO, file);
        if (notes[i].line > 0) {
            print(STDERR_FILENO, ":");
            print_number(STDERR_FILENO, (uint64_t)notes[i].line);
        }
        PRINT(STDERR_FILENO, ": ", kind, notes[i].text, "\n");
    }
}

static void print_report(const char *file)
{
    const struct settings_report *report = &daemon.report;
    print_notes(file, report->warnings, report->warning_count, "warning: ");
    print_notes(file, report->faults, report->fault_count, "");
    if (report->fault_total > report->fault_count) {
        PRINT(STDERR_FILENO, file, ": ");
        print_number(STDERR_FILENO, (uint64_t)(report->fault_total - report->fault_count));
        print(STDERR_FILENO, " further faults are not shown\n");
    }
}

static void print_limits_row(const struct daemon_limits *row)
{
    PRINT(STDOUT_FILENO, "| ", row->name, " | ");
    print_number(STDOUT_FILENO, row->count);
    print(STDOUT_FILENO, " | ");
    print_number(STDOUT_FILENO, row->size);
    print(STDOUT_FILENO, " | ");
    print_number(STDOUT_FILENO, (uint64_t)row->count * row->size);
    print(STDOUT_FILENO, " |\n");
}

static int print_limits(void)
{
    struct daemon_limits row;
    print(STDOUT_FILENO, "| name | count | size | bytes |\n| --- | ---: | ---: | ---: |\n");
    for (size_t i = 0; daemon_limits_row(i, &row); i++)
        print_limits_row(&row);
    row = (struct daemon_limits){"the whole, worst case", 1, daemon_limits_sum()};
    print_limits_row(&row);
    return EXIT_GOOD;
}

static int print_version(void)
{
    PRINT(STDOUT_FILENO, "moongate " MOONGATE_VERSION "\n", MBEDTLS_VERSION_STRING_FULL "\n",
          "board " MOONGATE_BOARD "\n");
    return EXIT_GOOD;
}

static int print_models(void)
{
    char bytes[512];
    struct daemon_models place = {0};
    for (;;) {
        struct text line = text_over(bytes, sizeof(bytes));
        if (!daemon_models_line(&daemon, &place, &line))
            return EXIT_GOOD;
        PRINT(STDOUT_FILENO, text_str(&line), "\n");
    }
}

static int print_new_key(const char *name)
{
    char bytes[DAEMON_KEY_BYTES];
    struct text text = text_over(bytes, sizeof(bytes));
    if (!daemon_key_new(span_of(name), &text)) {
        PRINT(STDERR_FILENO, "moongate: --new-key wants a name of letters, digits, '-' and '_'\n");
        return EXIT_USAGE;
    }
    print(STDOUT_FILENO, text_str(&text));
    return EXIT_GOOD;
}

/* ---- what it does ---- */

/* A container's healthcheck: a short word, which its engine shows, and an exit status. */
static int ask_health(const char *url)
{
    posix_start();
    const char *why = health_ask(url);
    if (why == NULL)
        return EXIT_GOOD;
    PRINT(STDERR_FILENO, "moongate: --health ", url, ": ", why, "\n");
    return EXIT_FAILED;
}

/* The key is no argument: the whole box can read those. */
static int run_batch(const struct options *options)
{
    posix_start();
    bool good = batch_run(options->argument, options->url, port_env("MOONGATE_KEY"));
    return good ? EXIT_GOOD : EXIT_FAILED;
}

static int fail(void)
{
    PRINT(STDERR_FILENO, "moongate: ", daemon.why, "\n");
    return EXIT_FAILED;
}

static int discover(void)
{
    if (!daemon_prepare(&daemon, NULL))
        return fail();
    bool good = daemon_discover(&daemon);
    print_models();
    return good ? EXIT_GOOD : EXIT_FAILED;
}

static int run(void)
{
    if (!daemon_prepare(&daemon, NULL) || !daemon_listen(&daemon))
        return fail();
    if (FEATURE_SERVICE)
        service_ready();
    bool goes_on = true;
    while (goes_on) {
        goes_on = daemon_step(&daemon);
        if (FEATURE_SERVICE)
            service_alive(daemon.gateway.stopping);
    }
    return EXIT_GOOD;
}

/* Between what only root may read and the first stranger. False: it is not as it was asked for. */
static bool shut_in(const struct options *options)
{
    const char *why = "here that is for whoever starts it";
    if (options->user != NULL && (!FEATURE_GUARD || !guard_user(options->user, &why))) {
        PRINT(STDERR_FILENO, "moongate: --user ", options->user, ": ", why, "\n");
        return false;
    }
    if (FEATURE_GUARD)
        guard_close(&daemon.settings, options->file);
    return true;
}

static int with_configuration(const struct options *options)
{
    if (options->file == NULL) {
        PRINT(STDERR_FILENO, "moongate: no configuration: -c FILE is missing\n", usage);
        return EXIT_USAGE;
    }
    posix_start(); /* before the memory of the daemon is touched: no huge pages */
    bool good = daemon_load(&daemon, options->file);
    print_report(options->file);
    if (!good)
        return EXIT_USAGE;
    if (options->command == COMMAND_CHECK) {
        PRINT(STDOUT_FILENO, options->file, ": good\n");
        return EXIT_GOOD;
    }
    if (!shut_in(options))
        return EXIT_FAILED;
    return options->command == COMMAND_MODELS ? discover() : run();
}

/* ---- the command line ---- */

static int find_command(const char *word)
{
    static const struct {
        const char *word;
        enum command command;
        bool built;
    } commands[] = {
        {"--check", COMMAND_CHECK, true},
        {"--limits", COMMAND_LIMITS, true},
        {"--models", COMMAND_MODELS, true},
        {"--version", COMMAND_VERSION, true},
        {"--help", COMMAND_HELP, true},
        {"-h", COMMAND_HELP, true},
        {"--new-key", COMMAND_NEW_KEY, true},
        {"--health", COMMAND_HEALTH, FEATURE_SERVICE},
        {"--batch", COMMAND_BATCH, FEATURE_BATCH_COMMAND},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (commands[i].built && strcmp(word, commands[i].word) == 0)
            return (int)commands[i].command;
    return -1;
}

/* Takes what stands behind a command; returns where it ends. */
static int read_argument(struct options *options, int i, int argc, char **argv)
{
    bool has_one = options->command == COMMAND_NEW_KEY || options->command == COMMAND_HEALTH ||
                   options->command == COMMAND_BATCH;
    if (!has_one)
        return i;
    options->argument = ++i < argc ? argv[i] : "";
    if (options->command == COMMAND_BATCH && i + 1 < argc)
        options->url = argv[++i];
    return i;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int command = find_command(argv[i]);
        if (command >= 0) {
            options->command = (enum command)command;
            i = read_argument(options, i, argc, argv);
        } else {
            const char **value = strcmp(argv[i], "-c") == 0       ? &options->file
                                 : strcmp(argv[i], "--user") == 0 ? &options->user
                                                                  : NULL;
            if (value == NULL || i + 1 == argc) {
                const char *why = value == NULL ? "unknown option " : "no value behind ";
                PRINT(STDERR_FILENO, "moongate: ", why, argv[i], "\n", usage);
                return false;
            }
            *value = argv[++i];
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.command = COMMAND_RUN};
    if (!read_options(&options, argc, argv))
        return EXIT_USAGE;
    switch (options.command) {
    case COMMAND_LIMITS:
        return print_limits();
    case COMMAND_VERSION:
        return print_version();
    case COMMAND_NEW_KEY:
        return print_new_key(options.argument);
    case COMMAND_HEALTH:
        return FEATURE_SERVICE ? ask_health(options.argument) : EXIT_USAGE;
    case COMMAND_BATCH:
        return FEATURE_BATCH_COMMAND ? run_batch(&options) : EXIT_USAGE;
    case COMMAND_HELP:
        print(STDOUT_FILENO, usage);
        return EXIT_GOOD;
    default:
        return with_configuration(&options);
    }
}
