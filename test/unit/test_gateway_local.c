/* Answers that need no service, over a real connection. */
#include "core/gateway/gateway_local.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <stdio.h>

static struct span ask(const char *request)
{
    int fd = unit_front_peer();
    unit_front_send_str(fd, request);
    struct span answer = unit_front_read(fd, NULL);
    unit_front_close(fd);
    return answer;
}

static bool body_is(const char *text)
{
    return span_equal(unit_front_body, span_of(text));
}

static void test_health(void)
{
    unit_front_fresh();
    struct span answer = ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_TRUE(unit_front_has(answer, "\r\ncontent-type: application/json\r\n"));
    CU_ASSERT_TRUE(body_is("{\"gateway\":\"ok\",\"clickhouse\":\"ok\"}"));
    size_t len = unit_front_body.len;
    answer = ask("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT_TRUE(span_ends(answer, SPAN("\r\n\r\n")));
    CU_ASSERT_EQUAL(len, 34);
    CU_ASSERT_TRUE(unit_front_has(answer, "\r\ncontent-length: 34\r\n"));
    unit_front_all_free();
}

static void test_status(void)
{
    unit_front_fresh();
    unit_front_pass(12345);
    struct span answer = ask("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_TRUE(body_is("{\"status\":\"ok\",\"version\":\"" MOONGATE_VERSION
                           "\",\"config_hash\":\"0123456789abcdef\",\"uptime_s\":12}"));
}

static void test_preflight(void)
{
    unit_front_fresh();
    struct span answer = ask("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                             "Origin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n"
                             "\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 204);
    static const char *const fields[] = {
        "\r\nallow: POST, OPTIONS\r\n",
        "\r\naccess-control-allow-origin: http://localhost\r\n",
        "\r\nvary: origin\r\n",
        "\r\naccess-control-allow-methods: POST, OPTIONS\r\n",
        "\r\naccess-control-allow-headers: authorization, ",
        "\r\naccess-control-max-age: 3600\r\n\r\nHTTP/1.1 200 OK\r\n", /* no body */
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!unit_front_has(answer, fields[i]))
            CU_FAIL(fields[i]);
    }
}

/* Of no browser, or about the box as a whole: no word of origins. */
static void test_options(void)
{
    static const char *const requests[] = {
        "OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    };
    unit_front_fresh();
    for (int i = 0; i < 2; i++) {
        struct span answer = ask(requests[i]);
        CU_ASSERT_TRUE(span_starts(answer, SPAN("HTTP/1.1 204 ")));
        CU_ASSERT_TRUE(unit_front_has(answer, "\r\nallow: GET, HEAD, "));
        CU_ASSERT_FALSE(unit_front_has(answer, "access-control"));
    }
}

static void test_model(void)
{
    unit_front_fresh();
    CU_ASSERT_EQUAL(unit_front_ask("GET /v1/models/box HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    CU_ASSERT_TRUE(unit_front_has(unit_front_body, "\"id\":\"box\""));
    CU_ASSERT_EQUAL(unit_front_ask("GET /openai/v1/models/b%6Fx HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(unit_front_ask("GET /v1/models/none HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
    CU_ASSERT_TRUE(unit_front_has(unit_front_body, "\"code\":\"model_not_found\""));
}

static const struct {
    const char *query;
    bool available_only;
} queries[] = {
    {"", false},
    {"?available=true", true},
    {"?a=b&available=true", true},
    {"?available=true&x", true},
    {"?available=false", false},
    {"?available=true1", false},
    {"?xavailable=true", false},
    {"?available", false},
    {"?&&", false},
};

static void test_models(void)
{
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        char request[256];
        snprintf(request, sizeof(request), "GET /v1/models%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 queries[i].query);
        int fd = unit_front_peer();
        unit_front_send_str(fd, request);
        CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
        CU_ASSERT_TRUE(span_starts(unit_front_body, SPAN("{\"object\":\"list\"")));
        CU_ASSERT_TRUE(span_ends(unit_front_body, SPAN("]}")));
        unit_front_close(fd);
    }
    /* The flag is read while the request is in hand. */
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct gateway_routing routing = {.route = GATEWAY_ROUTE_MODELS, .key = -1};
        int fd = unit_front_peer();
        int number = unit_front_client();
        unit_front.clients[number].state = GATEWAY_CLIENT_ANSWER;
        unit_front.clients[number].route = GATEWAY_ROUTE_MODELS;
        unit_front.clients[number].available_only = !queries[i].available_only;
        struct span query = span_of(queries[i].query);
        gateway_local_answer(&unit_front, number, &routing, span_skip(query, query.len > 0));
        CU_ASSERT_EQUAL(unit_front.clients[number].available_only, queries[i].available_only);
        queue_remove(&unit_front.client_idle, number);
        unit_front_run();
        unit_front_close(fd);
    }
    unit_front_all_free();
}

static const struct unit_test tests[] = {
    {"health", test_health},   {"status", test_status}, {"preflight", test_preflight},
    {"options", test_options}, {"a model", test_model}, {"models", test_models},
};

UNIT_MAIN("gateway_local", tests)
