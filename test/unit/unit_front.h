/*
 * A gateway with a real listener on loopback, its clock in the test's hand, and plain sockets as
 * its clients. It serves one model, "box", which the box itself answers.
 */
#ifndef MOONGATE_UNIT_FRONT_H
#define MOONGATE_UNIT_FRONT_H

#include "core/gateway/gateway.h"

extern struct gateway unit_front;
extern struct settings unit_front_settings;

/* Begins anew: no clients, all pools free, settings as at first, requests are answered. */
void unit_front_fresh(void);

/* While false, requests stay under way. */
void unit_front_serve(bool serve);

/* Turns the loop until nothing more happens. */
void unit_front_run(void);

/* An event of a client, that is then run. */
void unit_front_event(int client, unsigned kinds);

/* Lets time pass, and fires what is due. */
void unit_front_pass(uint64_t ms);

/* A new client that has been seen by the gateway, as its socket. */
int unit_front_peer(void);

/* A socket that connects and is not waited for. */
int unit_front_knock(void);

/* Sends bytes, and runs. */
void unit_front_send(int fd, struct span bytes);
void unit_front_send_str(int fd, const char *text);

/* Sends it byte by byte. */
void unit_front_drip(int fd, struct span bytes);

/* What has come since the last read of any socket, with a NUL behind it. *ended (or NULL): whether
 * the other side has ended or reset its side. */
struct span unit_front_read(int fd, bool *ended);

/* The same, as an answer: its status, 0 when there is none. *rest (or NULL) is what follows it;
 * its body is in unit_front_body. */
int unit_front_answer(struct span bytes, struct span *rest);
extern struct span unit_front_body;

/* Sends a request, reads the answer, closes the socket; the status of the answer. */
int unit_front_ask(const char *request);

/* Whether text has mark in it. */
bool unit_front_has(struct span text, const char *mark);

/* The number of the first client that is there; -1: none. */
int unit_front_client(void);

/* How many clients are in that state. */
int unit_front_count(enum gateway_client_state state);

/* Ends our side of a socket, and runs. */
void unit_front_shut(int fd);

/* Closes a socket, and runs. */
void unit_front_close(int fd);

/* Fails the test unless every pool is free again, once all clients have gone. */
void unit_front_all_free(void);

#endif
