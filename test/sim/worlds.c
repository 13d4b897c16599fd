/* See worlds.h. */
#define _GNU_SOURCE
#include "test/sim/worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/sim/secret.h"
#include "test/sim/tally.h"
#include "test/sim/world.h"

#define JOBS_MAX 8
#define SHOWN_MAX 20
#define MANY 20000    /* worlds in which everything must have occurred, */
#define MANY_TLS 500 /* and with TLS */
#define BROKE 3       /* the exit status of a world that has told why */

/* Shared with the processes: the seed in hand of each. */
static volatile uint64_t *in_hand;

static struct {
    uint64_t passed, failed;
    pid_t pids[JOBS_MAX];
} all;

/* The seeds from, from + jobs, and so on. */
static _Noreturn void work(const struct worlds_order *order, int job, uint64_t from)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint64_t seed = from; seed < order->from + order->count;
         seed += (uint64_t)order->jobs) {
        in_hand[job] = seed;
        world_patience();
        struct world_order world_order = {.seed = seed, .tls = order->tls, .day = order->day};
        uint64_t mark = world_run(&world_order);
        if (order->find != NULL && tally_seen(order->find, (unsigned)strlen(order->find)) > 0)
            printf("%llu\n", (unsigned long long)seed);
        if (order->marks)
            printf("%llu %016llx\n", (unsigned long long)seed, (unsigned long long)mark);
    }
    fflush(stdout);
    exit(0);
}

static void begin(const struct worlds_order *order, int job, uint64_t from)
{
    fflush(stdout);
    in_hand[job] = from;
    all.pids[job] = fork();
    if (all.pids[job] == 0)
        work(order, job, from);
}

/* One has ended: with all its worlds, or in the middle of one. */
static void note_end(const struct worlds_order *order, int job, int status)
{
    uint64_t end = order->from + order->count;
    uint64_t seed = in_hand[job];
    all.pids[job] = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != BROKE)
        printf("not ok seed %llu%s: the process ended, status 0x%x\n", (unsigned long long)seed,
               order->tls ? " with TLS" : "", (unsigned)status);
    all.failed++;
    seed += (uint64_t)order->jobs;
    if (seed < end && all.failed < SHOWN_MAX)
        begin(order, job, seed);
}

static int job_of(const struct worlds_order *order, pid_t pid)
{
    int job = 0;
    while (job < order->jobs && all.pids[job] != pid)
        job++;
    return job;
}

static int run_all(const struct worlds_order *order)
{
    int status;
    for (int job = 0; job < order->jobs && (uint64_t)job < order->count; job++)
        begin(order, job, order->from + (uint64_t)job);
    for (pid_t pid = wait(&status); pid > 0; pid = wait(&status)) {
        int job = job_of(order, pid);
        if (job < order->jobs)
            note_end(order, job, status);
    }
    bool gave_up = all.failed >= SHOWN_MAX;
    if (gave_up)
        printf("too many failures: the rest is not run\n");
    all.passed = gave_up ? 0 : order->count - all.failed;
    if (order->count >= (order->tls ? MANY_TLS : MANY) && !order->day)
        all.failed += (uint64_t)tally_print(order->tls);
    printf("%llu passed, %llu failed\n", (unsigned long long)all.passed,
           (unsigned long long)all.failed);
    return all.failed > 0;
}

int worlds_run(const struct worlds_order *order)
{
    in_hand = mmap(NULL, JOBS_MAX * sizeof(*in_hand), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (in_hand == MAP_FAILED || order->jobs < 1 || order->jobs > JOBS_MAX)
        return 2;
    world_start();
    tally_start();
    if (order->tls)
        secret_start();
    if (!order->trace)
        return run_all(order);
    world_run(&(struct world_order){.seed = order->from,
                                    .tls = order->tls,
                                    .day = order->day,
                                    .trace = true});
    printf("1 passed, 0 failed\n");
    return 0;
}
