/* A streamed answer to /v1/messages: the named events of Anthropic's API. */
#ifndef MOONGATE_GATEWAY_MESSAGE_H
#define MOONGATE_GATEWAY_MESSAGE_H

#include "core/base/result.h"
#include "core/base/text.h"

struct gateway;
struct gateway_relay;
struct gateway_request;

/* The last event. */
#define GATEWAY_MESSAGE_STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

#define GATEWAY_MESSAGE_NAME_BYTES 256 /* of a tool's name, and of a call's identifier, in JSON */

/* relay.open: which block of the message is being written. */
enum gateway_message_block {
    GATEWAY_MESSAGE_NONE,
    GATEWAY_MESSAGE_THINKING,
    GATEWAY_MESSAGE_TEXT,
    GATEWAY_MESSAGE_TOOL
};

/* The block that the news in hand belongs to. */
enum gateway_message_block gateway_message_block_of(const struct gateway_relay *relay);

/* Passes on the text, reasoning, tool call or arguments in hand. DONE, MORE, or FAULT: they are
 * arguments of a call whose block is closed, because something else was said in between. */
enum result gateway_message_pass(struct gateway *g, int request);

/* Puts what is left of the answer together in relay.tail, message_stop at its end. */
void gateway_message_end(struct gateway *g, int request);

/* What a message, or an answer in TensorZero's own API, is up to its content, for the streamed and
 * the whole one. */
void gateway_message_write_head(struct text *out, const struct gateway_request *request);

/* id and name of the tool call in hand, as members. */
void gateway_message_write_call(struct text *out, const struct gateway_request *request);

/* "stop_reason" and "stop_sequence", without a comma in front; TensorZero's "finish_reason". */
void gateway_message_write_stop(struct text *out, const struct gateway_request *request);

/* "usage": what is not known is 0. */
void gateway_message_write_usage(struct text *out, const struct gateway_request *request);

#endif
