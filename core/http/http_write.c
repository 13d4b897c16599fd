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
    char line[] = "HTTP/1.1 000 ";
    ASSERT(status >= 100 && status <= 599);
    line[9] = (char)('0' + status / 100);
    line[10] = (char)('0' + status / 10 % 10);
    line[11] = (char)('0' + status % 10);
    text_add(t, (struct span){line, sizeof(line) - 1});
    text_add(t, span_of(http_write_reason(status)));
    http_write_end(t);
}

void http_write_value(struct text *t, struct span value)
{
    size_t at = t->len;
    text_add(t, value);
    while ((at += http_token_value_len(span_skip(text_span(t), at))) < t->len)
        t->at[at++] = ' ';
}

void http_write_field(struct text *t, enum http_name name, struct span value)
{
    text_add(t, http_name_line(name));
    http_write_value(t, value);
    http_write_end(t);
}

void http_write_field_str(struct text *t, enum http_name name, const char *value)
{
    http_write_field(t, name, span_of(value));
}

void http_write_field_u64(struct text *t, enum http_name name, uint64_t value)
{
    text_add(t, http_name_line(name));
    text_add_u64(t, value);
    http_write_end(t);
}

void http_write_length(struct text *t, uint64_t len)
{
    http_write_field_u64(t, HTTP_NAME_CONTENT_LENGTH, len);
}

void http_write_chunked(struct text *t)
{
    text_add(t, SPAN("transfer-encoding: chunked\r\n"));
}

void http_write_end(struct text *t)
{
    if (t->cut || t->cap - t->len < 2) {
        text_add(t, SPAN("\r\n")); /* as much of it as there is room for */
        return;
    }
    t->at[t->len++] = '\r';
    t->at[t->len++] = '\n';
}
