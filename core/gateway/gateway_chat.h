/* A chat request's body, judged: what the gateway reads of it, and every refusal of it. */
#ifndef MOONGATE_GATEWAY_CHAT_H
#define MOONGATE_GATEWAY_CHAT_H

#include "config/features.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway_error.h"
#include "core/json/json_outline.h"
#include "core/json/json_tokens.h"
#include "core/settings/settings.h"

#define GATEWAY_CHAT_NAMES (FEATURE_INFERENCE ? 15 : 14) /* that are read at the top level */
#define GATEWAY_CHAT_THREAD_BYTES 257 /* a sealed thread id and its NUL */
#define GATEWAY_CHAT_IGNORED_MAX 16   /* names in x-moongate-ignored */
#define GATEWAY_CHAT_IGNORED_BYTES 640

/* What was asked. Offsets are into the body. */
struct gateway_chat {
    struct json_member messages;
    struct json_member model_value;    /* with its quotes */
    struct json_member stream_options; /* an object or null, or not there */
    bool stream;
    bool include_usage;
    bool many;     /* more than one answer is asked for: "n" */
    uint8_t given; /* a bit for each enum settings_sampling that the body says */
    uint8_t episode[FEATURE_INFERENCE ? UUID_BYTES : 1]; /* that it is a part of; all 0: none */
    char model[LIMIT_NAME_BYTES]; /* decoded */
    char thread_id[GATEWAY_CHAT_THREAD_BYTES]; /* moongate.thread_id as sent, sealed; "" */
};

/* Begins to judge a body: the outline notes the names that gateway_chat_judge reads. */
void gateway_chat_outline(struct json_outline *outline);

/* What json_outline found wrong, as a 400. */
void gateway_chat_not_json(const struct json_outline *outline, struct gateway_error *error);

/*
 * Judges a body whose outline ended well. tokens is the shared scratch; each message is read into
 * it alone. Refused (400, with param): no object; model or messages missing, of a wrong type,
 * empty, or there twice; a message that is no object, has no role, a role that is no string, a
 * content that is neither string, null nor an array of objects; tool_calls that are neither null
 * nor an array of objects; stream or stream_options.include_usage that is no boolean (null is
 * false); temperature and the like, max_tokens, max_completion_tokens, seed, n that are no number
 * (null is none); n that is not whole or 0; stop that is neither null nor a string nor an array of
 * strings; stream_options or moongate that is neither null nor an object; moongate.thread_id that
 * is no string (null is none), empty, or longer than any that was given out; a
 * tensorzero::episode_id that is no UUID (null is none); names that are read
 * and there twice (at the top, in a message, in stream_options, in moongate); a message of more
 * than LIMIT_JSON_TOKENS. A model's name that is longer than any of the configuration's is a 404.
 * False: *error.
 */
bool gateway_chat_judge(struct gateway_chat *chat, const struct json_outline *outline,
                        const char *body, struct json_tokens *tokens, struct gateway_error *error);

/* The same for a body that is no chat, and goes to a service untouched: only model and stream are
 * read, and what it says of a variant's keys; names that are read there are still refused twice. */
bool gateway_chat_judge_relayed(struct gateway_chat *chat, const struct json_outline *outline,
                                const char *body, struct gateway_error *error);

/* Makes tensorzero::episode_id white space in a body that was judged: no service knows it. */
void gateway_chat_blank(const struct json_outline *outline, char *body);

/* The names of members that a protocol cannot carry (NULL: none is carried), for
 * x-moongate-ignored: sampling, token limits, n and stop, then those of the outline's others,
 * decoded, reduced to [A-Za-z0-9_.-], comma-separated, at most GATEWAY_CHAT_IGNORED_MAX. */
void gateway_chat_ignored(const struct json_outline *outline, const char *body,
                          bool (*carries)(struct span name), struct text *out);

#endif
