/*
 * How often each state, fault and outcome has occurred, in all worlds of a run together: one that
 * never does is not tested, whatever the worlds say.
 */
#ifndef MOONGATE_SIM_TALLY_H
#define MOONGATE_SIM_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/* In which worlds it must occur. */
enum tally_where { TALLY_ANYWHERE, TALLY_PLAIN, TALLY_TLS, TALLY_NOWHERE };

/* The faults of port/sim, in their order; then what the world does; what the daemon is seen in; and
 * what comes of it. */
#define TALLY_LIST(X)                                                                              \
    X(SHORT_RECV, ANYWHERE)                                                                        \
    X(SHORT_SEND, ANYWHERE)                                                                        \
    X(AGAIN, ANYWHERE)                                                                             \
    X(SPURIOUS, ANYWHERE)                                                                          \
    X(HELD_BACK, ANYWHERE)                                                                         \
    X(SLOW_WAVE, ANYWHERE)                                                                         \
    X(ACCEPT_FULL, ANYWHERE)                                                                       \
    X(CONNECT_FULL, ANYWHERE)                                                                      \
    X(JOB_FAILED, ANYWHERE)                                                                        \
    X(READ_FAILED, ANYWHERE)                                                                       \
    X(JOB_SLOW, ANYWHERE)                                                                          \
    X(LOSES, ANYWHERE)                                                                             \
    X(WALL_JUMP, ANYWHERE)                                                                         \
    X(DIAL_REFUSED, ANYWHERE)                                                                      \
    X(DIAL_SILENT, ANYWHERE)                                                                       \
    X(SERVICE_ERROR, ANYWHERE)                                                                     \
    X(SERVICE_NONSENSE, ANYWHERE)                                                                  \
    X(SERVICE_CUT, ANYWHERE)                                                                       \
    X(SERVICE_EARLY, ANYWHERE)                                                                     \
    X(SERVICE_MUTE, ANYWHERE)                                                                      \
    X(SERVICE_UNTRUSTED, TLS)                                                                      \
    X(POWER_CUT, ANYWHERE)                                                                         \
    X(STOPPED, ANYWHERE)                                                                           \
    X(NO_START, PLAIN)                                                                             \
    X(IDENTITY_DAMAGED, ANYWHERE)                                                                  \
    X(IDENTITY_KEPT, ANYWHERE)                                                                     \
    X(RELOAD_SAME, ANYWHERE)                                                                       \
    X(RELOAD_CHANGED, ANYWHERE)                                                                    \
    X(RELOAD_REFUSED, ANYWHERE)                                                                    \
    X(RELOAD_WAITS, ANYWHERE)                                                                      \
    X(TWO_ERAS, ANYWHERE)                                                                          \
    X(OLD_SETTINGS, ANYWHERE)                                                                      \
    X(KEY_GONE, PLAIN)                                                                             \
    X(LIST_BROKEN, PLAIN)                                                                          \
    X(ANCHORS_CHANGED, TLS)                                                                        \
    X(NO_CLIENT_SLOT, ANYWHERE)                                                                    \
    X(ADDRESS_FULL, ANYWHERE)                                                                      \
    X(WAIT_HEAD, ANYWHERE)                                                                         \
    X(WAIT_BODY, ANYWHERE)                                                                         \
    X(WAIT_REQUEST, ANYWHERE)                                                                      \
    X(WAIT_PAGE, NOWHERE)                                                                          \
    X(WAIT_LIST, ANYWHERE)                                                                         \
    X(WAIT_HANDSHAKE, TLS)                                                                         \
    X(LARGE_EVENT, ANYWHERE)                                                                       \
    X(LINGERS, ANYWHERE)                                                                           \
    X(CIRCUIT_OPEN, ANYWHERE)                                                                      \
    X(BENCHED, ANYWHERE)                                                                           \
    X(DOCUMENT, ANYWHERE)                                                                          \
    X(STREAM, ANYWHERE)                                                                            \
    X(MESSAGE, ANYWHERE)                                                                           \
    X(MESSAGE_STREAM, ANYWHERE)                                                                    \
    X(EMBEDDING, ANYWHERE)                                                                         \
    X(MODEL_LIST, ANYWHERE)                                                                        \
    X(HEAD_ALONE, ANYWHERE)                                                                        \
    X(TRIED_AGAIN, ANYWHERE)                                                                       \
    X(STREAM_FAILED, ANYWHERE)                                                                     \
    X(ANSWER_CUT, ANYWHERE)                                                                        \
    X(NO_ANSWER, ANYWHERE)                                                                         \
    X(CLIENT_LEFT, ANYWHERE)                                                                       \
    X(HALF_CLOSED, ANYWHERE)                                                                       \
    X(STATUS_400, ANYWHERE)                                                                        \
    X(STATUS_401, ANYWHERE)                                                                        \
    X(STATUS_404, ANYWHERE)                                                                        \
    X(STATUS_408, ANYWHERE)                                                                        \
    X(STATUS_413, ANYWHERE)                                                                        \
    X(STATUS_429, ANYWHERE)                                                                        \
    X(STATUS_502, ANYWHERE)                                                                        \
    X(STATUS_503, ANYWHERE)                                                                        \
    X(STATUS_504, ANYWHERE)                                                                        \
    X(KEY_CONCURRENT, PLAIN)                                                                       \
    X(KEY_MINUTE, PLAIN)                                                                           \
    X(KEY_TOKENS, PLAIN)                                                                           \
    X(ROWS_SENT, ANYWHERE)                                                                         \
    X(ROWS_REFUSED, PLAIN)

#define TALLY_NAME(name, where) TALLY_##name,
enum tally { TALLY_LIST(TALLY_NAME) TALLY_COUNT };
#undef TALLY_NAME

/* Once, before there are other processes: from then on all count together. */
void tally_start(void);

/* A world begins: it has seen nothing yet. */
void tally_begin(void);

/* It occurs. */
void tally(enum tally what);

/* The same, if it does. */
void tally_if(bool occurs, enum tally what);

/* Whether it has, in this world; of that name: -1 when there is none. */
int tally_seen(const char *name, unsigned len);

/* Prints all, one a line; returns how many should have occurred in such worlds and have not, each
 * told. */
int tally_print(bool tls);

#endif
