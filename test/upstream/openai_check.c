/* Whether a request keeps OpenAI's protocol, and nothing of another one's. */
#include "test/upstream/openai_check.h"

#include <string.h>

#include "test/upstream/stats.h"

const char *openai_check_head(const struct http_request *r) {
    static const char *const foreign[] = {"device-id", "sid", "nonce", "sign", "cookie"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (http_field(r, foreign[i])[0] != '\0') {
            return "a header of another protocol";
        }
    }
    if (strncmp(http_field(r, "user-agent"), "moongate/", 9) != 0) {
        return "user-agent is not moongate/VERSION";
    }
    const char *key = http_field(r, "authorization");
    if (key[0] != '\0' && strcmp(key, "Bearer sk-key-of-tests") != 0) {
        return "not the key of tests";
    }
    return http_field(r, "host")[0] == '\0' ? "no host" : NULL;
}

const char *openai_check_post(const struct http_request *r, struct json *body) {
    const char *fault = openai_check_head(r);
    if (fault == NULL && strcmp(http_field(r, "content-type"), "application/json") != 0) {
        fault = "content-type is not application/json";
    }
    if (fault == NULL && !json_parse(r->body.at, r->body.len, body)) {
        fault = "the body is not JSON";
    }
    return fault;
}

void openai_begin(struct conn *c, const struct http_request *r) {
    struct buf fields = {0};
    for (int i = 0; i < r->field_count; i++) {
        buf_str(&fields, i == 0 ? "" : ",");
        buf_json(&fields, r->fields[i].name, strlen(r->fields[i].name));
        buf_str(&fields, ":");
        buf_json(&fields, r->fields[i].value, strlen(r->fields[i].value));
    }
    stats_request(STATS_CHAT);
    c->chat = stats_chat_begin(&fields, &r->body);
    buf_free(&fields);
}
