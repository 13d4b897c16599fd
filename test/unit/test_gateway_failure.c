/* How failures are worded, which status a client gets, and what each means for further tries. */
#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway_failure.h"
#include "core/provider/provider.h"
#include "test/unit/unit.h"

#define HOST "api.example.org"

static void check(const struct gateway_failure *failure, uint8_t kind, uint16_t status,
                  const char *message)
{
    CU_ASSERT_EQUAL(failure->kind, kind);
    CU_ASSERT_EQUAL(failure->error.status, status);
    CU_ASSERT_STRING_EQUAL(failure->error.message, message);
    CU_ASSERT_EQUAL(failure->error.retry_after_s, status == 503 ? 1u : 0u);
    CU_ASSERT_PTR_NULL(failure->error.code);
    CU_ASSERT_PTR_NULL(failure->error.param);
    CU_ASSERT_FALSE(failure->sent_whole);
}

static void words(void)
{
    struct gateway_failure failure;
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_connect(&failure, HOST, 502, "connection refused");
    check(&failure, GATEWAY_FAILURE_CONNECT, 502, "Request failed: " HOST ": connection refused");
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_own(&failure, HOST, "no memory is left");
    check(&failure, GATEWAY_FAILURE_OWN, 503, "Request failed: " HOST ": no memory is left");
    CU_ASSERT_EQUAL(failure.error.retry_after_s, 1);
    gateway_failure_connect(&failure, HOST, 503, "network is unreachable");
    check(&failure, GATEWAY_FAILURE_CONNECT, 503,
          "Request failed: " HOST ": network is unreachable");
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_cut(&failure, HOST, "it was cut");
    check(&failure, GATEWAY_FAILURE_CUT, 502, "Request failed: " HOST ": it was cut");
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_unusable(&failure, HOST, "bare line feed");
    check(&failure, GATEWAY_FAILURE_UNUSABLE, 502,
          "Request failed: " HOST ": its HTTP answer is unusable: bare line feed");
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_empty(&failure);
    check(&failure, GATEWAY_FAILURE_UNUSABLE, 502, "Request failed: empty answer");
}

static void timeouts(void)
{
    static const struct {
        enum gateway_phase phase;
        const char *names;
    } rows[] = {
        {GATEWAY_PHASE_CONNECT, "(connect_ms)"},       {GATEWAY_PHASE_TLS, "(tls_ms)"},
        {GATEWAY_PHASE_FIRST_BYTE, "(first_byte_ms)"}, {GATEWAY_PHASE_IDLE, "(idle_ms)"},
        {GATEWAY_PHASE_TOTAL, "(total_ms)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_failure failure;
        memset(&failure, 0xA5, sizeof(failure));
        gateway_failure_timeout(&failure, HOST, rows[i].phase);
        CU_ASSERT_EQUAL(failure.kind, GATEWAY_FAILURE_TIMEOUT);
        CU_ASSERT_EQUAL(failure.error.status, 504);
        CU_ASSERT_FALSE(failure.sent_whole);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.error.message, rows[i].names));
        CU_ASSERT_PTR_EQUAL(strstr(failure.error.message, "Request failed: " HOST ": "),
                            failure.error.message);
    }
}

static void events(void)
{
    struct gateway_failure failure;
    memset(&failure, 0xA5, sizeof(failure));
    gateway_failure_event(&failure, SPAN("too many tokens"));
    check(&failure, GATEWAY_FAILURE_EVENT, 502,
          "Request failed: the service said: too many tokens");
    gateway_failure_event(&failure, SPAN("a\nb\x01\xFF"));
    CU_ASSERT_STRING_EQUAL(failure.error.message, "Request failed: the service said: a?b??");
    gateway_failure_event(&failure, (struct span){NULL, 0});
    CU_ASSERT_STRING_EQUAL(failure.error.message, "Request failed: the service said: ");
}

/* ---- statuses ---- */

