/*
 * See dial.h. A dial waits for its name or for its next address in one list; all wait equally
 * long, so the list is in the order in which they are due. One that has ended waits in another to
 * be told.
 */
#define _GNU_SOURCE
#include "port/dial.h"

#include <string.h>

#include "config/bounds.h"
#include "port/numbers.h"
#include "port/promise.h"
#include "port/sockets.h"
#include "port/system.h"

enum list { TICKING, ENDED, NOWHERE };

struct dial {
    struct resolve_answer to;
    int fds[RESOLVE_ADDRESSES]; /* -1: not under way */
    uint64_t due_us;
    int16_t next, before; /* in its list */
    int16_t slot;
    int16_t name;         /* asked of the resolver, or -1 */
    uint16_t port;
    uint8_t flags;
    uint8_t list;
    uint8_t tried;        /* addresses */
    uint8_t under_way;    /* of them */
    uint8_t ticks;
    uint8_t why;          /* of the most telling failure */
    uint8_t kinds;        /* to be told */
};

static struct dial dials[LIMIT_UPSTREAMS];
static uint16_t free_numbers[LIMIT_UPSTREAMS];
static struct numbers numbers = {._free = free_numbers, .cap = LIMIT_UPSTREAMS};
static struct {
    int16_t first, last;
} lists[] = {[TICKING] = {-1, -1}, [ENDED] = {-1, -1}};

