/* See gateway_failure.h. */
#include "core/gateway/gateway_failure.h"

#include <string.h>

#include "core/base/lesser.h"
#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/provider/provider.h"

#define WORDS_BYTES 200 /* of what a service says about its failure */
#define HIDE_BYTES 12   /* so much of a credential is known for it, as where the words are cut */
#define HIDE_LEAST 6    /* shorter ones are words */
#define OWN_LACK_S 1    /* what this box lacks may be there so soon */

static void word(struct gateway_failure *failure, uint8_t kind, uint16_t status, const char *host,
                 const char *why)
{
    *failure = (struct gateway_failure){.kind = kind};
    failure->error = gateway_error(status, "");
    struct text text = gateway_error_text(&failure->error);
    text_add_str(&text, "Request failed: ");
    text_add_printable(&text, span_of(host), WORDS_BYTES);
    text_add_str(&text, ": ");
    text_add_str(&text, why);
    text_str(&text);
}

void gateway_failure_connect(struct gateway_failure *failure, const char *host, uint16_t status,
                             const char *why)
{
    word(failure, GATEWAY_FAILURE_CONNECT, status, host, why);
    failure->error.retry_after_s = status == 503 ? OWN_LACK_S : 0;
}

void gateway_failure_own(struct gateway_failure *failure, const char *host, const char *why)
{
    word(failure, GATEWAY_FAILURE_OWN, 503, host, why);
    failure->error.retry_after_s = OWN_LACK_S;
}

void gateway_failure_cut(struct gateway_failure *failure, const char *host, const char *why)
{
    word(failure, GATEWAY_FAILURE_CUT, 502, host, why);
}

void gateway_failure_unusable(struct gateway_failure *failure, const char *host, const char *why)
{
    *failure = (struct gateway_failure){.kind = GATEWAY_FAILURE_UNUSABLE};
    failure->error = gateway_error(502, "");
    struct text text = gateway_error_text(&failure->error);
    text_add_str(&text, "Request failed: ");
    text_add_printable(&text, span_of(host), WORDS_BYTES);
    text_add_str(&text, ": its HTTP answer is unusable: ");
    text_add_printable(&text, span_of(why), WORDS_BYTES);
    text_str(&text);
}

void gateway_failure_empty(struct gateway_failure *failure)
{
    *failure = (struct gateway_failure){.kind = GATEWAY_FAILURE_UNUSABLE};
    failure->error = gateway_error(502, "Request failed: empty answer");
}

void gateway_failure_timeout(struct gateway_failure *failure, const char *host,
                             enum gateway_phase phase)
{
    static const char *const why[] = {
        [GATEWAY_PHASE_CONNECT] = "no connection in time (connect_ms)",
        [GATEWAY_PHASE_TLS] = "no TLS handshake in time (tls_ms)",
        [GATEWAY_PHASE_FIRST_BYTE] = "no first byte of an answer in time (first_byte_ms)",
        [GATEWAY_PHASE_IDLE] = "the answer stopped coming (idle_ms)",
        [GATEWAY_PHASE_TOTAL] = "the answer took too long in all (total_ms)",
    };
    word(failure, GATEWAY_FAILURE_TIMEOUT, 504, host, why[phase]);
}

void gateway_failure_event(struct gateway_failure *failure, struct span words)
{
    *failure = (struct gateway_failure){.kind = GATEWAY_FAILURE_EVENT};
    failure->error = gateway_error(502, "");
    struct text text = gateway_error_text(&failure->error);
    text_add_str(&text, "Request failed: the service said");
    failure->own_len = (uint8_t)text.len;
    text_add_str(&text, ": ");
    text_add_printable(&text, words, WORDS_BYTES);
    text_str(&text);
}

/* The message in {"error":{"message":...}}, {"error":"..."} or {"message":...}. */
static struct span message_in(struct span body)
{
    struct span error = json_walk_find(body, SPAN("error"));
    struct span message = json_walk_find(error, SPAN("message"));
    if (json_walk_kind(message) == JSON_STRING)
        return message;
    if (json_walk_kind(error) == JSON_STRING)
        return error;
    return json_walk_find(body, SPAN("message"));
}

