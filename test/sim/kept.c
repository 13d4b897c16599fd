/* See kept.h. */
#include "test/sim/kept.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/sim/secret.h"
#include "test/sim/tally.h"
#include "test/sim/world.h"

#define LINE_BYTES 512

static bool saw_all(char *words, unsigned long long seed)
{
    bool all = true;
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        int seen = tally_seen(word, (unsigned)strlen(word));
        if (seen <= 0)
            printf("not ok seed %llu: %s %s; find another seed: world --from 1 --count 20000 "
                   "--find %s\n",
                   seed, word, seen < 0 ? "is nothing that is counted" : "does not occur any more",
                   word);
        all = all && seen > 0;
    }
    return all;
}

/* In a process of its own: a world that breaks ends it. */
static _Noreturn void run(char *line)
{
    char *words;
    bool tls = strncmp(line, "tls ", 4) == 0;
    unsigned long long seed = strtoull(line + (tls ? 4 : 6), &words, 10);
    words[strcspn(words, ":\n")] = '\0';
    world_patience();
    if (tls)
        secret_start();
    world_run(&(struct world_order){.seed = seed, .tls = tls});
    bool good = saw_all(words, seed);
    fflush(stdout);
    _exit(good ? 0 : 1);
}

static bool passes(char *line)
{
    int status = 1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        run(line);
    if (pid > 0)
        (void)waitpid(pid, &status, 0);
    if (status != 0)
        printf("not ok kept: %s", line);
    return status == 0;
}

int kept_run(const char *path)
{
    char line[LINE_BYTES];
    int passed = 0, failed = 0;
    FILE *file = fopen(path, "r");
    world_start();
    tally_start();
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "plain ", 6) != 0 && strncmp(line, "tls ", 4) != 0)
            continue;
        bool good = passes(line);
        passed += good;
        failed += !good;
    }
    if (file != NULL)
        fclose(file);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
