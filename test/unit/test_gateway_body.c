/* Slots for request bodies. */
#include "core/gateway/gateway_body.h"
#include "test/unit/unit.h"

#include <string.h>

static struct gateway_bodies bodies;

static const struct {
    uint32_t len;
    enum gateway_body_class class;
} classes[] = {
    {0, GATEWAY_BODY_SMALL},
    {1, GATEWAY_BODY_SMALL},
    {LIMIT_BODY_SMALL_BYTES, GATEWAY_BODY_SMALL},
    {LIMIT_BODY_SMALL_BYTES + 1, GATEWAY_BODY_MEDIUM},
    {LIMIT_BODY_MEDIUM_BYTES, GATEWAY_BODY_MEDIUM},
    {LIMIT_BODY_MEDIUM_BYTES + 1, GATEWAY_BODY_LARGE},
    {LIMIT_BODY_LARGE_BYTES, GATEWAY_BODY_LARGE},
};

static void test_classes(void)
{
    gateway_body_init(&bodies);
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        CU_ASSERT_EQUAL(gateway_body_class(classes[i].len), classes[i].class);
        int body = gateway_body_take(&bodies, classes[i].len);
        CU_ASSERT_FATAL(body >= 0 && body < GATEWAY_BODIES);
        uint32_t cap = gateway_body_cap(body);
        CU_ASSERT_EQUAL(gateway_body_class(cap), classes[i].class);
        CU_ASSERT_TRUE(cap >= classes[i].len);
        CU_ASSERT_EQUAL(bodies.bodies[body].len, 0);
        CU_ASSERT_EQUAL(bodies.bodies[body].expected, classes[i].len);
        CU_ASSERT_FALSE(bodies.bodies[body].chunked);
        gateway_body_give(&bodies, body);
    }
    CU_ASSERT_EQUAL(bodies.small.in_use + bodies.medium.in_use + bodies.large.in_use, 0);
}

/* All slots at once: each has a number and bytes of its own, small needs end in large slots. */
static void test_all(void)
{
    static bool seen[GATEWAY_BODIES];
    uint32_t before = 0;
    gateway_body_init(&bodies);
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < GATEWAY_BODIES; i++) {
        int body = gateway_body_take(&bodies, 1);
        CU_ASSERT_FATAL(body >= 0 && body < GATEWAY_BODIES && !seen[body]);
        CU_ASSERT_TRUE(gateway_body_cap(body) >= before);
        before = gateway_body_cap(body);
        seen[body] = true;
        memcpy(gateway_body_bytes(&bodies, body), &body, sizeof(body));
        memcpy(gateway_body_bytes(&bodies, body) + before - sizeof(body), &body, sizeof(body));
    }
    CU_ASSERT_EQUAL(gateway_body_take(&bodies, 0), GATEWAY_BODY_NONE);
    for (int body = 0; body < GATEWAY_BODIES; body++) {
        const char *bytes = gateway_body_bytes(&bodies, body);
        CU_ASSERT_EQUAL(memcmp(bytes, &body, sizeof(body)), 0);
        size_t end = gateway_body_cap(body) - sizeof(body);
        CU_ASSERT_EQUAL(memcmp(bytes + end, &body, sizeof(body)), 0);
    }
    gateway_body_give(&bodies, 7);
    CU_ASSERT_EQUAL(gateway_body_take(&bodies, LIMIT_BODY_SMALL_BYTES + 1), GATEWAY_BODY_NONE);
    CU_ASSERT_EQUAL(gateway_body_take(&bodies, 5), 7);
}

/* A need is never met by a class that is too small. */
static void test_large(void)
{
    gateway_body_init(&bodies);
    for (int i = 0; i < LIMIT_BODY_LARGE; i++) {
        int body = gateway_body_take(&bodies, LIMIT_BODY_LARGE_BYTES);
        CU_ASSERT_EQUAL_FATAL(gateway_body_cap(body), LIMIT_BODY_LARGE_BYTES);
    }
    CU_ASSERT_EQUAL(gateway_body_take(&bodies, LIMIT_BODY_MEDIUM_BYTES + 1), GATEWAY_BODY_NONE);
    CU_ASSERT_NOT_EQUAL(gateway_body_take(&bodies, LIMIT_BODY_MEDIUM_BYTES), GATEWAY_BODY_NONE);
}

/* Adds bytes to a body and has them judged. */
static enum result add(int body, const char *text)
{
    struct gateway_body *b = &bodies.bodies[body];
    memcpy(gateway_body_bytes(&bodies, body) + b->len, text, strlen(text));
    b->len += (uint32_t)strlen(text);
    return json_outline_take(&b->outline, gateway_body_bytes(&bodies, body), b->len);
}

