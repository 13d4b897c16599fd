/* See options.h, and port/lwip/board.h for the board's functions. */
#include "board/qemu-mps2/options.h"

#include <lwip/inet.h>
#include <string.h>

#include "board/qemu-mps2/semihost.h"
#include "port/lwip/board.h"

#define WORDS_BYTES 512

static char words[WORDS_BYTES];
static struct options options;

/* The first word of *rest, which goes on behind it; NULL: there is none. */
static char *next_word(char **rest)
{
    char *at = *rest;
    while (*at == ' ')
        at++;
    if (*at == '\0')
        return NULL;
    char *end = at;
    while (*end != '\0' && *end != ' ')
        end++;
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return at;
}

/* What stands behind "name=" in word, or NULL. */
static const char *value_of(const char *word, const char *name)
{
    size_t len = strlen(name);
    return strncmp(word, name, len) == 0 ? word + len : NULL;
}

static bool is_command(const char *word)
{
    static const char *const commands[] = {
        [OPTIONS_CHECK] = "--check",
        [OPTIONS_LIMITS] = "--limits",
        [OPTIONS_MODELS] = "--models",
        [OPTIONS_VERSION] = "--version",
    };
    for (size_t i = OPTIONS_CHECK; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(word, commands[i]) == 0) {
            options.command = (enum options_command)i;
            return true;
        }
    }
    return false;
}

static void take(const char *word, char **rest)
{
    if (strcmp(word, "-c") == 0)
        options.file = next_word(rest);
    else if (value_of(word, "host=") != NULL)
        options.host = value_of(word, "host=");
    else if (value_of(word, "time=") != NULL)
        options.time_server = value_of(word, "time=");
    else if (strcmp(word, "clock=none") == 0)
        options.no_clock = true;
    else if (!is_command(word))
        options.wrong = word;
}

const struct options *options_read(void)
{
    char *rest = words;
    if (!semihost_words(words, sizeof(words)))
        words[0] = '\0';
    (void)next_word(&rest); /* the program's own name */
    for (const char *word = next_word(&rest); word != NULL; word = next_word(&rest))
        take(word, &rest);
    return &options;
}

bool board_host(const char *name, uint8_t ipv4[4])
{
    size_t len = strlen(name);
    ip4_addr_t address;
    if (options.host == NULL || strncmp(options.host, name, len) != 0 ||
        options.host[len] != '=' || ip4addr_aton(options.host + len + 1, &address) == 0)
        return false;
    memcpy(ipv4, &address.addr, 4);
    return true;
}

const char *board_time_server(void)
{
    return options.time_server;
}
