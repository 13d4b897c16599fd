/* GET /api/v1/models: a list with every kind of entry that a gateway must cope with. */
#include "test/upstream/models.h"

#include <string.h>

#include "test/upstream/check.h"
#include "test/upstream/faults.h"
#include "test/upstream/orders.h"
#include "test/upstream/stats.h"

struct model {
    const char *shown;
    const char *name;
    const char *type;
    bool is_new;
    const char *more; /* further members */
};

static const struct model models[] = {
    /* those that friendly names stand for */
    {"Claude 3.7 Sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "base", false,
     "\"usageLeft\":0,\"icon\":null"},
    {"Claude 3.7 Sonnet (thinking)", "us.anthropic.claude-3-7-sonnet-20250219-v1:0-thinking",
     "freeTrial", true, "\"usageLeft\":100,\"icon\":\"claude\""},
    {"Claude Sonnet 4", "us.anthropic.claude-sonnet-4-20250514-v1:0", "premium", true,
     "\"usageLeft\":10,\"icon\":null"},
    {"Claude Opus 4", "us.anthropic.claude-opus-4-20250514-v1:0", "premium", true,
     "\"usageLeft\":3,\"icon\":null"},
    {"GPT-4.1", "gpt-4.1", "freeTrial", false, "\"usageLeft\":10,\"icon\":\"openai\""},
    {"GPT-4.1 mini", "gpt-4.1-mini", "base", false, "\"usageLeft\":100,\"icon\":\"openai\""},
    {"Gemini 2.0 \\\"Flash\\\" \\u26a1", "gemini-2.0-flash-001", "base", true,
     "\"usageLeft\":9,\"icon\":null"},
    {"Gemini 1.5 Pro", "gemini-1.5-pro-002", "freeTrial", false, "\"usageLeft\":9,\"icon\":null"},
    {"o3", "o3", "premium", false, "\"usageLeft\":0,\"icon\":null"},
    /* every other case of filter and validation */
    {"Base, nothing left", "base-used-up", "base", false, "\"usageLeft\":0,\"icon\":null"},
    {"Trial, nothing left", "trial-used-up", "freeTrial", false, "\"usageLeft\":0,\"icon\":null"},
    {"Trial, three left", "trial-three", "freeTrial", true, "\"usageLeft\":3,\"icon\":null"},
    {"Trial, below zero", "trial-negative", "freeTrial", false, "\"usageLeft\":-5,\"icon\":null"},
    {"Trial, not told", "trial-untold", "freeTrial", false, "\"icon\":null"},
    {"Premium, a hundred", "premium-hundred", "premium", false, "\"usageLeft\":100,\"icon\":null"},
    {"For companies", "corporate", "enterprise", true, "\"usageLeft\":100,\"icon\":null"},
    {"Keys nobody knows", "odd-keys", "base", false,
     "\"vendor\":{\"usageLeft\":[0,{\"modelName\":\"x\"}]},\"usageLeft\":100,\"ctx\":1.28e5"},
};

enum { MODELS_COUNT = sizeof models / sizeof models[0], HUGE_COUNT = 1000 };

static void add_model(struct buf *out, const struct model *m) {
    buf_fmt(out, "{\"displayName\":\"%s\",\"modelName\":\"%s\",\"modelType\":\"%s\",", m->shown,
            m->name, m->type);
    buf_fmt(out, "\"isNew\":%s,%s}", m->is_new ? "true" : "false", m->more);
}

static void add_list(struct buf *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_str(out, i == 0 ? "[" : ",");
        if (i < MODELS_COUNT) {
            add_model(out, &models[i]);
        } else {
            buf_fmt(out, "{\"displayName\":\"Model %zu\",\"modelName\":\"bulk-%zu\",", i, i);
            buf_str(out, "\"modelType\":\"base\",\"isNew\":false,\"usageLeft\":1,\"icon\":null}");
        }
    }
    buf_str(out, "]");
}

static void add_body(struct buf *out, enum orders_models kind) {
    switch (kind) {
    case ORDERS_MODELS_DATA:
        buf_str(out, "{\"total\":17,\"data\":");
        add_list(out, MODELS_COUNT);
        buf_str(out, "}");
        break;
    case ORDERS_MODELS_EMPTY:
        buf_str(out, "[]");
        break;
    case ORDERS_MODELS_HUGE:
        add_list(out, HUGE_COUNT);
        break;
    case ORDERS_MODELS_MALFORMED:
        add_list(out, 3);
        out->len -= 20;
        break;
    case ORDERS_MODELS_TEXT:
        break;
    case ORDERS_MODELS_ARRAY:
        add_list(out, MODELS_COUNT);
        break;
    }
}

static bool put_body(struct conn *c, const struct directives *d, const struct buf *body) {
    struct buf fields = {0};
    struct http_answer a = {.c = c, .framing = faults_framing(d)};
    faults_fields(d, &fields);
    http_begin(&a, 200, "application/json", buf_cstr(&fields));
    bool cut = d->cut >= 0 && a.framing != HTTP_LENGTH;
    http_put(&a, body->at, cut ? body->len / 2 : body->len);
    bool sent = cut ? http_push(&a) : http_end(&a);
    buf_free(&fields);
    return sent && !cut;
}

enum conn_end models_answer(struct conn *c, const struct http_request *r) {
    struct directives d;
    struct buf body = {0};
    enum conn_end end = CONN_CUT;
    directives_clear(&d);
    stats_request(STATS_MODELS);
    const char *refusal = check_models(r);
    if (refusal != NULL) {
        return check_refuse(c, refusal);
    }
    enum orders_models kind = orders_models(&d, &body);
    if (!faults_instead(c, &d, &end)) {
        add_body(&body, kind);
        end = put_body(c, &d, &body) ? faults_behind(c, &d) : CONN_CUT;
    }
    buf_free(&body);
    return end;
}

enum conn_end models_list(struct conn *c, void (*add)(struct buf *out, long count)) {
    struct directives d;
    struct buf body = {0};
    enum conn_end end = CONN_CUT;
    directives_clear(&d);
    enum orders_models kind = orders_models(&d, &body);
    if (!faults_instead(c, &d, &end)) {
        if (kind != ORDERS_MODELS_TEXT) {
            add(&body, kind == ORDERS_MODELS_HUGE ? 1000 : 3);
        }
        end = http_whole(c, 200, "application/json", "", &body) ? CONN_KEEP : CONN_CUT;
    }
    buf_free(&body);
    return end;
}
