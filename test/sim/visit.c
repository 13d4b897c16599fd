/* See visit.h. What is said is made in service.c. */
#include "test/sim/visit.h"

#include <stdlib.h>
#include <string.h>

#include "test/sim/secret.h"
#include "test/sim/service.h"
#include "test/sim/tally.h"

#define GONE_US 5000000u

static struct visit visits[VISIT_COUNT];

void visit_begin(void)
{
    for (int i = 0; i < VISIT_COUNT; i++)
        visits[i].used = false;
}

void visit_forget(void)
{
    for (int i = 0; i < VISIT_COUNT; i++)
        visits[i].ask = NULL;
}

static enum visit_mood draw_mood(void)
{
    if (!world_bad(12))
        return VISIT_SERVES;
    return (enum visit_mood)(1 + world_below(3));
}

void visit_connected(int service, int link)
{
    int i = 0;
    while (i < VISIT_COUNT && visits[i].used)
        i++;
    WORLD_CHECK(i < VISIT_COUNT, "more visits than there is room for");
    struct visit *v = &visits[i];
    memset(v, 0, offsetof(struct visit, in));
    v->used = true;
    v->number = i;
    v->link = link;
    v->service = service;
    v->mood = draw_mood();
    tally_if(v->mood == VISIT_EARLY, TALLY_SERVICE_EARLY);
    tally_if(v->mood == VISIT_MUTE, TALLY_SERVICE_MUTE);
    v->due_us = v->gone_us = SIM_NEVER;
    v->leave_us = v->mood == VISIT_LEAVES ? world_in_ms(2000) : SIM_NEVER;
    secret_open(i, service, link);
    world_trace("visit %d: service %d, mood %d", i, service, v->mood);
}

static void leave(struct visit *v, bool in_order)
{
    world_trace("visit %d: %s", v->number, in_order ? "closes" : "resets");
    secret_close(v->number);
    if (in_order)
        sim_close(v->link);
    else
        sim_reset(v->link);
    v->used = false;
}

/* Everything that was to be said has been. */
static void end_answer(struct visit *v)
{
    v->answers = v->end == VISIT_STALLS;
    v->due_us = SIM_NEVER;
    if (v->end == VISIT_CLOSES || v->end == VISIT_RESETS) {
        leave(v, v->end == VISIT_CLOSES);
    } else if (v->end == VISIT_STALLS) {
        v->mood = VISIT_MUTE;
    } else {
        if (world_bad(3))
            v->leave_us = world_in_ms(70000);
        v->in_len = 0;
    }
}

/* Nobody may ask again before the answer is whole. */
static void check_silence(struct visit *v)
{
    char byte;
    bool whole = v->out_at == v->out_len || v->nonsense || v->half_asked;
    if (!whole && secret_read(v->number, &byte, 1) > 0)
        WORLD_CHECK(!sim_is_held(v->link), "a service is asked again in the middle of its answer");
}

static void say_some(struct visit *v)
{
    size_t end = v->cut_at < v->out_len ? v->cut_at : v->out_len;
    if (!v->blocked && v->due_us > port_now_us())
        return;
    size_t len = end - v->out_at < v->burst ? end - v->out_at : v->burst;
    size_t said = len > 0 ? secret_write(v->number, v->out + v->out_at, len) : 0;
    v->out_at += said;
    if (v->ask != NULL && v->out_at >= v->complete_at)
        v->ask->tried[v->nth_try].complete = true;
    v->blocked = said == 0;
    v->due_us = v->blocked ? SIM_NEVER : port_now_us() + 1 + world_below(v->gap_us + 1);
    if (v->out_at == end && v->end == VISIT_CLOSES && v->notifies) {
        v->notifies = false;
        secret_notify(v->number);
    }
    if (v->out_at == end && secret_flushed(v->number))
        end_answer(v);
}

/* Where the head of the request ends; 0: it has not come. */
static size_t head_len(const struct visit *v)
{
    for (size_t i = 4; i <= v->in_len; i++)
        if (memcmp(v->in + i - 4, "\r\n\r\n", 4) == 0)
            return i;
    return 0;
}

