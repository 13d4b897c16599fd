/* Model lists: fetched, kept, shared, saved; what they mean for requests. */
#include "core/gateway/gateway_catalog.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define C (&unit_live.gateway.catalogs)
#define R (&unit_live.gateway.requests[0])

#define FEW_TURNS 25
#define PROVIDER(model, name, more)                                                                \
    "[models." model "]\nretries=0\n[models." model ".providers." name "]\ntype='rust-proxy'\n"    \
    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n" more

#define BASE "{\"modelName\":\"one\",\"displayName\":\"One\",\"modelType\":\"base\"}"
#define TRIAL(left) "{\"modelName\":\"few\",\"modelType\":\"freeTrial\",\"usageLeft\":" left "}"
#define PREMIUM "{\"modelName\":\"dear\",\"modelType\":\"premium\",\"usageLeft\":50}"
#define LIST(left) "[" BASE "," TRIAL(left) "," PREMIUM "]"

static int listener;
static uint16_t port;

/* Four models of one account: two in the list, one that the filter drops, one that is not there. */
static void start(void)
{
    unit_live_start_with_lists(
        PROVIDER("one", "a", "model_name='one'\n")
        PROVIDER("few", "b", "model_name='few'\n")
        PROVIDER("dear", "c", "model_name='dear'\nmodel_filter.exclude_types=['premium']\n")
        PROVIDER("none", "d", "model_name='none'\n")
        "[models.few.providers.box]\ntype='loopback'\n",
        port, port, port, port);
}

/* A first start, with nothing saved. */
static void set_up_anew(void)
{
    listener = unit_wire_listen(&port);
    unit_live_remove_state();
    start();
}

/* The service takes a request, for the list or a chat. */
static struct unit_wire *take(const char *what)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT_EQUAL(strncmp(request.head, what, strlen(what)), 0);
    return service;
}

#define TAKE_LIST() take("GET /api/v1/models HTTP/1.1\r\n")
#define TAKE_CHAT() take("POST /api/v1/stream/chat HTTP/1.1\r\n")

static void say_list(struct unit_wire *service, const char *json)
{
    char head[200];
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %zu\r\n\r\n", strlen(json));
    unit_wire_say(service, head);
    unit_wire_say(service, json);
    unit_live_settle();
}

static void say_chat(struct unit_wire *service, bool whole)
{
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    unit_wire_say(service, whole ? UNIT_LIVE_FINISH : "");
    if (whole)
        unit_wire_shut(service);
}

