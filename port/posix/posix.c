/* The process: signals, limits, threads. */
#define _GNU_SOURCE
#include "port/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/port.h"
#include "port/promise.h"

#define OTHER_DESCRIPTORS 64 /* files, the resolver's sockets, the log */
/* musl's getaddrinfo takes about 20 KiB; pages that are not touched cost nothing. */
#define THREAD_STACK_BYTES 131072

static atomic_uint signals;

static void on_signal(int number)
{
    int error = errno;
    atomic_fetch_or(&signals, number == SIGHUP ? PORT_SIGNAL_RELOAD : PORT_SIGNAL_STOP);
    posix_wake(POSIX_WAKE_CORE);
    errno = error;
}

unsigned port_signals(void)
{
    return atomic_exchange(&signals, 0);
}

static void handle_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL); /* a limit on files is a full disk, not the end */
}

/* Else a socket could become standard error, and the log would be sent to a stranger. */
static void fill_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    const rlim_t wanted = LIMIT_SOCKETS + OTHER_DESCRIPTORS;
    if (prlimit(0, RLIMIT_NOFILE, NULL, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)prlimit(0, RLIMIT_NOFILE, &limit, NULL);
}

void posix_start(void)
{
    fill_standard_descriptors();
    posix_wait_open();
    handle_signals();
    raise_descriptors();
    tzset(); /* later the system's files are out of reach */
    /* A huge page would make 2 MiB resident where one byte was touched. */
    (void)prctl(PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L);
}

void posix_desk_ready(struct posix_desk *desk)
{
    if (desk->ready)
        return;
    PROMISE(sem_init(&desk->lock, 0, 1) == 0 && sem_init(&desk->more, 0, 0) == 0);
    desk->ready = true;
}

void posix_down(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        PROMISE(errno == EINTR);
}

bool posix_thread(void *(*run)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &attributes, run, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return started;
}
