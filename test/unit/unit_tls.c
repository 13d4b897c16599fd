/* See unit_tls.h. */
#include "test/unit/unit_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "port/posix/posix.h"
#include "test/unit/unit_peer.h"

#define PATIENCE_US 5000000u

/* What was told of slots that nobody asked about at that moment. */
static unsigned told[LIMIT_SOCKETS];

void unit_tls_start(struct tls *tls)
{
    char path[512];
    const char *why = "";
    posix_start();
    snprintf(path, sizeof(path), "%s/ca.pem", unit_peer_certs());
    if (!tls_start(tls, path, &why)) {
        fprintf(stderr, "tls_start: %s\n", why);
        abort();
    }
}

bool unit_tls_wait(int slot)
{
    uint64_t end_us = port_now_us() + PATIENCE_US;
    while (told[slot] == 0 && port_now_us() < end_us) {
        struct port_event events[64];
        int n = port_wait(events, 64, port_now_us() + PATIENCE_US);
        for (int i = 0; i < n; i++)
            told[events[i].slot] |= events[i].kinds;
    }
    bool happened = told[slot] != 0;
    told[slot] = 0;
    return happened;
}

int unit_tls_connect(uint16_t port)
{
    int slot = port_connect("127.0.0.1", port, 0);
    if (slot < 0)
        abort();
    told[slot] = 0;
    (void)unit_tls_wait(slot);
    return slot;
}

enum result unit_tls_shake(struct tls_connection *c)
{
    enum result result;
    while ((result = tls_handshake(c)) == RESULT_MORE) {
        if (!unit_tls_wait(c->_slot))
            break;
    }
    return result;
}

enum result unit_tls_open(struct tls *tls, struct tls_connection *c, uint16_t port,
                          const struct tls_peer *peer)
{
    int slot = unit_tls_connect(port);
    if (!tls_open(tls, c, slot, peer))
        abort();
    return unit_tls_shake(c);
}

int unit_tls_recv(struct tls_connection *c, void *out, size_t cap)
{
    int n;
    while ((n = tls_recv(c, out, cap)) == PORT_AGAIN && unit_tls_wait(c->_slot)) {
    }
    return n;
}

int unit_tls_send(struct tls_connection *c, const void *bytes, size_t len)
{
    const char *at = bytes;
    size_t left = len;
    while (left > 0) {
        int n = tls_send(c, at, left, false);
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        } else if (n != PORT_AGAIN || !unit_tls_wait(c->_slot)) {
            return n;
        }
    }
    return (int)len;
}

bool unit_tls_ask(struct tls_connection *c)
{
    static const char question[] = "GET /control/stats HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char answer[4096] = "";
    size_t len = 0;
    int n = unit_tls_send(c, question, sizeof(question) - 1);
    while (n > 0 && strstr(answer, "}}") == NULL && len < sizeof(answer) - 1) {
        n = unit_tls_recv(c, answer + len, sizeof(answer) - 1 - len);
        len += n > 0 ? (size_t)n : 0;
        answer[len] = '\0';
    }
    return n > 0 && strncmp(answer, "HTTP/1.1 200 ", 13) == 0;
}

void unit_tls_close(struct tls_connection *c)
{
    tls_close(c);
    port_close(c->_slot);
}
