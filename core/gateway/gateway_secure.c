/* See gateway_secure.h. */
#include "core/gateway/gateway_secure.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

/* Its TLS; NULL: it speaks plain HTTP. */
static struct tls_connection *tls_of(struct gateway *g, int client)
{
    int number = g->clients[client].tls;
    bool secure = FEATURE_HTTPS_LISTENER && g->secure.server.ready && number >= 0;
    return secure ? &g->secure.connections[number] : NULL;
}

bool gateway_secure_init(struct gateway *g, struct text *why)
{
    const struct settings *settings = g->settings;
    const char *reason;
    index_init(&g->secure.index, g->secure.numbers, LIMIT_TLS_CLIENTS);
    if (!FEATURE_HTTPS_LISTENER || settings->cert_file == NULL)
        return true;
    if (tls_server_load(&g->secure.server, settings->cert_file, settings->key_file, &reason))
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
    return !g->secure.server.ready || index_free(&g->secure.index) > 0;
}

bool gateway_secure_open(struct gateway *g, int client)
{
    struct gateway_secure *secure = &g->secure;
    g->clients[client].tls = -1;
    if (!FEATURE_HTTPS_LISTENER || !secure->server.ready)
        return true;
    int number = index_take(&secure->index);
    if (number == INDEX_NONE)
        return false;
    if (!tls_server_accept(&secure->server, &secure->connections[number],
                           g->clients[client].slot)) {
        index_give(&secure->index, number);
        return false;
    }
    g->clients[client].tls = (int16_t)number;
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
    return connection == NULL ? port_recv(g->clients[client].slot, out, cap)
                              : tls_recv(connection, out, cap);
}

int gateway_secure_send(struct gateway *g, int client, const void *bytes, size_t len)
{
    struct tls_connection *connection = tls_of(g, client);
    return connection == NULL ? port_send(g->clients[client].slot, bytes, len)
                              : tls_send(connection, bytes, len);
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
    index_give(&g->secure.index, g->clients[client].tls);
    g->clients[client].tls = -1;
}
