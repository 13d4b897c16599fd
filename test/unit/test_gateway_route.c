/* What the head of a request alone decides. */
#include "core/gateway/gateway_route.h"

#include "config/features.h"
#include "core/http/http_parse.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define CHAT "/v1/chat/completions"
#define KEY "sixteen-letters-1"

static struct settings settings;
static struct gateway_routing routing;
static struct gateway_error error;

static void fresh(void)
{
    settings = (struct settings){.base_path = "",
                                 .limits = {.max_body_bytes = 1000},
                                 .allow_hosts = {"gate.example.com", 1},
                                 .allow_origins = {"https://app.example.com", 1}};
}

static void fresh_with_key(void)
{
    fresh();
    settings.key_count = 1;
    settings.keys[0] = (struct settings_key){.name = "one", .secret = KEY};
}

/* Judges a request line and its fields, Host: localhost being the last. The error's status; 0:
 * good. */
static int judge(const char *line, const char *fields)
{
    static struct http_head head;
    static char bytes[8192];
    struct http_request request;
    struct http_fault fault = {0, "", ""};
    bool has_host = strstr(fields, "Host:") != NULL;
    int len = snprintf(bytes, sizeof(bytes), "%s HTTP/1.1\r\n%s%s\r\n", line, fields,
                       has_host ? "" : "Host: localhost\r\n");
    http_parse_request((struct span){unit_guard(0, bytes, (size_t)len), (size_t)len}, &head);
    if (http_rules_request(&head, &request, &fault) != RESULT_DONE) {
        CU_FAIL(fault.text);
        return fault.status;
    }
    memset(&routing, 0xA5, sizeof(routing));
    memset(&error, 0, sizeof(error));
    return gateway_route_judge(&routing, &settings, &request, &error) ? 0 : error.status;
}

/* ---- routes ---- */

