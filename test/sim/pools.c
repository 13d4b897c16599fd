/* See pools.h. */
#include "test/sim/pools.h"

#include <stdio.h>
#include <string.h>

#include "test/sim/tally.h"
#include "test/sim/world.h"

static const struct gateway *gateway(void)
{
    return &world_daemon->gateway;
}

static int pages_of(const struct rope *rope)
{
    const struct rope_pool *pool = &gateway()->pages;
    int count = 0;
    size_t len = 0;
    if (rope->len == 0)
        return 0;
    for (uint16_t page = rope->first; page != ROPE_NO_PAGE; page = pool->next[page]) {
        len += (size_t)(pool->end[page] - pool->begin[page]);
        count++;
        if (page == rope->last)
            break;
    }
    WORLD_CHECK(len == rope->len, "a rope of %u bytes has %zu in its pages", rope->len, len);
    return count;
}

static int pages_of_request(int number)
{
    const struct gateway_relay *relay = &gateway()->requests[number].relay;
    return pages_of(&relay->text) + pages_of(&relay->reasoning) + pages_of(&relay->questions) +
           pages_of(&relay->sources) + pages_of(&relay->tail);
}

static void check_pages(void)
{
    const struct gateway *g = gateway();
    int pages = 0;
    for (int i = 0; i < LIMIT_CLIENTS; i++)
        if (g->clients[i].state != GATEWAY_CLIENT_FREE)
            pages += pages_of(&g->clients[i].out);
    for (int i = 0; i < GATEWAY_EXCHANGES; i++)
        if (g->exchanges[i].state != GATEWAY_EXCHANGE_FREE)
            pages += pages_of(&g->exchanges[i].out);
    for (int i = 0; i < LIMIT_REQUESTS; i++)
        if (g->requests[i].state != GATEWAY_REQUEST_FREE)
            pages += pages_of_request(i);
    WORLD_CHECK(pages == g->pages.index.in_use, "%d pages are held, %d are given out", pages,
                g->pages.index.in_use);
}

/* The deadline of a thing, or TIMERS_NEVER. */
static uint64_t due_of(const struct timers *timers, int thing)
{
    return timers->_place[thing] != 0xFFFF ? timers->_moments[thing].due_us : TIMERS_NEVER;
}

/* A client waits for something that has a deadline: its own, or its request's. */
static void check_client(int number)
{
    const struct gateway_client *client = &gateway()->clients[number];
    bool timed = due_of(&gateway()->client_timers, number) != TIMERS_NEVER;
    bool asks = client->request >= 0;
    WORLD_CHECK(timed || asks, "client %d in state %d has no deadline", number, client->state);
    if (asks) {
        const struct gateway_request *request = &gateway()->requests[client->request];
        bool opened = client->state == GATEWAY_CLIENT_ANSWER;
        bool back = request->state != GATEWAY_REQUEST_FREE && request->client == number;
        WORLD_CHECK(!opened || back || client->ended, "client %d has a request that is not its",
                    number);
    }
}

static void check_clients(void)
{
    const struct gateway *g = gateway();
    int clients = 0, heads = 0, bodies = 0;
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        const struct gateway_client *client = &g->clients[i];
        if (client->state == GATEWAY_CLIENT_FREE)
            continue;
        clients++;
        heads += client->head >= 0;
        bodies += client->body >= 0;
        check_client(i);
    }
    int bodies_out = g->bodies.small.in_use + g->bodies.medium.in_use + g->bodies.large.in_use;
    WORLD_CHECK(clients == g->client_index.in_use, "%d clients, %d given out", clients,
                g->client_index.in_use);
    WORLD_CHECK(heads == g->head_index.in_use, "%d heads, %d given out", heads,
                g->head_index.in_use);
    WORLD_CHECK(bodies == bodies_out, "%d bodies, %d given out", bodies, bodies_out);
}

