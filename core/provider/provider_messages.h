/*
 * The messages of a chat taken apart: who speaks, what is said, which tools are called. It can be
 * left behind each thing and taken up again, and looks at each byte a fixed number of times.
 */
#ifndef MOONGATE_PROVIDER_MESSAGES_H
#define MOONGATE_PROVIDER_MESSAGES_H

#include "core/base/span.h"

enum provider_messages_kind {
    PROVIDER_MESSAGES_ROLE = 1, /* a message begins; text is its role */
    PROVIDER_MESSAGES_TEXT,     /* the content, where it is not empty; or a part of it */
    PROVIDER_MESSAGES_OTHER,    /* a part that is not text */
    PROVIDER_MESSAGES_CALL,     /* a tool is called; text is its name */
    PROVIDER_MESSAGES_END
};

struct provider_messages_thing {
    enum provider_messages_kind kind;
    struct span text;       /* what stands between the quotes of a JSON string */
    struct span id;         /* CALL: the same, of its identifier; ROLE: of the call that the message
                             * is the result of, or, before calls had one, its name */
    struct span part;       /* OTHER: an object */
    struct span arguments;  /* CALL: the same, */
    bool arguments_as_json; /* or a whole JSON value, where the client sent no string */
};

/* Where it is. All spans are of the messages. */
struct provider_messages {
    struct span _rest;    /* the messages that are still to come */
    struct span _content; /* of this one; then its parts that are still to come */
    struct span _calls;   /* that are still to come */
    uint8_t _step;
};

/* At the beginning of messages: a JSON array, judged. */
void provider_messages_begin(struct provider_messages *m, struct span messages);

/* The next thing: of each message first its role, then its content, then its calls. */
void provider_messages_next(struct provider_messages *m, struct provider_messages_thing *thing);

#endif
