/* The protocol of the service behind `type = "rust-proxy"`. */
#ifndef MOONGATE_RUST_PROXY_H
#define MOONGATE_RUST_PROXY_H

#include "core/provider/provider.h"

extern const struct provider_protocol rust_proxy_protocol;

#endif
