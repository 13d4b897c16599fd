/* See unit_wire.h. */
#define _GNU_SOURCE
#include "test/unit/unit_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/unit/unit.h"

#define WIRES 256
#define LISTENERS 32
#define DESCRIPTORS 4096 /* that are looked through */

static struct unit_wire wires[WIRES];
static int wire_count;
static int listeners[LISTENERS];
static int listener_count;

/* ---- sockets ---- */

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

int unit_wire_listen_again(uint16_t port)
{
    const int reuse = 1;
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 512), 0);
    CU_ASSERT_FATAL(listener_count < LISTENERS);
    listeners[listener_count++] = fd;
    return fd;
}

int unit_wire_listen(uint16_t *port)
{
    struct sockaddr_in at;
    socklen_t len = sizeof(at);
    int fd = unit_wire_listen_again(0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct unit_wire *add(int fd)
{
    CU_ASSERT_FATAL(wire_count < WIRES);
    struct unit_wire *wire = &wires[wire_count++];
    const int at_once = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    *wire = (struct unit_wire){.fd = fd};
    return wire;
}

struct unit_wire *unit_wire_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return fd < 0 ? NULL : add(fd);
}

struct unit_wire *unit_wire_connect(uint16_t port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return add(fd);
}

static uint16_t port_of(int fd, int (*which)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in at = {0};
    socklen_t len = sizeof(at);
    bool good = which(fd, (struct sockaddr *)&at, &len) == 0 && at.sin_family == AF_INET;
    return good ? ntohs(at.sin_port) : 0;
}

static void set_room(int fd, int bytes)
{
    CU_ASSERT_EQUAL(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    CU_ASSERT_EQUAL(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
}

void unit_wire_room(const struct unit_wire *wire, int bytes)
{
    uint16_t here = port_of(wire->fd, getsockname);
    uint16_t there = port_of(wire->fd, getpeername);
    int found = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (port_of(fd, getsockname) == there && port_of(fd, getpeername) == here) {
            set_room(fd, bytes);
            found++;
        }
    set_room(wire->fd, bytes);
    CU_ASSERT_EQUAL(found, 1);
}

/* ---- sending ---- */

static void flush(struct unit_wire *wire)
{
    while (wire->fd >= 0 && wire->out_len > 0) {
        ssize_t sent = send(wire->fd, wire->out + wire->out_at, wire->out_len - wire->out_at,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return;
        wire->out_at += (size_t)sent;
        if (wire->out_at == wire->out_len)
            wire->out_at = wire->out_len = 0;
    }
}

void unit_wire_flush(void)
{
    for (int i = 0; i < wire_count; i++)
        flush(&wires[i]);
}

static void make_room(char **bytes, size_t *cap, size_t len)
{
    if (len <= *cap)
        return;
    *cap = 2 * len;
    *bytes = realloc(*bytes, *cap);
    CU_ASSERT_PTR_NOT_NULL_FATAL(*bytes);
}

void unit_wire_say_bytes(struct unit_wire *wire, const void *bytes, size_t len)
{
    make_room(&wire->out, &wire->out_cap, wire->out_len + len + 1);
    memcpy(wire->out + wire->out_len, bytes, len);
    wire->out_len += len;
    flush(wire);
}

void unit_wire_say(struct unit_wire *wire, const char *text)
{
    unit_wire_say_bytes(wire, text, strlen(text));
}

void unit_wire_say_chunk(struct unit_wire *wire, const char *text)
{
    char size[24];
    snprintf(size, sizeof(size), "%zx\r\n", strlen(text));
    unit_wire_say(wire, size);
    unit_wire_say(wire, text);
    unit_wire_say(wire, "\r\n");
}

/* ---- reading ---- */

size_t unit_wire_read(struct unit_wire *wire, size_t max)
{
    static char bytes[65536];
    size_t before = wire->in_len;
    while (wire->fd >= 0 && !wire->ended && max > 0) {
        size_t most = max < sizeof(bytes) ? max : sizeof(bytes);
        ssize_t got = recv(wire->fd, bytes, most, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got <= 0) {
            wire->ended = true;
            wire->broken = got < 0;
            break;
        }
        make_room(&wire->in, &wire->in_cap, wire->in_len + (size_t)got + 1);
        memcpy(wire->in + wire->in_len, bytes, (size_t)got);
        wire->in_len += (size_t)got;
        wire->in[wire->in_len] = '\0';
        max -= (size_t)got;
    }
    return wire->in_len - before;
}

const char *unit_wire_field(const char *head, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *at = line + 3 + len + strspn(line + 3 + len, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
            break;
        }
    return value;
}

/* Moves the data of a chunked body from..end to out. Returns how many bytes the whole body takes;
 * 0: it has not ended. */
static size_t unchunk(const char *from, const char *end, char *out, size_t *out_len)
{
    const char *at = from;
    *out_len = 0;
    for (;;) {
        const char *line_end = at < end ? memmem(at, (size_t)(end - at), "\r\n", 2) : NULL;
        if (line_end == NULL)
            return 0;
        size_t len = (size_t)strtoul(at, NULL, 16);
        size_t there = (size_t)(end - line_end) - 2;
        at = line_end + 2;
        memcpy(out + *out_len, at, len < there ? len : there);
        *out_len += len < there ? len : there;
        if (there < len + 2)
            return 0;
        at += len + 2;
        if (len == 0)
            return (size_t)(at - from);
    }
}

/* Moves the body behind the head to out; *used bytes of the input belong to it. True: it is whole.
 * */
static bool take_body(const struct unit_wire *wire, struct unit_wire_message *message, char *out,
                      size_t *used)
{
    size_t head_len = strlen(message->head);
    const char *from = wire->in + head_len;
    size_t there = wire->in_len - head_len;
    bool bodyless = message->status == 204 || message->status == 304 || message->status == 100;
    if (strcmp(unit_wire_field(message->head, "transfer-encoding"), "chunked") == 0) {
        size_t taken = unchunk(from, from + there, out, &message->body_len);
        *used = taken > 0 ? taken : there;
        return taken > 0;
    }
    const char *length = unit_wire_field(message->head, "content-length");
    size_t len = length[0] != '\0' ? (size_t)strtoul(length, NULL, 10) : 0;
    bool to_the_end = length[0] == '\0' && message->status > 0 && !bodyless;
    message->body_len = to_the_end || len > there ? there : len;
    memcpy(out, from, message->body_len);
    *used = message->body_len;
    return to_the_end ? wire->ended : len <= there;
}

bool unit_wire_take(struct unit_wire *wire, struct unit_wire_message *message)
{
    const char *end = wire->in_len > 0 ? strstr(wire->in, "\r\n\r\n") : NULL;
    if (end == NULL)
        return false;
    size_t head_len = (size_t)(end - wire->in) + 4;
    free(wire->message);
    wire->message = calloc(1, wire->in_len + 2);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wire->message);
    memcpy(wire->message, wire->in, head_len);
    char *body = wire->message + head_len + 1;
    *message = (struct unit_wire_message){.head = wire->message, .body = body};
    if (strncmp(message->head, "HTTP/", 5) == 0)
        message->status = atoi(message->head + 9);
    size_t used;
    message->whole = take_body(wire, message, body, &used);
    if (!message->whole && !wire->ended)
        return false;
    body[message->body_len] = '\0';
    wire->in_len -= head_len + used;
    memmove(wire->in, wire->in + head_len + used, wire->in_len + 1);
    return true;
}

/* ---- the end ---- */

void unit_wire_shut(struct unit_wire *wire)
{
    CU_ASSERT_EQUAL(wire->out_len, 0);
    shutdown(wire->fd, SHUT_WR);
}

void unit_wire_close(struct unit_wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

void unit_wire_reset(struct unit_wire *wire)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    unit_wire_close(wire);
}

void unit_wire_unlisten(int listener)
{
    for (int i = 0; i < listener_count; i++)
        if (listeners[i] == listener) {
            listeners[i] = listeners[--listener_count];
            close(listener);
        }
}

void unit_wire_close_all(void)
{
    for (int i = 0; i < wire_count; i++) {
        unit_wire_close(&wires[i]);
        free(wires[i].in);
        free(wires[i].out);
        free(wires[i].message);
    }
    wire_count = 0;
    while (listener_count > 0)
        unit_wire_unlisten(listeners[listener_count - 1]);
}
