/* The program for a board without an operating system: what it was told, and the loop. */
#include "board/qemu-mps2/clock.h"
#include "board/qemu-mps2/console.h"
#include "board/qemu-mps2/options.h"
#include "board/qemu-mps2/startup.h"
#include "core/daemon.h"
#include "core/daemon_limits.h"
#include "core/daemon_models.h"
#include "port/lwip/bare.h"
#include "port/lwip/board.h"

#define EXIT_GOOD 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

static struct daemon daemon;

/* ---- what it says ---- */

static void say(const char *first, const char *second)
{
    char bytes[SETTINGS_MESSAGE_BYTES + 64];
    struct text line = text_over(bytes, sizeof(bytes));
    text_add_str(&line, first);
    text_add_str(&line, second);
    text_add_char(&line, '\n');
    board_write(line.at, line.len);
}

static void say_notes(const struct settings_note *notes, int count, const char *kind)
{
    for (int i = 0; i < count; i++) {
        char bytes[160];
        struct text where = text_over(bytes, sizeof(bytes));
        text_add_str(&where, options_read()->file);
        if (notes[i].line > 0) {
            text_add_char(&where, ':');
            text_add_u64(&where, (uint64_t)notes[i].line);
        }
        text_add_str(&where, ": ");
        text_add_str(&where, kind);
        say(text_str(&where), notes[i].text);
    }
}

static void print_limits(void)
{
    struct daemon_limits row;
    for (size_t i = 0; daemon_limits_row(i, &row); i++) {
        char bytes[96];
        struct text line = text_over(bytes, sizeof(bytes));
        text_add_str(&line, "| ");
        text_add_str(&line, row.name);
        text_add_str(&line, " | ");
        text_add_u64(&line, row.count);
        text_add_str(&line, " | ");
        text_add_u64(&line, row.size);
        text_add_str(&line, " | ");
        text_add_u64(&line, row.count * row.size);
        text_add_str(&line, " |\n");
        console_print(text_str(&line));
    }
}

static void print_models(void)
{
    char bytes[256];
    struct daemon_models place = {0};
    struct text line = text_over(bytes, sizeof(bytes));
    while (daemon_models_line(&daemon, &place, &line)) {
        console_print(text_str(&line));
        console_print("\n");
        line = text_over(bytes, sizeof(bytes));
    }
}

/* ---- what it does ---- */

static int fail(void)
{
    say("moongate: ", daemon.why);
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
    console_ready(CONSOLE_LISTENER);
    while (daemon_step(&daemon))
        ;
    console_tell_memory();
    return EXIT_GOOD;
}

static int with_configuration(const struct options *options)
{
    if (options->file == NULL) {
        say("moongate: no configuration: -c FILE is missing", "");
        return EXIT_USAGE;
    }
    bool good = daemon_load(&daemon, options->file);
    say_notes(daemon.report.warnings, daemon.report.warning_count, "warning: ");
    say_notes(daemon.report.faults, daemon.report.fault_count, "");
    if (!good)
        return EXIT_USAGE;
    if (options->command == OPTIONS_CHECK) {
        console_print("good\n");
        return EXIT_GOOD;
    }
    bare_start();
    return options->command == OPTIONS_MODELS ? discover() : run();
}

_Noreturn void startup_main(void)
{
    console_start();
    const struct options *options = options_read();
    clock_start(!options->no_clock);
    int status = EXIT_GOOD;
    if (options->wrong != NULL) {
        say("moongate: unknown option ", options->wrong);
        status = EXIT_USAGE;
    } else if (options->command == OPTIONS_LIMITS) {
        print_limits();
    } else if (options->command == OPTIONS_VERSION) {
        console_print("moongate " MOONGATE_VERSION "\nboard " MOONGATE_BOARD "\n");
    } else {
        status = with_configuration(options);
    }
    board_stop(status);
}
