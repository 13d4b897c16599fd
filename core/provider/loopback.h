/* The protocol of no service: the box itself answers, so that a set-up can be tried without one. */
#ifndef MOONGATE_LOOPBACK_H
#define MOONGATE_LOOPBACK_H

#include "core/provider/provider.h"

extern const struct provider_protocol loopback_protocol;

#endif
