/* See gateway_secure.h. */
#include "core/gateway/gateway_secure.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

bool gateway_secure_on(const struct gateway *g)
{
    return FEATURE_HTTPS_LISTENER && g->secure.servers[g->secure.now].ready;
}

/* Its TLS; NULL: it speaks plain HTTP. */
static struct tls_connection *tls_of(struct gateway *g, int client)
{
    int number = g->clients[client].tls;
    bool secure = FEATURE_HTTPS_LISTENER && number >= 0 && gateway_secure_on(g);
    return secure ? &g->secure.connections[number] : NULL;
}

bool gateway_secure_init(struct gateway *g, struct text *why)
{
    const struct settings *settings = g->settings;
    const char *reason;
    index_init(&g->secure.index, g->secure.numbers, LIMIT_TLS_CLIENTS);
    if (!FEATURE_HTTPS_LISTENER || settings->cert_file == NULL)
        return true;
    if (tls_server_load(&g->secure.servers[0], settings->cert_file, settings->key_file, &reason))
        return true;
    text_add_str(why, "[gateway.tls] cert_file ");
    text_add_str(why, settings->cert_file);
    text_add_str(why, ", key_file ");
    text_add_str(why, settings->key_file);
    text_add_str(why, ": ");
    text_add_str(why, reason);
    return false;
}

bool gateway_secure_has_room(const struct gateway *g)
{
    return !gateway_secure_on(g) || index_free(&g->secure.index) > 0;
}

bool gateway_secure_open(struct gateway *g, int client)
{
    struct gateway_secure *secure = &g->secure;
    g->clients[client].tls = -1;
    if (!gateway_secure_on(g))
        return true;
    int number = index_take(&secure->index);
    if (number == INDEX_NONE)
        return false;
    if (!tls_server_accept(&secure->servers[secure->now], &secure->connections[number],
                           g->clients[client].slot)) {
        index_give(&secure->index, number);
        return false;
    }
    g->clients[client].tls = (int16_t)number;
    secure->server_of[number] = secure->now;
    secure->users[secure->now]++;
    return true;
}

enum result gateway_secure_shake(struct gateway *g, int client)
{
    struct tls_connection *connection = tls_of(g, client);
    if (connection == NULL)
        return RESULT_DONE;
    enum result result = tls_handshake(connection);
    if (result == RESULT_FAULT) {
        struct record_log log;
        record_log_begin(&log, PORT_LOG_DEBUG, "a client's TLS handshake failed");
        record_log_add_str(&log, "reason", tls_fault_text(connection->fault));
        record_log_end(&log, g->settings->log_level);
    }
    return result;
}

int gateway_secure_recv(struct gateway *g, int client, void *out, size_t cap)
{
    struct tls_connection *connection = tls_of(g, client);
    struct gateway_client *from = &g->clients[client];
    int got = connection != NULL ? tls_recv(connection, out, cap) : port_recv(from->slot, out, cap);
    bool drained = connection != NULL ? got > 0 && tls_drained(connection)
                                      : got > 0 && (size_t)got < cap;
    if (drained && !from->left)
        from->readable = false;
    return got;
}

int gateway_secure_send(struct gateway *g, int client, struct span bytes, bool more)
{
    struct tls_connection *connection = tls_of(g, client);
    if (gateway_client_is_inner(&g->clients[client]))
        return gateway_inner_send(g, client, bytes.at, bytes.len);
    return connection == NULL ? port_send(g->clients[client].slot, bytes.at, bytes.len, more)
                              : tls_send(connection, bytes.at, bytes.len, more);
}

/* The last connection with a certificate that was renewed takes it along. */
static void leave(struct gateway_secure *secure, int number)
{
    uint8_t server = secure->server_of[number];
    index_give(&secure->index, number);
    ASSERT(secure->users[server] > 0);
    secure->users[server]--;
    if (FEATURE_RELOAD && secure->users[server] == 0 && server != secure->now)
        tls_server_free(&secure->servers[server]);
}

/* Its TLS ends with it: what still comes is dropped as it is. */
void gateway_secure_shut(struct gateway *g, int client)
{
    gateway_secure_close(g, client);
    port_shut(g->clients[client].slot);
}

void gateway_secure_close(struct gateway *g, int client)
{
    struct tls_connection *connection = tls_of(g, client);
    if (connection == NULL)
        return;
    tls_close(connection);
    leave(&g->secure, g->clients[client].tls);
    g->clients[client].tls = -1;
}

/* ---- another certificate ---- */

#if FEATURE_RELOAD

bool gateway_secure_renews(const struct gateway *g)
{
    return g->secure.servers[1 - g->secure.now].ready;
}

static void part_with(struct gateway *g, int server)
{
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        const struct gateway_client *client = &g->clients[i];
        if (client->state != GATEWAY_CLIENT_FREE && client->tls >= 0 &&
            g->secure.server_of[client->tls] == server)
            gateway_client_retire(g, i);
    }
}

bool gateway_secure_load(struct gateway *g, const struct settings *settings, const char **why)
{
    struct tls_server *server = &g->secure.servers[1 - g->secure.now];
    ASSERT(!gateway_secure_renews(g));
    return tls_server_load(server, settings->cert_file, settings->key_file, why);
}

void gateway_secure_forget(struct gateway *g)
{
    struct tls_server *server = &g->secure.servers[1 - g->secure.now];
    if (FEATURE_HTTPS_LISTENER && server->ready)
        tls_server_free(server);
}

void gateway_secure_renew(struct gateway *g)
{
    struct gateway_secure *secure = &g->secure;
    int old = secure->now;
    const struct tls_server *server = &secure->servers[1 - old];
    if (!FEATURE_HTTPS_LISTENER || !server->ready)
        return;
    if (tls_server_same(server, &secure->servers[old])) {
        gateway_secure_forget(g);
        return;
    }
    secure->now = (uint8_t)(1 - old);
    if (secure->users[old] == 0)
        tls_server_free(&secure->servers[old]);
    else
        part_with(g, old);
}

#endif