static const struct {
    const char *line;
    int status;
    enum gateway_route route;
} routes[] = {
    {"GET /health", 0, GATEWAY_ROUTE_HEALTH},
    {"HEAD /health", 0, GATEWAY_ROUTE_HEALTH},
    {"GET /health?x=1", 0, GATEWAY_ROUTE_HEALTH},
    {"GET /status", 0, GATEWAY_ROUTE_STATUS},
    {"GET /v1/models", 0, GATEWAY_ROUTE_MODELS},
    {"HEAD /v1/models", 0, GATEWAY_ROUTE_MODELS},
    {"GET /v1/models?available=true", 0, GATEWAY_ROUTE_MODELS},
    {"GET /openai/v1/models", 0, GATEWAY_ROUTE_MODELS},
    {"GET /v1/inferences", 0, GATEWAY_ROUTE_INFERENCES},
    {"POST /v1/inferences", 405, GATEWAY_ROUTE_INFERENCES},
    {"GET /v1/batches", 0, GATEWAY_ROUTE_BATCHES},
    {"POST /v1/batches", 411, GATEWAY_ROUTE_BATCH_NEW},
    {"DELETE /v1/batches", 405, GATEWAY_ROUTE_BATCHES},
    {"GET /v1/batches/batch_1", 0, GATEWAY_ROUTE_BATCH},
    {"POST /v1/batches/batch_1/cancel", 0, GATEWAY_ROUTE_BATCH_CANCEL},
    {"GET /batches", 404, GATEWAY_ROUTE_NONE},
    {"GET /inferences", 404, GATEWAY_ROUTE_NONE},
#if FEATURE_BATCH
    {"GET /v1/files?limit=1", 0, GATEWAY_ROUTE_FILES},
    {"POST /v1/files", 0, GATEWAY_ROUTE_FILES},
    {"DELETE /v1/files", 405, GATEWAY_ROUTE_FILES},
    {"DELETE /openai/v1/files/file-1", 0, GATEWAY_ROUTE_FILE},
    {"GET /v1/files/file-1/content", 0, GATEWAY_ROUTE_FILE},
    {"POST /v1/files/file-1", 405, GATEWAY_ROUTE_FILE},
    {"GET /files", 404, GATEWAY_ROUTE_NONE},
#endif
    {"GET /v1/models/mini", 0, GATEWAY_ROUTE_MODEL},
    {"GET /openai/v1/models/mini", 0, GATEWAY_ROUTE_MODEL},
    {"GET http://box.lan/v1/models", 0, GATEWAY_ROUTE_MODELS},
    {"OPTIONS /v1/models", 0, GATEWAY_ROUTE_PREFLIGHT},
    {"OPTIONS " CHAT, 0, GATEWAY_ROUTE_PREFLIGHT},
    {"OPTIONS /health", 0, GATEWAY_ROUTE_PREFLIGHT},
    {"OPTIONS *", 0, GATEWAY_ROUTE_PREFLIGHT},
    {"GET /", FEATURE_PAGE ? 0 : 404, FEATURE_PAGE ? GATEWAY_ROUTE_PAGE : GATEWAY_ROUTE_NONE},
    {"GET /v1", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/", 404, GATEWAY_ROUTE_NONE},
    {"GET /health/", 404, GATEWAY_ROUTE_NONE},
    {"GET /Health", 404, GATEWAY_ROUTE_NONE},
    {"GET //health", 404, GATEWAY_ROUTE_NONE},
    {"GET /..%2fhealth", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/../health", 404, GATEWAY_ROUTE_NONE},
    {"GET /%68ealth", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1health", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/health", 404, GATEWAY_ROUTE_NONE},
    {"GET /openai/health", 404, GATEWAY_ROUTE_NONE},
    {"GET /models", 404, GATEWAY_ROUTE_NONE},
    {"GET /V1/models", 404, GATEWAY_ROUTE_NONE},
    {"GET /v2/models", 404, GATEWAY_ROUTE_NONE},
    {"GET /openai/v2/models", 404, GATEWAY_ROUTE_NONE},
    {"GET /openai/v1/v1/models", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/openai/v1/models", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/modelsx", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/models/", 404, GATEWAY_ROUTE_NONE},
    {"POST " CHAT "/", 404, GATEWAY_ROUTE_NONE},
    {"POST /chat/completions", 404, GATEWAY_ROUTE_NONE},
    {"GET /v1/nothing", 404, GATEWAY_ROUTE_NONE},
    {"POST /nothing", 404, GATEWAY_ROUTE_NONE},
    {"OPTIONS /v1/nothing", 0, GATEWAY_ROUTE_PREFLIGHT},
};

static void test_routes(void)
{
    fresh();
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        int status = judge(routes[i].line, "");
        if (status != routes[i].status || routing.route != routes[i].route)
            CU_FAIL(routes[i].line);
    }
}

static void test_chat(void)
{
    fresh();
    static const char *const lines[] = {"POST " CHAT, "POST /openai" CHAT};
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(judge(lines[i], "Content-Length: 2\r\n"
                                        "Content-Type: application/json\r\n"),
                        0);
        CU_ASSERT_EQUAL(routing.route, GATEWAY_ROUTE_CHAT);
        CU_ASSERT_EQUAL(routing.key, -1);
        CU_ASSERT_FALSE(routing.cors);
    }
}

/* Anthropic's API has routes of its own, and errors of its own wherever the path is one. */
static void test_messages(void)
{
    static const struct {
        const char *path;
        enum gateway_route route;
        bool anthropic;
    } rows[] = {
        {"/v1/messages", GATEWAY_ROUTE_MESSAGES, true},
        {"/openai/v1/messages", GATEWAY_ROUTE_MESSAGES, true},
        {"/v1/messages?beta=true", GATEWAY_ROUTE_MESSAGES, true},
        {"/v1/messages/count_tokens", GATEWAY_ROUTE_TOKENS, true},
        {"/v1/messages/batches", GATEWAY_ROUTE_NONE, true},
        {"/v1/messagesx", GATEWAY_ROUTE_RELAY, false},
        {"/messages", GATEWAY_ROUTE_NONE, false},
        {"/v1/chat/completions", GATEWAY_ROUTE_CHAT, false},
    };
    char line[128];
    fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(line, sizeof(line), "POST %s", rows[i].path);
        judge(line, "Content-Length: 2\r\nContent-Type: application/json\r\n");
        bool built = FEATURE_ANTHROPIC || !rows[i].anthropic;
        CU_ASSERT_EQUAL(routing.route, built ? rows[i].route : GATEWAY_ROUTE_NONE);
        CU_ASSERT_EQUAL(gateway_route_api(&settings, span_of(rows[i].path)),
                        FEATURE_ANTHROPIC && rows[i].anthropic ? PROVIDER_API_ANTHROPIC
                                                               : PROVIDER_API_OPENAI);
        CU_ASSERT_EQUAL(gateway_route_has_body(routing.route),
                        routing.route != GATEWAY_ROUTE_NONE);
        if (strstr(rows[i].path, "?beta") != NULL && FEATURE_ANTHROPIC) {
            CU_ASSERT_TRUE(span_equal(routing.path, SPAN("/messages?beta=true")));
        }
    }
    CU_ASSERT_FALSE(gateway_route_has_body(GATEWAY_ROUTE_MODELS));
}

