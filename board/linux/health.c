/* See health.h. */
#include "board/linux/health.h"

#include <string.h>

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/text.h"
#include "core/settings/settings_url.h"
#include "port/port.h"

#define WAIT_US 2000000
#define STATUS_AT 9 /* the line begins with "HTTP/1.1 200" */
#define STATUS_LINE_LEN 12

/* A question under way. */
struct asking {
    int slot;
    struct span request; /* what is still to be sent */
    char line[STATUS_LINE_LEN];
    size_t line_len;
};

static enum result send_request(struct asking *asking)
{
    while (asking->request.len > 0) {
        int n = port_send(asking->slot, asking->request.at, asking->request.len);
        if (n < 0)
            return n == PORT_AGAIN ? RESULT_MORE : RESULT_FAULT;
        asking->request = span_skip(asking->request, (size_t)n);
    }
    return RESULT_DONE;
}

static enum result read_line(struct asking *asking)
{
    while (asking->line_len < STATUS_LINE_LEN) {
        int n = port_recv(asking->slot, asking->line + asking->line_len,
                          STATUS_LINE_LEN - asking->line_len);
        if (n < 0)
            return n == PORT_AGAIN ? RESULT_MORE : RESULT_FAULT;
        asking->line_len += (size_t)n;
    }
    return RESULT_DONE;
}

/* NULL: good; else what is wrong with the answer. */
static const char *judge(const struct asking *asking)
{
    bool is_http = memcmp(asking->line, "HTTP/1.", 7) == 0;
    bool good = is_http && memcmp(asking->line + STATUS_AT, "200", 3) == 0;
    return good ? NULL : is_http ? "the answer's status is not 200" : "the answer is not HTTP";
}

/* Goes as far as the connection lets it. RESULT_MORE: an event says when to go on. */
static enum result advance(struct asking *asking, unsigned kinds, const char **why)
{
    *why = port_why_text(port_why(asking->slot));
    if ((kinds & PORT_EVENT_FAILED) != 0)
        return RESULT_FAULT;
    enum result result = send_request(asking);
    if (result == RESULT_DONE)
        result = read_line(asking);
    *why = result == RESULT_DONE ? judge(asking) : "the connection was closed before an answer";
    return result;
}

static const char *wait_for_answer(struct asking *asking)
{
    const uint64_t end_us = port_now_us() + WAIT_US;
    const char *why = NULL;
    enum result result = RESULT_MORE;
    while (result == RESULT_MORE) {
        struct port_event event;
        uint64_t now_us = port_now_us();
        if (now_us >= end_us)
            return "no answer within 2 s";
        if (port_wait(&event, 1, end_us - now_us) == 1 && event.slot == asking->slot)
            result = advance(asking, event.kinds, &why);
    }
    return why;
}

/* The name is of no matter to `/status`, and no gateway refuses this one. */
static struct span write_request(struct text *request, struct span path)
{
    text_add_str(request, "GET ");
    text_add(request, path);
    text_add_str(request, "/status HTTP/1.0\r\nHost: localhost\r\n\r\n");
    return text_span(request);
}

const char *health_ask(const char *url)
{
    char name[LIMIT_URL_BYTES], bytes[LIMIT_URL_BYTES + 64];
    struct settings_url_parts parts;
    const char *why = settings_url_read(&parts, span_of(url), false);
    if (why != NULL)
        return why;
    if (parts.tls)
        return "not http://, which is all that is spoken here";
    struct text host = text_over(name, sizeof(name));
    struct text request = text_over(bytes, sizeof(bytes));
    struct asking asking = {.request = write_request(&request, parts.path)};
    text_add(&host, parts.host);
    asking.slot = port_connect(text_str(&host), parts.port, PORT_PRIVATE_ONLY);
    return asking.slot < 0 ? "no socket is free" : wait_for_answer(&asking);
}
