/*
 * What lies in the state directory: identity, keys' uses, benches, model lists. The first byte says
 * which, and whether its checksum is made right first, so that what stands behind it is reached.
 */
#include "core/base/crc32.h"
#include "core/gateway/gateway.h"
#include "core/model/model_blob.h"
#include "core/tls/tls_hash.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

enum { IDENTITY, KEYS, BENCHES, MODELS, KINDS };

static struct gateway gateway;
static struct settings settings = {.state_dir = "state", .key_count = 2, .provider_count = 1,
                                   .model_count = 1, .wildcard = -1};
static struct model_list list;
static uint8_t blob[GATEWAY_STATE_BYTES + 64];

static void set_up(void)
{
    settings.keys[0] = (struct settings_key){.name = "one", .requests_per_minute = 5};
    settings.keys[1] = (struct settings_key){.name = "two"};
    settings.models[0].name = "mini";
    settings.providers[0] = (struct settings_provider){
        .name = "p", .type = "openai", .protocol = SETTINGS_OPENAI, .model_name = "m",
        .api_base = "https://h", .api_key = "k", .url = {.host = "h", .authority = "h",
                                                         .path = "", .port = 443}};
    gateway.settings = &settings;
    gateway.now_us = 5000000;
    memset(gateway.benches, 0, sizeof(gateway.benches));
    memset(&gateway.keys, 0, sizeof(gateway.keys));
}

static void hash(size_t len, uint8_t out[TLS_HASH_BYTES])
{
    struct tls_hash state;
    tls_hash_begin(&state);
    tls_hash_add(&state, (struct span){(const char *)blob, len});
    tls_hash_end(&state, out);
}

static void put_hex(const uint8_t *sum, uint8_t *at)
{
    for (int i = 0; i < TLS_HASH_BYTES; i++) {
        *at++ = (uint8_t)"0123456789abcdef"[sum[i] >> 4];
        *at++ = (uint8_t)"0123456789abcdef"[sum[i] & 15];
    }
}

/* Puts the right checksum behind the blob; its length with it. */
static size_t seal(int kind, size_t len)
{
    uint8_t sum[TLS_HASH_BYTES];
    uint32_t crc = crc32_of((struct span){(const char *)blob, len});
    hash(len, sum);
    if (kind == BENCHES) {
        put_hex(sum, blob + len);
        return len + 2 * sizeof(sum);
    }
    if (kind == MODELS) {
        for (int i = 0; i < 4; i++)
            blob[len + (size_t)i] = (uint8_t)(crc >> (8 * i));
        return len + 4;
    }
    memcpy(blob + len, sum, sizeof(sum));
    return len + sizeof(sum);
}

static void load_identity(struct span text)
{
    fuzz_blob("identity", text);
    FUZZ_CHECK(gateway_state_load(&gateway));
    FUZZ_CHECK(memchr(gateway.state.device_id, '\0', UUID_TEXT_BYTES) != NULL);
    FUZZ_CHECK(memchr(gateway.state.session_id, '\0', UUID_TEXT_BYTES) != NULL);
}

/* What was taken over is taken over again. */
static void load(int kind, struct span text)
{
    struct model_blob_about about;
    const uint8_t *bytes = (const uint8_t *)text.at;
    if (kind == IDENTITY) {
        load_identity(text);
    } else if (kind == KEYS && gateway_keys_load(&gateway, bytes, text.len)) {
        size_t len = gateway_keys_save(&gateway, blob);
        FUZZ_CHECK(gateway_keys_load(&gateway, blob, len));
    } else if (kind == BENCHES && gateway_bench_load(&gateway, text)) {
        size_t len = gateway_bench_save(&gateway, (char *)blob, sizeof(blob));
        FUZZ_CHECK(gateway_bench_load(&gateway, (struct span){(const char *)blob, len}));
    } else if (kind == MODELS && model_blob_read(&list, &about, text.at, text.len)) {
        size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
        FUZZ_CHECK(len > 0 && model_blob_read(&list, &about, blob, len));
    }
}

void fuzz_one(struct span input)
{
    uint8_t how = fuzz_byte(&input);
    int kind = how % KINDS;
    set_up();
    if (input.len > GATEWAY_STATE_BYTES - 64)
        return;
    size_t len = input.len;
    if (len > 0)
        memcpy(blob, input.at, len);
    if ((how & 0x80) != 0)
        len = seal(kind, len);
    load(kind, (struct span){fuzz_copy((struct span){(const char *)blob, len}), len});
}
