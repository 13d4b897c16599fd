/* See model_account.h. */
#include "core/model/model_account.h"

#include "core/base/span.h"
#include "core/settings/settings.h"

/* The fields that make an account. */
struct account {
    enum settings_protocol protocol;
    struct span parts[3];
};

static struct account account_of(const struct settings_provider *p)
{
    if (p->protocol == SETTINGS_RUST_PROXY)
        return (struct account){
            p->protocol, {span_of(p->api_endpoint), span_of(p->device_id), span_of(p->session_id)}};
    return (struct account){p->protocol, {span_of(p->api_base), span_of(p->api_key), {0}}};
}

#define FNV_START 0xCBF29CE484222325u

static uint64_t fnv1a(uint64_t hash, unsigned byte)
{
    return (hash ^ byte) * 0x00000100000001B3u;
}

uint64_t model_account_key(const struct settings_provider *provider)
{
    struct account account = account_of(provider);
    uint64_t hash = fnv1a(FNV_START, (unsigned)account.protocol);
    for (int i = 0; i < 3; i++) {
        for (size_t at = 0; at < account.parts[i].len; at++)
            hash = fnv1a(hash, (unsigned char)account.parts[i].at[at]);
        hash = fnv1a(hash, 0x100); /* no byte: "ab" "c" is not "a" "bc" */
    }
    return hash;
}
