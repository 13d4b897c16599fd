/*
 * How much a client may have in the stack that nobody reads: one full segment. So the windows of
 * all connections together stay within the blocks there are. Upstreams have two.
 */
#ifndef MOONGATE_LWIP_BARE_WINDOW_H
#define MOONGATE_LWIP_BARE_WINDOW_H

struct tcp_pcb;

/* A connection begins, its first sequence number is drawn: one that a client opened has its window
 * from here on. */
void bare_window_begin(struct tcp_pcb *pcb);

/* Bytes were read from the descriptor: a peer that has no room left for a full segment is told of
 * it at once. lwIP alone waits until a whole segment was read, and one that is too long for the
 * rest would wait for a timer. */
void bare_window_tell(int fd);

#endif
