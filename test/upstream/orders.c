/* What tests ordered for the requests to come: one struct behind one lock. */
#define _GNU_SOURCE
#include "test/upstream/orders.h"

#include <pthread.h>
#include <string.h>

#include "test/upstream/json.h"
#include "test/upstream/stats.h"

enum { QUEUE_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum orders_models models;
static struct buf models_text;
static struct buf models_faults;
static struct buf queue[QUEUE_MAX];
static int queue_len;
static bool hurry;

static void drop_first(void) {
    buf_free(&queue[0]);
    memmove(&queue[0], &queue[1], sizeof queue[0] * (QUEUE_MAX - 1));
    memset(&queue[QUEUE_MAX - 1], 0, sizeof queue[0]);
    queue_len--;
}

static void reset(void) {
    models = ORDERS_MODELS_ARRAY;
    models_text.len = 0;
    models_faults.len = 0;
    hurry = false;
    while (queue_len > 0) {
        drop_first();
    }
    stats_reset();
}

static bool take_kind(struct json kind) {
    static const char *const names[] = {"\"array\"", "\"data\"", "\"empty\"", "\"huge\"",
                                        "\"malformed\""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (json_is(kind, names[i])) {
            models = (enum orders_models)i;
            return true;
        }
    }
    return kind.at == NULL;
}

static bool good_directives(const struct buf *text) {
    struct directives d;
    directives_clear(&d);
    return directives_read(&d, text->at, text->len, NULL);
}

static const char *take_faults(struct json text) {
    if (text.at == NULL) {
        return NULL;
    }
    models_faults.len = 0;
    bool good = json_text(text, &models_faults) && good_directives(&models_faults);
    return good ? NULL : "models_faults: no text, or a directive nobody knows";
}

static const char *take_queue(struct json list) {
    struct json element;
    while (json_element(&list, &element)) {
        if (queue_len == QUEUE_MAX) {
            return "chat: too many wait already";
        }
        struct buf *text = &queue[queue_len];
        if (!json_text(element, text) || !good_directives(text)) {
            buf_free(text);
            return "chat: no text, or a directive nobody knows";
        }
        queue_len++;
    }
    return NULL;
}

static const char *take_all(struct json order) {
    if (json_is(json_member(order, "reset"), "true")) {
        reset();
    }
    hurry = hurry || json_is(json_member(order, "hurry"), "true");
    if (!take_kind(json_member(order, "models"))) {
        return "models: no such kind";
    }
    struct json text = json_member(order, "models_body");
    if (text.at != NULL) {
        models = ORDERS_MODELS_TEXT;
        models_text.len = 0;
        if (!json_text(text, &models_text)) {
            return "models_body: no text";
        }
    }
    const char *fault = take_faults(json_member(order, "models_faults"));
    return fault != NULL ? fault : take_queue(json_member(order, "chat"));
}

const char *orders_take(const struct buf *body) {
    struct json order;
    if (body->len == 0 || !json_parse(body->at, body->len, &order) || *order.at != '{') {
        return "not a JSON object";
    }
    pthread_mutex_lock(&lock);
    const char *fault = take_all(order);
    pthread_mutex_unlock(&lock);
    return fault;
}

enum orders_models orders_models(struct directives *faults, struct buf *text) {
    pthread_mutex_lock(&lock);
    enum orders_models kind = models;
    directives_read(faults, models_faults.at, models_faults.len, NULL);
    if (kind == ORDERS_MODELS_TEXT) {
        buf_add(text, models_text.at, models_text.len);
    }
    pthread_mutex_unlock(&lock);
    return kind;
}

bool orders_hurry(void) {
    pthread_mutex_lock(&lock);
    bool yes = hurry;
    pthread_mutex_unlock(&lock);
    return yes;
}

void orders_chat(struct directives *d) {
    pthread_mutex_lock(&lock);
    if (queue_len > 0) {
        directives_read(d, queue[0].at, queue[0].len, NULL);
        drop_first();
    }
    pthread_mutex_unlock(&lock);
}
