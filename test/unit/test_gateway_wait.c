/* Who gets what becomes free. */
#include "core/gateway/gateway_wait.h"
#include "core/gateway/gateway.h"
#include "test/unit/unit.h"

#define QUEUE_MS 10000u
#define BODY_MS 60000u

static struct gateway g;
static struct settings settings;
static int given; /* clients so far */

static void fresh(void)
{
    settings = (struct settings){
        .limits = {.max_active_requests = 2, .queue_ms = QUEUE_MS,
                   .max_body_bytes = LIMIT_BODY_LARGE_BYTES},
        .timeouts = {.client_body_ms = BODY_MS}};
    g.settings = &settings;
    g.now_us = 1000000;
    while (given > 0) {
        given--;
        gateway_wait_leave(&g, given);
        queue_remove(&g.client_run, given);
    }
    gateway_client_init(&g);
    gateway_body_init(&g.bodies);
    index_init(&g.request_index, g.request_numbers, LIMIT_REQUESTS);
}

/* A client in that state, its body of that length. */
static int client(enum gateway_client_state state, uint32_t body_len)
{
    g.clients[given] = (struct gateway_client){.state = (uint8_t)state, .head = -1, .body = -1,
                                               .request = -1, .body_len = body_len};
    return given++;
}

static uint64_t due_us(int number)
{
    return g.client_timer_due[number].due_us;
}

/* ---- requests ---- */

static int wants_request(void)
{
    int number = client(GATEWAY_CLIENT_BODY, 10);
    g.clients[number].body = (int16_t)gateway_body_take(&g.bodies, 10);
    gateway_wait_request(&g, number);
    CU_ASSERT_EQUAL(g.clients[number].state, GATEWAY_CLIENT_REQUEST_WAIT);
    return number;
}

static void end_request(int number)
{
    index_give(&g.request_index, g.clients[number].request);
    g.clients[number].request = -1;
    g.clients[number].state = GATEWAY_CLIENT_ANSWER;
    gateway_wait_admit(&g);
}

static void test_requests(void)
{
    fresh();
    int a = wants_request(), b = wants_request(), c = wants_request(), d = wants_request();
    CU_ASSERT_TRUE(g.clients[a].request >= 0 && g.clients[b].request >= 0);
    CU_ASSERT_TRUE(g.clients[c].request < 0 && g.clients[d].request < 0);
    CU_ASSERT_FALSE(gateway_wait_is_on(&g, a));
    CU_ASSERT_TRUE(gateway_wait_is_on(&g, c));
    CU_ASSERT_EQUAL(due_us(c), g.now_us + QUEUE_MS * 1000);
    CU_ASSERT_EQUAL(g.client_run.count, 0);
    end_request(b);
    CU_ASSERT_TRUE(g.clients[c].request >= 0 && g.clients[d].request < 0);
    CU_ASSERT_EQUAL(queue_take(&g.client_run), c);
    CU_ASSERT_FALSE(gateway_wait_is_on(&g, c));
    gateway_wait_leave(&g, d);
    end_request(a);
    end_request(c);
    CU_ASSERT_TRUE(g.clients[d].request < 0);
    CU_ASSERT_EQUAL(timers_count(&g.client_timers), 1); /* d's is its owner's to clear */
    CU_ASSERT_EQUAL(g.request_index.in_use, 0);
}

/* A slot that was assigned to a client that leaves before it was run goes to the next. */
static void test_request_unused(void)
{
    fresh();
    int a = wants_request(), b = wants_request(), c = wants_request(), d = wants_request();
    end_request(a);
    gateway_wait_leave(&g, c);
    CU_ASSERT_EQUAL(g.clients[c].request, -1);
    CU_ASSERT_TRUE(g.clients[d].request >= 0);
    CU_ASSERT_EQUAL(g.request_index.in_use, 2);
    (void)b;
}

/* ---- bodies ---- */

static int wants_body(uint32_t len)
{
    int number = client(GATEWAY_CLIENT_HEAD, len);
    gateway_wait_body(&g, number);
    return number;
}

static uint8_t state(int number)
{
    return g.clients[number].state;
}

static void take_all(uint32_t len)
{
    while (gateway_body_take(&g.bodies, len) != GATEWAY_BODY_NONE) {
    }
}