/* Those that clients act on are passed, from an error that is theirs. */
static void codes(void)
{
    static const struct {
        uint16_t status;
        const char *body;
        const char *code; /* "": none */
    } rows[] = {
        {400, "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"m\"}}",
         "context_length_exceeded"},
        {400, " {\"error\" : {\"message\":\"m\", \"code\" : \"content\\u005ffilter\"}} ",
         "content_filter"},
        {429, "{\"error\":{\"code\":\"insufficient_quota\"}}", "insufficient_quota"},
        {400, "{\"error\":{\"code\":\"of_its_own\"}}", ""},
        {400, "{\"error\":{\"code\":400}}", ""},
        {400, "{\"error\":\"content_filter\",\"code\":\"content_filter\"}", ""},
        {400, "{\"error\":{\"code\":\"content_filter\"}", ""},
        {400, "content_filter", ""},
        {400, "", ""},
        {401, "{\"error\":{\"code\":\"insufficient_quota\"}}", ""},
        {500, "{\"error\":{\"code\":\"content_filter\"}}", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_failure failure;
        gateway_failure_status(&failure, rows[i].status, span_of(rows[i].body));
        const char *code = failure.error.code;
        CU_ASSERT_STRING_EQUAL(code == NULL ? "" : code, rows[i].code);
    }
}

static void statuses(void)
{
    static const struct {
        uint16_t status;
        uint16_t for_client;
        bool clients;
        bool configuration;
    } rows[] = {
        {300, 502, false, true},  {301, 502, false, true},  {304, 502, false, true},
        {399, 502, false, true},  {400, 400, true, false},  {401, 502, false, true},
        {402, 502, false, true},  {403, 502, false, true},  {404, 404, true, false},
        {405, 502, false, false}, {408, 502, false, false}, {409, 409, true, false},
        {410, 502, false, false}, {413, 413, true, false},  {415, 502, false, false},
        {422, 422, true, false},  {429, 429, false, false}, {451, 502, false, false},
        {500, 502, false, false}, {501, 502, false, false}, {502, 502, false, false},
        {503, 503, false, false}, {504, 504, false, false}, {529, 503, false, false},
        {599, 502, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_failure failure;
        gateway_failure_status(&failure, rows[i].status, SPAN("why"));
        CU_ASSERT_EQUAL(failure.kind, GATEWAY_FAILURE_STATUS);
        CU_ASSERT_EQUAL(failure.upstream_status, rows[i].status);
        CU_ASSERT_EQUAL(failure.error.status, rows[i].for_client);
        CU_ASSERT_EQUAL(gateway_failure_is_clients(&failure), rows[i].clients);
        CU_ASSERT_EQUAL(gateway_failure_is_configuration(&failure), rows[i].configuration);
    }
}

/* A failure of another kind is neither's fault, whatever stands in its status. */
static void other_kinds(void)
{
    static const uint16_t statuses[] = {301, 400, 401, 404, 413};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        for (uint8_t kind = GATEWAY_FAILURE_NONE; kind <= GATEWAY_FAILURE_UNUSABLE; kind++) {
            const struct gateway_failure failure = {.kind = kind, .upstream_status = statuses[i]};
            if (kind == GATEWAY_FAILURE_STATUS)
                continue;
            CU_ASSERT_FALSE(gateway_failure_is_clients(&failure));
            CU_ASSERT_FALSE(gateway_failure_is_configuration(&failure));
        }
}

static void bodies(void)
{
    static const struct {
        const char *body;
        const char *words; /* behind the status */
    } rows[] = {
        {"", ""},
        {"plain text", ": plain text"},
        {"<html>\r\n\tx", ": <html>???x"},
        {"{\"error\":{\"message\":\"no \\\"such\\\" model\",\"type\":\"x\"}}",
         ": no \"such\" model"},
        {"{\"error\":\"simply\"}", ": simply"},
        {"{\"message\":\"at the top\"}", ": at the top"},
        {" {\"error\":{\"code\":5},\"message\":\"second choice\"} ", ": second choice"},
        {"{\"error\":{\"message\":7},\"message\":\"third\"}", ": third"},
        {"{\"error\":{\"message\":\"line\\nfeed \\u00e9 \\u0000\"}}", ": line?feed \xC3\xA9 ?"},
        {"{\"error\":{\"message\":\"\"}}", ""},
        {"{\"error\":null}", ""},
        {"{\"message\":5}", ""},
        {"{\"detail\":\"nobody's\"}", ""},
        {"[1,2]", ""},
        {"\"text\"", ""},
        {"{\"error\":{\"message\":\"cut", ": {\"error\":{\"message\":\"cut"},
        {"{\"error\":\"twice\"} {}", ": {\"error\":\"twice\"} {}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_failure failure;
        size_t len = strlen(rows[i].body);
        const char *body = unit_guard(0, rows[i].body, len);
        gateway_failure_status(&failure, 500, (struct span){body, len});
        const char *head = "Request failed: the service answered 500";
        CU_ASSERT_EQUAL_FATAL(strncmp(failure.error.message, head, strlen(head)), 0);
        if (strcmp(failure.error.message + strlen(head), rows[i].words) != 0)
            printf("%s\n%s\n", rows[i].body, failure.error.message);
        CU_ASSERT_STRING_EQUAL(failure.error.message + strlen(head), rows[i].words);
    }
}

static void redirect_says_so(void)
{
    struct gateway_failure failure;
    gateway_failure_status(&failure, 302, SPAN("{\"error\":\"go there\"}"));
    CU_ASSERT_STRING_EQUAL(failure.error.message, "Request failed: the service answered 302, a "
                                                  "redirect, which is never followed");
}

/* ---- sizes ---- */

static void long_words(void)
{
    char many[GATEWAY_FAILURE_BODY_BYTES];
    char json[sizeof(many) + 64];
    struct gateway_failure failure;
    memset(many, 'w', sizeof(many));
    struct span all = {many, sizeof(many)};
    gateway_failure_status(&failure, 500, all);
    CU_ASSERT_TRUE(strlen(failure.error.message) < GATEWAY_ERROR_BYTES);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.error.message, "answered 500: wwww"));
    struct text text = text_over(json, sizeof(json));
    text_add_str(&text, "{\"error\":{\"message\":\"");
    text_add(&text, all);
    text_add_str(&text, "\"}}");
    gateway_failure_status(&failure, 500, text_span(&text));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.error.message, "answered 500: wwww"));
    gateway_failure_event(&failure, all);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.error.message, "said: wwww"));
    many[sizeof(many) - 1] = '\0';
    gateway_failure_cut(&failure, many, "the reason");
    CU_ASSERT_TRUE(strlen(failure.error.message) < GATEWAY_ERROR_BYTES);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.error.message, ": the reason"));
    gateway_failure_unusable(&failure, many, many);
    CU_ASSERT_EQUAL(strlen(failure.error.message), GATEWAY_ERROR_BYTES - 1);
}

