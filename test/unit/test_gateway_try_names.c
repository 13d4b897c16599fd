/* Names without a section: shorthands, and what the wildcard's providers list. */
#include "core/gateway/gateway_try.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY

enum { A, B };

static int listeners[2];
static uint16_t ports[2];

#define PROVIDER(model, name)                                                                      \
    "[models." model ".providers." name "]\ntype='openai'\napi_key_location='none'\n"             \
    "api_base='http://127.0.0.1:%d/" name "'\n"

static void listen_for_services(void)
{
    listeners[A] = unit_wire_listen(&ports[A]);
    listeners[B] = unit_wire_listen(&ports[B]);
    unit_live_remove_state();
}

/* A service takes a request, which begins like that; its body is left in message. */
static struct unit_wire *take(int which, const char *head, struct unit_wire_message *message)
{
    struct unit_wire *service = unit_live_accept(listeners[which]);
    CU_ASSERT_FATAL(unit_live_message(service, message));
    if (strncmp(message->head, head, strlen(head)) != 0)
        printf("wanted %s\ngot %s\n", head, message->head);
    CU_ASSERT_EQUAL(strncmp(message->head, head, strlen(head)), 0);
    return service;
}

static void say_json(struct unit_wire *service, const char *status, const char *json)
{
    char head[200];
    snprintf(head, sizeof(head),
             "HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\n"
             "content-length: %zu\r\n\r\n",
             status, strlen(json));
    unit_wire_say(service, head);
    unit_wire_say(service, json);
    unit_live_settle();
}

static void say_list(int which, const char *json)
{
    struct unit_wire_message message;
    say_json(take(which, which == A ? "GET /a/models " : "GET /b/models ", &message), "200 OK",
             json);
}

/* The service is asked for that model, and answers. */
static void serve_chat(int which, const char *model)
{
    char wanted[LIMIT_NAME_BYTES + 16];
    struct unit_wire_message message;
    struct unit_wire *service = take(
        which, which == A ? "POST /a/chat/completions " : "POST /b/chat/completions ", &message);
    snprintf(wanted, sizeof(wanted), "\"model\":\"%s\"", model);
    if (strstr(message.body, wanted) == NULL)
        printf("wanted %s\ngot %s\n", wanted, message.body);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.body, wanted));
    say_json(service, "200 OK", "{\"choices\":[]}");
}

static void check(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    if (answer.status != status || strstr(answer.body, words) == NULL)
        printf("wanted %d %s\ngot %s%s\n", status, words, answer.head, answer.body);
    CU_ASSERT_EQUAL(answer.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

static void nobody_is_asked(void)
{
    unit_live_settle();
    CU_ASSERT_PTR_NULL(unit_wire_accept(listeners[A]));
    CU_ASSERT_PTR_NULL(unit_wire_accept(listeners[B]));
}

/* ---- shorthands ---- */

/* As the settings make one of a vendor, but for its address. */
static void add_shorthand(void)
{
    struct settings *s = &unit_live.settings;
    int model = s->model_count + s->shorthand_count++;
    int provider = s->provider_count++;
    s->models[model] = (struct settings_model){
        .name = "groq", .route_first = (uint16_t)s->route_count, .route_count = 1};
    s->routes[s->route_count++] = (uint16_t)provider;
    s->providers[provider] = s->providers[0];
    s->providers[provider].name = "groq";
    s->providers[provider].model = model;
    s->providers[provider].model_name = NULL;
    G->address_of[provider] = G->address_of[0];
    G->catalogs.of_provider[provider] = MODEL_CATALOG_NONE;
}

static void shorthands(void)
{
    listen_for_services();
    unit_live_start(PROVIDER("m", "a") "model_name='x'\n[functions.f.variants.v]\nmodel='m'\n",
                    ports[A]);
    struct unit_wire *client = unit_live_chat("groq::llama-3:free", false);
    check(client, 404, "Model not available: groq::llama-3:free: ");
    add_shorthand();
    static const char *const names[] = {"groq::llama-3:free",
                                        "tensorzero::model_name::groq::llama-3:free"};
    for (size_t i = 0; i < 2; i++) {
        client = unit_live_chat(names[i], false);
        serve_chat(A, "llama-3:free");
        check(client, 200, "choices");
    }
    struct settings_variant *variant = &unit_live.settings.variants[0];
    variant->model = 1;
    variant->model_name = "groq::a::b";
    client = unit_live_chat("f", false);
    serve_chat(A, "a::b");
    check(client, 200, "choices");
    check(unit_live_chat("groq::", false), 404, "Model not available");
    check(unit_live_chat("groq", false), 404, "Model not available");
    unit_live_end();
}

/* ---- the wildcard ---- */

#define WILDCARD PROVIDER("'*'", "a") PROVIDER("'*'", "b") PROVIDER("m", "a") "model_name='x'\n"

#define LIST_A "{\"data\":[{\"id\":\"one\"},{\"id\":\"both\"}]}"
#define LIST_B "{\"data\":[{\"id\":\"two\"},{\"id\":\"both\"}]}"

static void who_lists_it(void)
{
    listen_for_services();
    unit_live_start_with_lists(WILDCARD, ports[A], ports[B], ports[A]);
    struct unit_wire *client = unit_live_chat("two", false); /* waits for the lists */
    say_list(A, LIST_A);
    say_list(B, LIST_B);
    serve_chat(B, "two");
    check(client, 200, "choices");
    client = unit_live_chat("tensorzero::model_name::one", true);
    serve_chat(A, "one");
    unit_wire_close(client);
    unit_live_settle();
    client = unit_live_chat("both", false);
    serve_chat(A, "both");
    check(client, 200, "choices");
    client = unit_live_chat("m", false);
    check(client, 404, "m (x): not found in the service's model list");
    unit_live_end();
}

static void nobody_lists_it(void)
{
    listen_for_services();
    unit_live_start_with_lists(PROVIDER("'*'", "a") PROVIDER("'*'", "b"), ports[A], ports[B]);
    say_list(A, LIST_A);
    say_list(B, LIST_B);
    check(unit_live_chat("three", false), 404,
          "three (three): not found in the service's model list");
    unit_live_end();
}

/* Who has no list is asked for what no other lists, and only then. */
static void without_a_list(void)
{
    struct unit_wire_message message;
    listen_for_services();
    unit_live_start_with_lists(PROVIDER("'*'", "a") PROVIDER("'*'", "b"), ports[A], ports[B]);
    say_json(take(A, "GET /a/models ", &message), "500 Bad", "{}");
    say_list(B, LIST_B);
    struct unit_wire *client = unit_live_chat("both", false);
    serve_chat(B, "both");
    check(client, 200, "choices");
    client = unit_live_chat("one", false);
    serve_chat(A, "one");
    check(client, 200, "choices");
    nobody_is_asked();
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"shorthands", shorthands},
    {"who lists it", who_lists_it},
    {"nobody lists it", nobody_lists_it},
    {"without a list", without_a_list},
};

UNIT_MAIN("gateway_try_names", tests)
