/* Request bodies: slots in three sizes, each judged as its bytes arrive. */
#ifndef MOONGATE_GATEWAY_BODY_H
#define MOONGATE_GATEWAY_BODY_H

#include "config/bounds.h"
#include "core/base/index.h"
#include "core/http/http_chunked.h"
#include "core/json/json_outline.h"

#define GATEWAY_BODIES (LIMIT_BODY_SMALL + LIMIT_BODY_MEDIUM + LIMIT_BODY_LARGE)
#define GATEWAY_BODY_NONE (-1)
/* so much may stay touched in free slots until it is quiet; the next bodies need it again */
#define GATEWAY_BODY_WARM_BYTES (LIMIT_BODY_LARGE_BYTES / 2)

enum gateway_body_class {
    GATEWAY_BODY_SMALL,
    GATEWAY_BODY_MEDIUM,
    GATEWAY_BODY_LARGE,
    GATEWAY_BODY_CLASSES
};

/* A body that is coming in or whole. Its bytes stand in the pool of its class. */
struct gateway_body {
    uint32_t len;      /* bytes that are there */
    uint32_t expected; /* Content-Length; 0 with chunked */
    uint32_t touched;  /* bytes of the slot that may be resident from bodies before */
    bool chunked;
    struct http_chunked coding; /* of a chunked body */
    struct json_outline outline;
};

struct gateway_bodies {
    struct index_stack small;
    struct index_stack medium;
    struct index_stack large;
    uint32_t warm; /* what is touched in all free slots */
    struct gateway_body bodies[GATEWAY_BODIES]; /* small ones first, then medium, then large */
    uint16_t small_numbers[LIMIT_BODY_SMALL];
    uint16_t medium_numbers[LIMIT_BODY_MEDIUM];
    uint16_t large_numbers[LIMIT_BODY_LARGE];
    char small_bytes[LIMIT_BODY_SMALL][LIMIT_BODY_SMALL_BYTES];
    char medium_bytes[LIMIT_BODY_MEDIUM][LIMIT_BODY_MEDIUM_BYTES];
    char large_bytes[LIMIT_BODY_LARGE][LIMIT_BODY_LARGE_BYTES];
};

/* All slots free, none touched. */
void gateway_body_init(struct gateway_bodies *bodies);

/* The smallest class that holds a body of that many bytes, len <= LIMIT_BODY_LARGE_BYTES. */
enum gateway_body_class gateway_body_class(uint32_t len);

/* A slot for a body of that many bytes (the smallest class that holds it; a larger one when that
 * class is used up), its outline begun; GATEWAY_BODY_NONE: none is free. len <=
 * LIMIT_BODY_LARGE_BYTES. */
int gateway_body_take(struct gateway_bodies *bodies, uint32_t len);

/* Moves a chunked body that has outgrown its class into the next; the number may change.
 * GATEWAY_BODY_NONE: no slot is free, the body stays where it was. */
int gateway_body_grow(struct gateway_bodies *bodies, int body);

/* Gives the slot back, and its pages to the port when there are many already. */
void gateway_body_give(struct gateway_bodies *bodies, int body);

/* Whether no slot is taken; and gives all pages to the port then. */
bool gateway_body_idle(const struct gateway_bodies *bodies);
void gateway_body_trim(struct gateway_bodies *bodies);

/* The bytes, and how many there is room for. */
char *gateway_body_bytes(struct gateway_bodies *bodies, int body);
uint32_t gateway_body_cap(int body);

#endif
