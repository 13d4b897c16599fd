/* The calendar against the C library's, the clocks against the port's, and that chance is
 * chance. */
#define _DEFAULT_SOURCE /* gmtime_r */

#include "core/tls/tls_platform.h"

#include <string.h>
#include <time.h>

#include <mbedtls/platform_time.h>
#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "port/port.h"
#include "test/unit/unit.h"

static void compare_at(time_t at)
{
    struct tm ours, theirs;
    mbedtls_time_t moment = at;
    CU_ASSERT_PTR_EQUAL(mbedtls_platform_gmtime_r(&moment, &ours), &ours);
    gmtime_r(&at, &theirs);
    CU_ASSERT(ours.tm_year == theirs.tm_year && ours.tm_mon == theirs.tm_mon &&
              ours.tm_mday == theirs.tm_mday && ours.tm_hour == theirs.tm_hour &&
              ours.tm_min == theirs.tm_min && ours.tm_sec == theirs.tm_sec);
}

/* Both sides of every midnight from 1970 to 2400. */
static void every_day(void)
{
    for (time_t day = 0; day < 157100; day++) {
        compare_at(day * 86400);
        compare_at(day * 86400 + 86399);
    }
}

static void odd_moments(void)
{
    for (time_t at = 0; at < 4000000000; at += 999983)
        compare_at(at);
    compare_at(253402300799); /* the end of the year 9999 */
}

static void clocks(void)
{
    tls_platform_start();
    mbedtls_time_t told = 0;
    mbedtls_time_t now = mbedtls_time(&told);
    CU_ASSERT_EQUAL(now, told);
    CU_ASSERT(now >= (mbedtls_time_t)(port_wall_ms() / 1000) - 1 &&
              now <= (mbedtls_time_t)(port_wall_ms() / 1000));
    mbedtls_ms_time_t before = (mbedtls_ms_time_t)(port_now_us() / 1000);
    mbedtls_ms_time_t ms = mbedtls_ms_time();
    CU_ASSERT(ms >= before && ms <= (mbedtls_ms_time_t)(port_now_us() / 1000));
}

static void chance(void)
{
    unsigned char a[64] = {0}, b[64] = {0}, zero[64] = {0};
    size_t len = 0;
    CU_ASSERT_EQUAL(tls_platform_random(NULL, a, sizeof(a)), 0);
    CU_ASSERT_EQUAL(mbedtls_psa_external_get_random(NULL, b, sizeof(b), &len), PSA_SUCCESS);
    CU_ASSERT_EQUAL(len, sizeof(b));
    CU_ASSERT_NOT_EQUAL(memcmp(a, zero, sizeof(a)), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(b, zero, sizeof(b)), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
}

static const struct unit_test tests[] = {
    {"every day", every_day},
    {"odd moments", odd_moments},
    {"clocks", clocks},
    {"chance", chance},
};

UNIT_MAIN("tls_platform", tests)
