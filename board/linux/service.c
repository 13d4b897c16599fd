/* See service.h, and sd_notify(3) for what is said. */
#define _GNU_SOURCE
#include "board/linux/service.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/span.h"
#include "port/posix/posix.h"

#define MICROSECONDS 1000000

/* The service manager's address. It may be bound anew, so nothing is connected. */
static struct {
    int socket; /* -1: nobody wants to hear */
    struct sockaddr_un at;
    socklen_t at_len;
} manager = {.socket = -1};
static volatile sig_atomic_t due;

static void tell(const char *what)
{
    if (manager.socket >= 0)
        (void)sendto(manager.socket, what, strlen(what), MSG_DONTWAIT | MSG_NOSIGNAL,
                     (const struct sockaddr *)&manager.at, manager.at_len);
}

/* Its name is a path, or behind a `@` one without a file. */
static void find_manager(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name == NULL ? 0 : strlen(name);
    if (len < 2 || len >= sizeof(manager.at.sun_path) || (name[0] != '/' && name[0] != '@'))
        return;
    manager.at.sun_family = AF_UNIX;
    memcpy(manager.at.sun_path, name, len);
    if (name[0] == '@')
        manager.at.sun_path[0] = '\0';
    manager.at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    manager.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static uint64_t number_of(const char *variable)
{
    const char *value = getenv(variable);
    uint64_t number = 0;
    return span_number(span_of(value), UINT32_MAX, &number) ? number : 0;
}

/* A loop that sleeps is woken to give its sign. */
static void on_alarm(int number)
{
    (void)number;
    due = 1;
    posix_wake(POSIX_WAKE_CORE);
}

static void start_watchdog(void)
{
    uint64_t half_us = number_of("WATCHDOG_USEC") / 2;
    uint64_t pid = number_of("WATCHDOG_PID");
    if (half_us == 0 || (pid != 0 && pid != (uint64_t)getpid()))
        return;
    struct timeval half = {.tv_sec = (time_t)(half_us / MICROSECONDS),
                           .tv_usec = (suseconds_t)(half_us % MICROSECONDS)};
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &(struct itimerval){half, half}, NULL);
}

void service_ready(void)
{
    find_manager();
    if (manager.socket < 0)
        return;
    tell("READY=1");
    start_watchdog();
}

void service_alive(bool stopping)
{
    static bool told;
    if (due != 0) {
        due = 0;
        tell("WATCHDOG=1");
    }
    if (stopping && !told)
        tell("STOPPING=1");
    told = stopping;
}
