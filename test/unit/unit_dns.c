/* See unit_dns.h. */
#define _GNU_SOURCE
#include "test/unit/unit_dns.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/address.h"

#ifndef SYS_clock_gettime /* of 32 bit processors, with a time of 64 bits */
#define SYS_clock_gettime SYS_clock_gettime64
#endif

static time_t ahead_s; /* of the system's clock */
static long ahead_ns;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);
    now->tv_nsec += ahead_ns;
    now->tv_sec += ahead_s + now->tv_nsec / 1000000000;
    now->tv_nsec %= 1000000000;
    return (int)result;
}

void unit_dns_pass_ms(int ms)
{
    ahead_s += ms / 1000;
    ahead_ns += ms % 1000 * 1000000L;
    ahead_s += ahead_ns / 1000000000;
    ahead_ns %= 1000000000;
}

/* What the name servers say, to all names alike but for "never". */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool silent;   /* a call waits until it is not */
    int error;
    const char *addresses[12];
    int calls, at_once, most_at_once;
} dns = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static struct addrinfo *found_address(const char *text)
{
    struct both {
        struct addrinfo info;
        struct sockaddr_in6 address;
    } *both = calloc(1, sizeof(*both));
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&both->address;
    bool is_ipv4 = strchr(text, ':') == NULL;
    uint8_t bytes[16];
    (void)address_read(text, bytes);
    both->info.ai_family = is_ipv4 ? AF_INET : AF_INET6;
    both->info.ai_addr = (struct sockaddr *)&both->address;
    both->address.sin6_family = (sa_family_t)both->info.ai_family;
    if (is_ipv4)
        memcpy(&ipv4->sin_addr, bytes + 12, 4);
    else
        memcpy(&both->address.sin6_addr, bytes, 16);
    return &both->info;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    (void)service;
    (void)hints;
    (void)pthread_mutex_lock(&dns.lock);
    dns.calls++;
    dns.at_once++;
    if (dns.most_at_once < dns.at_once)
        dns.most_at_once = dns.at_once;
    while (dns.silent)
        (void)pthread_cond_wait(&dns.change, &dns.lock);
    dns.at_once--;
    int error = strcmp(name, "never") == 0 ? EAI_NONAME : dns.error;
    for (int i = 0; error == 0 && dns.addresses[i] != NULL; i++) {
        *out = found_address(dns.addresses[i]);
        out = &(*out)->ai_next;
    }
    (void)pthread_mutex_unlock(&dns.lock);
    return error;
}

void freeaddrinfo(struct addrinfo *found)
{
    while (found != NULL) {
        struct addrinfo *next = found->ai_next;
        free(found);
        found = next;
    }
}

void unit_dns_says(int error, const char *const *addresses)
{
    (void)pthread_mutex_lock(&dns.lock);
    dns.error = error;
    memset(dns.addresses, 0, sizeof(dns.addresses));
    for (int i = 0; addresses != NULL && addresses[i] != NULL; i++)
        dns.addresses[i] = addresses[i];
    dns.silent = false;
    (void)pthread_cond_broadcast(&dns.change);
    (void)pthread_mutex_unlock(&dns.lock);
}

void unit_dns_is_silent(void)
{
    (void)pthread_mutex_lock(&dns.lock);
    dns.silent = true;
    dns.most_at_once = 0;
    (void)pthread_mutex_unlock(&dns.lock);
}

static int count(const int *what)
{
    (void)pthread_mutex_lock(&dns.lock);
    int now = *what;
    (void)pthread_mutex_unlock(&dns.lock);
    return now;
}

int unit_dns_calls(void)
{
    return count(&dns.calls);
}

int unit_dns_at_once(void)
{
    return count(&dns.at_once);
}

int unit_dns_most_at_once(void)
{
    return count(&dns.most_at_once);
}
