/* See gateway_crowd.h. */
#include "core/gateway/gateway_crowd.h"

#include <string.h>

#include "core/gateway/gateway.h"
#include "core/settings/settings_address.h"

#define V4_AT 12 /* of an IPv4 address in the 16 bytes */

static const uint8_t v4_prefix[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_v4(const struct port_address *peer)
{
    return memcmp(peer->bytes, v4_prefix, V4_AT) == 0;
}

/* Counts the clients of that address; *quiet is the oldest that waits for nothing, or -1. */
static int count(const struct gateway *g, const struct port_address *peer, int *quiet)
{
    int found = 0;
    *quiet = -1;
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        const struct gateway_client *client = &g->clients[i];
        if (client->state == GATEWAY_CLIENT_FREE ||
            memcmp(client->peer.bytes, peer->bytes, sizeof(peer->bytes)) != 0)
            continue;
        found++;
        bool gives_way = queue_has(&g->client_idle, i); /* or lingers: they share their links */
        if (gives_way && (*quiet < 0 || client->wait_us < g->clients[*quiet].wait_us))
            *quiet = i;
    }
    return found;
}

static void add_address(struct text *out, const struct port_address *peer)
{
    for (int i = V4_AT; is_v4(peer) && i < 16; i++) {
        text_add_str(out, i > V4_AT ? "." : "");
        text_add_u64(out, peer->bytes[i]);
    }
    for (int i = 0; !is_v4(peer) && i < 16; i += 2) {
        text_add_str(out, i > 0 ? ":" : "");
        text_add_hex(out, peer->bytes + i, 2);
    }
}

static void note(struct gateway *g, const struct port_address *peer)
{
    char bytes[48];
    struct record_log log;
    struct text address = text_over(bytes, sizeof(bytes));
    if (!FEATURE_METRICS || !record_metrics_refusal(&g->metrics, 503, g->now_us))
        return;
    add_address(&address, peer);
    record_log_begin(&log, PORT_LOG_WARN, "refused: too many connections from one address");
    record_log_add_str(&log, "address", text_str(&address));
    record_log_end(&log, g->settings->log_level);
}

bool gateway_crowd_admits(struct gateway *g, const struct port_address *peer)
{
    int quiet;
    if (g->client_index.in_use < LIMIT_CLIENTS_PER_ADDRESS ||
        settings_address_loopback(peer->bytes) ||
        count(g, peer, &quiet) < LIMIT_CLIENTS_PER_ADDRESS)
        return true;
    if (quiet >= 0)
        gateway_client_close(g, quiet);
    else
        note(g, peer);
    return quiet >= 0;
}
