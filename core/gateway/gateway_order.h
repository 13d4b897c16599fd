/* In which order a model's providers are tried: as its routing stands, or drawn by weight. */
#ifndef MOONGATE_GATEWAY_ORDER_H
#define MOONGATE_GATEWAY_ORDER_H

#include "core/settings/settings.h"

#define GATEWAY_ORDER_NONE (-1)
#define GATEWAY_ORDER_BYTES ((SETTINGS_PROVIDERS + 7) / 8) /* a bit for each provider, or place */

/* One of such bits. */
bool gateway_order_has(const uint8_t bits[GATEWAY_ORDER_BYTES], int number);
void gateway_order_mark(uint8_t bits[GATEWAY_ORDER_BYTES], int number);

/* The weight, in thousandths, of the model's providers that have not had their turn; done: a bit
 * for each place of its routing that has. */
uint32_t gateway_order_weight(const struct settings *settings, int model,
                              const uint8_t done[GATEWAY_ORDER_BYTES]);

/* Whose turn is next: a place in the model's routing, or GATEWAY_ORDER_NONE when all have had
 * theirs. draw: any number below gateway_order_weight, which falls into one's share; where no
 * weight is left, the first place is next. */
int gateway_order_next(const struct settings *settings, int model,
                       const uint8_t done[GATEWAY_ORDER_BYTES], uint32_t draw);

#endif
