/*
 * From news of a provider to OpenAI's answer, streamed or whole; that of a provider which speaks
 * the clients' own protocol passes as it comes. A whole answer is held back until it is complete
 * or more than LIMIT_HOLD_BYTES have come; then it goes out as it comes.
 */
#ifndef MOONGATE_GATEWAY_RELAY_H
#define MOONGATE_GATEWAY_RELAY_H

#include "core/base/result.h"
#include "core/base/rope.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway_document.h"
#include "core/gateway/gateway_error.h"
#include "core/provider/provider.h"

struct gateway;

#define GATEWAY_RELAY_THREAD_BYTES 129 /* with the NUL; a longer thread id is dropped */
#define GATEWAY_RELAY_TOKEN_BYTES 4    /* of text, about, where a service counts none */
#define GATEWAY_RELAY_TYPE_BYTES 64    /* with the NUL; a longer content type is cut */

enum gateway_relay_state {
    GATEWAY_RELAY_QUIET,   /* the client has seen nothing */
    GATEWAY_RELAY_HEADERS, /* it has headers and pings, no content: another try is still possible */
    GATEWAY_RELAY_FLOWING, /* content has gone out */
    GATEWAY_RELAY_ENDED
};

struct gateway_relay {
    uint8_t state; /* enum gateway_relay_state */
    bool stream;
    bool include_usage;
    bool role_sent;
    bool has_id;   /* id_bytes are made */
    bool ending;   /* finish has begun: tail is what is still to be queued, or its end */
    uint8_t part;  /* of a whole answer that flows: which string is open (gateway_whole.c); of a
                    * stream that passes as it comes: an event is open (gateway_event.c) */
    uint16_t status;    /* that the client is told: 200, or another good one of what is relayed */
    bool early;         /* a ping is under way: who will answer, and at which try, is not known */
    uint32_t malformed; /* events that were skipped */
    /* Of this try, down to usage: */
    bool has_text;      /* a text that is not empty */
    bool has_reasoning;
    bool raw;           /* it passes as it comes */
    bool says_done;     /* its stream's own last words are still to be written: [DONE] */
    uint8_t stop;       /* enum provider_stop, as far as told */
    uint8_t open;       /* /v1/messages: the block that is open (gateway_message.h), */
    bool arguments;     /* that of a tool call has some already, */
    uint16_t blocks;    /* and how many have begun */
    uint8_t calls;      /* tool calls that have begun, or were given their numbers here */
    uint32_t text_bytes; /* of text that are kept for its record */
    uint64_t choices;   /* of events that pass: a bit for each choice that has begun, */
    uint64_t finished;  /* and for each that is complete */
    uint64_t finished_us; /* when the last of them was complete */
    uint64_t event_us;   /* when the last piece came, 0: none did */
    uint64_t said_bytes; /* of text, about four to a token */
    struct provider_usage usage; /* as far as told */
    struct rope text;      /* held back: escaped, or events or a document as they came */
    struct rope reasoning;
    struct rope tools;     /* calls as they will stand in the object, up to the last one's end */
    struct rope questions; /* JSON elements, a comma between them */
    struct rope sources;
    struct rope tail;
    uint64_t created_ms;
    uint64_t silent_us; /* when something was last queued for the client */
    /* Of what follows nothing is cleared but news.kind and the texts' first bytes. */
    uint8_t id_bytes[UUID_BYTES]; /* see gateway_relay_id */
    struct provider_news news; /* in hand; kind 0: none. Its text shrinks as it is passed on */
    struct gateway_document document; /* of a whole answer that passes: its judge */
    const char *content_type; /* of such an answer, which is type unless it is JSON; */
    char type[GATEWAY_RELAY_TYPE_BYTES];
    char thread_id[GATEWAY_RELAY_THREAD_BYTES]; /* plain; "" */
    char id[UUID_TEXT_BYTES]; /* as text; "" until the answer is written here, behind "chatcmpl-" */
};

/* About how many tokens were said in this try, for services that tell none. */
uint64_t gateway_relay_estimate(const struct gateway_relay *relay);

/* Begins the relay of a request whose chat is judged. */
void gateway_relay_begin(struct gateway *g, int request);

/* The request's id: a UUID, version 7, that is made when it is asked for. */
const uint8_t *gateway_relay_id(struct gateway_relay *relay);

/* A further try begins: what the last one left behind (held text, extras) is dropped; not after
 * FLOWING. Headers that are out stay. */
void gateway_relay_again(struct gateway *g, int request);

/* Takes news in hand (TEXT, REASONING, TOOL, ARGUMENTS, QUESTION, SOURCES, THREAD, EVENT,
 * DOCUMENT); its text must stay where it is until gateway_relay_pump has said DONE. */
void gateway_relay_take(struct gateway *g, int request, const struct provider_news *news);

/* Passes on what is in hand. DONE: all of it. MORE: the client's queue, or the pool, is full: call
 * again when it has room. FAULT: it cannot be told in order any more (an earlier part of a whole
 * answer that flows): the caller fails the request. At the first content that goes to the client
 * the request is committed (gateway_request_commit); with a whole answer that is held back to its
 * end, in gateway_relay_finish. */
enum result gateway_relay_pump(struct gateway *g, int request);

/* The answer is complete, nothing is in hand: writes what is left of it and ends the client's
 * answer. MORE: no room yet, call again. An answer without any text is the caller's to refuse
 * before. */
enum result gateway_relay_finish(struct gateway *g, int request);

/* The request has failed for good: an error answer, an error event, or a body cut short, as the
 * state demands. The client's answer is ended. After ENDED: nothing. */
void gateway_relay_fail(struct gateway *g, int request, const struct gateway_error *error);

/* ping_ms have passed in silence: headers, if they are not out, and a comment (streams alone). Sets
 * silent_us, whatever came of it. */
void gateway_relay_ping(struct gateway *g, int request);

/* Gives back what it holds. */
void gateway_relay_drop(struct gateway *g, int request);

/* Seals a thread id for the client: "ID.MAC", the MAC over the client key's name and the id. */
void gateway_relay_seal(const struct gateway *g, int key, struct span thread_id, struct text *out);

/* Opens a sealed one: false when it is not this key's; *thread_id is a part of sealed. */
bool gateway_relay_open(const struct gateway *g, int key, struct span sealed,
                        struct span *thread_id);

#endif
