/* What the stand-in saw: one struct behind one lock. */
#define _GNU_SOURCE
#include "test/upstream/stats.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

struct counters {
    unsigned long accepted;
    unsigned long handshakes[3];
    unsigned long tls12;
    unsigned long tls13;
    unsigned long requests[3];
    unsigned long outcomes[3];
    unsigned long peak;
    unsigned long sent;
    const char *refusal;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counters seen;
static long connections_open;
static long chats_open;
static unsigned long newest_chat;
static struct buf last_fields;
static struct buf last_body;

void stats_accepted(void) {
    pthread_mutex_lock(&lock);
    seen.accepted++;
    connections_open++;
    pthread_mutex_unlock(&lock);
}

void stats_closed(void) {
    pthread_mutex_lock(&lock);
    connections_open--;
    pthread_mutex_unlock(&lock);
}

static void less(unsigned long *counter) { *counter -= *counter > 0; }

void stats_control(int version, int resumed) {
    pthread_mutex_lock(&lock);
    less(&seen.accepted);
    connections_open--;
    if (version != 0) {
        less(&seen.handshakes[resumed ? STATS_HANDSHAKE_RESUMED : STATS_HANDSHAKE_FULL]);
        less(version == TLS1_3_VERSION ? &seen.tls13 : &seen.tls12);
    }
    pthread_mutex_unlock(&lock);
}

void stats_handshake(enum stats_handshake how, int version) {
    pthread_mutex_lock(&lock);
    seen.handshakes[how]++;
    seen.tls13 += version == TLS1_3_VERSION;
    seen.tls12 += version == TLS1_2_VERSION;
    pthread_mutex_unlock(&lock);
}

void stats_request(enum stats_route route) {
    pthread_mutex_lock(&lock);
    seen.requests[route]++;
    pthread_mutex_unlock(&lock);
}

unsigned long stats_chat_begin(const struct buf *fields, const struct buf *body) {
    pthread_mutex_lock(&lock);
    unsigned long chat = ++newest_chat;
    chats_open++;
    if ((unsigned long)chats_open > seen.peak) {
        seen.peak = (unsigned long)chats_open;
    }
    seen.sent = 0;
    last_fields.len = 0;
    buf_add(&last_fields, fields->at, fields->len);
    last_body.len = 0;
    buf_add(&last_body, body->at, body->len);
    pthread_mutex_unlock(&lock);
    return chat;
}

void stats_chat_sent(unsigned long chat, unsigned long bytes) {
    if (chat == 0) {
        return;
    }
    pthread_mutex_lock(&lock);
    seen.sent += chat == newest_chat ? bytes : 0;
    pthread_mutex_unlock(&lock);
}

void stats_chat_end(enum stats_outcome outcome) {
    pthread_mutex_lock(&lock);
    chats_open--;
    seen.outcomes[outcome]++;
    pthread_mutex_unlock(&lock);
}

void stats_refusal(const char *reason) {
    pthread_mutex_lock(&lock);
    seen.refusal = reason;
    pthread_mutex_unlock(&lock);
}

static void print_connections(struct buf *out) {
    buf_fmt(out, "{\"connections\":{\"accepted\":%lu,\"open\":%ld},", seen.accepted,
            connections_open);
    buf_fmt(out, "\"handshakes\":{\"full\":%lu,\"resumed\":%lu,\"failed\":%lu,",
            seen.handshakes[STATS_HANDSHAKE_FULL], seen.handshakes[STATS_HANDSHAKE_RESUMED],
            seen.handshakes[STATS_HANDSHAKE_FAILED]);
    buf_fmt(out, "\"tls12\":%lu,\"tls13\":%lu},", seen.tls12, seen.tls13);
    buf_fmt(out, "\"requests\":{\"models\":%lu,\"chat\":%lu,\"other\":%lu},",
            seen.requests[STATS_MODELS], seen.requests[STATS_CHAT], seen.requests[STATS_OTHER]);
}

static void print_chats(struct buf *out) {
    buf_fmt(out, "\"chat\":{\"open\":%ld,\"peak\":%lu,\"complete\":%lu,\"aborted\":%lu,",
            chats_open, seen.peak, seen.outcomes[STATS_COMPLETE], seen.outcomes[STATS_ABORTED]);
    buf_fmt(out, "\"refused\":%lu,\"bytes_sent\":%lu,\"refusal\":",
            seen.outcomes[STATS_REFUSED], seen.sent);
    const char *refusal = seen.refusal != NULL ? seen.refusal : "";
    buf_json(out, refusal, strlen(refusal));
    buf_str(out, ",\"last\":{\"headers\":{");
    buf_add(out, last_fields.at, last_fields.len);
    buf_str(out, "},\"body\":");
    buf_json(out, last_body.at, last_body.len);
    buf_str(out, "}}}");
}

void stats_print(struct buf *out) {
    pthread_mutex_lock(&lock);
    print_connections(out);
    print_chats(out);
    pthread_mutex_unlock(&lock);
}

void stats_reset(void) {
    pthread_mutex_lock(&lock);
    memset(&seen, 0, sizeof seen);
    last_fields.len = 0;
    last_body.len = 0;
    pthread_mutex_unlock(&lock);
}
