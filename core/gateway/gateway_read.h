/* Reading a client's request: its head, its body, and every refusal on the way. */
#ifndef MOONGATE_GATEWAY_READ_H
#define MOONGATE_GATEWAY_READ_H

#include "core/base/result.h"
#include "core/base/span.h"
#include "core/gateway/gateway_error.h"

struct gateway;
struct http_fault;

/* A step in HEAD: reads, or takes a head that is whole. DONE: there is more to do. MORE: not before
 * something happens, or the client is closed. */
enum result gateway_read_head(struct gateway *g, int client);

/* A step in BODY, with the same results. */
enum result gateway_read_body(struct gateway *g, int client);

/* The parts that an upload's steps have in common with a body's. What is in the head buffer, and
 * reading into that, which is empty. */
struct span gateway_read_buffered(struct gateway *g, int client);
enum result gateway_read_fill(struct gateway *g, int client);

/* Says 100 Continue when the client waits for it. False: it is closed. */
bool gateway_read_continue(struct gateway *g, int client);

/* HTTP is broken: answers with that, and returns DONE. */
enum result gateway_read_broken(struct gateway *g, int client, const struct http_fault *fault);

/* The request will not be read any further: answers with an error and further field lines. */
void gateway_read_refuse(struct gateway *g, int client, const struct gateway_error *error,
                         struct span fields);

#endif
