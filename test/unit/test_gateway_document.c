/* A whole answer that passes as it comes: judged in any pieces, held to the border and past it. */
#include "core/gateway/gateway_document.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES (3 * LIMIT_HOLD_BYTES)

static char letters[LONG_BYTES];

static struct span text_of(size_t n)
{
    for (size_t i = 0; letters[LONG_BYTES - 1] == '\0' && i < LONG_BYTES; i++)
        letters[i] = (char)('a' + i % 23);
    return (struct span){letters, n};
}

/* ---- the judge ---- */

enum verdict { GOOD, NO_JSON, NO_CHOICES };

static const struct {
    const char *document;
    enum verdict verdict;
} rows[] = {
    {"{\"choices\":[]}", GOOD},
    {" {\n \"id\" : 1 ,\n \"choices\" : null } ", GOOD},
    {"{\"usage\":{\"a\":[1,{\"b\":\":,\"}]},\"choices\":[{}]}", GOOD},
    {"{\"a name that is longer than there is any room for\":1,\"choices\":[]}", GOOD},
    {"{\n\t \"choices\"\n:1,\"x\":2}", GOOD},
    {"{\"x\" : \"y\" ,                              \"choices\"      :1}", GOOD},
    {"{}", NO_CHOICES},
    {"[]", NO_CHOICES},
    {"[\"choices\",{\"choices\":1}]", NO_CHOICES},
    {"\"choices\"", NO_CHOICES},
    {"null", NO_CHOICES},
    {"{\"x\":{\"choices\":[]}}", NO_CHOICES},
    {"{\"x\":\"choices\"}", NO_CHOICES},
    {"{\"choice\":[],\"choicess\":[],\"\":1}", NO_CHOICES},
    {"{\"error\":{\"message\":\"no\"}}", NO_CHOICES},
    {"", NO_JSON},
    {"{\"choices\":[]", NO_JSON},
    {"{\"choices\":[]}}", NO_JSON},
    {"{\"choices\":[],}", NO_JSON},
    {"{\"choices\":\"\xC3\x28\"}", NO_JSON},
    {"<html>", NO_JSON},
};

static enum verdict judge(struct span document, size_t step)
{
    struct gateway_document d;
    gateway_document_begin(&d);
    for (size_t at = 0; at < document.len; at += step) {
        size_t left = document.len - at;
        struct span piece = {document.at + at, left < step ? left : step};
        if (gateway_document_take(&d, piece) == RESULT_FAULT)
            return d.rules.why != NULL ? NO_JSON : GOOD;
    }
    if (gateway_document_fault(&d) == NULL)
        return GOOD;
    CU_ASSERT_EQUAL(d.has_error, span_starts(document, SPAN("{\"error\"")));
    return strcmp(gateway_document_fault(&d), "its JSON has no choices") == 0 ? NO_CHOICES
                                                                             : NO_JSON;
}

static void every_document(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].document);
        struct span document = {unit_guard(0, rows[i].document, len), len};
        for (size_t step = 1; step <= len + 1; step++) {
            bool same = judge(document, step) == rows[i].verdict;
            CU_ASSERT_TRUE(same);
            if (!same)
                printf("  %s in pieces of %zu\n", rows[i].document, step);
        }
        for (size_t cut = 0; cut < len && rows[i].verdict == GOOD; cut++)
            CU_ASSERT_TRUE(judge((struct span){document.at, cut}, 3) == NO_JSON ||
                           document.at[cut] == ' ');
    }
}

/* On other routes choices are not asked for, or nothing is. */
static void other_routes(void)
{
    static const struct {
        const char *document;
        bool any, opaque, good;
    } others[] = {
        {"{}", true, false, true},        {"[1]", true, false, true},
        {"{", true, false, false},        {"", true, false, false},
        {"ID3\xFF", true, false, false}, {"ID3\xFF", true, true, true},
        {"", true, true, true},           {"{}", false, false, false},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct gateway_document d;
        gateway_document_begin(&d);
        d.any = others[i].any;
        d.opaque = others[i].opaque;
        bool taken = gateway_document_take(&d, span_of(others[i].document)) == RESULT_MORE;
        CU_ASSERT_EQUAL(taken && gateway_document_fault(&d) == NULL, others[i].good);
    }
}

/* The usage is read wherever it is cut, and only at the top. */
static void usages(void)
{
    static const struct {
        const char *document;
        struct provider_usage usage;
    } told[] = {
        {"{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":50,"
         "\"prompt_tokens_details\":{\"cached_tokens\":3}}}", {true, true, 7, 50, 3}},
        {"{ \"usage\" : { \"output_tokens\" : 12 , \"input_tokens\" : 345 } , \"x\" : 1 }",
         {true, true, 345, 12, 0}},
        {"{\"usage\":{\"prompt_tokens\":7},\"a\\\"b\":[],"
         "\"usage\":{\"completion_tokens\":2} ,\"x\":1}",
         {true, true, 7, 2, 0}},
        {"{\"usage\":null}", {0}},
        {"{\"usage\":{}}", {0}},
        {"{\"x\":{\"usage\":{\"prompt_tokens\":7}}}", {0}},
        {"{\"x\":[{\"prompt_tokens\":7}],\"usage\":{\"prompt_tokens\":8}}",
         {.has_input = true, .input = 8}},
        {"{\"usages\":{\"prompt_tokens\":7}}", {0}},
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        size_t len = strlen(told[i].document);
        struct span document = {unit_guard(0, told[i].document, len), len};
        for (size_t step = 1; step <= len; step++) {
            struct gateway_document d;
            gateway_document_begin(&d);
            for (size_t at = 0; at < len; at += step) {
                size_t left = len - at;
                struct span piece = {document.at + at, left < step ? left : step};
                CU_ASSERT_EQUAL(gateway_document_take(&d, piece), RESULT_MORE);
            }
            CU_ASSERT_EQUAL(d.usage.has_input, told[i].usage.has_input);
            CU_ASSERT_EQUAL(d.usage.has_output, told[i].usage.has_output);
            CU_ASSERT_EQUAL(d.usage.input, told[i].usage.input);
            CU_ASSERT_EQUAL(d.usage.output, told[i].usage.output);
            CU_ASSERT_EQUAL(d.usage.cached, told[i].usage.cached);
        }
    }
}

