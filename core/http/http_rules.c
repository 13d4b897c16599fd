/*
 * Every refusal of HTTP. A judge looks at one thing, fills its part of the outcome, and returns
 * NULL or the refusal; the extern functions call them in order.
 */
#include "core/http/http_rules.h"

#include "core/base/assert.h"
#include "core/http/http_date.h"
#include "core/http/http_token.h"

#include <string.h>

/* One line a refusal. */
#define REFUSAL(name, status, text, rfc) static const struct http_fault name = {status, text, rfc}

REFUSAL(bare_end, 400, "a line does not end in CR LF", "RFC 9112 2.2");
REFUSAL(many_fields, 431, "too many header fields", "RFC 6585 5");
REFUSAL(large_head, 431, "the header fields are too large", "RFC 6585 5");
REFUSAL(folded, 400, "a header field is folded", "RFC 9112 5.2");
REFUSAL(no_colon, 400, "a header field has no colon", "RFC 9112 5");
REFUSAL(space_colon, 400, "white space before a header field's colon", "RFC 9112 5.1");
REFUSAL(bad_name, 400, "a header field's name is not a token", "RFC 9110 5.1");
REFUSAL(bad_value, 400, "a header field has a control character", "RFC 9110 5.5");
REFUSAL(bad_line, 400, "the request line is malformed", "RFC 9112 3");
REFUSAL(bad_version, 505, "only HTTP/1.0 and HTTP/1.1 are spoken", "RFC 9110 15.6.6");
REFUSAL(bad_method, 400, "the method is not a token", "RFC 9110 9.1");
REFUSAL(tunnel, 501, "CONNECT is not supported", "RFC 9110 9.3.6");
REFUSAL(long_target, 414, "the request target is too long", "RFC 9110 15.5.15");
REFUSAL(bad_target, 400, "the request target is malformed", "RFC 9112 3.2");
REFUSAL(no_host, 400, "the Host field is missing", "RFC 9112 3.2");
REFUSAL(many_hosts, 400, "more than one Host field", "RFC 9112 3.2");
REFUSAL(bad_host, 400, "the Host field is malformed", "RFC 9110 7.2");
REFUSAL(many_lengths, 400, "more than one Content-Length field", "RFC 9112 6.3");
REFUSAL(bad_length, 400, "Content-Length is not a number", "RFC 9110 8.6");
REFUSAL(huge_length, 413, "Content-Length is beyond all limits", "RFC 9110 15.5.14");
REFUSAL(both_lengths, 400, "Content-Length beside Transfer-Encoding", "RFC 9112 6.1");
REFUSAL(old_coding, 400, "Transfer-Encoding in HTTP/1.0", "RFC 9112 6.1");
REFUSAL(bad_coding, 400, "Transfer-Encoding is malformed", "RFC 9112 6.1");
REFUSAL(twice_chunked, 400, "chunked is applied twice", "RFC 9112 6.1");
REFUSAL(other_coding, 501, "only the chunked transfer coding is known", "RFC 9112 6.1");
REFUSAL(bad_expect, 417, "only 100-continue may be expected", "RFC 9110 10.1.1");
REFUSAL(encoded, 415, "content codings are not accepted", "RFC 9110 8.4");
REFUSAL(repeated, 400, "a header field that may occur once is repeated", "RFC 9110 5.3");
REFUSAL(bad_status, 502, "the status line is malformed", "RFC 9112 4");
REFUSAL(switched, 502, "the upstream switched protocols", "RFC 9110 15.2.2");

/* ---- lines and fields ------------------------------------------------------------------------ */

/* Every LF follows a CR, every CR is followed by an LF, and the last line is empty. Of a plain head
 * that was seen when it was taken apart, and so it is with its fields. */
static const struct http_fault *judge_lines(const struct http_head *head)
{
    struct span rest = head->raw;
    if (head->plain)
        return NULL;
    while (rest.len > 0) {
        size_t lf = span_find(rest, '\n');
        size_t cr = span_find((struct span){rest.at, lf}, '\r');
        if (lf == rest.len ? cr < lf : cr + 1 != lf)
            return &bare_end;
        rest = span_skip(rest, lf < rest.len ? lf + 1 : lf);
    }
    return span_ends(head->raw, SPAN("\r\n\r\n")) ? NULL : &bare_end;
}

