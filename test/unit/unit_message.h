/* News told to the relay of a request to /v1/messages, one script for the streamed and the whole
 * answer. */
#ifndef MOONGATE_UNIT_MESSAGE_H
#define MOONGATE_UNIT_MESSAGE_H

#include "test/unit/unit_gateway.h"

/* As unit_gateway_fresh, for a client of Anthropic's API. */
void unit_message_fresh(bool stream);

/* Tells news, one a line: "T text", "R reasoning", "C id name" (a call; "-" is no id),
 * "A arguments", "Q question", all raw. The client reads n bytes whenever it must. RESULT_DONE, or
 * what stopped. */
enum result unit_message_tell(const char *script, size_t n);

#endif
