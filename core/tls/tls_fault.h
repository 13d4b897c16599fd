/* What can go wrong with a TLS connection, in words of people, and how mbedTLS's codes are told
 * apart. */
#ifndef MOONGATE_TLS_FAULT_H
#define MOONGATE_TLS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum tls_fault {
    TLS_FAULT_NONE,
    TLS_FAULT_EXPIRED,      /* certificate expired */
    TLS_FAULT_NOT_YET,      /* not valid yet: is the box's clock right? */
    TLS_FAULT_CLOCK,        /* the box does not know the time (port_wall_ms is 0) */
    TLS_FAULT_NAME,         /* for another name */
    TLS_FAULT_SELF_SIGNED,
    TLS_FAULT_UNKNOWN_CA,
    TLS_FAULT_CERTIFICATE,  /* otherwise bad: weak, malformed, wrong usage */
    TLS_FAULT_VERSION,      /* no common version or cipher suite */
    TLS_FAULT_ALERT,        /* the peer sent a fatal alert */
    TLS_FAULT_CLOSED,       /* the peer closed, or the connection broke */
    TLS_FAULT_PROTOCOL,     /* nonsense instead of TLS, a bad record */
    TLS_FAULT_MEMORY        /* the arena is used up */
};

/* What is known when mbedTLS gives up. */
struct tls_fault_signs {
    int code;              /* mbedTLS's, below 0 */
    uint32_t verify_flags; /* of the peer's certificate, 0 when it is good or did not come */
    bool self_signed;      /* it names itself as its issuer */
    bool no_memory;        /* the arena refused something meanwhile */
    uint8_t alert;         /* for the code of a fatal alert: which one */
};

/* The fault that the signs tell of; the first cause when there are several. */
enum tls_fault tls_fault_of(const struct tls_fault_signs *signs);

/* A phrase for people: "its certificate has expired". */
const char *tls_fault_text(enum tls_fault fault);

#endif
