/* See tls_platform.h. Some of these functions have names that mbedTLS gave them. */
#include "core/tls/tls_platform.h"

#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "core/base/assert.h"

#define DAY_S 86400

int tls_platform_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    port_random(out, len);
    return 0;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    port_random(output, output_size);
    *output_length = output_size;
    return PSA_SUCCESS;
}

/* The time of certificates. A clock that is not set shows 1970, where none is valid yet. */
static mbedtls_time_t wall_s(mbedtls_time_t *out)
{
    mbedtls_time_t now = (mbedtls_time_t)(port_wall_ms() / 1000);
    if (out != NULL)
        *out = now;
    return now;
}

/* The age of tickets, which a leap of the wall clock must not change. */
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return (mbedtls_ms_time_t)(port_now_us() / 1000);
}

/* Years are counted from March, so that the leap day is a year's last: then month and day follow
 * from the day of the year by one line each. */
static void set_date(struct tm *tm, uint32_t days)
{
    uint32_t since = days + 719468; /* from 0000-03-01 to 1970-01-01 */
    uint32_t era = since / 146097;  /* of 400 years */
    uint32_t day = since % 146097;
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint32_t day_of_year = day - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * day_of_year + 2) / 153; /* 0: March */
    tm->tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    tm->tm_mon = (int)((month + 2) % 12);
    tm->tm_year = (int)(year + era * 400 + (month >= 10 ? 1 : 0)) - 1900;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *tt, struct tm *tm_buf)
{
    ASSERT(*tt >= 0);
    memset(tm_buf, 0, sizeof(*tm_buf));
    uint32_t second = (uint32_t)(*tt % DAY_S);
    set_date(tm_buf, (uint32_t)(*tt / DAY_S));
    tm_buf->tm_hour = (int)(second / 3600);
    tm_buf->tm_min = (int)(second / 60 % 60);
    tm_buf->tm_sec = (int)(second % 60);
    return tm_buf;
}

void tls_platform_start(void)
{
    (void)mbedtls_platform_set_time(wall_s);
}