/* Its bytes, its coding and what was judged of it move along. */
static void test_grow(void)
{
    gateway_body_init(&bodies);
    int body = gateway_body_take(&bodies, 0);
    bodies.bodies[body].chunked = true;
    CU_ASSERT_EQUAL(add(body, "{\"model\":\"m"), RESULT_MORE);
    int larger = gateway_body_grow(&bodies, body);
    CU_ASSERT_EQUAL_FATAL(gateway_body_cap(larger), LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_EQUAL(bodies.small.in_use, 0);
    CU_ASSERT_TRUE(bodies.bodies[larger].chunked);
    CU_ASSERT_EQUAL(add(larger, "ini\",\"x\":"), RESULT_MORE);
    int largest = gateway_body_grow(&bodies, larger);
    CU_ASSERT_EQUAL_FATAL(gateway_body_cap(largest), LIMIT_BODY_LARGE_BYTES);
    CU_ASSERT_EQUAL(add(largest, "1}"), RESULT_MORE);
    CU_ASSERT_EQUAL(json_outline_end(&bodies.bodies[largest].outline), RESULT_DONE);
    static const char whole[] = "{\"model\":\"mini\",\"x\":1}";
    CU_ASSERT_EQUAL(bodies.bodies[largest].len, sizeof(whole) - 1);
    CU_ASSERT_EQUAL(memcmp(gateway_body_bytes(&bodies, largest), whole, sizeof(whole) - 1), 0);
    gateway_body_give(&bodies, largest);
    CU_ASSERT_EQUAL(bodies.medium.in_use + bodies.large.in_use, 0);
}

static void test_cannot_grow(void)
{
    gateway_body_init(&bodies);
    int body = gateway_body_take(&bodies, 0);
    CU_ASSERT_EQUAL(add(body, "{\"a"), RESULT_MORE);
    while (gateway_body_take(&bodies, LIMIT_BODY_SMALL_BYTES + 1) != GATEWAY_BODY_NONE) {
    }
    CU_ASSERT_EQUAL(gateway_body_grow(&bodies, body), GATEWAY_BODY_NONE);
    CU_ASSERT_EQUAL(add(body, "\":1}"), RESULT_MORE);
    CU_ASSERT_EQUAL(json_outline_end(&bodies.bodies[body].outline), RESULT_DONE);
}

/* A slot filled to its end, and given back. */
static int fill_and_give(uint32_t len)
{
    int body = gateway_body_take(&bodies, len);
    memset(gateway_body_bytes(&bodies, body), 'x', len);
    bodies.bodies[body].len = len;
    gateway_body_give(&bodies, body);
    return body;
}

/* What a large body had is not seen by the next: its pages went back. */
static void test_trim(void)
{
    gateway_body_init(&bodies);
    gateway_body_trim(&bodies);
    int body = fill_and_give(LIMIT_BODY_LARGE_BYTES);
    CU_ASSERT_EQUAL(gateway_body_bytes(&bodies, body)[LIMIT_BODY_LARGE_BYTES / 2], 0);
    CU_ASSERT_EQUAL(bodies.warm, 0);
    int neighbour = gateway_body_take(&bodies, 1);
    memset(gateway_body_bytes(&bodies, neighbour), 'y', LIMIT_BODY_SMALL_BYTES);
    fill_and_give(LIMIT_BODY_SMALL_BYTES);
    const char *kept = gateway_body_bytes(&bodies, neighbour);
    for (size_t i = 0; i < LIMIT_BODY_SMALL_BYTES; i++)
        CU_ASSERT_EQUAL_FATAL(kept[i], 'y');
}

/* Pages stay with few free slots, whatever the next body needs of them, until all is given. */
static void test_warm(void)
{
    gateway_body_init(&bodies);
    gateway_body_trim(&bodies);
    int body = fill_and_give(LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_EQUAL(bodies.warm, LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_EQUAL(gateway_body_bytes(&bodies, body)[LIMIT_BODY_MEDIUM_BYTES / 2], 'x');
    CU_ASSERT_EQUAL(gateway_body_take(&bodies, LIMIT_BODY_SMALL_BYTES + 1), body);
    CU_ASSERT_EQUAL(bodies.warm, 0);
    CU_ASSERT_FALSE(gateway_body_idle(&bodies));
    gateway_body_give(&bodies, body);
    CU_ASSERT_EQUAL(bodies.warm, LIMIT_BODY_MEDIUM_BYTES);
    int small = gateway_body_take(&bodies, 1);
    int grown = gateway_body_grow(&bodies, small);
    CU_ASSERT_EQUAL(grown, body);
    gateway_body_give(&bodies, grown);
    CU_ASSERT_EQUAL(bodies.warm, LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_TRUE(gateway_body_idle(&bodies));
    gateway_body_trim(&bodies);
    CU_ASSERT_EQUAL(bodies.warm, 0);
    CU_ASSERT_EQUAL(gateway_body_bytes(&bodies, body)[LIMIT_BODY_MEDIUM_BYTES / 2], 0);
    fill_and_give(LIMIT_BODY_SMALL_BYTES);
    CU_ASSERT_EQUAL(bodies.warm, LIMIT_BODY_SMALL_BYTES);
}

/* However many were taken at once, only so much stays. */
static void test_burst(void)
{
    static int taken[LIMIT_BODY_SMALL];
    gateway_body_init(&bodies);
    gateway_body_trim(&bodies);
    for (int i = 0; i < LIMIT_BODY_SMALL; i++) {
        taken[i] = gateway_body_take(&bodies, LIMIT_BODY_SMALL_BYTES);
        bodies.bodies[taken[i]].len = LIMIT_BODY_SMALL_BYTES;
    }
    for (int i = 0; i < LIMIT_BODY_SMALL; i++)
        gateway_body_give(&bodies, taken[i]);
    CU_ASSERT_TRUE(bodies.warm <= GATEWAY_BODY_WARM_BYTES);
    CU_ASSERT_TRUE(bodies.warm > GATEWAY_BODY_WARM_BYTES - LIMIT_BODY_SMALL_BYTES);
}

static const struct unit_test tests[] = {
    {"classes", test_classes},
    {"every slot", test_all},
    {"large needs", test_large},
    {"growing", test_grow},
    {"no larger slot is free", test_cannot_grow},
    {"pages go back", test_trim},
    {"a few pages stay", test_warm},
    {"a burst", test_burst},
};

UNIT_MAIN("gateway_body", tests)
