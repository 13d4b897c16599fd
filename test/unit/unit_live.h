/*
 * The whole daemon over the real port, in one thread with the clients and services that a test
 * plays: while a test waits for something, the daemon takes its turns. Its clock can be moved
 * (unit_clock.h).
 */
#ifndef MOONGATE_UNIT_LIVE_H
#define MOONGATE_UNIT_LIVE_H

#include "core/daemon.h"
#include "test/unit/unit_wire.h"

extern struct daemon unit_live;

#define UNIT_LIVE_GATEWAY (&unit_live.gateway)

/* The head of an event stream in chunks, of one with a length to be added, and of an answer that
 * ends with its connection. */
#define UNIT_LIVE_CHUNKED                                                                          \
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
#define UNIT_LIVE_TO_CLOSE "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
#define UNIT_LIVE_HELLO "event: c\ndata: Hello\n\n"
#define UNIT_LIVE_FINISH "event: finish\ndata: 1\n\n"

/* A path in a folder of this program's own, which is gone with it; saved state is in "state". It
 * stays for a few calls more. */
const char *unit_live_path(const char *name);

/* Writes a file of that name into the folder. */
void unit_live_write(const char *name, const char *text);

/* Nothing is saved any more, as before a first start. */
void unit_live_remove_state(void);

/* Makes it all zero again; whatever it has open must be closed before. */
void unit_live_forget(void);

/* Parses and prepares a configuration of that text, formatted as printf does; bind_address (any
 * port of 127.0.0.1), state_dir and log_level are set already. All is zero before; the saved state
 * stays. */
void unit_live_prepare(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and no model list is ever asked for; its listener is open. */
void unit_live_start(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with lists. */
void unit_live_start_with_lists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on it speaks TLS to this provider, which has an address of its own. */
void unit_live_secure(int provider);

/* The port that it listens on. */
uint16_t unit_live_port(void);

/* One turn of the loop, which sleeps a few milliseconds at the most. */
void unit_live_turn(void);

/* Turns for so many milliseconds of real time, which sleep as long as they like; how many there
 * were. */
int unit_live_turns_in(uint64_t ms);

/* A moment passes: enough turns that whatever was said on loopback is done with. */
void unit_live_settle(void);

/* Turns until *value is wanted; false after five seconds. */
bool unit_live_until(const uint16_t *value, uint16_t wanted);

/* Waits until all that is to be saved by now is. False: the disk takes longer than five seconds. */
bool unit_live_saved(void);

/* Waits for a connection at a service's listener; fails the test when none comes. */
struct unit_wire *unit_live_accept(int listener);

/* Waits for a whole message (or for what there is of it when the stream ends). False: nothing came.
 * */
bool unit_live_message(struct unit_wire *peer, struct unit_wire_message *message);

/* Waits until the peer has read text. False: it does not come. */
bool unit_live_read(struct unit_wire *peer, const char *text);

/* Waits until the other side ends its stream. */
bool unit_live_ended(struct unit_wire *peer);

/* A new client that asks for a chat with the model. */
struct unit_wire *unit_live_chat(const char *model, bool stream);

/* The same on a connection that is there. */
void unit_live_chat_on(struct unit_wire *client, const char *model, bool stream);

/* A service takes a request, and answers with an event stream that says Hello and ends well. */
struct unit_wire *unit_live_serve(int listener);
void unit_live_serve_on(struct unit_wire *service);

/* Closes all peers, waits until the daemon has given everything back, and checks that it has: no
 * pool has anything in use, no queue and no timer is left. Then it is stopped. */
void unit_live_end(void);

/* Fails the test where a pool is not empty. */
void unit_live_check_pools(const struct gateway *g);

#endif
