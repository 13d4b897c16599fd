/* provider_sign: who signs, and signatures known from another implementation of HMAC. */
#include "core/provider/provider_sign.h"

#include "test/unit/unit.h"

#include <string.h>

static const struct provider_signer board;

static void who_signs(void)
{
    struct settings_provider provider = {.sign = SETTINGS_SIGN_NONE};
    struct provider_call call = {.provider = &provider};
    CU_ASSERT_PTR_NULL(provider_sign_of(&call));
    provider.sign = SETTINGS_SIGN_HMAC_SHA256;
    CU_ASSERT_PTR_NOT_NULL(provider_sign_of(&call));
    call.board_signer = &board;
    CU_ASSERT_PTR_EQUAL(provider_sign_of(&call), &board);
    provider.sign = SETTINGS_SIGN_NONE;
    CU_ASSERT_PTR_EQUAL(provider_sign_of(&call), &board);
}

#define BEFORE "11111111-2222-4333-8444-555555555555\n1700000000\ndev-1\n"
#define TEN_K "kkkkkkkkkk"
#define KEY_100 TEN_K TEN_K TEN_K TEN_K TEN_K TEN_K TEN_K TEN_K TEN_K TEN_K

/* Computed with Python's hmac over BEFORE and the content that the piece stands for. */
static const struct {
    const char *key;
    struct provider_piece piece;
    const char *sign;
} rows[] = {
    {"secret-sign-key", {{"User: hi", 8}, PROVIDER_PIECES_RAW},
     "1483384eb2cd36a93a1d80bcf7a576ba971e1aa78ada20bfd3db43deea275bea"},
    {"secret-sign-key", {{"\\u0055ser: h\\u0069", 18}, PROVIDER_PIECES_RAW},
     "1483384eb2cd36a93a1d80bcf7a576ba971e1aa78ada20bfd3db43deea275bea"},
    {"secret-sign-key", {{"User: hi", 8}, PROVIDER_PIECES_PLAIN},
     "1483384eb2cd36a93a1d80bcf7a576ba971e1aa78ada20bfd3db43deea275bea"},
    {"secret-sign-key",
     {{"User: q\\\"b\\\\s\\/\\b\\f\\n\\r\\t\xC3\xA9 \\u2728 \\ud834\\udd1e", 47},
      PROVIDER_PIECES_RAW},
     "e4b928b6d64175b20fd7cf9fcbceb207986d9762d1e4a403df6e72832227d854"},
    {"secret-sign-key",
     {{"User: q\"b\\s/\b\f\n\r\t\xC3\xA9 \xE2\x9C\xA8 \xF0\x9D\x84\x9E", 28},
      PROVIDER_PIECES_PLAIN},
     "e4b928b6d64175b20fd7cf9fcbceb207986d9762d1e4a403df6e72832227d854"},
    {"k", {{"a\\ud800b\\udc00", 14}, PROVIDER_PIECES_RAW},
     "fbe4c0fae1809dba1840669a779113def22750c5a2b053e70aff334c06b9d4c3"},
    {KEY_100, {{"", 0}, PROVIDER_PIECES_RAW},
     "ed2b7a2a2aa81f5070ea04a5c9d2e7b684829ee5a7528a8eeeab77bbb74d8d80"},
};

static void known_answers(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_provider provider = {.sign = SETTINGS_SIGN_HMAC_SHA256,
                                             .sign_key = rows[i].key};
        struct provider_call call = {.provider = &provider};
        const struct provider_signer *signer = provider_sign_of(&call);
        struct tls_hmac state;
        signer->begin(&state, &provider);
        signer->add(&state, SPAN(BEFORE));
        provider_sign_piece(signer, &state, rows[i].piece);
        char *sign = unit_guard_room(0, PROVIDER_SIGN_BYTES);
        signer->end(&state, sign);
        CU_ASSERT_STRING_EQUAL(sign, rows[i].sign);
    }
}

/* The text is decoded in runs: where they end may not show. */
static void a_long_text(void)
{
    char raw[6 * 3000];
    struct settings_provider provider = {.sign = SETTINGS_SIGN_HMAC_SHA256, .sign_key = "k"};
    struct provider_call call = {.provider = &provider};
    const struct provider_signer *signer = provider_sign_of(&call);
    char signs[2][PROVIDER_SIGN_BYTES];
    struct tls_hmac state;
    for (size_t i = 0; i < 3000; i++)
        memcpy(raw + 6 * i, "\\u00e9", 6);
    signer->begin(&state, &provider);
    struct provider_piece piece = {{raw, sizeof(raw)}, PROVIDER_PIECES_RAW};
    provider_sign_piece(signer, &state, piece);
    signer->end(&state, signs[0]);
    signer->begin(&state, &provider);
    for (size_t i = 0; i < 3000; i++)
        signer->add(&state, SPAN("\xC3\xA9"));
    signer->end(&state, signs[1]);
    CU_ASSERT_STRING_EQUAL(signs[0], signs[1]);
}

static const struct unit_test tests[] = {
    {"who signs", who_signs},
    {"known answers", known_answers},
    {"a long text", a_long_text},
};

UNIT_MAIN("provider_sign", tests)
