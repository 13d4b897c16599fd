/*
 * What a protocol of a service is to the gateway: how a request is written, and what an event of
 * the answer means. A protocol knows nothing of sockets, clients or tries. One file a protocol,
 * one line in the table of provider.c.
 */
#ifndef MOONGATE_PROVIDER_H
#define MOONGATE_PROVIDER_H

#include <stddef.h>
#include <string.h>

#include "config/bounds.h"
#include "config/features.h"
#include "core/base/span.h"
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/provider/provider_blocks.h"
#include "core/provider/provider_messages.h"
#include "core/provider/provider_meter.h"
#include "core/provider/provider_pieces.h"
#include "core/settings/settings.h"
#include "core/tls/tls_hash.h"

#define PROVIDER_TOOL_BYTES 128 /* of a tool's name, or a call's identifier, as JSON has it */
#define PROVIDER_SIGN_BYTES 129 /* a signature as text, with its NUL */

/* The seam for a service's request signature. What is signed comes in pieces, a text of JSON
 * decoded; which bytes those are, and in which order, is the protocol's. */
struct provider_signer {
    void (*begin)(struct tls_hmac *state, const struct settings_provider *provider);
    void (*add)(struct tls_hmac *state, struct span bytes);
    void (*end)(struct tls_hmac *state, char out[PROVIDER_SIGN_BYTES]);
};

/* Where an encoder is in the body, or a local answer in its text. */
struct provider_cursor {
    union {
        struct provider_messages messages;
        struct provider_blocks blocks; /* where the client speaks Anthropic's API */
        struct {
            struct span members; /* of the client's body, that are still to come, */
            struct span tools;   /* and tools; openai_blocks.c: or messages, */
            struct span content; /* their blocks, */
            struct span parts;   /* and those of a tool's answer */
        };
    };
    uint8_t step;    /* each protocol's own */
    uint8_t made_by; /* the step that made the pieces */
    bool said;       /* something of the message in hand, behind its role */
    uint8_t role;    /* who speaks in it, */
    uint8_t turn;    /* and whose message is open; each protocol's own */
    uint16_t seen;   /* members of the body: a bit each */
    uint32_t count;  /* messages so far; of a local answer: words that came */
    uint32_t offset; /* in a local answer */
    struct provider_pieces pieces; /* made, and not yet written; last: emptied, and not cleared */
};

/* The cursor of a body that is at that step, and nothing has been made of it. */
static inline void provider_cursor_begin(struct provider_cursor *cursor, uint8_t step)
{
    memset(cursor, 0, offsetof(struct provider_cursor, pieces));
    provider_pieces_clear(&cursor->pieces);
    cursor->step = step;
}

/* An API that clients speak, and perhaps a service too. */
enum provider_api {
    PROVIDER_API_OWN, /* of a service alone */
    PROVIDER_API_OPENAI,
    PROVIDER_API_ANTHROPIC,
    PROVIDER_API_INFERENCE /* TensorZero's own, which no service is asked in */
};

/* A request as the client sent it. Spans are of the body. */
struct provider_asked {
    uint8_t api;         /* enum provider_api: whose words the body uses */
    struct span path;    /* of its route: "/chat/completions" */
    struct span body;    /* an object with a model, judged */
    struct span model;   /* the member's value */
    struct span options; /* stream_options: an object or null; at NULL: not there */
    bool stream;
    bool usage;    /* the answer's usage is to be asked for */
    bool any_type; /* the answer may be something else than JSON */
    struct span version; /* Anthropic's: of the API as the client named it, or empty, */
    struct span beta;    /* and what it asked for beside it */
    const struct settings_variant *variant; /* of the function that was asked for, or NULL: its
                                             * defaults are to go with the body, */
    uint8_t given; /* but for these, which the body has: a bit for each enum settings_sampling */
};

/* Where a protocol is in the answer; all zero when a try begins. */
struct provider_reading {
    uint8_t part; /* of the event in hand: how many of its news were given */
    uint8_t step; /* each protocol's own */
    uint32_t calls; /* tool calls that have begun */
};

/* One request to a service: given by the gateway, then begun by the protocol. Spans are the
 * gateway's and stay until the call is over. */
