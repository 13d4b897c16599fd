/* One direction of a connection: bytes on their way, which arrive in waves, and its end. */
#ifndef MOONGATE_SIM_PIPE_H
#define MOONGATE_SIM_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_PIPE_BYTES 16384
#define SIM_PIPE_WAVES 32
#define SIM_PIPE_NEVER UINT64_MAX

struct sim_pipe {
    uint32_t cap;   /* at most so many bytes are on their way or wait to be read */
    uint32_t first; /* in the ring */
    uint32_t len;   /* all of them */
    uint32_t here;  /* of them, what has arrived */
    uint32_t wave_first;
    uint32_t waves;
    uint64_t last_us;  /* when the last wave arrives: none overtakes another */
    uint64_t end_us;   /* when its orderly end arrives */
    uint64_t break_us; /* when its reset arrives */
    struct {
        uint32_t len;
        uint64_t at_us;
    } wave[SIM_PIPE_WAVES];
    uint8_t bytes[SIM_PIPE_BYTES];
};

/* Empty, open, with room for cap bytes. */
void sim_pipe_open(struct sim_pipe *pipe, uint32_t cap);

/* How many bytes can be written now. */
uint32_t sim_pipe_room(const struct sim_pipe *pipe);

/* Writes len bytes, for which there is room, to arrive at at_us or later. */
void sim_pipe_write(struct sim_pipe *pipe, const void *bytes, uint32_t len, uint64_t at_us);

/* Reads at most len bytes of what has arrived; returns how many. */
uint32_t sim_pipe_read(struct sim_pipe *pipe, void *out, uint32_t len);

/* Ends behind what was written, at at_us or later. */
void sim_pipe_end(struct sim_pipe *pipe, uint64_t at_us);

/* Breaks at at_us, whatever is still on its way. */
void sim_pipe_break(struct sim_pipe *pipe, uint64_t at_us);

/* Lets arrive what is due. */
void sim_pipe_move(struct sim_pipe *pipe, uint64_t now_us);

/* True when its end has arrived and everything before it was read. */
bool sim_pipe_ended(const struct sim_pipe *pipe, uint64_t now_us);

/* True when its reset has arrived. */
bool sim_pipe_broken(const struct sim_pipe *pipe, uint64_t now_us);

/* When something arrives next, behind now_us; SIM_PIPE_NEVER. */
uint64_t sim_pipe_due_us(const struct sim_pipe *pipe, uint64_t now_us);

#endif
