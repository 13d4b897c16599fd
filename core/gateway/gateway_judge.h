/*
 * What the judges of bodies share: refusals, and the members that chats have in both of the APIs
 * that clients speak.
 */
#ifndef MOONGATE_GATEWAY_JUDGE_H
#define MOONGATE_GATEWAY_JUDGE_H

#include "core/gateway/gateway_chat.h"

/* What every judge's outline notes first; its own names follow. */
enum gateway_judge_name {
    GATEWAY_JUDGE_MODEL,
    GATEWAY_JUDGE_MESSAGES,
    GATEWAY_JUDGE_STREAM,
    GATEWAY_JUDGE_MOONGATE,
    GATEWAY_JUDGE_OWN
};

/* A body being judged. */
struct gateway_judge {
    struct gateway_chat *chat;
    const struct json_outline *outline;
    const struct span *names; /* that the outline notes */
    const char *body;
    struct json_tokens *tokens;
    struct gateway_error *error;
    int message; /* in hand, or -1 */
};

/* What is read of a message. */
struct gateway_judge_part {
    struct span name;
    const char *twice; /* the refusal of two of them, */
    const char *none;  /* and of none; NULL: it need not be there */

    /* What is wrong with it, or NULL. known is inside of a string (json_outline_known). */
    const char *(*judge)(struct span value, struct span known);
};

#define GATEWAY_JUDGE_PARTS 5 /* of a message, at most */

/* Sets *error: a 400 about param, and of messages about the one in hand. False always. */
bool gateway_judge_refuse(const struct gateway_judge *j, const char *param, const char *why);

/* A member of the top level: what it is. */
enum json_kind gateway_judge_kind(const struct gateway_judge *j, int name);

/* Begins: an object without names there twice, and its model. The chat is what was noted. */
bool gateway_judge_object(const struct gateway_judge *j);

/* Reads a model's name, what stands between its quotes, into the chat. */
bool gateway_judge_model(const struct gateway_judge *j, struct span raw);

/* Adds a name, decoded, to those that are not carried. */
void gateway_judge_ignore(struct text *out, struct span name);

/* A boolean; null and nothing are false. */
bool gateway_judge_bool(const struct gateway_judge *j, const char *param, enum json_kind kind,
                        bool *value);

/* Reads an object of the top level into the tokens. False: *error. Null and nothing are no
 * tokens. */
bool gateway_judge_read(const struct gateway_judge *j, int name);

/* An array of objects that is not empty, each judged part by part (at most GATEWAY_JUDGE_PARTS). */
bool gateway_judge_messages(struct gateway_judge *j, const struct gateway_judge_part *parts,
                            size_t count);

/* The names of members that are not carried (NULL: none is), as gateway_chat_ignored tells them: of
 * those from first on, of count, then of the outline's others. Of the judge only outline, names and
 * body count. */
void gateway_judge_ignored(const struct gateway_judge *j, int first, int count,
                           bool (*carries)(struct span name), struct text *out);

/* moongate.thread_id, into the chat. */
bool gateway_judge_thread(const struct gateway_judge *j);

#endif
