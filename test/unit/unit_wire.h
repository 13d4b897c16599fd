/*
 * Programs at the other end of a TCP connection on loopback, as a test plays them: it says what
 * they send, and when they read. Nothing here blocks; what cannot be sent at once goes with
 * unit_wire_flush.
 */
#ifndef MOONGATE_UNIT_WIRE_H
#define MOONGATE_UNIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_wire {
    int fd;      /* -1: closed */
    char *in;    /* read and not taken, closed by a NUL; NULL: nothing was read */
    size_t in_len;
    size_t in_cap;
    char *out;   /* said, and sent up to out_at */
    size_t out_at;
    size_t out_len;
    size_t out_cap;
    char *message;
    bool ended;  /* the other side ended its stream */
    bool broken; /* it reset the connection */
};

/* An HTTP message that was taken off what was read. */
struct unit_wire_message {
    const char *head; /* with its closing empty line, and a NUL */
    const char *body; /* out of its framing, and a NUL */
    size_t body_len;
    int status;       /* of an answer; 0: a request */
    bool whole;       /* false: the stream ended before the message did */
};

/* A listener at any port of 127.0.0.1; at one that was in use before. */
int unit_wire_listen(uint16_t *port);
int unit_wire_listen_again(uint16_t port);

/* The connection that waits at a listener; NULL: none does. */
struct unit_wire *unit_wire_accept(int listener);

/* Connects to 127.0.0.1. */
struct unit_wire *unit_wire_connect(uint16_t port);

/* From now on both ends hold so many bytes of what is not read, as the system sees it; the other
 * end is in this process too. */
#define UNIT_WIRE_NARROW 32768
#define UNIT_WIRE_WIDE 212992 /* as much as systems grant at least */
void unit_wire_room(const struct unit_wire *wire, int bytes);

/* Sends text behind what was said before, as far as it goes now. */
void unit_wire_say(struct unit_wire *wire, const char *text);
void unit_wire_say_bytes(struct unit_wire *wire, const void *bytes, size_t len);

/* The same as one chunk of a chunked body; an empty text is the last one. */
void unit_wire_say_chunk(struct unit_wire *wire, const char *text);

/* Goes on sending what was said anywhere. */
void unit_wire_flush(void);

/* Reads at most max bytes of what has come; returns how many. */
size_t unit_wire_read(struct unit_wire *wire, size_t max);

/* Takes a message off what was read. False: it has not come whole, and may still. */
bool unit_wire_take(struct unit_wire *wire, struct unit_wire_message *message);

/* The value of a field of a head; "" when there is none. The next call reuses it. */
const char *unit_wire_field(const char *head, const char *name);

/* Ends the sending side; closes; resets. Closing twice does no harm. */
void unit_wire_shut(struct unit_wire *wire);
void unit_wire_close(struct unit_wire *wire);
void unit_wire_reset(struct unit_wire *wire);

/* Closes a listener; closes everything and forgets it. */
void unit_wire_unlisten(int listener);
void unit_wire_close_all(void);

#endif
