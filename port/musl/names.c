/*
 * getaddrinfo as the port asks it: a name without a service, for connections of TCP. musl's own
 * knows /etc/services and every kind of socket; what it looks names up with is used here as well.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "port/musl/inside.h"

#define FOUND_MAX 48 /* musl's */
#define NAME_BYTES 256

/* All of an answer lies in one piece, the first row at its beginning. */
struct row {
    struct addrinfo info;
    union {
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } socket;
};

static void fill(struct row *row, const struct address *from)
{
    row->info.ai_family = from->family;
    row->info.ai_socktype = SOCK_STREAM;
    row->info.ai_addr = (void *)&row->socket;
    if (from->family == AF_INET) {
        row->info.ai_addrlen = sizeof(row->socket.ipv4);
        row->socket.ipv4.sin_family = AF_INET;
        memcpy(&row->socket.ipv4.sin_addr, from->bytes, sizeof(row->socket.ipv4.sin_addr));
        return;
    }
    row->info.ai_addrlen = sizeof(row->socket.ipv6);
    row->socket.ipv6.sin6_family = AF_INET6;
    row->socket.ipv6.sin6_scope_id = from->scope;
    memcpy(&row->socket.ipv6.sin6_addr, from->bytes, sizeof(row->socket.ipv6.sin6_addr));
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict wanted, struct addrinfo **restrict out)
{
    struct address found[FOUND_MAX];
    char name_found[NAME_BYTES];
    (void)service;
    int count = __lookup_name(found, name_found, name, wanted->ai_family, wanted->ai_flags);
    if (count < 0)
        return count;
    struct row *rows = calloc((size_t)count, sizeof(*rows));
    if (rows == NULL)
        return EAI_MEMORY;
    for (int i = 0; i < count; i++) {
        fill(&rows[i], &found[i]);
        rows[i].info.ai_next = i + 1 < count ? &rows[i + 1].info : NULL;
    }
    *out = &rows->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *first)
{
    free(first);
}
