/* See provider_sign.h. */
#include "core/provider/provider_sign.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#define DECODE_BYTES 512 /* at once */

static void hmac_begin(struct tls_hmac *state, const struct settings_provider *provider)
{
    tls_hash_hmac_begin(state, span_of(provider->sign_key));
}

static void hmac_end(struct tls_hmac *state, char out[PROVIDER_SIGN_BYTES])
{
    uint8_t mac[TLS_HASH_BYTES];
    struct text text = text_over(out, PROVIDER_SIGN_BYTES);
    tls_hash_hmac_end(state, mac);
    text_add_hex(&text, mac, sizeof(mac));
    text_str(&text);
    ASSERT(!text.cut);
}

static const struct provider_signer hmac_sha256 = {
    .begin = hmac_begin,
    .add = tls_hash_hmac_add,
    .end = hmac_end,
};

const struct provider_signer *provider_sign_of(const struct provider_call *call)
{
    if (call->board_signer != NULL)
        return call->board_signer;
    return call->provider->sign == SETTINGS_SIGN_HMAC_SHA256 ? &hmac_sha256 : NULL;
}

void provider_sign_piece(const struct provider_signer *signer, struct tls_hmac *state,
                         struct provider_piece piece)
{
    char plain[DECODE_BYTES];
    if (piece.form == PROVIDER_PIECES_PLAIN) {
        signer->add(state, piece.bytes);
        return;
    }
    while (piece.bytes.len > 0) {
        size_t len = json_string_decode_some(&piece.bytes, plain, sizeof(plain));
        signer->add(state, (struct span){plain, len});
    }
}