static void fail(struct unit_wire *service)
{
    unit_wire_say(service, "HTTP/1.1 500 Bad\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    unit_live_settle();
}

static const struct model_list *list(void)
{
    return model_catalog_list(&C->models, 0);
}

static int left_of(const char *identifier)
{
    const struct model_list *models = list();
    return model_list_get(models, model_list_find(models, span_of(identifier))).usage_left;
}

static void nobody_is_asked(void)
{
    unit_live_settle();
    CU_ASSERT_PTR_NULL(unit_wire_accept(listener));
}

static void check(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(answer.status, status);
    if (strstr(answer.body, words) == NULL)
        printf("wanted %s\ngot %s%s\n", words, answer.head, answer.body);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

/* ---- fetched ---- */

static void at_the_start(void)
{
    set_up_anew();
    struct unit_wire *service = TAKE_LIST();
    CU_ASSERT_STRING_EQUAL(unit_wire_field(service->message, "device-id"), G->state.device_id);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(service->message, "sid"), G->state.session_id);
    CU_ASSERT_PTR_NULL(list());
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    say_list(service, LIST("20"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(list());
    CU_ASSERT_EQUAL(list()->count, 3);
    CU_ASSERT_EQUAL(C->of_provider[0], 0); /* all share it */
    CU_ASSERT_EQUAL(C->of_provider[3], 0);
    CU_ASSERT_EQUAL(C->of_provider[4], MODEL_CATALOG_NONE);
    nobody_is_asked();
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    unit_live_end();
}

static void anew_when_it_is_old(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("20"));
    uint32_t ttl_s = unit_live.settings.providers[0].models_ttl_s;
    unit_clock_skip_ms((uint64_t)ttl_s * 1000 - 500);
    nobody_is_asked();
    unit_clock_skip_ms(500);
    struct unit_wire *service = TAKE_LIST();
    CU_ASSERT_EQUAL(left_of("few"), 20); /* the old one serves meanwhile */
    say_list(service, LIST("19"));
    CU_ASSERT_EQUAL(left_of("few"), 19);
    unit_live_end();
}

/* In many pieces, larger than a window; an element that fills one is left out. */
static void large(void)
{
    static char json[120000];
    set_up_anew();
    struct text text = text_over(json, sizeof(json));
    text_add_str(&text, "{\"object\":\"list\",\"data\":[" BASE);
    for (unsigned i = 0; i < 600; i++) {
        text_add_str(&text, ",{\"id\":\"unused\",\"modelName\":\"model-");
        text_add_u64(&text, i);
        text_add_str(&text, "\"}");
    }
    text_add_str(&text, ",{\"modelName\":\"long\",\"icon\":\"");
    for (int i = 0; i < LIMIT_WINDOW_BYTES; i++)
        text_add_char(&text, 'i');
    text_add_str(&text, "\"},{\"modelName\":\"last\"}]}");
    text_str(&text);
    struct unit_wire *service = TAKE_LIST();
    unit_wire_say(service, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    unit_wire_say_chunk(service, json);
    unit_wire_say_chunk(service, "");
    unit_live_settle();
    CU_ASSERT_PTR_NOT_NULL_FATAL(list());
    CU_ASSERT_EQUAL(list()->count, 602);
    CU_ASSERT_EQUAL(list()->left_out + list()->skipped, 1);
    CU_ASSERT_NOT_EQUAL(model_list_find(list(), SPAN("last")), MODEL_NONE);
    CU_ASSERT_EQUAL(G->windows.index.high, 0);
    unit_live_end();
}

/* ---- failed ---- */

/* Without any list the chat is not held up; the list is asked for again after a while. */
static void fails_without_an_old_one(void)
{
    static const char *const wires[] = {
        "HTTP/1.1 500 Bad\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-encoding: br\r\n\r\n[]",
        "HTTP/1.1 301 Moved\r\nlocation: /x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "rubbish\r\n\r\n",
    };
    set_up_anew();
    for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
        struct unit_wire *service = TAKE_LIST();
        struct unit_wire *client = unit_live_chat("none", false);
        unit_live_settle();
        CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_LIST_WAIT);
        unit_wire_say(service, wires[i]);
        say_chat(TAKE_CHAT(), true);
        check(client, 200, "Hello");
        CU_ASSERT_PTR_NULL(list());
        CU_ASSERT_EQUAL(C->models.catalogs[0].failures, i + 1);
        unit_clock_skip_ms(MODEL_CATALOG_RETRY_US / 1000 - 500);
        nobody_is_asked();
        unit_clock_skip_ms(500);
    }
    say_list(TAKE_LIST(), LIST("20"));
    CU_ASSERT_PTR_NOT_NULL(list());
    unit_live_end();
}

static void fails_with_an_old_one(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("0"));
    unit_clock_skip_ms((uint64_t)unit_live.settings.providers[0].models_ttl_s * 1000);
    struct unit_wire *service = TAKE_LIST();
    unit_wire_say(service, "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n[" BASE);
    unit_live_settle();
    unit_wire_reset(service);
    unit_live_settle();
    CU_ASSERT_PTR_NOT_NULL_FATAL(list());
    CU_ASSERT_EQUAL(list()->count, 3);
    CU_ASSERT(C->models.catalogs[0].stale);
    check(unit_live_chat("none", false), 404, "Model not available");
    unit_live_end();
}

/* The whole has ten seconds, whatever trickles. */
static void trickles(void)
{
    set_up_anew();
    struct unit_wire *service = TAKE_LIST();
    unit_wire_say(service, "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n[");
    for (int i = 0; i < 9; i++) {
        unit_live_settle();
        CU_ASSERT_NOT_EQUAL(C->fetches[0].catalog, MODEL_CATALOG_NONE);
        unit_clock_skip_ms(1000);
        unit_wire_say(service, " ");
    }
    unit_live_settle();
    unit_clock_skip_ms(1001);
    CU_ASSERT(unit_live_ended(service));
    CU_ASSERT_EQUAL(C->fetches[0].catalog, MODEL_CATALOG_NONE);
    CU_ASSERT_EQUAL(C->models.catalogs[0].failures, 1);
    unit_live_end();
}

