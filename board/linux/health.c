/* See health.h. */
#include "board/linux/health.h"

#include <stddef.h>

#include "board/linux/ask.h"

#define WAIT_US 2000000

const char *health_ask(const char *url)
{
    struct ask_gateway gateway;
    struct ask status = {.method = "GET", .path = "/status", .idle_us = WAIT_US,
                         .total_us = WAIT_US, .head_only = true};
    const char *why = ask_gateway(&gateway, url, NULL);
    if (why == NULL)
        why = ask(&gateway, &status);
    if (why == NULL && status.status != 200)
        why = "the answer's status is not 200";
    return why;
}