static const struct http_fault *judge_field(const struct http_field *field)
{
    struct span name = field->name;
    if (name.len > 0 && span_is_blank(name.at[0]))
        return &folded;
    if (field->value.at == NULL)
        return &no_colon;
    if (name.len > 0 && span_is_blank(name.at[name.len - 1]))
        return &space_colon;
    if (!http_token_valid(name))
        return &bad_name;
    return http_token_value_valid(field->value) ? NULL : &bad_value;
}

static const struct http_fault *judge_fields(const struct http_head *head)
{
    const struct http_fault *fault = head->too_many ? &many_fields : NULL;
    size_t count = head->plain ? 0 : head->field_count;
    for (size_t i = 0; i < count && fault == NULL; i++)
        fault = judge_field(&head->fields[i]);
    return fault;
}

/* *minor of "HTTP/1.0" and "HTTP/1.1"; malformed is the fault of what is no version at all. */
static const struct http_fault *judge_version(struct span version, uint8_t *minor,
                                              const struct http_fault *malformed)
{
    if (version.len != 8 || memcmp(version.at, "HTTP/", 5) != 0)
        return malformed;
    struct span rest = span_skip(version, 5);
    if (rest.at[0] < '0' || rest.at[0] > '9' || rest.at[1] != '.' || rest.at[2] < '0' ||
        rest.at[2] > '9')
        return malformed;
    if (rest.at[0] != '1' || rest.at[2] > '1')
        return &bad_version;
    *minor = (uint8_t)(rest.at[2] - '0');
    return NULL;
}

/* ---- framing, for both directions ------------------------------------------------------------ */

static const struct http_fault *judge_coding(struct span coding, bool *chunked)
{
    if (!http_token_valid(coding))
        return &bad_coding;
    if (!span_equal_nocase(coding, SPAN("chunked")))
        return &other_coding;
    if (*chunked)
        return &twice_chunked;
    *chunked = true;
    return NULL;
}

/* All Transfer-Encoding fields are one list (RFC 9110 section 5.3): it must be "chunked" alone. Not
 * inlined: few heads have any. */
__attribute__((noinline)) static const struct http_fault *
judge_codings(const struct http_head *head, bool *chunked)
{
    const struct http_field *field = http_head_find(head, HTTP_NAME_TRANSFER_ENCODING);
    for (; field != NULL; field = http_head_next(head, HTTP_NAME_TRANSFER_ENCODING, field)) {
        struct span list = field->value;
        struct span coding;
        while (http_head_element(&list, &coding)) {
            const struct http_fault *fault = judge_coding(coding, chunked);
            if (fault != NULL)
                return fault;
        }
    }
    return NULL;
}

/* A number that is too large for any body is still a number. */
static const struct http_fault *judge_digits(struct span value)
{
    size_t digits = 0;
    while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9')
        digits++;
    return digits == 0 || digits < value.len ? &bad_length : &huge_length;
}

struct lengths {
    bool chunked;
    bool has_length;
    uint64_t length;
};

static const struct http_fault *judge_lengths(const struct http_head *head, uint8_t minor,
                                              struct lengths *lengths)
{
    const struct http_field *length = http_head_find(head, HTTP_NAME_CONTENT_LENGTH);
    bool coded = http_head_find(head, HTTP_NAME_TRANSFER_ENCODING) != NULL;
    *lengths = (struct lengths){.has_length = length != NULL};
    if (http_head_repeats(head, HTTP_NAME_CONTENT_LENGTH))
        return &many_lengths;
    if (coded && length != NULL)
        return &both_lengths;
    if (coded && minor == 0)
        return &old_coding;
    if (length != NULL)
        return span_number(length->value, INT64_MAX, &lengths->length)
                   ? NULL
                   : judge_digits(length->value);
    return coded ? judge_codings(head, &lengths->chunked) : NULL;
}

