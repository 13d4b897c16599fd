/* Whose turn it is: the routing as it stands, and shares that are drawn. */
#include "core/gateway/gateway_order.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#define DRAWS 100000

static struct settings settings;
static uint8_t done[GATEWAY_ORDER_BYTES];

/* One model, whose routing names its providers backwards, behind those of another model. */
static void set_up(const uint32_t *weights, int count)
{
    settings = (struct settings){.model_count = 2, .provider_count = count + 1};
    settings.models[0].route_count = 1;
    settings.models[1] = (struct settings_model){.route_first = 1, .route_count = (uint16_t)count};
    for (int i = 0; i < count; i++) {
        settings.routes[1 + i] = (uint16_t)(count - i);
        settings.providers[count - i].weight_milli = weights[i];
    }
    memset(done, 0, sizeof(done));
}

/* The next place, marked; draw: of a thousand, how far in the weight that is left. */
static int next(uint32_t draw)
{
    uint32_t weight = gateway_order_weight(&settings, 1, done);
    int place = gateway_order_next(&settings, 1, done, weight * draw / 1000);
    if (place != GATEWAY_ORDER_NONE)
        gateway_order_mark(done, place);
    return place;
}

static void bits(void)
{
    uint8_t set[GATEWAY_ORDER_BYTES] = {0};
    for (int i = 0; i < LIMIT_PROVIDERS; i += 3)
        gateway_order_mark(set, i);
    for (int i = 0; i < LIMIT_PROVIDERS; i++)
        CU_ASSERT_EQUAL(gateway_order_has(set, i), i % 3 == 0);
}

static void first_to_last(void)
{
    static const uint32_t none[LIMIT_PROVIDERS - 1];
    set_up(none, LIMIT_PROVIDERS - 1);
    CU_ASSERT_EQUAL(gateway_order_weight(&settings, 1, done), 0);
    for (int i = 0; i < LIMIT_PROVIDERS - 1; i++)
        CU_ASSERT_EQUAL(next(999), i);
    CU_ASSERT_EQUAL(next(0), GATEWAY_ORDER_NONE);
    set_up(none, 0);
    CU_ASSERT_EQUAL(next(0), GATEWAY_ORDER_NONE);
}

/* [a draw for each turn, the places] */
static void drawn(void)
{
    static const uint32_t weights[] = {0, 250, 0, 750};
    static const struct {
        uint32_t draws[4];
        int places[4];
    } rows[] = {
        {{0, 0, 0, 0}, {1, 3, 0, 2}},
        {{249, 999, 0, 0}, {1, 3, 0, 2}},
        {{250, 0, 0, 0}, {3, 1, 0, 2}},
        {{999, 999, 999, 999}, {3, 1, 0, 2}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up(weights, 4);
        for (int turn = 0; turn < 4; turn++)
            CU_ASSERT_EQUAL(next(rows[i].draws[turn]), rows[i].places[turn]);
        CU_ASSERT_EQUAL(next(0), GATEWAY_ORDER_NONE);
    }
}

/* How often each one is the first, and the second, of many draws. */
static void shares(void)
{
    static const uint32_t weights[] = {1000, 0, 2000, 7000};
    static const int first[] = {10000, 0, 20000, 70000};
    /* 1 behind 3: 0.1 * 2/9 + 0.7 * 2/3 for the third, and so on */
    static const int second[] = {25833, 0, 48889, 25278};
    int counts[2][4] = {{0}};
    uint32_t chance = 20260101;
    for (int i = 0; i < DRAWS; i++) {
        set_up(weights, 4);
        for (int turn = 0; turn < 2; turn++)
            counts[turn][next(unit_gateway_chance(&chance, 1000))]++;
    }
    for (int i = 0; i < 4; i++) {
        CU_ASSERT(counts[0][i] > first[i] - 600 && counts[0][i] < first[i] + 600);
        CU_ASSERT(counts[1][i] > second[i] - 600 && counts[1][i] < second[i] + 600);
    }
    CU_ASSERT_EQUAL(counts[0][1] + counts[1][1], 0);
}

/* The largest sum there may be: no share is lost in 32 bits. */
static void the_largest_weights(void)
{
    static uint32_t weights[LIMIT_PROVIDERS - 1];
    for (int i = 0; i < LIMIT_PROVIDERS - 1; i++)
        weights[i] = 10000 * 1000;
    set_up(weights, LIMIT_PROVIDERS - 1);
    uint32_t sum = gateway_order_weight(&settings, 1, done);
    CU_ASSERT_EQUAL(sum, (LIMIT_PROVIDERS - 1) * 10000000u);
    CU_ASSERT_EQUAL(gateway_order_next(&settings, 1, done, sum - 1), LIMIT_PROVIDERS - 2);
    CU_ASSERT_EQUAL(gateway_order_next(&settings, 1, done, 0), 0);
}

static const struct unit_test tests[] = {
    {"bits", bits},
    {"without weights first to last", first_to_last},
    {"drawn by weight, then the others", drawn},
    {"each has its share", shares},
    {"the largest weights", the_largest_weights},
};

UNIT_MAIN("gateway_order", tests)