static void test_body_at_once(void)
{
    fresh();
    int a = wants_body(LIMIT_BODY_SMALL_BYTES + 1);
    CU_ASSERT_EQUAL(state(a), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(gateway_body_cap(g.clients[a].body), LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_EQUAL(due_us(a), g.now_us + BODY_MS * 1000);
    CU_ASSERT_FALSE(gateway_wait_is_on(&g, a));
    gateway_wait_drop_body(&g, a);
    CU_ASSERT_EQUAL(g.clients[a].body, GATEWAY_BODY_NONE);
    CU_ASSERT_EQUAL(g.bodies.medium.in_use, 0);
}

/* Those that need a large slot do not stand in the way of those that need a small one. */
static void test_body_classes(void)
{
    fresh();
    int holder = wants_body(LIMIT_BODY_LARGE_BYTES);
    int small_holder = wants_body(1);
    take_all(LIMIT_BODY_LARGE_BYTES);
    take_all(1);
    int large = wants_body(LIMIT_BODY_LARGE_BYTES);
    int small = wants_body(10);
    int later = wants_body(11);
    CU_ASSERT_EQUAL(state(large), GATEWAY_CLIENT_BODY_WAIT);
    CU_ASSERT_EQUAL(state(small), GATEWAY_CLIENT_BODY_WAIT);
    gateway_wait_drop_body(&g, small_holder);
    CU_ASSERT_EQUAL(state(large), GATEWAY_CLIENT_BODY_WAIT);
    CU_ASSERT_EQUAL(state(small), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(state(later), GATEWAY_CLIENT_BODY_WAIT);
    gateway_wait_drop_body(&g, holder);
    CU_ASSERT_EQUAL(state(large), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(state(later), GATEWAY_CLIENT_BODY_WAIT);
    CU_ASSERT_EQUAL(queue_take(&g.client_run), small);
    CU_ASSERT_EQUAL(queue_take(&g.client_run), large);
    gateway_wait_leave(&g, later);
    CU_ASSERT_FALSE(gateway_wait_is_on(&g, later));
}

/* The body's time begins when its slot is there. */
static void test_body_time(void)
{
    fresh();
    int holder = wants_body(1);
    take_all(1);
    int waiter = wants_body(1);
    CU_ASSERT_EQUAL(due_us(waiter), g.now_us + QUEUE_MS * 1000);
    g.now_us += 7000000;
    gateway_wait_drop_body(&g, holder);
    CU_ASSERT_EQUAL(due_us(waiter), g.now_us + BODY_MS * 1000);
}

/* A body that waits to grow keeps its slot, and its time stands still. */
static void test_grow(void)
{
    fresh();
    int medium = wants_body(LIMIT_BODY_SMALL_BYTES + 1);
    int a = wants_body(0);
    take_all(LIMIT_BODY_SMALL_BYTES + 1);
    uint64_t body_due_us = due_us(a);
    int before = g.clients[a].body;
    g.bodies.bodies[before].len = LIMIT_BODY_SMALL_BYTES;
    g.now_us += 1000000;
    gateway_wait_body(&g, a);
    CU_ASSERT_EQUAL(state(a), GATEWAY_CLIENT_BODY_WAIT);
    CU_ASSERT_EQUAL(g.clients[a].body, before);
    CU_ASSERT_EQUAL(due_us(a), g.now_us + QUEUE_MS * 1000);
    g.now_us += 5000000;
    gateway_wait_drop_body(&g, medium);
    CU_ASSERT_EQUAL(state(a), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(gateway_body_cap(g.clients[a].body), LIMIT_BODY_MEDIUM_BYTES);
    CU_ASSERT_EQUAL(due_us(a), body_due_us + 5000000);
}

/* What a body grows out of goes to the next at once. */
static void test_grow_admits(void)
{
    fresh();
    int a = wants_body(0);
    while (g.bodies.small.in_use < LIMIT_BODY_SMALL)
        gateway_body_take(&g.bodies, 1);
    take_all(LIMIT_BODY_MEDIUM_BYTES + 1);
    int last = wants_body(LIMIT_BODY_SMALL_BYTES + 1);
    while (g.bodies.medium.in_use < LIMIT_BODY_MEDIUM)
        gateway_body_take(&g.bodies, LIMIT_BODY_SMALL_BYTES + 1);
    int small = wants_body(5);
    CU_ASSERT_EQUAL(state(small), GATEWAY_CLIENT_BODY_WAIT);
    uint64_t before_us = due_us(a);
    g.now_us += 1000000;
    g.bodies.bodies[g.clients[a].body].len = LIMIT_BODY_SMALL_BYTES;
    gateway_wait_body(&g, a);
    gateway_wait_drop_body(&g, last);
    CU_ASSERT_EQUAL(state(a), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(due_us(a), before_us);
    CU_ASSERT_EQUAL(state(small), GATEWAY_CLIENT_BODY);
    CU_ASSERT_EQUAL(gateway_body_cap(g.clients[small].body), LIMIT_BODY_SMALL_BYTES);
}

/* ---- head buffers ---- */

static void test_heads(void)
{
    fresh();
    int a = client(GATEWAY_CLIENT_HEAD, 0);
    CU_ASSERT_TRUE(gateway_wait_head(&g, a));
    CU_ASSERT_TRUE(gateway_wait_head(&g, a));
    CU_ASSERT_EQUAL(g.head_index.in_use, 1);
    while (index_take(&g.head_index) != INDEX_NONE) {
    }
    int b = client(GATEWAY_CLIENT_HEAD, 0);
    int c = client(GATEWAY_CLIENT_BODY, 0);
    g.clients[c].body_us = g.now_us + 1000;
    CU_ASSERT_FALSE(gateway_wait_head(&g, b));
    CU_ASSERT_FALSE(gateway_wait_head(&g, c));
    CU_ASSERT_FALSE(gateway_wait_head(&g, b));
    g.clients[a].head_len = 3;
    gateway_wait_spare_head(&g, a);
    CU_ASSERT_TRUE(g.clients[a].head >= 0);
    g.clients[a].head_at = 3;
    gateway_wait_spare_head(&g, a);
    CU_ASSERT_EQUAL(g.clients[a].head, -1);
    CU_ASSERT_TRUE(g.clients[b].head >= 0);
    CU_ASSERT_EQUAL(queue_take(&g.client_run), b);
    g.now_us += 500;
    g.clients[b].head_len = 9;
    gateway_wait_drop_head(&g, b);
    CU_ASSERT_TRUE(g.clients[c].head >= 0);
    CU_ASSERT_EQUAL(due_us(c), g.now_us + 1000);
}

/* Heads that were begun and not ended are late while others wait: as many as those, the oldest
 * first, and none that began just now. */
static void test_press(void)
{
    fresh();
    int slow[3];
    for (int i = 0; i < 3; i++) {
        slow[i] = client(GATEWAY_CLIENT_HEAD, 0);
        CU_ASSERT_TRUE(gateway_wait_head(&g, slow[i]));
        gateway_wait_head_begun(&g, slow[i]);
        timers_set(&g.client_timers, slow[i], UINT64_MAX - 1);
        g.now_us += 10;
    }
    while (index_take(&g.head_index) != INDEX_NONE) {
    }
    uint64_t begun_us = g.now_us - 30;
    g.now_us += GATEWAY_WAIT_GRACE_US;
    CU_ASSERT_EQUAL(gateway_wait_press_due_us(&g), UINT64_MAX);
    gateway_wait_press(&g);
    CU_ASSERT_EQUAL(g.client_begun.count, 3); /* nobody waits */
    gateway_wait_head_whole(&g, slow[0]);
    int good = client(GATEWAY_CLIENT_HEAD, 0);
    CU_ASSERT_FALSE(gateway_wait_head(&g, good));
    CU_ASSERT_EQUAL(gateway_wait_press_due_us(&g), begun_us + 10 + GATEWAY_WAIT_GRACE_US);
    g.now_us = begun_us + 9 + GATEWAY_WAIT_GRACE_US;
    gateway_wait_press(&g);
    CU_ASSERT_EQUAL(g.client_begun.count, 2);
    g.now_us += GATEWAY_WAIT_GRACE_US;
    gateway_wait_press(&g);
    CU_ASSERT_EQUAL(g.client_begun.count, 1);
    CU_ASSERT_EQUAL(due_us(slow[1]), g.now_us);
    CU_ASSERT_EQUAL(due_us(slow[2]), UINT64_MAX - 1);
    gateway_wait_drop_head(&g, slow[1]);
    CU_ASSERT_TRUE(g.clients[good].head >= 0);
    gateway_wait_press(&g);
    CU_ASSERT_EQUAL(due_us(slow[2]), UINT64_MAX - 1);
    gateway_wait_drop_head(&g, slow[2]);
    CU_ASSERT_EQUAL(g.client_begun.count, 0);
}

static const struct unit_test tests[] = {
    {"requests", test_requests},
    {"a request slot that is not used", test_request_unused},
    {"a body at once", test_body_at_once},
    {"classes of bodies", test_body_classes},
    {"the body's time", test_body_time},
    {"growing", test_grow},
    {"what is grown out of", test_grow_admits},
    {"head buffers", test_heads},
    {"heads that are late", test_press},
};

UNIT_MAIN("gateway_wait", tests)