/* RFC 9112 section 9.3. */
static bool keeps_alive(const struct http_head *head, uint8_t minor)
{
    if (http_head_find(head, HTTP_NAME_CONNECTION) == NULL) /* mostly */
        return minor > 0;
    if (http_head_lists(head, HTTP_NAME_CONNECTION, SPAN("close")))
        return false;
    return minor > 0 || http_head_lists(head, HTTP_NAME_CONNECTION, SPAN("keep-alive"));
}

/* ---- media types ----------------------------------------------------------------------------- */

/* Whether a content type is that one, with parameters or without. */
static bool is_media(struct span content_type, struct span media)
{
    if (content_type.len < media.len ||
        !span_equal_nocase((struct span){content_type.at, media.len}, media))
        return false;
    struct span behind = span_trim(span_skip(content_type, media.len));
    return behind.len == 0 || behind.at[0] == ';';
}

/* RFC 8259 section 11, and the "+json" suffix of RFC 6839. */
static bool is_json(struct span content_type)
{
    struct span head = SPAN("application/");
    struct span tail = SPAN("+json");
    struct span json = SPAN("application/json");
    if (span_equal_nocase(content_type, json) || is_media(content_type, json)) /* mostly the same */
        return true;
    struct span media = span_trim((struct span){content_type.at, span_find(content_type, ';')});
    return media.len > head.len + tail.len &&
           span_equal_nocase((struct span){media.at, head.len}, head) &&
           span_equal_nocase(span_skip(media, media.len - tail.len), tail);
}

/* ---- requests -------------------------------------------------------------------------------- */

static enum http_method method_of(struct span name)
{
    static const struct span names[] = {{"POST", 4}, {"GET", 3},   {"HEAD", 4},   {"PUT", 3},
                                        {"PATCH", 5}, {"DELETE", 6}, {"OPTIONS", 7}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal(name, names[i]))
            return (enum http_method)(HTTP_POST + i);
    }
    return HTTP_OTHER;
}

/* A path that begins with a slash, and perhaps a query. */
static const struct http_fault *judge_path(struct span target, struct http_request *request)
{
    size_t mark = span_find(target, '?');
    request->path = (struct span){target.at, mark};
    if (mark < target.len)
        request->query = span_skip(target, mark + 1);
    return http_token_path_valid(target) ? NULL : &bad_target;
}

/* What follows the scheme of an absolute target (RFC 9112 section 3.2.2). */
static const struct http_fault *judge_absolute(struct span rest, struct http_request *request)
{
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
        end++;
    struct span path = span_skip(rest, end);
    request->authority = (struct span){rest.at, end};
    if (!http_token_authority(request->authority, &request->host))
        return &bad_target;
    const struct http_fault *fault = path.len > 0 ? judge_path(path, request) : NULL;
    if (request->path.len == 0) {
        bool whole = request->method == HTTP_OPTIONS && path.len == 0;
        request->path = whole ? SPAN("*") : SPAN("/");
    }
    return fault;
}

static const struct http_fault *judge_target(struct span target, struct http_request *request)
{
    static const struct span schemes[] = {{"http://", 7}, {"https://", 8}};
    if (target.len > LIMIT_TARGET_BYTES)
        return &long_target;
    if (span_starts(target, SPAN("/")))
        return judge_path(target, request);
    if (span_equal(target, SPAN("*")) && request->method == HTTP_OPTIONS) {
        request->path = target;
        return NULL;
    }
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = schemes[i].len;
        if (target.len > len && span_equal_nocase((struct span){target.at, len}, schemes[i]))
            return judge_absolute(span_skip(target, len), request);
    }
    return &bad_target;
}

static const struct http_fault *judge_request_line(const struct http_head *head,
                                                   struct http_request *request)
{
    const struct http_fault *fault = judge_version(head->version, &request->minor, &bad_line);
    if (fault != NULL)
        return fault;
    request->method_name = head->method;
    request->method = method_of(head->method);
    if (request->method == HTTP_OTHER && !http_token_valid(head->method))
        return &bad_method;
    if (request->method == HTTP_OTHER && span_equal(head->method, SPAN("CONNECT")))
        return &tunnel;
    return judge_target(head->target, request);
}

