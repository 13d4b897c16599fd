/*
 * A circuit for each provider: after failed tries in a row it opens, and the provider is passed
 * over for a while. Then one request probes it, while others still pass it over.
 */
#ifndef MOONGATE_GATEWAY_CIRCUIT_H
#define MOONGATE_GATEWAY_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;

#define GATEWAY_CIRCUIT_FAILURES 5        /* in a row open it */
#define GATEWAY_CIRCUIT_OPEN_US 5000000u  /* the first time; then doubling, */
#define GATEWAY_CIRCUIT_DOUBLINGS 4       /* so often at the most, */
#define GATEWAY_CIRCUIT_MAX_US 60000000u  /* and up to this */

enum gateway_circuit_state {
    GATEWAY_CIRCUIT_CLOSED,
    GATEWAY_CIRCUIT_OPEN,
    GATEWAY_CIRCUIT_HALF_OPEN /* a probe is under way */
};

struct gateway_circuit {
    uint8_t state;
    uint8_t failures; /* in a row */
    uint8_t openings; /* since an answer was last complete */
    uint64_t due_us;  /* OPEN: it may be probed from then on */
};

/* The provider's state, and the word for it: "closed", "open", "half_open". */
enum gateway_circuit_state gateway_circuit_state(const struct gateway *g, int provider);
const char *gateway_circuit_word(enum gateway_circuit_state state);

/* False while it is passed over: it is open and not due yet, or probed by another request. */
bool gateway_circuit_passes(const struct gateway *g, int provider);

/* A try of the request begins; with a circuit that is due it is the probe. */
void gateway_circuit_begin(struct gateway *g, int request);

/* The try has brought content: it works again, though the next failure opens it anew. */
void gateway_circuit_content(struct gateway *g, int request);

/* The try ended well, or with a refusal that only a provider which works can give. */
void gateway_circuit_good(struct gateway *g, int request);

/* The try failed; reason is for the log. */
void gateway_circuit_bad(struct gateway *g, int request, const char *reason);

/* The try ended, and nothing was learnt of the provider: if it was the probe, the next request is.
 * After one of the three above it does nothing. */
void gateway_circuit_left(struct gateway *g, int request);

#endif
