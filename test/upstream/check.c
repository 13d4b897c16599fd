/* Whether a request keeps the protocol. */
#define _GNU_SOURCE
#include "test/upstream/check.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test/upstream/faults.h"
#include "test/upstream/json.h"
#include "test/upstream/stats.h"

enum { NONCE_LEN = 36, NONCES = 4096, CLOCK_SLACK_S = 300 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char nonces[NONCES][NONCE_LEN + 1];
static size_t nonces_seen;

/* Remembers a nonce; false: it came before. */
static bool fresh_nonce(const char *nonce) {
    pthread_mutex_lock(&lock);
    bool fresh = true;
    for (size_t i = 0; i < NONCES && i < nonces_seen; i++) {
        fresh = fresh && strcmp(nonces[i], nonce) != 0;
    }
    memcpy(nonces[nonces_seen++ % NONCES], nonce, NONCE_LEN + 1);
    pthread_mutex_unlock(&lock);
    return fresh;
}

static bool is_uuid_v4(const char *text) {
    if (strlen(text) != NONCE_LEN) {
        return false;
    }
    for (size_t i = 0; i < NONCE_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = isxdigit((unsigned char)text[i]) && !isupper((unsigned char)text[i]);
        if (dash ? text[i] != '-' : !digit) {
            return false;
        }
    }
    return text[14] == '4' && strchr("89ab", text[19]) != NULL;
}

static const char *check_headers(const struct http_request *r) {
    static const char *const needed[] = {"device-id", "os-type", "sid", "accept-language", "host"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (http_field(r, needed[i])[0] == '\0') {
            static const char *const missing[] = {"no device-id", "no os-type", "no sid",
                                                  "no accept-language", "no host"};
            return missing[i];
        }
    }
    bool itself = strncmp(http_field(r, "user-agent"), "moongate/", 9) == 0;
    return itself ? NULL : "user-agent is not moongate/VERSION";
}

const char *check_models(const struct http_request *r) {
    const char *fault = check_headers(r);
    if (fault == NULL && strcmp(http_field(r, "accept"), "application/json") != 0) {
        fault = "accept is not application/json";
    }
    return fault;
}

static const char *check_chat_headers(const struct http_request *r) {
    long age_s = (long)time(NULL) - strtol(http_field(r, "timestamp"), NULL, 10);
    if (strcmp(http_field(r, "accept"), "text/event-stream") != 0) {
        return "accept is not text/event-stream";
    }
    if (strncmp(http_field(r, "content-type"), "application/json", 16) != 0) {
        return "content-type is not application/json";
    }
    if (!is_uuid_v4(http_field(r, "nonce"))) {
        return "nonce is no UUID of version 4";
    }
    if (age_s < -CLOCK_SLACK_S || age_s > CLOCK_SLACK_S) {
        return "timestamp is not now";
    }
    return fresh_nonce(http_field(r, "nonce")) ? NULL : "nonce was used before";
}

static bool is_string(struct json value) { return value.at != NULL && *value.at == '"'; }

static const char *check_body(struct json body, struct buf *content) {
    struct json extra = json_member(body, "extra");
    struct json thread = json_member(body, "threadId");
    struct json expert = json_member(extra, "isExpert");
    if (!json_text(json_member(body, "content"), content) || content->len == 0) {
        return "content is no text";
    }
    if (thread.at != NULL && !is_string(thread)) {
        return "threadId is no text";
    }
    if (!is_string(json_member(extra, "model")) || !is_string(json_member(extra, "searchMode")) ||
        !is_string(json_member(extra, "language"))) {
        return "extra lacks model, searchMode or language";
    }
    if (!json_is(expert, "true") && !json_is(expert, "false")) {
        return "extra.isExpert is no boolean";
    }
    return NULL;
}

const char *check_chat(const struct http_request *r, struct buf *content) {
    struct json body;
    const char *fault = check_headers(r);
    if (fault == NULL) {
        fault = check_chat_headers(r);
    }
    if (fault != NULL) {
        return fault;
    }
    if (r->body.len == 0 || !json_parse(r->body.at, r->body.len, &body)) {
        return "the body is not JSON";
    }
    return check_body(body, content);
}

enum conn_end check_refuse(struct conn *c, const char *reason) {
    stats_refusal(reason);
    faults_error(c, 400, "", reason, NULL);
    return CONN_KEEP;
}
