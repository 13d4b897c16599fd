/* See gateway_circuit.h. */
#include "core/gateway/gateway_circuit.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

enum gateway_circuit_state gateway_circuit_state(const struct gateway *g, int provider)
{
    return (enum gateway_circuit_state)g->circuits[provider].state;
}

const char *gateway_circuit_word(enum gateway_circuit_state state)
{
    static const char *const words[] = {
        [GATEWAY_CIRCUIT_CLOSED] = "closed",
        [GATEWAY_CIRCUIT_OPEN] = "open",
        [GATEWAY_CIRCUIT_HALF_OPEN] = "half_open",
    };
    return words[state];
}

/* Each change is told. */
static void change(struct gateway *g, int provider, enum gateway_circuit_state state,
                   const char *reason)
{
    struct gateway_circuit *circuit = &g->circuits[provider];
    bool opens = state == GATEWAY_CIRCUIT_OPEN;
    struct record_log log;
    record_log_begin(&log, opens ? PORT_LOG_WARN : PORT_LOG_INFO, "circuit");
    record_log_add_str(&log, "provider", gateway_provider(g, provider)->name);
    record_log_add_str(&log, "from", gateway_circuit_word(gateway_circuit_state(g, provider)));
    record_log_add_str(&log, "to", gateway_circuit_word(state));
    if (opens && circuit->due_us > g->now_us)
        record_log_add_u64(&log, "seconds", (circuit->due_us - g->now_us) / 1000000);
    record_log_add_str(&log, "reason", reason);
    record_log_end(&log, g->settings->log_level);
    circuit->state = (uint8_t)state;
}

static void open_it(struct gateway *g, int provider, const char *reason)
{
    struct gateway_circuit *circuit = &g->circuits[provider];
    uint64_t us = (uint64_t)GATEWAY_CIRCUIT_OPEN_US << circuit->openings;
    circuit->due_us = g->now_us + (us < GATEWAY_CIRCUIT_MAX_US ? us : GATEWAY_CIRCUIT_MAX_US);
    if (circuit->openings < GATEWAY_CIRCUIT_DOUBLINGS)
        circuit->openings++;
    change(g, provider, GATEWAY_CIRCUIT_OPEN, reason);
}

bool gateway_circuit_passes(const struct gateway *g, int provider)
{
    const struct gateway_circuit *circuit = &g->circuits[provider];
    return circuit->state == GATEWAY_CIRCUIT_CLOSED ||
           (circuit->state == GATEWAY_CIRCUIT_OPEN && circuit->due_us <= g->now_us);
}

void gateway_circuit_begin(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    const struct gateway_circuit *circuit = &g->circuits[request->provider];
    ASSERT(!request->probes);
    if (circuit->state == GATEWAY_CIRCUIT_CLOSED ||
        !gateway_circuit_passes(g, request->provider))
        return;
    request->probes = true;
    change(g, request->provider, GATEWAY_CIRCUIT_HALF_OPEN, "a request probes it");
}

void gateway_circuit_content(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    struct gateway_circuit *circuit = &g->circuits[request->provider];
    request->probes = false;
    if (circuit->state == GATEWAY_CIRCUIT_CLOSED)
        return;
    circuit->failures = GATEWAY_CIRCUIT_FAILURES - 1;
    change(g, request->provider, GATEWAY_CIRCUIT_CLOSED, "it answers");
}

void gateway_circuit_good(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    struct gateway_circuit *circuit = &g->circuits[request->provider];
    gateway_circuit_content(g, number);
    circuit->failures = 0;
    circuit->openings = 0;
}

void gateway_circuit_bad(struct gateway *g, int number, const char *reason)
{
    struct gateway_request *request = &g->requests[number];
    struct gateway_circuit *circuit = &g->circuits[request->provider];
    bool probes = request->probes;
    request->probes = false;
    if (circuit->state == GATEWAY_CIRCUIT_CLOSED)
        circuit->failures++;
    if (probes || (circuit->state == GATEWAY_CIRCUIT_CLOSED &&
                   circuit->failures >= GATEWAY_CIRCUIT_FAILURES))
        open_it(g, request->provider, reason);
}

void gateway_circuit_left(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    bool probes = request->probes;
    request->probes = false;
    if (!probes || g->circuits[request->provider].state != GATEWAY_CIRCUIT_HALF_OPEN)
        return;
    g->circuits[request->provider].due_us = g->now_us;
    change(g, request->provider, GATEWAY_CIRCUIT_OPEN, "its probe left without an answer");
}
