/* The words that the program was started with: -c FILE, and what is known of the world around. */
#ifndef MOONGATE_QEMU_MPS2_OPTIONS_H
#define MOONGATE_QEMU_MPS2_OPTIONS_H

#include <stdbool.h>

enum options_command {
    OPTIONS_RUN,
    OPTIONS_CHECK,
    OPTIONS_LIMITS,
    OPTIONS_MODELS,
    OPTIONS_VERSION
};

struct options {
    enum options_command command;
    const char *file;        /* NULL: none was given */
    const char *host;        /* NAME=ADDRESS: a name that needs no DNS; NULL: none */
    const char *wrong;       /* a word that says nothing, or NULL */
    const char *time_server; /* NULL: none */
    bool no_clock;
};

/* What the words say; their text stays. Once at the start. */
const struct options *options_read(void);

#endif