/* TensorZero's own API is one route, without a version. */
static void test_native(void)
{
    static const struct {
        const char *path;
        bool built, errors;
    } rows[] = {
        {"/inference", true, true},
        {"/inference?a=1", true, true},
        {"/inference/x", false, true},
        {"/inferences", false, false},
        {"/v1/inferenc", false, false},
    };
    char line[128];
    fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(line, sizeof(line), "POST %s", rows[i].path);
        judge(line, "Content-Length: 2\r\nContent-Type: application/json\r\n");
        CU_ASSERT_EQUAL(routing.route == GATEWAY_ROUTE_NATIVE, FEATURE_INFERENCE && rows[i].built);
        CU_ASSERT_EQUAL(gateway_route_api(&settings, span_of(rows[i].path)),
                        FEATURE_INFERENCE && rows[i].errors ? PROVIDER_API_INFERENCE
                                                            : PROVIDER_API_OPENAI);
    }
    CU_ASSERT_TRUE(gateway_route_has_body(GATEWAY_ROUTE_NATIVE));
}

#define FORTY_SEVEN "/a234567890123456789012345678901234567890123456"

/* Any other JSON POST is relayed, if its path is plain and not the box's own. */
static void test_relayed(void)
{
    static const char *const good[] = {"/embeddings", "/audio/speech", "/a",       "/v2/a-b_c.d:e",
                                       "/...x",       "/chat",         "/modelsx", FORTY_SEVEN};
    static const char *const bad[] = {
        "",           "/",         "//",          "/a/",          "/a//b",      "//a",
        "/..",        "/a/../b",   "/./a",        "/a/.",         "/%2e%2e/a",  "/a%2fb",
        "/a;b",       "/a@b",      "a",           "/models",      "/models/a",  "/files/a",
        "/messages/", "/inferences", FORTY_SEVEN "x"};
    char line[128];
    fresh();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(line, sizeof(line), "POST %s%s", i % 2 == 0 ? "/v1" : "/openai/v1", good[i]);
        CU_ASSERT_EQUAL(judge(line, "Content-Length: 2\r\nContent-Type: application/json\r\n"), 0);
        CU_ASSERT_EQUAL(routing.route, GATEWAY_ROUTE_RELAY);
        CU_ASSERT_TRUE(span_equal(routing.path, span_of(good[i])));
        CU_ASSERT_EQUAL(judge(line, ""), 411);
        CU_ASSERT_EQUAL(judge(line, "Content-Length: 2\r\n"), 415);
        CU_ASSERT_EQUAL(judge(line, "Content-Length: 1001\r\n"), 413);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(line, sizeof(line), "POST /v1%s", bad[i]);
        int status = judge(line, "Content-Length: 2\r\nContent-Type: application/json\r\n");
        if (status != 404 && status != 405)
            CU_FAIL(bad[i]);
    }
}