static void check_upstreams(void)
{
    const struct gateway_upstreams *u = &gateway()->upstreams;
    int used = 0, idle = 0, shaking = 0;
    for (int i = 0; i < LIMIT_UPSTREAMS; i++) {
        uint8_t state = u->all[i].state;
        used += state != GATEWAY_UPSTREAM_FREE;
        idle += state == GATEWAY_UPSTREAM_IDLE;
        shaking += state == GATEWAY_UPSTREAM_TLS;
        bool kept = state == GATEWAY_UPSTREAM_IDLE;
        bool timed = due_of(&u->timers, i) <= port_now_us() + GATEWAY_UPSTREAM_IDLE_MS * 1000u;
        WORLD_CHECK(kept == timed, "upstream %d in state %d, timed %d", i, state, timed);
    }
    WORLD_CHECK(used == u->index.in_use, "%d upstreams, %d given out", used, u->index.in_use);
    WORLD_CHECK(idle == u->idle_count, "%d idle upstreams, %d counted", idle, u->idle_count);
    WORLD_CHECK(shaking == u->handshakes, "%d handshakes, %d counted", shaking, u->handshakes);
}

static void check_requests(void)
{
    const struct gateway *g = gateway();
    int used = 0, large = 0;
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        if (g->requests[i].state == GATEWAY_REQUEST_FREE)
            continue;
        used++;
        WORLD_CHECK(due_of(&g->exchange_timers, i) != TIMERS_NEVER ||
                        queue_has(&g->exchange_run, i),
                    "request %d has no deadline", i);
    }
    /* a client that was just given a slot opens its request in its next turn */
    for (int i = 0; i < LIMIT_CLIENTS; i++)
        used += g->clients[i].state == GATEWAY_CLIENT_REQUEST_WAIT && g->clients[i].request >= 0;
    for (int i = 0; i < GATEWAY_EXCHANGES; i++)
        large += g->exchanges[i].state != GATEWAY_EXCHANGE_FREE && g->exchanges[i].large >= 0;
    WORLD_CHECK(used == g->request_index.in_use, "%d requests, %d given out", used,
                g->request_index.in_use);
    WORLD_CHECK(large == g->windows.index.in_use, "%d large windows, %d given out", large,
                g->windows.index.in_use);
}

/* What a key's ledger holds as under way. A limit that became lower ends nothing. */
static void check_keys(void)
{
    static int most; /* of the step before; a world's first step has none under way */
    int before = most;
    most = 0;
    const struct gateway *g = gateway();
    int active[LIMIT_KEYS] = {0};
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        const struct gateway_request *request = &g->requests[i];
        bool counts = request->state != GATEWAY_REQUEST_FREE && request->client >= 0 &&
                      request->counted;
        if (counts && g->clients[request->client].key >= 0)
            active[g->clients[request->client].key]++;
    }
    for (int i = 0; i < g->settings->key_count; i++) {
        const struct settings_key *key = &g->settings->keys[i];
        WORLD_CHECK(active[i] == g->keys.uses[i].active, "key %d: %d under way, %d counted", i,
                    active[i], g->keys.uses[i].active);
        most = active[i] > most ? active[i] : most;
        bool allowed = key->concurrent == 0 || active[i] <= (int)key->concurrent;
        WORLD_CHECK(allowed || active[i] <= before,
                    "key %d: %d under way, %d allowed", i, active[i], (int)key->concurrent);
    }
}

/* No address but the box's own has more clients than one may have. */
static void check_addresses(void)
{
    const struct gateway *g = gateway();
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        const struct gateway_client *client = &g->clients[i];
        int same = 0;
        for (int j = 0; j < LIMIT_CLIENTS; j++)
            same += g->clients[j].state != GATEWAY_CLIENT_FREE &&
                    memcmp(g->clients[j].peer.bytes, client->peer.bytes, 16) == 0;
        bool lan = client->state != GATEWAY_CLIENT_FREE && client->peer.bytes[12] != 127;
        WORLD_CHECK(!lan || same <= LIMIT_CLIENTS_PER_ADDRESS, "%d clients of one address", same);
        tally_if(lan && same == LIMIT_CLIENTS_PER_ADDRESS, TALLY_ADDRESS_FULL);
    }
}