static bool is_json(struct span body)
{
    struct json_rules rules;
    json_rules_init(&rules);
    return json_rules_take(&rules, body) == RESULT_MORE && json_rules_end(&rules) == RESULT_DONE;
}

/* Adds what a service said about its failure. */
static void add_words(struct text *text, struct span body)
{
    char decoded[WORDS_BYTES];
    if (is_json(body)) {
        struct span value;
        json_walk_element(&body, &value); /* a document reads as an array's one element */
        struct span raw = json_walk_string(message_in(value));
        body = (struct span){decoded, json_string_decode(raw, decoded, sizeof(decoded))};
    }
    if (body.len == 0)
        return;
    text_add_str(text, ": ");
    text_add_printable(text, body, WORDS_BYTES);
}

/* The code of a service's error, where it is one that clients act on. */
static const char *code_in(struct span body)
{
    static const char *const codes[] = {"context_length_exceeded", "content_filter",
                                        "content_policy_violation", "insufficient_quota",
                                        "model_not_found"};
    struct span value = {NULL, 0};
    if (is_json(body))
        json_walk_element(&body, &value);
    struct span error = json_walk_find(value, SPAN("error"));
    struct span code = json_walk_string(json_walk_find(error, SPAN("code")));
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (json_string_equal(code, span_of(codes[i])))
            return codes[i];
    return NULL;
}

static uint16_t status_for_client(uint16_t status)
{
    static const uint16_t passed[] = {400, 404, 409, 413, 422, 429, 503, 504};
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
        if (status == passed[i])
            return status;
    return status == 529 ? 503 : 502;
}

void gateway_failure_status(struct gateway_failure *failure, uint16_t status, struct span body)
{
    *failure = (struct gateway_failure){.kind = GATEWAY_FAILURE_STATUS, .upstream_status = status};
    failure->error = gateway_error(status_for_client(status), "");
    if (failure->error.status < 500)
        failure->error.code = code_in(body);
    struct text text = gateway_error_text(&failure->error);
    text_add_str(&text, "Request failed: the service answered ");
    text_add_u64(&text, status);
    if (status >= 300 && status < 400) {
        text_add_str(&text, ", a redirect, which is never followed");
    } else {
        failure->own_len = (uint8_t)text.len;
        add_words(&text, body);
    }
    text_str(&text);
}

static void hide(char *words, struct span secret)
{
    size_t known = lesser(secret.len, HIDE_BYTES);
    for (; known >= HIDE_LEAST && *words != '\0'; words++)
        if (strncmp(words, secret.at, known) == 0)
            for (size_t i = 0; i < secret.len && words[i] == secret.at[i]; i++)
                words[i] = '*';
}

void gateway_failure_hide(struct gateway_failure *failure, const struct provider_call *call)
{
    char *words = failure->error.message + failure->own_len;
    const char *key = call->provider->api_key;
    hide(words, span_of(key != NULL ? key : ""));
    hide(words, call->device_id);
    hide(words, call->session_id);
}

void gateway_failure_log(struct record_log *log, const struct gateway_failure *failure)
{
    struct span message = span_of(failure->error.message);
    if (failure->own_len > 0)
        message.len = failure->own_len;
    record_log_add(log, "reason", message);
}

bool gateway_failure_is_clients(const struct gateway_failure *failure)
{
    uint16_t status = failure->upstream_status;
    return failure->kind == GATEWAY_FAILURE_STATUS &&
           (status == 400 || status == 404 || status == 409 || status == 413 || status == 422);
}

bool gateway_failure_is_configuration(const struct gateway_failure *failure)
{
    uint16_t status = failure->upstream_status;
    return failure->kind == GATEWAY_FAILURE_STATUS &&
           (status == 401 || status == 402 || status == 403 || (status >= 300 && status < 400));
}
