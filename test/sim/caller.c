/* See caller.h. */
#include "test/sim/caller.h"

#include <string.h>

#include "test/sim/tally.h"

#define THINK_MS 3000
#define SLACK_MS 200000u /* for what is on its way, and a client's own slowness */

static struct caller callers[CALLER_COUNT];

/* ---- who comes ---- */

static void draw_manners(struct caller *c)
{
    bool drips = !world.thirsty && world_bad(6), sips = world.thirsty || world_one_in(6);
    c->pipelines = world.thirsty || world_one_in(4);
    c->half_closes = world_bad(10);
    c->resets = world_one_in(2);
    c->write_burst = drips ? sim_chance_size(&world.chance, 300) : CALLER_OUT_BYTES;
    c->write_gap_us = drips ? sim_chance_size(&world.chance, 500000) : 1;
    c->read_burst = sips ? 50 + sim_chance_size(&world.chance, 3000) : 65536;
    c->read_gap_us = sips ? sim_chance_size(&world.chance, world.calm ? 1000 : 300000) : 1;
    c->odd = drips || c->half_closes;
    c->leave_us = SIM_NEVER;
    if (world_bad(world.crowd ? 2 : 5)) {
        c->odd = true;
        c->leave_us = c->begin_us + sim_chance_size(&world.chance, 8000000);
    }
}

/* The box itself, or one of few addresses of its network; a flood comes from one. */
static void draw_address(struct caller *c)
{
    static const uint8_t box[] = {127, 0, 0, 1};
    const uint8_t far[] = {192, 168, 1, (uint8_t)(world.crowd ? 9 : 2 + world_below(2))};
    memset(&c->from, 0, sizeof(c->from));
    memset(c->from.bytes + 10, 0xFF, 2);
    memcpy(c->from.bytes + 12, world_one_in(4) ? box : far, 4);
}

static void draw_asks(struct caller *c)
{
    c->asks = 1 + (int)world_below(CALLER_ASKS);
    for (int i = 0; i < c->asks; i++) {
        c->out_len = asked_draw(&c->asked[i], c->out, c->out_len, sizeof(c->out));
        if (c->asked[i].kind == ASKED_GARBLED) {
            c->asks = i + 1;
            c->odd = true;
        }
    }
}

void caller_begin(void)
{
    uint32_t most = 1 + world_below(world.calm ? 3 : CALLER_COUNT);
    uint32_t count = world.crowd || world.thirsty ? CALLER_COUNT : most;
    for (uint32_t i = 0; i < CALLER_COUNT; i++) {
        struct caller *c = &callers[i];
        memset(c, 0, offsetof(struct caller, reply));
        c->used = i < count;
        if (!c->used)
            continue;
        c->number = (int)i;
        c->begin_us = world_in_ms(world.crowd ? 300 : world_one_in(2) ? 1000 : 20000);
        c->due_us = c->begin_us;
        c->limit_us = SIM_NEVER;
        draw_address(c);
        draw_manners(c);
        draw_asks(c);
        reply_begin(&c->reply, c->asked[0].is_head);
    }
}

bool caller_garbles(void)
{
    for (int i = 0; i < CALLER_COUNT; i++)
        if (callers[i].used && callers[i].asked[callers[i].asks - 1].kind == ASKED_GARBLED)
            return true;
    return false;
}

bool caller_all_done(void)
{
    for (int i = 0; i < CALLER_COUNT; i++)
        if (callers[i].used && !callers[i].done)
            return false;
    return true;
}

/* ---- how it ends ---- */

static void end(struct caller *c, bool in_order)
{
    world_trace("caller %d: %s behind %d of %d answers", c->number,
                in_order ? "closes" : "resets", c->answered, c->asks);
    if (in_order)
        sim_close(c->link);
    else
        sim_reset(c->link);
    c->done = true;
}

static void leave(struct caller *c)
{
    tally_if(c->answered < c->asks, TALLY_CLIENT_LEFT);
    for (int i = c->answered; i < c->asks; i++)
        if (c->asked[i].ask != NULL)
            c->asked[i].ask->left = true;
    if (c->reply.state != REPLY_HEAD && c->answered < c->asks)
        asked_judge_front(&c->asked[c->answered], &c->reply);
    end(c, !c->resets);
}

/* Something went on, and this is how long the next thing may take. */
static void await(struct caller *c)
{
    uint64_t ms = (uint64_t)world.patience_ms + SLACK_MS;
    c->limit_us = port_now_us() + ms * 1000;
}

static void finish_answer(struct caller *c)
{
    struct asked *asked = &c->asked[c->answered];
    world_trace("caller %d: %s answer %d, status %d, %zu bytes", c->number,
                asked->ask != NULL ? asked->ask->mark : "an", c->answered, c->reply.status,
                c->reply.body_len);
    asked_judge(asked, &c->reply);
    c->answered++;
    if (c->answered == c->asks) {
        if (c->leave_us == SIM_NEVER)
            c->leave_us = world_in_ms(THINK_MS);
        return;
    }
    bool closes = c->reply.closes;
    reply_begin(&c->reply, c->asked[c->answered].is_head);
    c->reply.closes = closes;
    c->due_us = world_in_ms(world_one_in(3) ? THINK_MS : 1);
    await(c);
}

