/* Heads of requests and answers: found in growing input as at once, taken apart, judged. */
#include "core/http/http_parse.h"
#include "core/http/http_rules.h"
#include "test/fuzz/fuzz.h"

/* The head's end, looked for byte by byte. */
static size_t find_slowly(struct span text)
{
    size_t scanned = 0;
    size_t len = 0;
    for (size_t i = 0; i <= text.len && len == 0; i++)
        len = http_parse_find_end(text.at, i, &scanned);
    return len;
}

static void check_fields(const struct http_head *head)
{
    FUZZ_CHECK(head->field_count <= LIMIT_FIELDS);
    for (int i = 0; i < head->field_count; i++) {
        FUZZ_CHECK(fuzz_inside(head->fields[i].name, head->raw));
        FUZZ_CHECK(fuzz_inside(head->fields[i].value, head->raw));
    }
}

static bool has(struct span text, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_find(text, bytes[i]) < text.len)
            return true;
    return false;
}

static int count(const struct http_head *head, struct span name)
{
    int found = 0;
    for (int i = 0; i < head->field_count; i++)
        found += span_equal_nocase(head->fields[i].name, name) ? 1 : 0;
    return found;
}

/* What a proxy and we might understand differently is never let through. */
static void check_request(const struct http_head *head, const struct http_request *request)
{
    static const char forbidden[] = {'\0', '\r', '\n'};
    FUZZ_CHECK(!request->has_length || !request->chunked);
    FUZZ_CHECK(count(head, SPAN("content-length")) <= 1);
    FUZZ_CHECK(count(head, SPAN("host")) <= 1);
    FUZZ_CHECK(!head->too_many);
    /* also of a target that has none (RFC 9112 section 3.2.4: of OPTIONS the asterisk) */
    bool bare = span_equal(request->path, SPAN("/")) ||
                (request->method == HTTP_OPTIONS && span_equal(request->path, SPAN("*")));
    FUZZ_CHECK(request->path.len > 0 && (bare || fuzz_inside(request->path, head->raw)));
    FUZZ_CHECK(fuzz_inside(request->query, head->raw));
    FUZZ_CHECK(fuzz_inside(request->host, head->raw));
    FUZZ_CHECK(!has(request->path, " \t\r\n", 4));
    for (int i = 0; i < head->field_count; i++) {
        FUZZ_CHECK(!has(head->fields[i].value, forbidden, 3));
        FUZZ_CHECK(!has(head->fields[i].name, " \t:", 3) && head->fields[i].name.len > 0);
    }
}

void fuzz_one(struct span input)
{
    static struct http_head head;
    struct http_request request;
    struct http_response response;
    struct http_fault fault = {0};
    size_t scanned = 0;
    size_t len = http_parse_find_end(input.at, input.len, &scanned);
    FUZZ_CHECK(len <= input.len && find_slowly(input) == len);
    if (len == 0) {
        http_rules_overflow(input, &fault);
        FUZZ_CHECK(fault.status == 414 || fault.status == 431);
        return;
    }
    scanned = 0;
    FUZZ_CHECK(http_parse_take_request(input, &scanned, &head) == len);
    check_fields(&head);
    struct span raw = {fuzz_copy((struct span){input.at, len}), len};
    http_parse_request(raw, &head);
    check_fields(&head);
    if (http_rules_request(&head, &request, &fault) == RESULT_DONE)
        check_request(&head, &request);
    else
        FUZZ_CHECK(fault.status >= 400 && fault.status < 600 && fault.text != NULL);
    http_parse_response(raw, &head);
    check_fields(&head);
    if (http_rules_response(&head, false, &response, &fault) == RESULT_DONE)
        FUZZ_CHECK(response.status >= 100 && response.status < 600);
}