/* What it is seen in. */
static void note_states(void)
{
    const struct gateway *g = gateway();
    for (int i = 0; i < GATEWAY_BODY_CLASSES; i++)
        tally_if(g->client_wait_body[i].count > 0, TALLY_WAIT_BODY);
    tally_if(g->client_wait_head.count > 0, TALLY_WAIT_HEAD);
    tally_if(g->client_wait.count > 0, TALLY_WAIT_REQUEST);
    tally_if(g->page_wait.count > 0, TALLY_WAIT_PAGE);
    tally_if(g->list_wait.count > 0, TALLY_WAIT_LIST);
    tally_if(g->client_linger.count > 0, TALLY_LINGERS);
    tally_if(g->accept_again, TALLY_NO_CLIENT_SLOT);
    tally_if(g->upstreams.handshakes == LIMIT_TLS_HANDSHAKES, TALLY_WAIT_HANDSHAKE);
    tally_if(g->windows.index.in_use > 0, TALLY_LARGE_EVENT);
    tally_if(gateway_era_lasts(g), TALLY_TWO_ERAS);
    tally_if(world_daemon->reload_waits, TALLY_RELOAD_WAITS);
    for (int i = 0; i < GATEWAY_PROVIDERS; i++) {
        tally_if(g->circuits[i].state == GATEWAY_CIRCUIT_OPEN, TALLY_CIRCUIT_OPEN);
        tally_if(g->benches[i].until_us > g->now_us, TALLY_BENCHED);
    }
}

void pools_check(void)
{
    const struct gateway *g = gateway();
    check_clients();
    check_requests();
    check_upstreams();
    check_pages();
    check_keys();
    check_addresses();
    note_states();
    int slots = g->listener_count + g->client_index.in_use + g->upstreams.index.in_use;
    WORLD_CHECK(slots == sim_slots_in_use(), "%d sockets are known, %d are open", slots,
                sim_slots_in_use());
}

/* Lists are fetched at any time; nothing else is under way. */
bool pools_quiet(void)
{
    const struct gateway *g = gateway();
    bool asks = false;
    for (int i = 0; i < LIMIT_REQUESTS; i++)
        asks |= g->exchanges[i].state != GATEWAY_EXCHANGE_FREE ||
                due_of(&g->exchange_timers, i) != TIMERS_NEVER;
    for (int i = 0; i < LIMIT_UPSTREAMS; i++)
        asks |= g->upstreams.all[i].state != GATEWAY_UPSTREAM_FREE &&
                g->upstreams.all[i].state != GATEWAY_UPSTREAM_IDLE &&
                g->upstreams.all[i].exchange < LIMIT_REQUESTS;
    int waiting = g->list_wait.count + g->client_wait.count + g->client_idle.count +
                  g->client_linger.count + g->client_wait_head.count + g->client_run.count;
    return !asks && waiting == 0 && g->client_index.in_use == 0 && g->request_index.in_use == 0 &&
           g->head_index.in_use == 0 && timers_count(&g->client_timers) == 0;
}

void pools_print(void)
{
    const struct gateway *g = gateway();
    printf("clients %d requests %d upstreams %d pages %d heads %d timers %d+%d+%d runs %d+%d\n",
           g->client_index.in_use, g->request_index.in_use, g->upstreams.index.in_use,
           g->pages.index.in_use, g->head_index.in_use, timers_count(&g->client_timers),
           timers_count(&g->exchange_timers), timers_count(&g->upstreams.timers),
           g->client_run.count, g->exchange_run.count);
    for (int i = 0; i < LIMIT_CLIENTS; i++)
        if (g->clients[i].state != GATEWAY_CLIENT_FREE)
            printf("  client %d state %d request %d head %d body %d out %u\n", i,
                   g->clients[i].state, g->clients[i].request, g->clients[i].head,
                   g->clients[i].body, g->clients[i].out.len);
    for (int i = 0; i < GATEWAY_EXCHANGES; i++)
        if (g->exchanges[i].state != GATEWAY_EXCHANGE_FREE)
            printf("  exchange %d state %d request %d upstream %d\n", i, g->exchanges[i].state,
                   i < LIMIT_REQUESTS ? g->requests[i].state : -1, g->exchanges[i].upstream);
}