static void nobody_listens(void)
{
    set_up_anew();
    unit_wire_unlisten(listener);
    for (int i = 0; i < 1000 && C->models.catalogs[0].failures == 0; i++)
        unit_live_turn();
    CU_ASSERT_EQUAL(C->models.catalogs[0].failures, 1);
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    unit_live_end();
}

/* ---- requests ---- */

static void waits_for_a_first_list(void)
{
    set_up_anew();
    struct unit_wire *service = TAKE_LIST();
    struct unit_wire *good = unit_live_chat("one", false);
    struct unit_wire *streams = unit_live_chat("one", true);
    struct unit_wire *bad = unit_live_chat("none", false);
    struct unit_wire *leaves = unit_live_chat("one", false);
    for (int i = 0; i < 2000 && G->list_wait.count < 4; i++)
        unit_live_turn();
    CU_ASSERT_EQUAL_FATAL(G->list_wait.count, 4);
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    unit_wire_close(leaves);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->list_wait.count, 3);
    unit_live.settings.timeouts.ping_ms = 2000;
    gateway_request_set_timer(G, 1);
    unit_clock_skip_ms(2001);
    CU_ASSERT(unit_live_read(streams, ": ping\n\n"));
    say_list(service, LIST("20"));
    check(bad, 404, "Model not available");
    say_chat(TAKE_CHAT(), true);
    say_chat(TAKE_CHAT(), true);
    check(good, 200, "Hello");
    check(streams, 200, "Hello");
    unit_live_end();
}

static void the_wait_is_too_long(void)
{
    set_up_anew();
    unit_live.settings.timeouts.total_ms = 5000;
    TAKE_LIST();
    struct unit_wire *client = unit_live_chat("one", false);
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_LIST_WAIT);
    unit_clock_skip_ms(5001);
    check(client, 504, "(total_ms)");
    CU_ASSERT_EQUAL(G->list_wait.count, 0);
    unit_live_end();
}

/* Each reason, before anything goes to the service; the list is not asked for because of a filter.
 * */
static void verdicts(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("0"));
    check(unit_live_chat("dear", false), 404, "\"code\":\"model_not_found\"");
    nobody_is_asked();
    check(unit_live_chat("none", false), 404, "Model not available");
    fail(TAKE_LIST()); /* it may have come new */
    struct unit_wire *client = unit_live_chat("few", false);
    check(client, 200, "loopback"); /* passed over, without a try */
    unit_live.settings.models[1].route_count = 1;
    check(unit_live_chat("few", false), 429, "\"code\":\"insufficient_quota\"");
    nobody_is_asked();
    unit_live_end();
}

static void forced_now_and_then(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("20"));
    check(unit_live_chat("none", false), 404, "Model not available");
    struct unit_wire *service = TAKE_LIST();
    check(unit_live_chat("none", false), 404, "Model not available"); /* while one is under way */
    say_list(service, LIST("20"));
    unit_clock_skip_ms(MODEL_CATALOG_FORCED_US / 1000 - 1000);
    for (int i = 0; i < 3; i++)
        check(unit_live_chat("none", false), 404, "Model not available");
    nobody_is_asked();
    unit_clock_skip_ms(1000);
    check(unit_live_chat("none", false), 404, "Model not available");
    say_list(TAKE_LIST(), "[{\"modelName\":\"none\",\"modelType\":\"base\"}]");
    struct unit_wire *client = unit_live_chat("none", false);
    say_chat(TAKE_CHAT(), true);
    check(client, 200, "Hello");
    unit_live_end();
}

static void spends(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("12"));
    unit_live.settings.models[1].route_count = 1;
    struct unit_wire *client = unit_live_chat("few", false);
    struct unit_wire *service = TAKE_CHAT();
    CU_ASSERT_STRING_EQUAL(unit_wire_field(service->message, "device-id"), G->state.device_id);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(service->message, "sid"), G->state.session_id);
    say_chat(service, true);
    check(client, 200, "Hello");
    CU_ASSERT_EQUAL(left_of("few"), 11);
    client = unit_live_chat("few", true);
    say_chat(TAKE_CHAT(), false);
    CU_ASSERT(unit_live_read(client, "Hello"));
    unit_wire_close(client); /* left after content began */
    CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
    CU_ASSERT_EQUAL(left_of("few"), 10);
    client = unit_live_chat("few", true);
    TAKE_CHAT();
    unit_wire_close(client); /* left before */
    CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
    client = unit_live_chat("few", false);
    fail(TAKE_CHAT());
    check(client, 502, "answered 500");
    client = unit_live_chat("few", true);
    service = TAKE_CHAT();
    say_chat(service, false);
    CU_ASSERT(unit_live_read(client, "Hello"));
    unit_wire_reset(service); /* cut after content */
    check(client, 200, "error");
    CU_ASSERT_EQUAL(left_of("few"), 10);
    client = unit_live_chat("one", false);
    say_chat(TAKE_CHAT(), true);
    check(client, 200, "Hello"); /* not limited */
    CU_ASSERT_EQUAL(left_of("one"), MODEL_USAGE_UNTOLD);
    unit_live_end();
}