/* Its query goes with it, as far as there is room. */
static void test_relayed_query(void)
{
    char line[LIMIT_ROUTE_BYTES + 64];
    const char *fields = "Content-Length: 2\r\nContent-Type: application/json\r\n";
    fresh();
    CU_ASSERT_EQUAL(judge("POST /v1/a/b?api-version=2024-10-21&x=%2f", fields), 0);
    CU_ASSERT_TRUE(span_equal(routing.path, SPAN("/a/b?api-version=2024-10-21&x=%2f")));
    CU_ASSERT_EQUAL(judge("POST http://localhost/openai/v1/a?", fields), 0);
    CU_ASSERT_TRUE(span_equal(routing.path, SPAN("/a?")));
    CU_ASSERT_EQUAL(judge("POST /v1/chat/completions?a=b", fields), 0);
    CU_ASSERT_TRUE(span_equal(routing.path, SPAN("/chat/completions")));
    for (size_t len = LIMIT_ROUTE_BYTES - 2; len < LIMIT_ROUTE_BYTES + 2; len++) {
        snprintf(line, sizeof(line), "POST /v1/a?%0*d", (int)len - 3, 0);
        CU_ASSERT_EQUAL(judge(line, fields), len < LIMIT_ROUTE_BYTES ? 0 : 414);
    }
}

/* The path is shown, made harmless by nothing but its own syntax. */
static void test_unknown(void)
{
    fresh();
    CU_ASSERT_EQUAL(judge("GET /no/such%0Aplace?secret=1", ""), 404);
    CU_ASSERT_STRING_EQUAL(error.message, "There is nothing at /no/such%0Aplace");
    CU_ASSERT_PTR_NULL(error.code);
    char line[2100] = "GET /";
    memset(line + 5, 'x', 2000);
    CU_ASSERT_EQUAL(judge(line, ""), 404);
    CU_ASSERT_TRUE(strlen(error.message) < 240);
}

static const struct {
    const char *line;
    const char *id; /* NULL: refused */
} ids[] = {
    {"GET /v1/models/mini", "mini"},
    {"GET /v1/models/gpt-4.1%2Dmini", "gpt-4.1-mini"},
    {"GET /v1/models/tensorzero::model_name::x", "tensorzero::model_name::x"},
    {"GET /v1/models/openrouter%3A%3aa%2fb", "openrouter::a/b"},
    {"GET /v1/models/a/b/c", "a/b/c"},
    {"GET /v1/models/mini/", "mini/"},
    {"GET /v1/models/%25", "%"},
    {"GET /v1/models/models/", "models/"},
    {"GET /openai/v1/models/mini?x=y", "mini"},
};

static void test_ids(void)
{
    fresh();
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        CU_ASSERT_EQUAL(judge(ids[i].line, ""), 0);
        if (!span_equal(routing.id, span_of(ids[i].id)))
            CU_FAIL(ids[i].line);
    }
    CU_ASSERT_EQUAL(judge("GET /v1/models/a%00b", ""), 0);
    CU_ASSERT_TRUE(span_equal(routing.id, (struct span){"a\0b", 3}));
}

static void test_long_ids(void)
{
    char line[400] = "GET /v1/models/";
    size_t front = strlen(line);
    fresh();
    memset(line + front, 'x', LIMIT_NAME_BYTES);
    CU_ASSERT_EQUAL(judge(line, ""), 0);
    CU_ASSERT_EQUAL(routing.id.len, LIMIT_NAME_BYTES);
    line[front + LIMIT_NAME_BYTES] = 'x';
    CU_ASSERT_EQUAL(judge(line, ""), 404);
    CU_ASSERT_STRING_EQUAL(error.code, "model_not_found");
}

static const struct {
    const char *line;
    const char *allow;
} methods[] = {
    {"GET " CHAT, "POST, OPTIONS"},
    {"HEAD " CHAT, "POST, OPTIONS"},
    {"PUT " CHAT, "POST, OPTIONS"},
    {"BREW " CHAT, "POST, OPTIONS"},
    {"post " CHAT, "POST, OPTIONS"},
    {"GET /openai" CHAT, "POST, OPTIONS"},
    {"DELETE /v1/models", "GET, HEAD, OPTIONS"},
    {"POST /v1/models", "GET, HEAD, OPTIONS"},
    {"PATCH /v1/models/mini", "GET, HEAD, OPTIONS"},
    {"DELETE /health", "GET, HEAD, OPTIONS"},
    {"POST /status", "GET, HEAD, OPTIONS"},
};

