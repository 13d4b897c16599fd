/*
 * Names by getaddrinfo, which blocks: on threads of their own, started when a name waits and none
 * of them is idle. One name is asked for once at a time, however many connections wait for it.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <string.h>

#include "config/bounds.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "port/resolve.h"
#include "port/system.h"

#define NAMES LIMIT_PROVIDERS /* known at once: one a provider is plenty */
#define THREADS_MAX 4
#define SILENT_US 1000000u   /* without an answer: who asks from then on need not wait for one */

struct name {
    char host[LIMIT_NAME_BYTES];
    struct resolve_answer last; /* good addresses, or none */
    uint64_t until_us;          /* last is used without asking */
    uint64_t used_us;
    uint64_t silent_us;         /* no server has answered since */
    bool asked;                 /* and resolve_done has not told */
    struct resolve_answer found; /* the thread's, while asked */
    int16_t next;
};

struct line {
    int16_t first, last; /* numbers of names */
};

static struct name names[NAMES];
static int name_count;

static struct posix_desk desk; /* its lock is over all that follows */
static struct line waiting = {-1, -1};
static struct line answered = {-1, -1};
static int waiting_count;
static int idle_threads;

static int thread_count; /* the main thread's */

static void put(struct line *line, int number)
{
    names[number].next = -1;
    if (line->last >= 0)
        names[line->last].next = (int16_t)number;
    else
        line->first = (int16_t)number;
    line->last = (int16_t)number;
}

static int take(struct line *line)
{
    int number = line->first;
    if (number < 0)
        return -1;
    line->first = names[number].next;
    if (line->first < 0)
        line->last = -1;
    return number;
}

/* ---- on the threads ------------------------------------------------------------------------- */

static void add(struct resolve_answer *answer, const struct addrinfo *from)
{
    struct resolve_address *to = &answer->at[answer->count++];
    const void *address = from->ai_addr;
    *to = (struct resolve_address){.scope = 0};
    if (from->ai_family == AF_INET) {
        const struct sockaddr_in *ipv4 = address;
        address_map(&ipv4->sin_addr, to->bytes);
        return;
    }
    const struct sockaddr_in6 *ipv6 = address;
    memcpy(to->bytes, &ipv6->sin6_addr, sizeof(to->bytes));
    to->scope = ipv6->sin6_scope_id;
}

static const struct addrinfo *next_of(const struct addrinfo *from, int family)
{
    while (from != NULL && from->ai_family != family)
        from = from->ai_next;
    return from;
}

/* Families take turns, the one that the system prefers first. */
static void sort(const struct addrinfo *found, struct resolve_answer *answer)
{
    const int other = found->ai_family == AF_INET ? AF_INET6 : AF_INET;
    const int family[2] = {found->ai_family, other};
    const struct addrinfo *at[2] = {found, next_of(found, other)};
    for (int turn = 0; at[0] != NULL || at[1] != NULL; turn = 1 - turn) {
        if (answer->count == RESOLVE_ADDRESSES)
            return;
        if (at[turn] == NULL)
            continue;
        add(answer, at[turn]);
        at[turn] = next_of(at[turn]->ai_next, family[turn]);
    }
}

static enum port_why why_not_found(int error)
{
    bool server = error == EAI_AGAIN || error == EAI_FAIL || error == EAI_SYSTEM ||
                  error == EAI_MEMORY;
    return server ? PORT_WHY_NAME_SERVER : PORT_WHY_NAME;
}

static void ask(const char *host, struct resolve_answer *answer)
{
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    *answer = (struct resolve_answer){.why = PORT_WHY_NAME};
    int error = getaddrinfo(host, NULL, &wanted, &found);
    if (error != 0) {
        answer->why = (uint8_t)why_not_found(error);
        return;
    }
    if (found != NULL)
        sort(found, answer);
    freeaddrinfo(found);
}

static int next_name(void)
{
    idle_threads++;
    do {
        (void)sem_post(&desk.lock);
        posix_down(&desk.more);
        posix_down(&desk.lock);
    } while (waiting.first < 0);
    idle_threads--;
    waiting_count--;
    return take(&waiting);
}

