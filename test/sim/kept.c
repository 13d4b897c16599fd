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
#define SEARCH 2000

/* Whether all of the words have occurred, which stand between spaces. */
static bool saw_all(const char *words)
{
    size_t len;
    for (words += strspn(words, " "); *words != '\0'; words += len + strspn(words + len, " ")) {
        len = strcspn(words, " ");
        int seen = tally_seen(words, (unsigned)len);
        if (seen < 0)
            printf("not ok: nothing is counted as %.*s\n", (int)len, words);
        if (seen <= 0)
            return false;
    }
    return true;
}

/* In a process of its own: a world that breaks ends it. */
static _Noreturn void run(char *line)
{
    char *words;
    bool tls = strncmp(line, "tls ", 4) == 0;
    unsigned long long kept = strtoull(line + (tls ? 4 : 6), &words, 10);
    unsigned long long seed = kept;
    words[strcspn(words, ":\n")] = '\0';
    if (tls)
        secret_start();
    do {
        world_patience();
        world_run(&(struct world_order){.seed = seed, .tls = tls});
    } while (!saw_all(words) && ++seed < kept + SEARCH);
    if (seed != kept)
        printf("# kept seed %llu: it is %llu now that comes to%s\n", kept, seed, words);
    fflush(stdout);
    _exit(seed < kept + SEARCH ? 0 : 1);
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
