/* See sim_pipe.h. */
#include "port/sim/sim_pipe.h"

#include <string.h>

#include "port/promise.h"

void sim_pipe_open(struct sim_pipe *pipe, uint32_t cap)
{
    PROMISE(cap > 0 && cap <= SIM_PIPE_BYTES);
    pipe->cap = cap;
    pipe->first = pipe->len = pipe->here = 0;
    pipe->wave_first = pipe->waves = 0;
    pipe->last_us = 0;
    pipe->end_us = pipe->break_us = SIM_PIPE_NEVER;
}

uint32_t sim_pipe_room(const struct sim_pipe *pipe)
{
    return pipe->cap - pipe->len;
}

static uint64_t not_before(struct sim_pipe *pipe, uint64_t at_us)
{
    pipe->last_us = at_us > pipe->last_us ? at_us : pipe->last_us;
    return pipe->last_us;
}

/* With too many waves under way the last one grows, and comes later. */
static void add_wave(struct sim_pipe *pipe, uint32_t len, uint64_t at_us)
{
    uint32_t last = (pipe->wave_first + pipe->waves - 1) % SIM_PIPE_WAVES;
    bool joins = pipe->waves == SIM_PIPE_WAVES ||
                 (pipe->waves > 0 && pipe->wave[last].at_us == at_us);
    if (!joins) {
        last = (pipe->wave_first + pipe->waves++) % SIM_PIPE_WAVES;
        pipe->wave[last].len = 0;
    }
    pipe->wave[last].len += len;
    pipe->wave[last].at_us = at_us;
}

void sim_pipe_write(struct sim_pipe *pipe, const void *bytes, uint32_t len, uint64_t at_us)
{
    uint32_t at = (pipe->first + pipe->len) % SIM_PIPE_BYTES;
    uint32_t to_end = SIM_PIPE_BYTES - at < len ? SIM_PIPE_BYTES - at : len;
    PROMISE(len > 0 && len <= sim_pipe_room(pipe) && pipe->end_us == SIM_PIPE_NEVER);
    memcpy(pipe->bytes + at, bytes, to_end);
    memcpy(pipe->bytes, (const uint8_t *)bytes + to_end, len - to_end);
    pipe->len += len;
    add_wave(pipe, len, not_before(pipe, at_us));
}

uint32_t sim_pipe_read(struct sim_pipe *pipe, void *out, uint32_t len)
{
    len = len < pipe->here ? len : pipe->here;
    uint32_t to_end = SIM_PIPE_BYTES - pipe->first < len ? SIM_PIPE_BYTES - pipe->first : len;
    memcpy(out, pipe->bytes + pipe->first, to_end);
    memcpy((uint8_t *)out + to_end, pipe->bytes, len - to_end);
    pipe->first = (pipe->first + len) % SIM_PIPE_BYTES;
    pipe->len -= len;
    pipe->here -= len;
    return len;
}

void sim_pipe_end(struct sim_pipe *pipe, uint64_t at_us)
{
    if (pipe->end_us == SIM_PIPE_NEVER)
        pipe->end_us = not_before(pipe, at_us);
}

void sim_pipe_break(struct sim_pipe *pipe, uint64_t at_us)
{
    if (at_us < pipe->break_us)
        pipe->break_us = at_us;
}

void sim_pipe_move(struct sim_pipe *pipe, uint64_t now_us)
{
    while (pipe->waves > 0 && pipe->wave[pipe->wave_first].at_us <= now_us) {
        pipe->here += pipe->wave[pipe->wave_first].len;
        pipe->wave_first = (pipe->wave_first + 1) % SIM_PIPE_WAVES;
        pipe->waves--;
    }
}

bool sim_pipe_ended(const struct sim_pipe *pipe, uint64_t now_us)
{
    return pipe->end_us <= now_us && pipe->len == 0;
}

bool sim_pipe_broken(const struct sim_pipe *pipe, uint64_t now_us)
{
    return pipe->break_us <= now_us;
}

static uint64_t earlier(uint64_t best_us, uint64_t at_us, uint64_t now_us)
{
    return at_us > now_us && at_us < best_us ? at_us : best_us;
}

uint64_t sim_pipe_due_us(const struct sim_pipe *pipe, uint64_t now_us)
{
    uint64_t due_us = SIM_PIPE_NEVER;
    if (pipe->waves > 0)
        due_us = earlier(due_us, pipe->wave[pipe->wave_first].at_us, now_us);
    due_us = earlier(due_us, pipe->end_us, now_us);
    return earlier(due_us, pipe->break_us, now_us);
}