static int number_of(const struct dial *d)
{
    return (int)(d - dials);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void leave(struct dial *d)
{
    if (d->list == NOWHERE)
        return;
    if (d->before >= 0)
        dials[d->before].next = d->next;
    else
        lists[d->list].first = d->next;
    if (d->next >= 0)
        dials[d->next].before = d->before;
    else
        lists[d->list].last = d->before;
    d->list = NOWHERE;
}

static void join(struct dial *d, enum list list)
{
    int16_t me = (int16_t)number_of(d);
    leave(d);
    d->list = (uint8_t)list;
    d->next = -1;
    d->before = lists[list].last;
    if (d->before >= 0)
        dials[d->before].next = me;
    else
        lists[list].first = me;
    lists[list].last = me;
}

static void tick_later(struct dial *d)
{
    d->due_us = port_now_us() + DIAL_HEAD_START_US;
    join(d, TICKING);
}

/* ---- the race ------------------------------------------------------------------------------- */

/* What another address failed of says more than that one family has no route. */
static void note_failure(struct dial *d, enum port_why why)
{
    if (d->why == PORT_WHY_NONE || d->why == PORT_WHY_UNREACHABLE)
        d->why = (uint8_t)why;
}

static void drop_tries(struct dial *d)
{
    for (int i = 0; i < d->tried; i++) {
        if (d->fds[i] >= 0)
            system_close(d->fds[i]);
        d->fds[i] = -1;
    }
}

static void fail(struct dial *d)
{
    d->kinds = PORT_EVENT_FAILED;
    sockets_fail(d->slot, (enum port_why)d->why);
    join(d, ENDED);
}

static void try_next(struct dial *d)
{
    enum port_why why = PORT_WHY_OTHER;
    int number = d->tried++;
    int fd = sockets_try(d->slot, number, &d->to.at[number], d->port, &why);
    d->fds[number] = fd;
    if (fd >= 0)
        d->under_way++;
    else
        note_failure(d, why);
}

/* Tries the next address that does not fail at once. */
static void advance(struct dial *d)
{
    int before = d->under_way;
    leave(d);
    while (d->tried < d->to.count && d->under_way == before)
        try_next(d);
    if (d->under_way == 0)
        fail(d);
    else if (d->tried < d->to.count)
        tick_later(d);
}

static void keep_private(struct dial *d)
{
    uint8_t kept = 0;
    for (int i = 0; i < d->to.count; i++)
        if (address_is_private(d->to.at[i].bytes))
            d->to.at[kept++] = d->to.at[i];
    if (kept == 0 && d->to.count > 0)
        d->to.why = PORT_WHY_DENIED;
    d->to.count = kept;
}

/* The addresses are known, or that there are none. */
static void begin(struct dial *d)
{
    d->name = -1;
    if ((d->flags & PORT_PRIVATE_ONLY) != 0)
        keep_private(d);
    if (d->to.count == 0)
        d->why = d->to.why;
    advance(d);
}

static void win(struct dial *d, int number, unsigned kinds)
{
    int fd = d->fds[number];
    d->fds[number] = -1;
    leave(d);
    drop_tries(d);
    d->kinds = (uint8_t)(PORT_EVENT_OPEN | sockets_open(d->slot, fd, number, kinds));
    join(d, ENDED);
}

void dial_ready(int dial, int number, unsigned kinds)
{
    struct dial *d = &dials[dial];
    if (number >= d->tried || d->fds[number] < 0)
        return;
    enum port_why why = sockets_outcome(d->fds[number]);
    if (why == PORT_WHY_NONE) {
        win(d, number, kinds);
        return;
    }
    system_close(d->fds[number]);
    d->fds[number] = -1;
    d->under_way--;
    note_failure(d, why);
    advance(d);
}

/* ---- names and time ------------------------------------------------------------------------- */

static int ask(const char *host, struct resolve_answer *answer)
{
    *answer = (struct resolve_answer){.count = 1};
    if (address_read(host, answer->at[0].bytes))
        return RESOLVE_KNOWN;
    return resolve_begin(host, answer);
}

int port_connect(const char *host, uint16_t port, unsigned flags)
{
    int number = numbers_take(&numbers);
    int slot = number >= 0 ? sockets_take(number) : -1;
    if (slot < 0) {
        if (number >= 0)
            numbers_give(&numbers, number);
        return PORT_FULL;
    }
    struct dial *d = &dials[number];
    *d = (struct dial){.slot = (int16_t)slot, .port = port, .flags = (uint8_t)flags};
    d->list = NOWHERE;
    d->name = (int16_t)ask(host, &d->to);
    if (d->name == RESOLVE_KNOWN)
        begin(d);
    else
        tick_later(d);
    return slot;
}

static void take_answer(int name, const struct resolve_answer *answer)
{
    for (int i = lists[TICKING].first, next; i >= 0; i = next) {
        struct dial *d = &dials[i];
        next = d->next;
        if (d->name == name) {
            d->to = *answer;
            begin(d);
        }
    }
}

static void tick(struct dial *d)
{
    if (d->name < 0)
        advance(d);
    else if (++d->ticks == DIAL_STALE_AFTER && resolve_last(d->name, &d->to))
        begin(d);
    else
        tick_later(d);
}

void dial_take_answers(void)
{
    struct resolve_answer answer;
    for (int name = resolve_done(&answer); name >= 0; name = resolve_done(&answer))
        take_answer(name, &answer);
}

void dial_step(void)
{
    if (lists[TICKING].first < 0)
        return;
    uint64_t now_us = port_now_us();
    while (lists[TICKING].first >= 0 && dials[lists[TICKING].first].due_us <= now_us)
        tick(&dials[lists[TICKING].first]);
}

uint64_t dial_due_us(void)
{
    if (lists[ENDED].first >= 0)
        return 0;
    if (lists[TICKING].first < 0)
        return UINT64_MAX;
    return dials[lists[TICKING].first].due_us;
}

/* ---- the end -------------------------------------------------------------------------------- */

static void release(struct dial *d)
{
    leave(d);
    sockets_forget_dial(d->slot);
    numbers_give(&numbers, number_of(d));
}

int dial_tell(struct port_event *events, int cap)
{
    int n = 0;
    while (n < cap && lists[ENDED].first >= 0) {
        struct dial *d = &dials[lists[ENDED].first];
        events[n++] = (struct port_event){d->slot, d->kinds};
        release(d);
    }
    return n;
}

void dial_cancel(int dial)
{
    drop_tries(&dials[dial]);
    release(&dials[dial]);
}