static void test_methods(void)
{
    fresh();
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        CU_ASSERT_EQUAL(judge(methods[i].line, ""), 405);
        CU_ASSERT_STRING_EQUAL(routing.allow, methods[i].allow);
    }
    CU_ASSERT_EQUAL(judge("OPTIONS /v1/models", ""), 0);
    CU_ASSERT_STRING_EQUAL(routing.allow, "GET, HEAD, OPTIONS");
}

static void test_base_path(void)
{
    fresh();
    settings.base_path = "/ai";
    CU_ASSERT_EQUAL(judge("GET /ai/health", ""), 0);
    CU_ASSERT_EQUAL(judge("GET /ai/v1/models/x", ""), 0);
    CU_ASSERT_TRUE(span_equal(routing.id, SPAN("x")));
    CU_ASSERT_EQUAL(judge("GET /ai/openai/v1/models", ""), 0);
    CU_ASSERT_EQUAL(judge("GET /health", ""), 404);
    CU_ASSERT_EQUAL(judge("GET /ai", ""), FEATURE_PAGE ? 0 : 404);
    CU_ASSERT_EQUAL(judge("GET /ai/", ""), FEATURE_PAGE ? 0 : 404);
    CU_ASSERT_EQUAL(judge("GET /", ""), 404);
    CU_ASSERT_EQUAL(judge("GET /aihealth", ""), 404);
    CU_ASSERT_EQUAL(judge("GET /AI/health", ""), 404);
    CU_ASSERT_EQUAL(judge("GET /v1/ai/models", ""), 404);
}

/* ---- who asks ---- */

#define GOOD "Authorization: Bearer " KEY "\r\n"
#define WRONG "Authorization: Bearer wrong\r\n"
#define EVIL "Host: evil.example.com\r\n"
#define PAGE "Origin: https://evil.example.com\r\n"
#define OWN "Origin: http://localhost\r\n"
#define APP "Origin: https://app.example.com\r\n"

static const struct {
    const char *line;
    const char *fields;
    int open;   /* the status without keys, */
    int closed; /* with a key, */
    bool cors;
} who[] = {
    {"GET /v1/models", "", 0, 401, false},
    {"GET /v1/models", GOOD, 0, 0, false},
    {"GET /v1/models", "X-Api-Key: " KEY "\r\n", 0, 0, false},
    {"GET /v1/models", WRONG, 0, 401, false},
    {"GET /v1/models/x", "", 0, 401, false},
    {"POST " CHAT, "", 411, 401, false},
    {"POST " CHAT, GOOD, 411, 411, false},
    {"GET /health", "", 0, 0, false},
    {"GET /status", "", 0, 0, false},
    {"GET /health", WRONG, 0, 0, false},
    {"GET /nothing", "", 404, 404, false},
    {"PUT /health", "", 405, 405, false},
    {"GET /v1/models", EVIL, 421, 421, false},
    {"GET /health", EVIL, 421, 421, false},
    {"GET /nothing", EVIL, 421, 421, false},
    {"GET /v1/models", EVIL GOOD, 421, 0, false},
    {"GET /v1/models", EVIL WRONG, 421, 401, false},
    {"OPTIONS /v1/models", EVIL, 421, 421, false},
    {"GET /v1/models", "Host: evil.example.com.:3000\r\n", 421, 421, false},
    {"GET /v1/models", "Host: gate.example.com\r\n", 0, 401, false},
    {"GET http://evil.example.com/health", "", 421, 421, false},
    {"GET http://localhost/health", EVIL, 0, 0, false},
    {"GET /v1/models", PAGE, 403, 403, false},
    {"GET /health", PAGE, 403, 403, false},
    {"GET /v1/models", PAGE GOOD, 403, 0, false},
    {"GET /v1/models", PAGE WRONG, 403, 403, false},
    {"OPTIONS /v1/models", PAGE, 403, 403, false},
    {"GET /v1/models", OWN, 0, 401, true},
    {"GET /v1/models", APP, 0, 401, true},
    {"GET /v1/models", APP GOOD, 0, 0, true},
    {"OPTIONS /v1/models", APP, 0, 0, true},
    {"OPTIONS " CHAT, APP, 0, 0, true},
    {"GET /nothing", APP, 404, 404, true},
    {"GET /v1/models", EVIL APP, 421, 421, false},
    {"GET /v1/models", "Origin: null\r\n", 403, 403, false},
};

