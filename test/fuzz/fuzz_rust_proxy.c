/* Events of rust-proxy's service. */
#include "core/provider/rust_proxy.h"
#include "test/fuzz/fuzz_events.h"

void fuzz_one(struct span input)
{
    fuzz_events(&rust_proxy_protocol, PROVIDER_API_OPENAI, input);
}