/* ---- saved ---- */

static void over_a_restart(void)
{
    set_up_anew();
    say_list(TAKE_LIST(), LIST("12"));
    G->state.flush_us = 0;
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_FALSE(C->dirty[0]);
    unit_live.settings.models[1].route_count = 1;
    struct unit_wire *client = unit_live_chat("few", false);
    say_chat(TAKE_CHAT(), true);
    check(client, 200, "Hello");
    CU_ASSERT(C->dirty[0]);
    unit_clock_skip_ms(unit_live.settings.state_flush_s * 1000u);
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_FALSE(C->dirty[0]);
    unit_live_end();
    listener = unit_wire_listen_again(port);
    start();
    CU_ASSERT_PTR_NOT_NULL_FATAL(list());
    CU_ASSERT(C->models.catalogs[0].stale);
    CU_ASSERT_EQUAL(left_of("few"), 11);
    CU_ASSERT_FALSE(C->dirty[0]);
    struct unit_wire *service = TAKE_LIST(); /* and asks for a new one at once */
    check(unit_live_chat("dear", false), 404, "Model not available"); /* without a wait */
    say_list(service, LIST("5"));
    CU_ASSERT_EQUAL(left_of("few"), 5);
    CU_ASSERT_FALSE(C->models.catalogs[0].stale);
    unit_live_end();
}

/* Three accounts: two lists are built at once, the third is asked for when one of them has come. */
static void more_accounts_than_builds(void)
{
    listener = unit_wire_listen(&port);
    unit_live_start_with_lists(PROVIDER("a", "a", "model_name='one'\ndevice_id='1'\n")
                                   PROVIDER("b", "b", "model_name='one'\ndevice_id='2'\n")
                                       PROVIDER("c", "c", "model_name='one'\ndevice_id='3'\n"),
                               port, port, port);
    struct unit_wire *first = TAKE_LIST();
    struct unit_wire *second = TAKE_LIST();
    nobody_is_asked();
    CU_ASSERT_EQUAL(gateway_catalog_due_us(G), UINT64_MAX);
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    struct unit_wire *client = unit_live_chat("c", false);
    say_list(second, LIST("1"));
    struct unit_wire *third = TAKE_LIST();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_LIST_WAIT);
    fail(first);
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_LIST_WAIT);
    say_list(third, LIST("1"));
    say_chat(TAKE_CHAT(), true);
    check(client, 200, "Hello");
    unit_live_end();
}

static void not_at_a_stop(void)
{
    set_up_anew();
    struct unit_wire *service = TAKE_LIST();
    gateway_stop(G);
    CU_ASSERT(gateway_stopped(G)); /* a list is nothing to wait for */
    fail(service);
    unit_clock_skip_ms(MODEL_CATALOG_RETRY_US / 1000);
    nobody_is_asked();
    CU_ASSERT_EQUAL(gateway_catalog_due_us(G), UINT64_MAX);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"fetched at the start", at_the_start},
    {"anew when it is old", anew_when_it_is_old},
    {"a large list", large},
    {"a fetch fails without an old list", fails_without_an_old_one},
    {"a fetch fails with an old list", fails_with_an_old_one},
    {"a list that trickles", trickles},
    {"nobody listens", nobody_listens},
    {"requests wait for a first list", waits_for_a_first_list},
    {"the wait is too long", the_wait_is_too_long},
    {"verdicts before any try", verdicts},
    {"forced now and then", forced_now_and_then},
    {"uses are counted", spends},
    {"saved and restored", over_a_restart},
    {"more accounts than lists are built", more_accounts_than_builds},
    {"not at a stop", not_at_a_stop},
};

UNIT_MAIN("gateway_catalog", tests)
