/* Eras: what has which number in which, and what a new one leaves as it is. The whole of it is in
 * test_daemon_reload.c. */
#include "core/gateway/gateway_era.h"

#include <string.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

static struct gateway *const g = &unit_front;
static struct settings other;

/* The front's model "box" with its provider "own" is the second of two in the other settings. */
static void begin(void)
{
    unit_front_fresh();
    g->eras.before = NULL;
    g->settings = &unit_front_settings;
    other = unit_front_settings;
    other.model_count = other.provider_count = other.route_count = 2;
    other.models[0].name = "new";
    other.models[1] = unit_front_settings.models[0];
    other.models[1].route_first = 1;
    other.providers[0].name = "own";
    other.providers[1] = unit_front_settings.providers[0];
    other.providers[1].model = 1;
    other.routes[1] = 1;
}

static void numbers(void)
{
    begin();
    int before = gateway_now(g);
    int old = GATEWAY_ERA_FIRST(before);
    CU_ASSERT_PTR_EQUAL(gateway_settings(g, before), &unit_front_settings);
    CU_ASSERT_EQUAL(gateway_era_due_us(g), UINT64_MAX);
    gateway_era_begin(g, &other);
    int now = gateway_now(g);
    int new = GATEWAY_ERA_FIRST(now);
    CU_ASSERT_EQUAL(now, 1 - before);
    CU_ASSERT_PTR_EQUAL(g->settings, &other);
    CU_ASSERT_PTR_EQUAL(gateway_settings(g, now), &other);
    CU_ASSERT_PTR_EQUAL(gateway_settings(g, before), &unit_front_settings);
    CU_ASSERT_PTR_EQUAL(gateway_provider(g, old), &unit_front_settings.providers[0]);
    CU_ASSERT_PTR_EQUAL(gateway_provider(g, new + 1), &other.providers[1]);
    CU_ASSERT_EQUAL(gateway_era_model_now(g, before, 0), 1);
    CU_ASSERT_EQUAL(gateway_era_model_now(g, before, -1), -1);
    CU_ASSERT_EQUAL(gateway_era_model_now(g, now, 0), 0);
    CU_ASSERT_EQUAL(gateway_era_provider_now(g, old), 1);
    CU_ASSERT_EQUAL(gateway_era_provider_now(g, new + 1), 1);
    CU_ASSERT_EQUAL(gateway_era_provider_now(g, -1), -1);
}

static void what_is_gone(void)
{
    begin();
    int before = gateway_now(g);
    other.models[1].name = "renamed";
    gateway_era_begin(g, &other);
    CU_ASSERT_EQUAL(gateway_era_model_now(g, before, 0), -1);
    CU_ASSERT_EQUAL(gateway_era_provider_now(g, GATEWAY_ERA_FIRST(before)), -1);
}

/* It is over once, and not while a request of it is there. */
static void over(void)
{
    begin();
    struct gateway_request *request = &g->requests[3];
    int before = gateway_now(g);
    gateway_era_begin(g, &other);
    CU_ASSERT(gateway_era_lasts(g));
    *request = (struct gateway_request){.state = GATEWAY_REQUEST_TRY, .era = (uint8_t)before};
    CU_ASSERT_PTR_NULL(gateway_era_over(g));
    CU_ASSERT_EQUAL(gateway_era_due_us(g), g->now_us + GATEWAY_ERA_LOOK_US);
    request->era = (uint8_t)gateway_now(g);
    CU_ASSERT_PTR_NULL(gateway_era_over(g)); /* it is not asked so often */
    g->now_us += GATEWAY_ERA_LOOK_US;
    CU_ASSERT_PTR_EQUAL(gateway_era_over(g), &unit_front_settings);
    CU_ASSERT_PTR_NULL(gateway_era_over(g));
    CU_ASSERT_FALSE(gateway_era_lasts(g));
    CU_ASSERT_EQUAL(gateway_era_due_us(g), UINT64_MAX);
    request->state = GATEWAY_REQUEST_FREE;
}

