/* tls_suites: another order, and nothing but that. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "core/tls/tls_suites.h"

#include "core/tls/tls.h"
#include "test/unit/unit.h"

#include "core/tls/tls_gcm.h"

static size_t count(const int *suites)
{
    size_t n = 0;
    while (suites[n] != 0)
        n++;
    return n;
}

static bool has(const int *suites, int suite)
{
    while (*suites != 0 && *suites != suite)
        suites++;
    return *suites != 0;
}

static void the_same_in_another_order(void)
{
    mbedtls_ssl_config config;
    CU_ASSERT_TRUE_FATAL(tls_prepare());
    mbedtls_ssl_config_init(&config);
    CU_ASSERT_EQUAL_FATAL(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT,
                                                      MBEDTLS_SSL_TRANSPORT_STREAM,
                                                      MBEDTLS_SSL_PRESET_DEFAULT), 0);
    const int *before = config.ciphersuite_list;
    tls_suites_order(&config);
    const int *after = config.ciphersuite_list;
    CU_ASSERT_EQUAL(count(after), count(before));
    for (size_t i = 0; before[i] != 0; i++)
        CU_ASSERT_TRUE(has(after, before[i]));
    CU_ASSERT_EQUAL(after[0] == MBEDTLS_TLS1_3_AES_128_GCM_SHA256, tls_gcm_is_quick());
    mbedtls_ssl_config_free(&config);
}

static const struct unit_test tests[] = {
    {"the same in another order", the_same_in_another_order},
};

UNIT_MAIN("tls_suites", tests)