static void *run(void *unused)
{
    (void)unused;
    posix_leave_sockets();
    posix_down(&desk.lock);
    for (;;) {
        struct resolve_answer answer;
        int number = next_name();
        (void)sem_post(&desk.lock);
        ask(names[number].host, &answer);
        posix_down(&desk.lock);
        names[number].found = answer;
        put(&answered, number);
        posix_wake(POSIX_WAKE_ANSWER);
    }
    return NULL;
}

/* ---- on the main thread --------------------------------------------------------------------- */

static int find(const char *host)
{
    for (int i = 0; i < name_count; i++)
        if (strcmp(names[i].host, host) == 0)
            return i;
    return -1;
}

/* Of the names that nobody waits for, the one that was not needed for longest. */
static int oldest(void)
{
    int best = -1;
    for (int i = 0; i < name_count; i++)
        if (!names[i].asked && (best < 0 || names[i].used_us < names[best].used_us))
            best = i;
    return best;
}

static int place(const char *host)
{
    int number = name_count < NAMES ? name_count++ : oldest();
    if (number < 0)
        return -1;
    names[number] = (struct name){.silent_us = UINT64_MAX, .next = -1};
    memcpy(names[number].host, host, strlen(host));
    return number;
}

/* True when a thread will take the name. */
static bool queue(int number)
{
    posix_desk_ready(&desk);
    posix_down(&desk.lock);
    put(&waiting, number);
    bool short_of_threads = ++waiting_count > idle_threads;
    (void)sem_post(&desk.more);
    (void)sem_post(&desk.lock);
    if (short_of_threads && thread_count < THREADS_MAX && posix_thread(run))
        thread_count++;
    return thread_count > 0;
}

static int refuse(struct resolve_answer *answer, enum port_why why)
{
    *answer = (struct resolve_answer){.why = (uint8_t)why};
    return RESOLVE_KNOWN;
}

/* RFC 6761 section 6.3: this name needs no asking. */
static bool is_localhost(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "localhost.") == 0;
}

static int localhost(struct resolve_answer *answer)
{
    *answer = (struct resolve_answer){.count = 2};
    (void)address_read("::1", answer->at[0].bytes);
    (void)address_read("127.0.0.1", answer->at[1].bytes);
    return RESOLVE_KNOWN;
}

int resolve_begin(const char *host, struct resolve_answer *answer)
{
    size_t len = strlen(host);
    if (len == 0 || len >= LIMIT_NAME_BYTES)
        return refuse(answer, PORT_WHY_NAME);
    if (is_localhost(host))
        return localhost(answer);
    uint64_t now_us = port_now_us();
    int number = find(host);
    if (number < 0)
        number = place(host);
    if (number < 0)
        return refuse(answer, PORT_WHY_OTHER);
    struct name *name = &names[number];
    name->used_us = now_us;
    if (now_us < name->until_us) {
        *answer = name->last;
        return RESOLVE_KNOWN;
    }
    if (!name->asked)
        name->asked = queue(number);
    if (name->silent_us == UINT64_MAX)
        name->silent_us = now_us;
    if (name->last.count == 0 && now_us - name->silent_us > SILENT_US)
        return refuse(answer, PORT_WHY_NAME_SERVER);
    return name->asked ? number : refuse(answer, PORT_WHY_OTHER);
}

/* A server that says that the name is gone is believed; silence is not. */
static void keep(struct name *name)
{
    uint64_t now_us = port_now_us();
    if (name->found.count > 0) {
        name->last = name->found;
        name->until_us = now_us + RESOLVE_GOOD_US;
        name->silent_us = UINT64_MAX;
    } else if (name->found.why == PORT_WHY_NAME) {
        name->last.count = 0;
        name->until_us = 0;
        name->silent_us = UINT64_MAX;
    } else if (name->last.count > 0) {
        name->until_us = now_us + RESOLVE_RETRY_US;
    }
}

int resolve_done(struct resolve_answer *answer)
{
    posix_desk_ready(&desk);
    posix_down(&desk.lock);
    int number = take(&answered);
    (void)sem_post(&desk.lock);
    if (number < 0)
        return -1;
    struct name *name = &names[number];
    keep(name);
    name->asked = false;
    *answer = name->last.count > 0 ? name->last : name->found;
    return number;
}

bool resolve_last(int number, struct resolve_answer *answer)
{
    struct name *name = &names[number];
    if (name->last.count == 0)
        return false;
    name->until_us = port_now_us() + RESOLVE_RETRY_US; /* others need not wait as long */
    *answer = name->last;
    return true;
}