/* ---- passing on ---- */

static enum result pass(struct span text, size_t n)
{
    RELAY.content_type = "application/json";
    return unit_gateway_say(PROVIDER_DOCUMENT, text, false, n);
}

static void check_answer(struct span expected, bool chunked)
{
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_EQUAL(answer.chunked, chunked);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-type: application/json\r\n"));
    CU_ASSERT_TRUE(span_equal(answer.body, expected));
    CU_ASSERT_TRUE(G->clients[0].ended);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

static void up_to_the_border_and_past_it(void)
{
    static const size_t lengths[] = {1,
                                     LIMIT_PAGE_BYTES,
                                     LIMIT_HOLD_BYTES - 1,
                                     LIMIT_HOLD_BYTES,
                                     LIMIT_HOLD_BYTES + 1,
                                     LONG_BYTES};
    static const size_t steps[] = {1000, 4096, 16384, LONG_BYTES};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (size_t s = 0; s < 4; s++) {
            unit_gateway_fresh(false);
            for (size_t at = 0; at < lengths[i]; at += steps[s]) {
                struct span rest = span_skip(text_of(lengths[i]), at);
                rest.len = rest.len < steps[s] ? rest.len : steps[s];
                CU_ASSERT_EQUAL_FATAL(pass(rest, 5000), RESULT_DONE);
            }
            bool flows = RELAY.state == GATEWAY_RELAY_FLOWING;
            CU_ASSERT_EQUAL(flows, lengths[i] > LIMIT_HOLD_BYTES);
            CU_ASSERT_EQUAL(flows, G->requests[0].first_content_us != 0);
            CU_ASSERT_EQUAL(unit_gateway_finish(5000), RESULT_DONE);
            CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
            check_answer(text_of(lengths[i]), flows);
        }
}

static void a_further_try(void)
{
    unit_gateway_fresh(false);
    gateway_document_take(&RELAY.document, SPAN("{\"choices\":["));
    CU_ASSERT_EQUAL(pass(SPAN("{\"choices\":["), 0), RESULT_DONE);
    gateway_relay_again(G, 0);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    CU_ASSERT_FALSE(RELAY.has_text || RELAY.document.has_choices);
    CU_ASSERT_EQUAL(RELAY.document.rules.offset, 0);
    CU_ASSERT_EQUAL(pass(SPAN("{}"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_answer(SPAN("{}"), false);
}

/* What flows and fails has no last chunk; what does not flow is an error. */
static void an_error(void)
{
    const struct gateway_error error = gateway_error(502, "broken");
    for (int flows = 0; flows < 2; flows++) {
        unit_gateway_fresh(false);
        CU_ASSERT_EQUAL(pass(text_of(flows ? LONG_BYTES : 100), 0), RESULT_DONE);
        gateway_relay_fail(G, 0, &error);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_EQUAL(answer.status, flows ? 200 : 502);
        CU_ASSERT_EQUAL(answer.whole, !flows);
    }
}

static void scarce_pages(void)
{
    unit_gateway_fresh(false);
    unit_gateway_leave_pages(LIMIT_PAGES_RESERVE);
    CU_ASSERT_EQUAL(pass(SPAN("{}"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    unit_gateway_give_pages();
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_answer(SPAN("{}"), true);
}

/* One that is whole in hand, and short, goes out behind its head, and is not held. */
static void at_once(void)
{
    static const size_t lengths[] = {1, LIMIT_PAGE_BYTES / 2, LIMIT_PAGE_BYTES / 2 + 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        unit_gateway_fresh(false);
        RELAY.document.whole = true;
        CU_ASSERT_EQUAL(pass(text_of(lengths[i]), 0), RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state == GATEWAY_RELAY_FLOWING, lengths[i] <= LIMIT_PAGE_BYTES / 2);
        CU_ASSERT_EQUAL(RELAY.text.len > 0, lengths[i] > LIMIT_PAGE_BYTES / 2);
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        check_answer(text_of(lengths[i]), false);
    }
}

/* Where something is held already, the rest is held with it. */
static void behind_what_is_held(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(pass(SPAN("{"), 0), RESULT_DONE);
    RELAY.document.whole = true;
    CU_ASSERT_EQUAL(pass(SPAN("}"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_answer(SPAN("{}"), false);
}

static const struct unit_test tests[] = {
    {"at once", at_once},
    {"behind what is held", behind_what_is_held},
    {"every document", every_document},
    {"other routes", other_routes},
    {"usages", usages},
    {"up to the border and past it", up_to_the_border_and_past_it},
    {"a further try", a_further_try},
    {"an error", an_error},
    {"scarce pages", scarce_pages},
};

UNIT_MAIN("gateway_document", tests)