struct provider_call {
    const struct settings_provider *provider;
    const struct provider_signer *board_signer; /* the board's own, or NULL */
    struct span identifier; /* the service's name of the model */
    struct span messages;   /* the JSON array as it came, judged */
    /* What stands above is given to each call; what follows is cleared as it begins: */
    struct provider_asked asked;
    struct span device_id; /* rust-proxy: the configured or the generated ones */
    struct span session_id;
    struct span thread_id;  /* of a conversation that goes on, plain; empty: a new one */
    uint64_t wall_s;        /* Unix time; 0: not known */

    char nonce[UUID_TEXT_BYTES]; /* or another short word of the protocol's own in the body */
    char sign[PROVIDER_SIGN_BYTES]; /* "": the header is left out */
    uint64_t body_len;              /* what provider_body_some will give in all */
    struct provider_reading reading;
    struct provider_cursor cursor; /* last: begun on its own */
};

enum provider_news_kind {
    PROVIDER_NOTHING = 1, /* nobody's: counted */
    PROVIDER_TEXT,        /* a piece of the answer, perhaps empty */
    PROVIDER_REASONING,
    PROVIDER_TOOL,        /* a tool call begins: text is its name, id its identifier; neither
                           * is longer than PROVIDER_TOOL_BYTES, nor the name empty */
    PROVIDER_ARGUMENTS,   /* a piece of the JSON text of that call's arguments */
    PROVIDER_QUESTION,    /* a related question */
    PROVIDER_SOURCES,     /* text is JSON, raw: an array, or one thing of it, without white
                           * space around */
    PROVIDER_THREAD,      /* the conversation's identifier */
    PROVIDER_FINISH,      /* the answer is complete, if anything was said */
    PROVIDER_ERROR,       /* the service gave up; text says why */
    PROVIDER_MALFORMED,   /* cannot be read: skipped and counted */
    PROVIDER_EVENT,       /* of a protocol that relays: text is an event's data, to go on so */
    PROVIDER_DOCUMENT     /* the gateway's own: text is a part of such a protocol's whole answer */
};

/* Why an answer ended. */
enum provider_stop {
    PROVIDER_STOP_UNKNOWN,
    PROVIDER_STOP_END,    /* all is said */
    PROVIDER_STOP_LENGTH, /* the token limit */
    PROVIDER_STOP_TOOLS,  /* tool calls wait for their results */
    PROVIDER_STOP_WORD,   /* one of the client's stop sequences */
    PROVIDER_STOP_FILTER  /* the service's own rules */
};

/* What an EVENT is to the answer that it belongs to. */
struct provider_marks {
    bool content;      /* something is said in it */
    bool last;         /* nothing follows it, be it the end of the body or not */
    bool foreign;      /* its name is none of a chat's: a ping, or another route's event */
    bool typed;        /* its type told the rest of this, as events of other routes have it */
    bool usage;        /* there is nothing in it but the usage */
    uint64_t choices;  /* a bit for each choice of the answer that it has a part of, */
    uint64_t finished; /* and for each that is complete with it */
};

#define PROVIDER_PATCHES 4 /* in one event; what else is broken stays so */

enum provider_patch_kind {
    PROVIDER_PATCH_NAME,     /* a name that is null is empty instead */
    PROVIDER_PATCH_NEW_CALL, /* a tool call that begins lacks its number */
    PROVIDER_PATCH_SAME_CALL /* or one that goes on */
};

/* A place in an event's text that is mended on its way: clients fail on it. */
struct provider_patch {
    uint32_t at;
    uint16_t cut; /* bytes that are left out there; 0: the member "index" is put in, name and all */
    uint8_t kind; /* enum provider_patch_kind */
};

/* What an event means. */
struct provider_news {
    enum provider_news_kind kind;
    struct span text; /* points into the event's data, to a constant, or into scratch */
    bool raw;         /* text is what stands between the quotes of a JSON string (for SOURCES: a
                       * JSON value); else plain bytes */
    bool more;        /* the same event has further news: it is to be read again */
    struct span id;   /* TOOL, as text is: raw or not */
    enum provider_stop stop;     /* with any kind: not UNKNOWN where the event told it */
    struct provider_usage usage; /* with any kind: what the event told of it */
    struct span name; /* EVENT of a route that has named ones: its name, else empty */
    struct provider_marks marks;
    struct span said; /* EVENT: what is between the quotes of a string that, with other words in it,
                       * changes nothing else of this; empty: there is none, or it is not known */
    struct provider_patch patches[PROVIDER_PATCHES]; /* in the order of their places */
    uint8_t patch_count;
};