/* The gateway's side has ended: what there is, is all there will be. */
static void take_end(struct caller *c, enum sim_state state)
{
    struct reply *reply = &c->reply;
    bool was_told = reply->closes && reply->state == REPLY_HEAD;
    if (reply->state == REPLY_TO_CLOSE && state == SIM_ENDED)
        finish_answer(c);
    else if (reply->state != REPLY_HEAD && reply->state != REPLY_DONE)
        asked_judge_front(&c->asked[c->answered], reply);
    bool lost = c->answered < c->asks && !was_told && !reply->closes;
    bool listed = lost && asked_may_break(&c->asked[c->answered]);
    tally_if(lost && reply->state == REPLY_HEAD, TALLY_NO_ANSWER);
    tally_if(listed && reply->state != REPLY_HEAD, TALLY_LIST_BROKEN);
    WORLD_CHECK(!world.calm || world.dying || !lost || listed || c->odd,
                "caller %d: the connection ends without its answer %d", c->number, c->answered);
    end(c, state == SIM_ENDED);
}

/* ---- reading and writing ---- */

static void take_bytes(struct caller *c, const char *bytes, size_t len)
{
    while (len > 0 && !c->done) {
        const char *wrong;
        if (c->answered == c->asks) {
            /* a request that was refused before its method was known has a body */
            bool refused = c->asked[c->asks - 1].is_head && c->reply.closes;
            WORLD_CHECK(c->odd || refused, "caller %d: bytes behind the last answer: %.*s",
                        c->number, (int)len, bytes);
            return;
        }
        size_t taken = reply_take(&c->reply, bytes, len, &wrong);
        WORLD_CHECK(wrong == NULL, "caller %d: %s: %s %s", c->number, wrong, c->reply.head,
                    c->reply.body);
        bytes += taken;
        len -= taken;
        if (c->reply.state == REPLY_DONE)
            finish_answer(c);
    }
}

static void read_some(struct caller *c)
{
    static char bytes[65536];
    if (c->read_us > port_now_us())
        return;
    uint32_t got = sim_read(c->link, bytes, c->read_burst);
    c->read_us = got > 0 ? port_now_us() + 1 + world_below(c->read_gap_us) : SIM_NEVER;
    if (got > 0)
        await(c);
    else
        c->read_us = 0;
    take_bytes(c, bytes, got);
}

static size_t sendable(const struct caller *c)
{
    int last = c->pipelines || c->answered >= c->asks ? c->asks - 1 : c->answered;
    return c->asked[last].end;
}

static void write_some(struct caller *c)
{
    size_t end_at = sendable(c);
    if (c->out_at == end_at || (!c->blocked && c->due_us > port_now_us()))
        return;
    size_t len = end_at - c->out_at < c->write_burst ? end_at - c->out_at : c->write_burst;
    for (int i = 0; i < c->asks; i++)
        if (c->asked[i].first < 0 && c->asked[i].begin < c->out_at + len)
            asked_begin(&c->asked[i]);
    uint32_t said = sim_write(c->link, c->out + c->out_at, (uint32_t)len);
    c->out_at += said;
    if (said > 0)
        world_trace("caller %d: writes %u of %zu", c->number, said, len);
    c->blocked = said == 0;
    c->due_us = c->blocked ? SIM_NEVER : port_now_us() + 1 + world_below(c->write_gap_us);
    if (said > 0)
        await(c);
    bool shuts = c->out_at == c->out_len && c->half_closes;
    tally_if(shuts, TALLY_HALF_CLOSED);
    if (shuts)
        sim_shut(c->link);
}

static void call(struct caller *c)
{
    if (c->due_us > port_now_us())
        return;
    c->link = sim_call(edition_listener(), &c->from);
    c->called = c->link != SIM_NONE;
    c->due_us = c->called ? port_now_us() + 1 : world_in_ms(1000);
    world_trace("caller %d: %s", c->number, c->called ? "calls" : "is refused");
    await(c);
}

static void turn(struct caller *c)
{
    if (!c->called) {
        call(c);
        return;
    }
    read_some(c);
    if (!c->done && sim_state(c->link) != SIM_OPEN)
        take_end(c, sim_state(c->link));
    if (c->done)
        return;
    write_some(c);
    if (c->leave_us <= port_now_us())
        leave(c);
    if (!c->done && !sim_is_accepted(c->link))
        await(c); /* others are served, and nobody promised when that ends */
    WORLD_CHECK(c->done || c->answered == c->asks || port_now_us() < c->limit_us,
                "caller %d waits for answer %d beyond all deadlines", c->number, c->answered);
}

void caller_turn(void)
{
    for (int i = 0; i < CALLER_COUNT; i++)
        if (callers[i].used && !callers[i].done)
            turn(&callers[i]);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t caller_due_us(void)
{
    uint64_t due_us = SIM_NEVER;
    for (int i = 0; i < CALLER_COUNT; i++) {
        const struct caller *c = &callers[i];
        if (!c->used || c->done)
            continue;
        bool writes = !c->called || c->out_at < sendable(c);
        due_us = earlier(due_us, writes && !c->blocked ? c->due_us : SIM_NEVER);
        due_us = earlier(due_us, c->called ? earlier(c->leave_us, c->limit_us) : SIM_NEVER);
        due_us = earlier(due_us, c->called && c->read_us > 0 ? c->read_us : SIM_NEVER);
    }
    return due_us;
}