static void check_logged(const struct gateway_failure *failure, const char *expected)
{
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "try failed");
    gateway_failure_log(&log, failure);
    CU_ASSERT_STRING_EQUAL(text_str(&log.text), expected);
}

static void logged(void)
{
    struct gateway_failure failure;
    gateway_failure_status(&failure, 401, SPAN("{\"error\":\"no such key: sk-1234\"}"));
    check_logged(&failure, "try failed reason=\"Request failed: the service answered 401\"");
    gateway_failure_status(&failure, 400, SPAN("cannot read: my secret prompt"));
    check_logged(&failure, "try failed reason=\"Request failed: the service answered 400\"");
    gateway_failure_status(&failure, 302, SPAN(""));
    check_logged(&failure, "try failed reason=\"Request failed: the service answered 302, "
                           "a redirect, which is never followed\"");
    gateway_failure_event(&failure, SPAN("my secret prompt"));
    check_logged(&failure, "try failed reason=\"Request failed: the service said\"");
    gateway_failure_cut(&failure, HOST, "it was cut");
    check_logged(&failure, "try failed reason=\"Request failed: " HOST ": it was cut\"");
}

/* ---- what it repeats of our credentials ---- */

#define API_KEY "sk-proj-0123456789abcdef"
#define DEVICE "11111111-2222-4333-8444-555555555555"
#define SESSION "session-of-the-box"
#define STARS_24 "************************"
#define STARS_36 STARS_24 "************"

static const struct {
    const char *key, *said, *told;
} repeated[] = {
    {API_KEY, "bad key " API_KEY ", sorry", "bad key " STARS_24 ", sorry"},
    {API_KEY, API_KEY, STARS_24},
    {API_KEY, API_KEY API_KEY "!", STARS_24 STARS_24 "!"},
    {API_KEY, "Bearer " API_KEY " of " DEVICE, "Bearer " STARS_24 " of " STARS_36},
    {API_KEY, "no " SESSION, "no ******************"},
    {API_KEY, "sk-proj-0123456789abcd", "**********************"}, /* as where it is cut */
    {API_KEY, "sk-proj-0123x", "************x"},
    {API_KEY, "sk-proj-012", "sk-proj-012"},
    {API_KEY, "sk-proj-*******def", "sk-proj-*******def"},
    {"secret", "a secret", "a ******"},
    {"short", "too short", "too short"},
    {NULL, "nothing of " API_KEY, "nothing of " API_KEY},
    {"Request failed", "Request failed", "**************"},
};

static void credentials(void)
{
    for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
        const struct settings_provider provider = {.api_key = repeated[i].key};
        const struct provider_call call = {.provider = &provider, .device_id = SPAN(DEVICE),
                                           .session_id = SPAN(SESSION)};
        struct gateway_failure failure;
        char wanted[256];
        snprintf(wanted, sizeof(wanted), "Request failed: the service said: %s", repeated[i].told);
        gateway_failure_event(&failure, span_of(repeated[i].said));
        gateway_failure_hide(&failure, &call);
        CU_ASSERT_STRING_EQUAL(failure.error.message, wanted);
        snprintf(wanted, sizeof(wanted), "Request failed: the service answered 401: %s",
                 repeated[i].told);
        gateway_failure_status(&failure, 401, span_of(repeated[i].said));
        gateway_failure_hide(&failure, &call);
        CU_ASSERT_STRING_EQUAL(failure.error.message, wanted);
    }
}

static const struct unit_test tests[] = {
    {"credentials", credentials},
    {"each failure in its words", words},
    {"a timeout names its phase and its key", timeouts},
    {"an event's words, printable", events},
    {"statuses: the client's, and whose fault", statuses},
    {"codes that pass", codes},
    {"other kinds are nobody's fault", other_kinds},
    {"an error's body: JSON in three shapes, text, rubbish", bodies},
    {"a redirect says so", redirect_says_so},
    {"long words and names are cut", long_words},
    {"the log has our words alone", logged},
};

UNIT_MAIN("gateway_failure", tests)
