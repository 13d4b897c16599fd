/* What every request of Anthropic's protocol must keep to. */
#ifndef MOONGATE_UPSTREAM_ANTHROPIC_CHECK_H
#define MOONGATE_UPSTREAM_ANTHROPIC_CHECK_H

#include "test/upstream/http.h"
#include "test/upstream/json.h"

/* What is wrong with a request, and the status that the service has for it. */
struct anthropic_fault {
    int status;
    const char *why; /* NULL: nothing */
};

/* Judges the head: version, key, and nothing of another protocol. */
struct anthropic_fault anthropic_check_head(const struct http_request *r);

/* Judges the body of POST /v1/messages: names of OpenAI's that mean something else here, the roles,
 * the blocks, and that each tool's call has its result in the next message. */
const char *anthropic_check_body(struct json body);

#endif
