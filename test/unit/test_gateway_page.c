/* The page over a real connection: whole, known already, for whom cannot unpack it, and slowly. */
#include "core/gateway/gateway_page.h"

#include "core/gateway/gateway.h"
#include "core/http/http_parse.h"
#include "core/page/page.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"
#include "test/unit/unit_gateway.h"

#include <stdio.h>
#include <string.h>

static struct span ask(const char *method, const char *fields)
{
    char request[512];
    snprintf(request, sizeof(request), "%s / HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method,
             fields);
    int fd = unit_front_peer();
    unit_front_send_str(fd, request);
    struct span answer = unit_front_read(fd, NULL);
    unit_front_close(fd);
    return answer;
}

static void whole(void)
{
    static const char *const fields[] = {
        "\r\ncontent-type: text/html; charset=utf-8\r\n", "\r\ncontent-encoding: gzip\r\n",
        "\r\nvary: accept-encoding\r\n", "\r\ncontent-security-policy: default-src 'none'; ",
        "frame-ancestors 'none'", "\r\nx-content-type-options: nosniff\r\n",
        "\r\nreferrer-policy: no-referrer\r\n", "\r\netag: \""};
    unit_front_fresh();
    struct span answer = ask("GET", "Accept-Encoding: gzip, deflate, br\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!unit_front_has(answer, fields[i]))
            CU_FAIL(fields[i]);
    }
    CU_ASSERT(span_equal(unit_front_body, page.gzip));
    answer = ask("HEAD", "Accept-Encoding: gzip\r\n");
    CU_ASSERT(span_starts(answer, SPAN("HTTP/1.1 200 ")));
    CU_ASSERT(span_ends(answer, SPAN("\r\n\r\n")));
    unit_front_all_free();
}

static void packed(void)
{
    CU_ASSERT(page.gzip.len > 100 && page.gzip.len <= 40960);
    CU_ASSERT(span_starts(page.gzip, SPAN("\x1f\x8b\x08")));
    CU_ASSERT(span_ends(page.fields, SPAN("\r\n")));
    CU_ASSERT_EQUAL(page.etag.len, 18);
    printf("    the page has %zu bytes\n", page.gzip.len);
}

/* Who has it already is told so; who has another one gets it. */
static void known(void)
{
    char fields[256];
    static const struct {
        const char *before;
        const char *behind;
        int status;
    } rows[] = {{"", "", 304},         {"W/", "", 304},     {"\"a\", ", "", 304},
                {"", ", \"b\"", 304},  {"*, ", "", 304},    {"\"x", "", 200},
                {"", "x", 200},        {"w/", "", 200}};
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(fields, sizeof(fields), "Accept-Encoding: gzip\r\nIf-None-Match: %s%.*s%s\r\n",
                 rows[i].before, (int)page.etag.len, page.etag.at, rows[i].behind);
        struct span answer = ask("GET", fields);
        CU_ASSERT(span_starts(answer, rows[i].status == 304 ? SPAN("HTTP/1.1 304 ")
                                                            : SPAN("HTTP/1.1 200 ")));
        CU_ASSERT(unit_front_has(answer, "\r\netag: \""));
        CU_ASSERT_EQUAL(unit_front_has(answer, "content-length"), rows[i].status == 200);
        CU_ASSERT_EQUAL(span_ends(answer, SPAN("\r\n\r\n")), rows[i].status == 304);
    }
}

static void codings(void)
{
    static const struct {
        const char *value;
        bool gzip;
    } rows[] = {{"gzip", true},       {"br, GZip", true},    {"*", true},
                {"gzip;q=0.5", true}, {"gzip ; q=1", true},  {"gzip;q=0", false},
                {"gzip;q=0.000", false}, {"*;q=0", false},   {"gzip;q=0, *;q=0.1", true},
                {"", false},          {"br", false},         {"gzipx", false},
                {"identity", false},  {"gzip;q=", true},     {"gzip;", true}};
    char fields[256];
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(fields, sizeof(fields), "Accept-Encoding: %s\r\n", rows[i].value);
        struct span answer = ask("GET", fields);
        if (unit_front_answer(answer, NULL) != 200 ||
            unit_front_has(answer, "content-encoding: gzip") != rows[i].gzip)
            CU_FAIL(rows[i].value);
    }
    struct span answer = ask("GET", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n");
    CU_ASSERT(unit_front_has(answer, "content-encoding: gzip"));
}

static void plain(void)
{
    unit_front_fresh();
    struct span answer = ask("GET", "");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT(unit_front_has(answer, "\r\ncontent-type: text/plain; charset=utf-8\r\n"));
    CU_ASSERT(unit_front_has(unit_front_body, "/v1/"));
    CU_ASSERT(span_ends(unit_front_body, SPAN("\n")));
    answer = ask("HEAD", "");
    CU_ASSERT(span_ends(answer, SPAN("\r\n\r\n")));
    unit_front_all_free();
}

/* It holds nothing, so no key is asked for; a host that is none of ours is none here either. */
static void access(void)
{
    unit_front_fresh();
    unit_front_settings.key_count = 1;
    unit_front_settings.keys[0] = (struct settings_key){.name = "k", .secret = "of-the-house"};
    struct span answer = ask("GET", "Accept-Encoding: gzip\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_EQUAL(unit_front_ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421);
    CU_ASSERT_EQUAL(unit_front_ask("GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n"), 403);
    CU_ASSERT_EQUAL(unit_front_ask("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0\r\n\r\n"), 405);
}

/* A client that takes so many bytes at a time, beside others who have nearly all pages. */
static void slowly(void)
{
    static const size_t takes[] = {1000, 4096, 100000};
    for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
        unit_gateway_fresh(false);
        struct gateway_client *client = &unit_gateway.clients[0];
        client->request = -1;
        http_parse_request(SPAN("GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n"),
                           &unit_gateway.scratch.head);
        unit_gateway_leave_pages(3);
        gateway_page_begin(&unit_gateway, 0);
        for (int turn = 0; turn < 1000 && !client->ended; turn++) {
            CU_ASSERT(client->out.len <= LIMIT_OUT_BYTES + 1024);
            unit_gateway_read(takes[i]);
            gateway_page_some(&unit_gateway, 0);
        }
        unit_gateway_give_pages();
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE(answer.whole);
        CU_ASSERT(span_equal(answer.body, page.gzip));
    }
}

static void no_pages(void)
{
    unit_gateway_fresh(false);
    unit_gateway.clients[0].request = -1;
    unit_gateway_leave_pages(0);
    gateway_page_begin(&unit_gateway, 0);
    CU_ASSERT_TRUE(unit_gateway.clients[0].ended);
    CU_ASSERT_TRUE(unit_gateway.clients[0].close);
    unit_gateway_give_pages();
}

static const struct unit_test tests[] = {
    {"packed", packed},
    {"the whole page", whole},
    {"known already", known},
    {"codings", codings},
    {"a line of text", plain},
    {"who may see it", access},
    {"slowly", slowly},
    {"no pages", no_pages},
};

UNIT_MAIN("gateway_page", tests)