/* Who showed no key, or one that is gone, is not taken for somebody else. */
static void keys_of_clients(void)
{
    static const struct {
        int old, new; /* how many keys there are */
        int16_t shown, wanted;
    } rows[] = {{0, 0, -1, -1}, {2, 2, 0, 1},  {2, 2, 1, GATEWAY_KEY_GONE},
                {2, 0, 0, -1},  {0, 2, -1, GATEWAY_KEY_GONE}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        unit_front_settings.key_count = rows[i].old;
        unit_front_settings.keys[0].name = "ann";
        unit_front_settings.keys[1].name = "bob";
        other.key_count = rows[i].new;
        other.keys[0].name = "eve";
        other.keys[1].name = "ann";
        int fd = unit_front_peer();
        unit_front_run();
        int client = unit_front_client();
        g->clients[client].key = rows[i].shown;
        memset(g->keys.uses, 0, sizeof(g->keys.uses));
        g->keys.uses[0].tokens = 5;
        gateway_era_begin(g, &other);
        CU_ASSERT_EQUAL(g->clients[client].key, rows[i].wanted);
        CU_ASSERT_EQUAL(g->keys.uses[1].tokens, rows[i].old == 2 && rows[i].new == 2 ? 5 : 0);
        CU_ASSERT_EQUAL(g->keys.uses[0].tokens, 0);
        g->clients[client].key = -1;
        unit_front_close(fd);
    }
}

/* What was learnt of a provider holds only for the same one, under the same trust. */
static void what_was_learnt(void)
{
    enum { NOTHING, TLS_MAX, SIGN, SIGN_KEY, PLAIN_HTTP, CA_FILE, BUNDLE, ROWS };
    static struct tls tls;
    struct tls *tls_before = g->tls;
    g->tls = &tls;
    for (int row = NOTHING; row < ROWS; row++) {
        begin();
        struct settings_provider *provider = &other.providers[1];
        provider->tls_12_only ^= row == TLS_MAX;
        provider->sign = row == SIGN ? SETTINGS_SIGN_HMAC_SHA256 : provider->sign;
        provider->sign_key = row == SIGN_KEY ? "another" : provider->sign_key;
        other.upstream.allow_plain_http ^= row == PLAIN_HTTP;
        other.upstream.ca_file = row == CA_FILE ? "/another.pem" : other.upstream.ca_file;
        tls.anchors.changes += row == BUNDLE;
        g->circuits[GATEWAY_ERA_FIRST(gateway_now(g))].failures = 3;
        gateway_era_begin(g, &other);
        int failures = g->circuits[GATEWAY_ERA_FIRST(gateway_now(g)) + 1].failures;
        CU_ASSERT_EQUAL(failures, row == NOTHING ? 3 : 0);
    }
    g->tls = tls_before;
}

/* What must not be cut off: a list of what is configured, until its last byte is queued. */
static void lists(void)
{
    static const struct {
        uint8_t state, route;
        bool ended, wanted;
    } rows[] = {{GATEWAY_CLIENT_ANSWER, GATEWAY_ROUTE_MODELS, false, true},
                {GATEWAY_CLIENT_ANSWER, GATEWAY_ROUTE_METRICS, false, true},
                {GATEWAY_CLIENT_ANSWER, GATEWAY_ROUTE_INFERENCES, false, false},
                {GATEWAY_CLIENT_ANSWER, GATEWAY_ROUTE_MODELS, true, false},
                {GATEWAY_CLIENT_LINGER, GATEWAY_ROUTE_MODELS, false, false}};
    struct gateway_client *client = &g->clients[LIMIT_CLIENTS - 1];
    begin();
    CU_ASSERT_FALSE(gateway_era_lists(g));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        *client = (struct gateway_client){.state = rows[i].state, .route = rows[i].route,
                                          .ended = rows[i].ended, .request = -1};
        CU_ASSERT_EQUAL(gateway_era_lists(g), rows[i].wanted);
    }
    client->state = GATEWAY_CLIENT_FREE;
}

static const struct unit_test tests[] = {
    {"numbers", numbers},
    {"what is gone", what_is_gone},
    {"over", over},
    {"keys of clients", keys_of_clients},
    {"what was learnt", what_was_learnt},
    {"lists", lists},
};

UNIT_MAIN("gateway_era", tests)
