/* Three pools of bytes whose slots are numbered in one row: small ones, medium ones, large ones. */
#include "core/gateway/gateway_body.h"

#include "core/base/assert.h"
#include "core/gateway/gateway_chat.h"
#include "port/port.h"

#include <string.h>

_Static_assert(GATEWAY_BODIES <= INT16_MAX, "a client keeps its body's number as int16");

struct class {
    int first; /* slot number */
    uint32_t bytes; /* of one */
};

static const struct class classes[GATEWAY_BODY_CLASSES] = {
    [GATEWAY_BODY_SMALL] = {0, LIMIT_BODY_SMALL_BYTES},
    [GATEWAY_BODY_MEDIUM] = {LIMIT_BODY_SMALL, LIMIT_BODY_MEDIUM_BYTES},
    [GATEWAY_BODY_LARGE] = {LIMIT_BODY_SMALL + LIMIT_BODY_MEDIUM, LIMIT_BODY_LARGE_BYTES},
};

static struct index_stack *index_of(struct gateway_bodies *bodies, enum gateway_body_class class)
{
    struct index_stack *const all[] = {&bodies->small, &bodies->medium, &bodies->large};
    return all[class];
}

static enum gateway_body_class class_of_slot(int body)
{
    ASSERT(body >= 0 && body < GATEWAY_BODIES);
    if (body < classes[GATEWAY_BODY_MEDIUM].first)
        return GATEWAY_BODY_SMALL;
    return body < classes[GATEWAY_BODY_LARGE].first ? GATEWAY_BODY_MEDIUM : GATEWAY_BODY_LARGE;
}

void gateway_body_init(struct gateway_bodies *bodies)
{
    index_init(&bodies->small, bodies->small_numbers, LIMIT_BODY_SMALL);
    index_init(&bodies->medium, bodies->medium_numbers, LIMIT_BODY_MEDIUM);
    index_init(&bodies->large, bodies->large_numbers, LIMIT_BODY_LARGE);
}

enum gateway_body_class gateway_body_class(uint32_t len)
{
    ASSERT(len <= LIMIT_BODY_LARGE_BYTES);
    if (len <= LIMIT_BODY_SMALL_BYTES)
        return GATEWAY_BODY_SMALL;
    return len <= LIMIT_BODY_MEDIUM_BYTES ? GATEWAY_BODY_MEDIUM : GATEWAY_BODY_LARGE;
}

/* A free slot of that class or a larger one. */
static int take_slot(struct gateway_bodies *bodies, enum gateway_body_class class)
{
    for (; class < GATEWAY_BODY_CLASSES; class++) {
        int number = index_take(index_of(bodies, class));
        if (number != INDEX_NONE) {
            bodies->warm -= bodies->bodies[classes[class].first + number].touched;
            return classes[class].first + number;
        }
    }
    return GATEWAY_BODY_NONE;
}

int gateway_body_take(struct gateway_bodies *bodies, uint32_t len)
{
    int body = take_slot(bodies, gateway_body_class(len));
    if (body != GATEWAY_BODY_NONE) {
        struct gateway_body *taken = &bodies->bodies[body];
        taken->len = 0;
        taken->expected = len;
        taken->chunked = false;
        gateway_chat_outline(&taken->outline);
    }
    return body;
}

int gateway_body_grow(struct gateway_bodies *bodies, int body)
{
    enum gateway_body_class class = class_of_slot(body);
    ASSERT(class < GATEWAY_BODY_LARGE);
    int larger = take_slot(bodies, class + 1);
    if (larger != GATEWAY_BODY_NONE) {
        const struct gateway_body *from = &bodies->bodies[body];
        uint32_t touched = bodies->bodies[larger].touched;
        bodies->bodies[larger] = *from;
        bodies->bodies[larger].touched = touched;
        memcpy(gateway_body_bytes(bodies, larger), gateway_body_bytes(bodies, body), from->len);
        gateway_body_give(bodies, body);
    }
    return larger;
}

void gateway_body_give(struct gateway_bodies *bodies, int body)
{
    enum gateway_body_class class = class_of_slot(body);
    struct gateway_body *given = &bodies->bodies[body];
    ASSERT(given->len <= classes[class].bytes);
    if (given->touched < given->len)
        given->touched = given->len;
    if (bodies->warm + given->touched > GATEWAY_BODY_WARM_BYTES) {
        port_trim(gateway_body_bytes(bodies, body), given->touched);
        given->touched = 0;
    }
    bodies->warm += given->touched;
    index_give(index_of(bodies, class), body - classes[class].first);
}

bool gateway_body_idle(const struct gateway_bodies *bodies)
{
    return bodies->small.in_use == 0 && bodies->medium.in_use == 0 && bodies->large.in_use == 0;
}

void gateway_body_trim(struct gateway_bodies *bodies)
{
    ASSERT(gateway_body_idle(bodies));
    port_trim(bodies->small_bytes, sizeof(bodies->small_bytes));
    port_trim(bodies->medium_bytes, sizeof(bodies->medium_bytes));
    port_trim(bodies->large_bytes, sizeof(bodies->large_bytes));
    bodies->warm = 0;
    for (int i = 0; i < GATEWAY_BODIES; i++)
        if (bodies->bodies[i].touched > 0) /* what was never written to is not written to now */
            bodies->bodies[i].touched = 0;
    port_trim(bodies->bodies, sizeof(bodies->bodies));
}

char *gateway_body_bytes(struct gateway_bodies *bodies, int body)
{
    enum gateway_body_class class = class_of_slot(body);
    int number = body - classes[class].first;
    switch (class) {
    case GATEWAY_BODY_SMALL:
        return bodies->small_bytes[number];
    case GATEWAY_BODY_MEDIUM:
        return bodies->medium_bytes[number];
    default:
        return bodies->large_bytes[number];
    }
}

uint32_t gateway_body_cap(int body)
{
    return classes[class_of_slot(body)].bytes;
}