static void test_who(void)
{
    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        fresh();
        int open = judge(who[i].line, who[i].fields);
        bool cors = routing.cors;
        bool no_key = routing.key == -1;
        fresh_with_key();
        int closed = judge(who[i].line, who[i].fields);
        if (open != who[i].open || closed != who[i].closed || cors != who[i].cors ||
            routing.cors != who[i].cors || !no_key) {
            CU_FAIL(who[i].line);
            printf("row %zu: %d %d %d\n", i, open, closed, cors);
        }
    }
}

static void test_key(void)
{
    fresh_with_key();
    CU_ASSERT_EQUAL(judge("GET /v1/models", GOOD), 0);
    CU_ASSERT_EQUAL(routing.key, 0);
    CU_ASSERT_EQUAL(judge("GET /health", GOOD), 0);
    CU_ASSERT_EQUAL(routing.key, 0);
    CU_ASSERT_EQUAL(judge("GET /v1/models", WRONG), 401);
    CU_ASSERT_STRING_EQUAL(error.code, "invalid_api_key");
    CU_ASSERT_EQUAL(routing.key, -1);
    CU_ASSERT_EQUAL(judge("GET /v1/models", ""), 401);
    CU_ASSERT_STRING_EQUAL(error.code, "invalid_api_key");
    CU_ASSERT_PTR_NULL(strstr(error.message, KEY));
}

/* ---- the body ---- */

#define JSON "Content-Type: application/json\r\n"

static const struct {
    const char *fields;
    int status;
} framings[] = {
    {JSON "Content-Length: 0\r\n", 0},
    {JSON "Content-Length: 1000\r\n", 0},
    {JSON "Transfer-Encoding: chunked\r\n", 0},
    {JSON "Content-Length: 1000\r\nExpect: 100-continue\r\n", 0},
    {"Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n", 0},
    {"Content-Type: application/vnd.x+json\r\nContent-Length: 2\r\n", 0},
    {JSON, 411},
    {"", 411},
    {JSON "Content-Length: 1001\r\n", 413},
    {JSON "Content-Length: 9223372036854775807\r\n", 413},
    {"Content-Length: 1001\r\n", 413},
    {"Content-Length: 2\r\n", 415},
    {"Transfer-Encoding: chunked\r\n", 415},
    {"Content-Type: text/plain\r\nContent-Length: 2\r\n", 415},
    {"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n", 415},
    {"Content-Type: application/jsonx\r\nContent-Length: 2\r\n", 415},
};

static void test_framings(void)
{
    fresh();
    for (size_t i = 0; i < sizeof(framings) / sizeof(framings[0]); i++) {
        if (judge("POST " CHAT, framings[i].fields) != framings[i].status)
            CU_FAIL(framings[i].fields);
    }
    CU_ASSERT_EQUAL(judge("POST " CHAT, JSON "Content-Length: 1001\r\n"), 413);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "1000"));
    CU_ASSERT_EQUAL(gateway_route_too_large(&settings).status, 413);
    /* Other routes do not care: their body is not read. */
    CU_ASSERT_EQUAL(judge("GET /health", "Content-Length: 5000\r\n"), 0);
}

static const struct unit_test tests[] = {
    {"routes", test_routes},
    {"relayed", test_relayed},
    {"relayed with a query", test_relayed_query},
    {"chat", test_chat},
    {"nothing there", test_unknown},
    {"model ids", test_ids},
    {"long model ids", test_long_ids},
    {"methods", test_methods},
    {"a base path", test_base_path},
    {"who asks", test_who},
    {"the key", test_key},
    {"the body's framing", test_framings},
    {"Anthropic's routes", test_messages},
    {"TensorZero's own API", test_native},
};

UNIT_MAIN("gateway_route", tests)
