/*
 * What clients share and may have to wait for: head buffers, body slots, request slots. Who comes
 * first is served first, and a slot is assigned in the moment it becomes free: a client that is
 * served is queued to be run and finds it in its struct.
 */
#ifndef MOONGATE_GATEWAY_WAIT_H
#define MOONGATE_GATEWAY_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;

#define GATEWAY_WAIT_GRACE_US 250000u /* for a head whose buffer others wait for */

/* Sees that the client has a head buffer. False: none is free; it gets one when it is its turn. */
bool gateway_wait_head(struct gateway *g, int client);

/* Gives the client's head buffer back unless something is left in it. */
void gateway_wait_spare_head(struct gateway *g, int client);

/* Gives it back, whatever is in it. */
void gateway_wait_drop_head(struct gateway *g, int client);

/* Some of a head has come; all of it has, or nobody wants it any more. */
void gateway_wait_head_begun(struct gateway *g, int client);
void gateway_wait_head_whole(struct gateway *g, int client);

/* Once a turn: while clients wait for head buffers, those whose heads have begun longest ago are
 * late, as many as wait, and will be refused when timers are looked at. */
void gateway_wait_press(struct gateway *g);

/* When the next one will be late; UINT64_MAX: nobody waits. */
uint64_t gateway_wait_press_due_us(const struct gateway *g);

/* A body slot for what the client's head announced, or a larger one for a chunked body that has
 * filled its own: the state is BODY then, else BODY_WAIT, for queue_ms at the most. The time for
 * the body stands still meanwhile. */
void gateway_wait_body(struct gateway *g, int client);

/* Gives the client's body slot back, if it has one. */
void gateway_wait_drop_body(struct gateway *g, int client);

/* A request slot for a client whose body is whole: the state is REQUEST_WAIT, and client->request
 * is set now or within queue_ms. */
void gateway_wait_request(struct gateway *g, int client);

/* Whether it waits for any of them. */
bool gateway_wait_is_on(const struct gateway *g, int client);

/* It waits no more; a request slot that was assigned and not yet used is given back. */
void gateway_wait_leave(struct gateway *g, int client);

/* Something became free: those that wait longest get it. */
void gateway_wait_admit(struct gateway *g);

#endif