/* An absolute target has filled in the authority already, and wins (RFC 9112 section 3.2.2). */
static const struct http_fault *judge_host(const struct http_head *head,
                                           struct http_request *request)
{
    struct span host;
    const struct http_field *field = http_head_find(head, HTTP_NAME_HOST);
    if (http_head_repeats(head, HTTP_NAME_HOST))
        return &many_hosts;
    if (field == NULL)
        return request->minor > 0 ? &no_host : NULL;
    if (!http_token_authority(field->value, &host))
        return &bad_host;
    if (request->authority.at == NULL) {
        request->authority = field->value;
        request->host = host;
    }
    return NULL;
}

static const struct http_fault *judge_request_body(const struct http_head *head,
                                                   struct http_request *request)
{
    struct lengths lengths;
    struct span coding = http_head_value(head, HTTP_NAME_CONTENT_ENCODING);
    const struct http_fault *fault = judge_lengths(head, request->minor, &lengths);
    request->has_length = lengths.has_length;
    request->content_length = lengths.length;
    request->chunked = lengths.chunked;
    if (fault == NULL && coding.at != NULL && !span_equal_nocase(coding, SPAN("identity")))
        fault = &encoded;
    return fault;
}

/* HTTP/1.0 has no 100: there the field is ignored when it asks for that. */
static const struct http_fault *judge_expect(const struct http_head *head,
                                             struct http_request *request)
{
    bool body = request->chunked || request->content_length > 0;
    const struct http_field *field = http_head_find(head, HTTP_NAME_EXPECT);
    for (; field != NULL; field = http_head_next(head, HTTP_NAME_EXPECT, field)) {
        struct span list = field->value;
        struct span element;
        while (http_head_element(&list, &element)) {
            if (!span_equal_nocase(element, SPAN("100-continue")))
                return &bad_expect;
            request->expect_continue = request->minor > 0 && body;
        }
    }
    return NULL;
}

/* Two of them could be understood differently by two readers. */
static const struct http_fault *judge_singles(const struct http_head *head,
                                              struct http_request *request)
{
    const uint32_t singles = 1u << HTTP_NAME_AUTHORIZATION | 1u << HTTP_NAME_X_API_KEY |
                             1u << HTTP_NAME_CONTENT_TYPE | 1u << HTTP_NAME_CONTENT_ENCODING |
                             1u << HTTP_NAME_ORIGIN;
    if ((head->repeated & singles) != 0)
        return &repeated;
    request->authorization = http_head_value(head, HTTP_NAME_AUTHORIZATION);
    request->x_api_key = http_head_value(head, HTTP_NAME_X_API_KEY);
    request->content_type = http_head_value(head, HTTP_NAME_CONTENT_TYPE);
    request->origin = http_head_value(head, HTTP_NAME_ORIGIN);
    return NULL;
}

static const struct http_fault *judge_request(const struct http_head *head,
                                              struct http_request *request)
{
    const struct http_fault *fault = judge_lines(head);
    if (fault == NULL)
        fault = judge_request_line(head, request);
    if (fault == NULL)
        fault = judge_fields(head);
    if (fault == NULL)
        fault = judge_host(head, request);
    if (fault == NULL)
        fault = judge_request_body(head, request);
    if (fault == NULL)
        fault = judge_expect(head, request);
    return fault != NULL ? fault : judge_singles(head, request);
}

enum result http_rules_request(const struct http_head *head, struct http_request *request,
                               struct http_fault *fault)
{
    memset(request, 0, sizeof(*request));
    const struct http_fault *found = judge_request(head, request);
    if (found != NULL) {
        *fault = *found;
        return RESULT_FAULT;
    }
    ASSERT(request->path.len > 0 && request->method != 0);
    request->keep_alive = keeps_alive(head, request->minor);
    request->is_json = is_json(request->content_type);
    request->request_id = http_head_value(head, HTTP_NAME_X_REQUEST_ID);
    request->accept = http_head_value(head, HTTP_NAME_ACCEPT);
    return RESULT_DONE;
}

