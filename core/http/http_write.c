/* Writes heads. */
#include "core/http/http_write.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"

/* The status, a space and the phrase; an empty one ends them. */
static const char reasons[] =
    "100 Continue\0"
    "200 OK\0"
    "201 Created\0"
    "202 Accepted\0"
    "204 No Content\0"
    "206 Partial Content\0"
    "301 Moved Permanently\0"
    "302 Found\0"
    "303 See Other\0"
    "304 Not Modified\0"
    "307 Temporary Redirect\0"
    "308 Permanent Redirect\0"
    "400 Bad Request\0"
    "401 Unauthorized\0"
    "402 Payment Required\0"
    "403 Forbidden\0"
    "404 Not Found\0"
    "405 Method Not Allowed\0"
    "406 Not Acceptable\0"
    "408 Request Timeout\0"
    "409 Conflict\0"
    "410 Gone\0"
    "411 Length Required\0"
    "412 Precondition Failed\0"
    "413 Content Too Large\0"
    "414 URI Too Long\0"
    "415 Unsupported Media Type\0"
    "416 Range Not Satisfiable\0"
    "417 Expectation Failed\0"
    "421 Misdirected Request\0"
    "422 Unprocessable Content\0"
    "426 Upgrade Required\0"
    "429 Too Many Requests\0"
    "431 Request Header Fields Too Large\0"
    "500 Internal Server Error\0"
    "501 Not Implemented\0"
    "502 Bad Gateway\0"
    "503 Service Unavailable\0"
    "504 Gateway Timeout\0"
    "505 HTTP Version Not Supported\0"
    "507 Insufficient Storage\0";

const char *http_write_reason(uint16_t status)
{
    for (const char *at = reasons; *at != '\0'; at += strlen(at) + 1) {
        if ((at[0] - '0') * 100 + (at[1] - '0') * 10 + at[2] - '0' == status)
            return at + 4;
    }
    return "Unknown";
}

void http_write_status(struct text *t, uint16_t status)
{
    ASSERT(status >= 100 && status <= 599);
    text_add(t, SPAN("HTTP/1.1 "));
    text_add_u64(t, status);
    text_add_char(t, ' ');
    text_add(t, span_of(http_write_reason(status)));
    http_write_end(t);
}

void http_write_value(struct text *t, struct span value)
{
    size_t good = http_token_value_len(value); /* nearly always all of it */
    size_t begin = t->len;
    text_add(t, value);
    for (size_t i = begin + good; i < t->len; i++)
        if (!http_token_value_char(t->at[i]))
            t->at[i] = ' ';
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
