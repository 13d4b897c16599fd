/* See gateway_order.h. */
#include "core/gateway/gateway_order.h"

#include "core/base/assert.h"

bool gateway_order_has(const uint8_t bits[GATEWAY_ORDER_BYTES], int number)
{
    return (bits[number / 8] >> (number % 8) & 1) != 0;
}

void gateway_order_mark(uint8_t bits[GATEWAY_ORDER_BYTES], int number)
{
    bits[number / 8] |= (uint8_t)(1u << (number % 8));
}

static uint32_t weight_at(const struct settings *settings, int model, int place)
{
    return settings->providers[settings_route(settings, model, place)].weight_milli;
}

uint32_t gateway_order_weight(const struct settings *settings, int model,
                              const uint8_t done[GATEWAY_ORDER_BYTES])
{
    uint32_t sum = 0;
    for (int i = 0; i < settings->models[model].route_count; i++)
        if (!gateway_order_has(done, i))
            sum += weight_at(settings, model, i);
    return sum;
}

int gateway_order_next(const struct settings *settings, int model,
                       const uint8_t done[GATEWAY_ORDER_BYTES], uint32_t draw)
{
    int first = GATEWAY_ORDER_NONE; /* of those without a weight */
    for (int i = 0; i < settings->models[model].route_count; i++) {
        if (gateway_order_has(done, i))
            continue;
        uint32_t weight = weight_at(settings, model, i);
        if (draw < weight)
            return i;
        draw -= weight;
        if (first == GATEWAY_ORDER_NONE && weight == 0)
            first = i;
    }
    return first;
}