void http_rules_overflow(struct span so_far, struct http_fault *fault)
{
    *fault = span_find(so_far, '\n') == so_far.len ? long_target : large_head;
}

/* ---- answers --------------------------------------------------------------------------------- */

static const struct http_fault *judge_status(const struct http_head *head,
                                             struct http_response *response)
{
    uint64_t status = 0;
    const struct http_fault *fault = judge_version(head->version, &response->minor, &bad_status);
    if (fault != NULL)
        return fault;
    if (head->status.len != 3 || !span_number(head->status, 599, &status) || status < 100 ||
        !(head->plain || http_token_value_valid(head->reason)))
        return &bad_status;
    response->status = (uint16_t)status;
    return status == 101 ? &switched : NULL;
}

/* RFC 9112 section 6.3. */
static enum http_framing framing_of(uint16_t status, bool request_was_head,
                                    const struct lengths *lengths)
{
    if (request_was_head || status < 200 || status == 204 || status == 304)
        return HTTP_BODY_NONE;
    if (lengths->chunked)
        return HTTP_BODY_CHUNKED;
    return lengths->has_length ? HTTP_BODY_LENGTH : HTTP_BODY_UNTIL_CLOSE;
}

/* RFC 9110 section 10.2.3; a date counts from the answer's Date, so that no clock of ours
 * matters. */
static void read_retry_after(const struct http_head *head, struct http_response *response)
{
    struct span value = http_head_value(head, HTTP_NAME_RETRY_AFTER);
    struct span date = http_head_value(head, HTTP_NAME_DATE);
    uint64_t now_s = 0;
    uint64_t retry_s = 0;
    if (value.at == NULL)
        return;
    if (!span_number(value, UINT32_MAX, &retry_s)) {
        if (date.at == NULL || !http_date_parse(date, &now_s) ||
            !http_date_parse(value, &retry_s))
            return;
        retry_s = retry_s > now_s ? retry_s - now_s : 0;
    }
    response->has_retry_after = true;
    response->retry_after_s = retry_s < UINT32_MAX ? (uint32_t)retry_s : UINT32_MAX;
}

static const struct http_fault *judge_response(const struct http_head *head,
                                               struct http_response *response,
                                               struct lengths *lengths)
{
    const struct http_fault *fault = judge_lines(head);
    if (fault == NULL)
        fault = judge_status(head, response);
    if (fault == NULL)
        fault = judge_fields(head);
    return fault != NULL ? fault : judge_lengths(head, response->minor, lengths);
}

enum result http_rules_response(const struct http_head *head, bool request_was_head,
                                struct http_response *response, struct http_fault *fault)
{
    struct lengths lengths;
    memset(response, 0, sizeof(*response));
    const struct http_fault *found = judge_response(head, response, &lengths);
    if (found != NULL) {
        *fault = *found;
        fault->status = 502;
        return RESULT_FAULT;
    }
    struct span coding = http_head_value(head, HTTP_NAME_CONTENT_ENCODING);
    ASSERT(response->status >= 100 && response->status <= 599);
    response->framing = framing_of(response->status, request_was_head, &lengths);
    response->content_length = response->framing == HTTP_BODY_LENGTH ? lengths.length : 0;
    response->keep_alive =
        response->framing != HTTP_BODY_UNTIL_CLOSE && keeps_alive(head, response->minor);
    response->content_type = http_head_value(head, HTTP_NAME_CONTENT_TYPE);
    response->is_event_stream = is_media(response->content_type, SPAN("text/event-stream"));
    response->is_json = is_json(response->content_type);
    response->is_encoded = coding.len > 0 && !span_equal_nocase(coding, SPAN("identity"));
    response->request_id = http_head_value(head, HTTP_NAME_X_REQUEST_ID);
    read_retry_after(head, response);
    return RESULT_DONE;
}
