/* A circuit through all its states, with one request that tries and one that probes. */
#include "core/gateway/gateway_circuit.h"

#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#define G (&unit_gateway)
#define S 1000000u

static void set_up(void)
{
    unit_gateway_fresh(false);
    G->circuits[0] = (struct gateway_circuit){0};
    G->requests[1] = (struct gateway_request){.state = GATEWAY_REQUEST_TRY};
}

static void fail_times(int times)
{
    for (int i = 0; i < times; i++) {
        gateway_circuit_begin(G, 0);
        gateway_circuit_bad(G, 0, "for a test");
    }
}

static void check(enum gateway_circuit_state state, bool passes)
{
    CU_ASSERT_EQUAL(gateway_circuit_state(G, 0), state);
    CU_ASSERT_EQUAL(gateway_circuit_passes(G, 0), passes);
}

/* Open for so many seconds, to the microsecond. */
static void check_open_for(uint32_t seconds)
{
    uint64_t since_us = G->now_us;
    check(GATEWAY_CIRCUIT_OPEN, false);
    G->now_us = since_us + (uint64_t)seconds * S - 1;
    check(GATEWAY_CIRCUIT_OPEN, false);
    G->now_us++;
    check(GATEWAY_CIRCUIT_OPEN, true);
}

static void five_in_a_row(void)
{
    set_up();
    fail_times(4);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    gateway_circuit_begin(G, 0);
    gateway_circuit_good(G, 0);
    fail_times(4);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    gateway_circuit_begin(G, 0);
    gateway_circuit_left(G, 0); /* a client that left says nothing, for good or bad */
    check(GATEWAY_CIRCUIT_CLOSED, true);
    fail_times(1);
    check_open_for(5);
}

static void doubles(void)
{
    static const uint32_t seconds[] = {5, 10, 20, 40, 60, 60, 60};
    set_up();
    fail_times(5);
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        check_open_for(seconds[i]);
        fail_times(1);
    }
    G->now_us += 60 * S;
    gateway_circuit_begin(G, 0);
    gateway_circuit_good(G, 0);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    fail_times(5);
    check_open_for(5); /* all over again */
}

static void one_probe(void)
{
    set_up();
    fail_times(5);
    G->now_us += 5 * S;
    gateway_circuit_begin(G, 0);
    CU_ASSERT(G->requests[0].probes);
    check(GATEWAY_CIRCUIT_HALF_OPEN, false);
    gateway_circuit_begin(G, 1); /* it had nobody else */
    CU_ASSERT_FALSE(G->requests[1].probes);
    gateway_circuit_bad(G, 1, "for a test");
    check(GATEWAY_CIRCUIT_HALF_OPEN, false);
    gateway_circuit_left(G, 1);
    check(GATEWAY_CIRCUIT_HALF_OPEN, false);
    gateway_circuit_bad(G, 0, "for a test");
    CU_ASSERT_FALSE(G->requests[0].probes);
    check_open_for(10);
}

/* The next request probes at once. */
static void a_probe_that_leaves(void)
{
    set_up();
    fail_times(5);
    G->now_us += 5 * S;
    gateway_circuit_begin(G, 0);
    G->now_us += 100 * S;
    gateway_circuit_left(G, 0);
    check(GATEWAY_CIRCUIT_OPEN, true);
    gateway_circuit_left(G, 0);
    check(GATEWAY_CIRCUIT_OPEN, true);
    gateway_circuit_begin(G, 1);
    CU_ASSERT(G->requests[1].probes);
    gateway_circuit_bad(G, 1, "for a test");
    check_open_for(10);
}

/* Content lets the others in; that the answer breaks off behind it is a failure still. */
static void content(void)
{
    set_up();
    fail_times(5);
    G->now_us += 5 * S;
    gateway_circuit_begin(G, 0);
    gateway_circuit_content(G, 0);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    gateway_circuit_left(G, 0);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    gateway_circuit_bad(G, 0, "for a test");
    check_open_for(10);
    gateway_circuit_begin(G, 0);
    gateway_circuit_content(G, 0);
    gateway_circuit_good(G, 0);
    fail_times(4);
    check(GATEWAY_CIRCUIT_CLOSED, true);
}

/* Tries that began before it opened, and end behind. */
static void late_ends(void)
{
    set_up();
    fail_times(5);
    uint64_t due_us = G->circuits[0].due_us;
    G->now_us += S;
    for (int i = 0; i < 300; i++)
        gateway_circuit_bad(G, 1, "for a test"); /* no further doubling */
    CU_ASSERT_EQUAL(G->circuits[0].due_us, due_us);
    check(GATEWAY_CIRCUIT_OPEN, false);
    gateway_circuit_good(G, 1);
    check(GATEWAY_CIRCUIT_CLOSED, true);
}

/* The probe's circuit was closed by another answer, and opened again. */
static void overtaken(void)
{
    set_up();
    fail_times(5);
    G->now_us += 5 * S;
    gateway_circuit_begin(G, 0);
    gateway_circuit_good(G, 1);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    gateway_circuit_left(G, 0);
    check(GATEWAY_CIRCUIT_CLOSED, true);
    CU_ASSERT_FALSE(G->requests[0].probes);
}

static void words(void)
{
    CU_ASSERT_STRING_EQUAL(gateway_circuit_word(GATEWAY_CIRCUIT_CLOSED), "closed");
    CU_ASSERT_STRING_EQUAL(gateway_circuit_word(GATEWAY_CIRCUIT_OPEN), "open");
    CU_ASSERT_STRING_EQUAL(gateway_circuit_word(GATEWAY_CIRCUIT_HALF_OPEN), "half_open");
}

static const struct unit_test tests[] = {
    {"five failures in a row open it", five_in_a_row},
    {"longer each time, up to a minute", doubles},
    {"one probe at a time", one_probe},
    {"a probe that leaves", a_probe_that_leaves},
    {"content", content},
    {"tries that end late", late_ends},
    {"a probe that was overtaken", overtaken},
    {"words", words},
};

UNIT_MAIN("gateway_circuit", tests)
