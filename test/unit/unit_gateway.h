/*
 * A gateway without sockets: client 0 has asked for request 0. What is queued for the client is
 * taken over as a slow or a fast reader would, and read back as an HTTP answer.
 */
#ifndef MOONGATE_UNIT_GATEWAY_H
#define MOONGATE_UNIT_GATEWAY_H

#include "core/gateway/gateway.h"

/* All of it is zero at first. Its settings are unit_gateway_settings. */
extern struct gateway unit_gateway;
extern struct settings unit_gateway_settings;

/* Begins anew: the pools are free, one provider "main" for the model "mini" and a key "one" are
 * configured, client 0 (HTTP/1.1, no key) waits for its answer, and its request 0 is on its first
 * try; the relay has begun. */
void unit_gateway_fresh(bool stream);

/* Client 0 waits for another answer, with that key; what it has read is forgotten. */
void unit_gateway_client(int key);

/* The model that request 0 asked for. */
void unit_gateway_ask(const char *name);

/* The client reads up to n bytes. */
void unit_gateway_read(size_t n);

/* Gives the relay of request 0 news, the client reading n bytes (0: everything) whenever it wants
 * more room. RESULT_DONE or RESULT_FAULT; RESULT_MORE: no reading helps. */
enum result unit_gateway_say(enum provider_news_kind kind, struct span text, bool raw, size_t n);

/* The same for the end of the answer. */
enum result unit_gateway_finish(size_t n);

/* What the client has read so far, all of it when it reads everything there is first. */
struct unit_gateway_answer {
    int status;        /* 0: no head has come */
    struct span head;  /* field lines, each with its CRLF */
    struct span body;  /* without the framing */
    bool whole;        /* its framing has ended */
    bool chunked;
};

/* Reads everything, and reads it as an answer; the spans stay until the next call. */
struct unit_gateway_answer unit_gateway_answer(void);

/* The data of a stream's event number i; at NULL: there are not so many. Comments are left out.
 * Anything that is no event fails the test. */
struct span unit_gateway_event(struct span body, int i);

/* Takes all pages of the pool but n. */
void unit_gateway_leave_pages(int n);

/* Gives those back. */
void unit_gateway_give_pages(void);

/* True when text is one JSON value; says so when not. */
bool unit_gateway_is_json(struct span text);

/* Behind unit_gateway_fresh: the service of that protocol, asked in the words of that API, answers
 * with a head of that content type; the test fails when the gateway does not take it. */
void unit_gateway_answered(enum settings_protocol protocol, enum provider_api api,
                           const char *type);

/* Text of its body comes in pieces of step bytes, as into a window that is moved up for each; as
 * gateway_news_body has it for the last. */
enum result unit_gateway_feed(const char *text, size_t step);

/* The value at a path such as "choices.0.delta.content" in judged JSON; at NULL: there is none. */
struct span unit_gateway_at(struct span json, const char *path);

/* The same of a string, decoded, one string at a time; at NULL: there is none. */
struct span unit_gateway_string(struct span json, const char *path);

/* Next number of a simple, fixed sequence: 0 to below - 1. */
uint32_t unit_gateway_chance(uint32_t *state, uint32_t below);

#endif
