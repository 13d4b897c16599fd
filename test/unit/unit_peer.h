/*
 * The other side of a connection: programs that serve TLS, a peer that says fixed bytes, and a
 * relay that splits, cuts, damages and delays. Each is a process of its own, on a port of loopback.
 */
#ifndef MOONGATE_UNIT_PEER_H
#define MOONGATE_UNIT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_peer {
    int pid;
    int in;   /* its standard input, -1: none */
    int out;  /* a file with what it printed, -1: none */
    uint16_t port;
};

/* A folder with certificates, made by test/upstream/certs.sh; unit_peer_end removes it. */
const char *unit_peer_certs(void);
void unit_peer_end(void);

/* Starts a program and waits until it says on which port it listens: "listening PORT", or "ACCEPT
 * 127.0.0.1:PORT". "@upstream" is the stand-in: $UPSTREAM, or the one that was built beside the
 * tests; "@" in front of another word puts the folder of certificates there. */
bool unit_peer_program(struct unit_peer *peer, const char *const *argv);

enum unit_peer_ending { UNIT_PEER_CLOSES, UNIT_PEER_RESETS, UNIT_PEER_HOLDS };

/* Takes one connection after the other: waits for a first byte, says the bytes, and ends. */
bool unit_peer_bytes(struct unit_peer *peer, const void *bytes, size_t len,
                     enum unit_peer_ending ending);

/* What a relay does to the bytes that go to the client; 0: nothing of the kind. */
struct unit_peer_harm {
    uint16_t to;        /* the real peer's port */
    size_t piece;       /* in pieces of so many bytes, each sent on its own */
    size_t cut_at;      /* ends behind that byte */
    size_t flip_at;     /* that byte is damaged, counted from 1 */
    int pause_ms;       /* the client is not read for so long, once, as it begins to send much */
    bool reset;         /* a cut is a reset, otherwise an end in order */
};

bool unit_peer_relay(struct unit_peer *peer, const struct unit_peer_harm *harm);

/* Types a text at a program's standard input. */
void unit_peer_say(const struct unit_peer *peer, const char *text);

/* What a program printed so far, NUL-terminated; the caller frees it. */
char *unit_peer_printed(const struct unit_peer *peer, size_t *len);

void unit_peer_stop(struct unit_peer *peer);

#endif
