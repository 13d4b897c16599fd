/* Writes heads. */
#include "core/http/http_write.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"

struct reason {
    uint16_t status;
    const char *phrase;
};

static const struct reason reasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_write_reason(uint16_t status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].phrase;
    }
    return "Unknown";
}

void http_write_status(struct text *t, uint16_t status)
{
    ASSERT(status >= 100 && status <= 599);
    text_add_str(t, "HTTP/1.1 ");
    text_add_u64(t, status);
    text_add_char(t, ' ');
    text_add_str(t, http_write_reason(status));
    http_write_end(t);
}

void http_write_request(struct text *t, const char *method, struct span target)
{
    ASSERT(http_token_valid(span_of(method)));
    ASSERT(target.len > 0 && span_find(target, ' ') == target.len);
    ASSERT(http_token_value_valid(target));
    text_add_str(t, method);
    text_add_char(t, ' ');
    text_add(t, target);
    text_add_str(t, " HTTP/1.1\r\n");
}

static void add_value(struct text *t, struct span value)
{
    while (value.len > 0) {
        size_t clean = http_token_value_len(value);
        text_add(t, (struct span){value.at, clean});
        value = span_skip(value, clean);
        if (value.len > 0) {
            text_add_char(t, ' ');
            value = span_skip(value, 1);
        }
    }
}

static void begin_field(struct text *t, const char *name)
{
    ASSERT(http_token_valid(span_of(name)));
    text_add_str(t, name);
    text_add_str(t, ": ");
}

void http_write_field(struct text *t, const char *name, struct span value)
{
    begin_field(t, name);
    add_value(t, value);
    http_write_end(t);
}

void http_write_field_str(struct text *t, const char *name, const char *value)
{
    http_write_field(t, name, span_of(value));
}

void http_write_field_u64(struct text *t, const char *name, uint64_t value)
{
    begin_field(t, name);
    text_add_u64(t, value);
    http_write_end(t);
}

void http_write_length(struct text *t, uint64_t len)
{
    http_write_field_u64(t, "content-length", len);
}

void http_write_chunked(struct text *t)
{
    http_write_field_str(t, "transfer-encoding", "chunked");
}

void http_write_end(struct text *t)
{
    text_add_str(t, "\r\n");
}