static size_t body_len(const struct visit *v, size_t head)
{
    static const char field[] = "\r\ncontent-length: ";
    for (size_t i = 0; i + sizeof(field) < head; i++)
        if (memcmp(v->in + i, field, sizeof(field) - 1) == 0)
            return strtoul(v->in + i + sizeof(field) - 1, NULL, 10);
    return 0;
}

/* Rows come in chunks, and more of them than are kept: of a body its end is enough. */
static bool ends_chunked(const struct visit *v, size_t head)
{
    static const char last[] = "\r\n0\r\n\r\n"; /* the first one ends the head, or a chunk */
    size_t len = sizeof(last) - 1;
    return head > 0 && v->in_len >= head - 2 + len &&
           memcmp(v->in + v->in_len - len, last, len) == 0;
}

static void spare_rows(struct visit *v, size_t head)
{
    if (head == 0 || v->in_len < sizeof(v->in) / 2)
        return;
    memmove(v->in + head, v->in + v->in_len - 16, 16);
    v->in_len = head + 16;
}

/* Whether the request has come whole, and nothing behind it. */
static bool is_whole(const struct visit *v, size_t head)
{
    if (v->service == WORLD_SINK)
        return ends_chunked(v, head);
    bool whole = head > 0 && v->in_len >= head + body_len(v, head);
    WORLD_CHECK(!whole || !sim_is_held(v->link) || v->in_len == head + body_len(v, head),
                "bytes behind a request: %s", v->in);
    return whole;
}

static void listen_to(struct visit *v)
{
    if (v->service == WORLD_SINK)
        spare_rows(v, head_len(v));
    size_t cap = sizeof(v->in) - 1 - v->in_len;
    size_t most = world_one_in(4) ? 1 + world_below(100) : cap;
    most = most < cap ? most : cap;
    WORLD_CHECK(most > 0, "a request to a service that is larger than any body");
    size_t got = secret_read(v->number, v->in + v->in_len, most);
    v->due_us = got > 0 ? port_now_us() + 1 : SIM_NEVER;
    if (got == 0)
        return;
    v->in_len += got;
    v->in[v->in_len] = '\0';
    size_t head = head_len(v);
    bool whole = is_whole(v, head);
    if (whole && !sim_is_held(v->link)) {
        v->mood = VISIT_MUTE; /* the daemon has given it up: this is no try of it any more */
    } else if (whole || v->mood == VISIT_EARLY) {
        v->out_len = v->out_at = 0;
        v->cut_at = v->complete_at = SIZE_MAX;
        v->ask = NULL;
        v->half_asked = !whole;
        v->nonsense = false;
        service_answer(v, whole ? head : 0);
        v->answers = true;
        v->blocked = false;
        v->leave_us = SIM_NEVER;
        v->mood = VISIT_SERVES;
        v->due_us = port_now_us() + 1 + world_below(v->gap_us + 1);
    }
}

static void turn(struct visit *v)
{
    if (v->mood != VISIT_MUTE)
        secret_pump(v->number);
    /* who does not read, does not see the end either */
    if (!sim_is_held(v->link) && v->gone_us == SIM_NEVER)
        v->gone_us = port_now_us() + GONE_US;
    bool gone = sim_state(v->link) != SIM_OPEN || v->gone_us <= port_now_us();
    if (gone || (secret_failed(v->number) && secret_flushed(v->number))) {
        leave(v, !gone || sim_state(v->link) == SIM_ENDED);
        return;
    }
    if (v->answers)
        check_silence(v);
    if (v->answers && v->mood != VISIT_MUTE)
        say_some(v);
    else if (v->leave_us <= port_now_us())
        leave(v, world_one_in(2));
    else if (v->mood == VISIT_SERVES || v->mood == VISIT_EARLY)
        listen_to(v);
}

void visit_turn(void)
{
    for (int i = 0; i < VISIT_COUNT; i++)
        if (visits[i].used)
            turn(&visits[i]);
}

uint64_t visit_due_us(void)
{
    uint64_t due_us = SIM_NEVER;
    for (int i = 0; i < VISIT_COUNT; i++) {
        if (visits[i].used && visits[i].due_us < due_us)
            due_us = visits[i].due_us;
        if (visits[i].used && visits[i].leave_us < due_us)
            due_us = visits[i].leave_us;
        if (visits[i].used && visits[i].gone_us < due_us)
            due_us = visits[i].gone_us;
    }
    return due_us;
}