/* Why a request cannot be told to a service: "PARAM[MESSAGE]WHY". */
struct provider_refusal {
    const char *param; /* a member of the body */
    const char *why;   /* begins with a space */
    int message;       /* which of its elements, or -1 */
};

/* A protocol. Functions that do not apply are NULL. */
struct provider_protocol {
    bool local;        /* answers from the box itself, through answer() */
    bool lists_models;
    bool dated; /* its list has models with their dates, and a name may leave that out */
    enum provider_api api; /* a client of the same is relayed: bodies and answers as they come */
    bool close_ends;   /* an orderly end of the body after some text completes the answer */

    /* Whether a member with that name (between its quotes) goes to the service, where a chat's body
     * is told in other words; NULL: of those that the gateway does not read itself, none does. */
    bool (*carries)(struct span name);

    /* Whether a chat can be told to the service at all. False: *refusal. NULL: each can. */
    bool (*check)(const struct provider_call *call, struct provider_refusal *refusal);

    /* Makes nonce, sign and body_len, the cursor at the body's start. Runs the encoder once. */
    void (*begin)(struct provider_call *call);

    /* The request's head, its empty line included. out is cut when it has no room. */
    void (*head)(const struct provider_call *call, struct text *out);

    /* The next bytes of the body, at most cap (cap >= 64). Where PROVIDER_PIECES_ROOM or more bytes
     * of that are left, nothing follows. */
    size_t (*body_some)(struct provider_call *call, char *out, size_t cap);

    /* The head of a request for the model list; of call only provider, device_id and session_id
     * count. */
    void (*models_head)(const struct provider_call *call, struct text *out);

    /* What an event (WHATWG HTML 9.2) means. While news->more is set, it is called again with the
     * same event. */
    void (*event)(struct provider_call *call, struct span name, struct span data,
                  struct provider_news *news);

    /* local: the next piece of the answer; FINISH at the end. scratch is room for the text. */
    void (*answer)(struct provider_call *call, struct text *scratch, struct provider_news *news);
};

/* The protocol of a provider's type; NULL: this build does not speak it. */
const struct provider_protocol *provider_protocol(enum settings_protocol protocol);

/* What is to go with the body of a request that does not say it: JSON text, or NULL. */
const char *provider_default(const struct provider_asked *asked, enum settings_sampling sampling);

/* Makes the pieces of that as a further member of an object; none where there is nothing. */
void provider_push_default(struct provider_call *call, enum settings_sampling sampling);

/* Whether a call's client speaks the service's own API, so that both are relayed. */
bool provider_relays(const struct provider_call *call);

/* Whether its client speaks in blocks: in Anthropic's API, or in TensorZero's own. */
static inline bool provider_in_blocks(const struct provider_call *call)
{
    return FEATURE_ANTHROPIC && call->asked.api >= PROVIDER_API_ANTHROPIC;
}

static inline bool provider_is_inference(const struct provider_call *call)
{
    return FEATURE_INFERENCE && call->asked.api == PROVIDER_API_INFERENCE;
}

/* What the system says to a chat in blocks: a string, or an array, or at NULL. */
struct span provider_system(const struct provider_call *call);

/* The inside of the object that has a chat's sampling, and but in TensorZero's API its messages. */
struct span provider_members(const struct provider_call *call);

/* Goes through what was said in a chat, whichever API the client speaks: from the beginning, then
 * thing by thing. It is call.cursor that keeps the place. */
void provider_said_begin(struct provider_call *call);
void provider_said_next(struct provider_call *call, struct provider_messages_thing *thing);

/* "METHOD base+route HTTP/1.1", host and user-agent: what every protocol's head begins with. The
 * method has a space behind it; of the URL the authority counts. Base and route are visible ASCII,
 * as they were judged where they came from: the configuration, or a client's head. */
void provider_head_begin(struct text *out, struct span method, const struct settings_url *url,
                         struct span base, struct span route);

#define PROVIDER_ACCEPT(type) SPAN("\r\naccept: " type "\r\n\r\n")

/* The lines that a head with a body of JSON ends with; accept is a PROVIDER_ACCEPT. */
void provider_head_end(struct text *out, uint64_t body_len, struct span accept);

#endif
