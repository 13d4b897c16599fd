/* See tls_fault.h. */
#include "core/tls/tls_fault.h"

#include <stddef.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "core/base/assert.h"

/* A code is a module's, which may have one of a lower module added in these bits. */
#define LOW_BITS 0x7F

/* What a certificate is told of is what its owner must mend first: an authority that nobody knows,
 * then its dates, then its name. */
static enum tls_fault of_certificate(uint32_t flags, bool self_signed)
{
    if (flags == UINT32_MAX)
        return TLS_FAULT_CERTIFICATE; /* it could not even be checked */
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
        return self_signed ? TLS_FAULT_SELF_SIGNED : TLS_FAULT_UNKNOWN_CA;
    if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0)
        return TLS_FAULT_EXPIRED;
    if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0)
        return TLS_FAULT_NOT_YET;
    return (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0 ? TLS_FAULT_NAME : TLS_FAULT_CERTIFICATE;
}

static enum tls_fault of_alert(uint8_t alert)
{
    switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
    case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
        return TLS_FAULT_VERSION;
    default:
        return TLS_FAULT_ALERT;
    }
}

static bool is_certificate_code(int code)
{
    int high = -(-code & ~LOW_BITS);
    return high <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE && high >= MBEDTLS_ERR_X509_FATAL_ERROR;
}

static enum tls_fault of_code(int code, uint8_t alert)
{
    switch (code) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return of_alert(alert);
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
    case MBEDTLS_ERR_NET_CONN_RESET:
        return TLS_FAULT_CLOSED;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        return TLS_FAULT_VERSION;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
        return TLS_FAULT_MEMORY;
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
        return TLS_FAULT_CERTIFICATE;
    default:
        return is_certificate_code(code) ? TLS_FAULT_CERTIFICATE : TLS_FAULT_PROTOCOL;
    }
}

enum tls_fault tls_fault_of(const struct tls_fault_signs *signs)
{
    if (signs->no_memory)
        return TLS_FAULT_MEMORY;
    if (signs->verify_flags != 0)
        return of_certificate(signs->verify_flags, signs->self_signed);
    return of_code(signs->code, signs->alert);
}

const char *tls_fault_text(enum tls_fault fault)
{
    static const char *const texts[] = {
        [TLS_FAULT_NONE] = "nothing is wrong",
        [TLS_FAULT_EXPIRED] = "its certificate has expired",
        [TLS_FAULT_NOT_YET] = "its certificate is not valid yet (is this box's clock right?)",
        [TLS_FAULT_CLOCK] = "this box does not know the time, so no certificate can be checked",
        [TLS_FAULT_NAME] = "its certificate is for another name",
        [TLS_FAULT_SELF_SIGNED] = "its certificate is self-signed",
        [TLS_FAULT_UNKNOWN_CA] = "its certificate is not from a trusted authority",
        [TLS_FAULT_CERTIFICATE] = "its certificate cannot be accepted",
        [TLS_FAULT_VERSION] = "it has no TLS version or cipher suite in common with this box",
        [TLS_FAULT_ALERT] = "it refused the TLS connection",
        [TLS_FAULT_CLOSED] = "the TLS connection was cut",
        [TLS_FAULT_PROTOCOL] = "what it speaks is not proper TLS",
        [TLS_FAULT_MEMORY] = "no memory is left for TLS",
    };
    ASSERT((size_t)fault < sizeof(texts) / sizeof(texts[0]));
    return texts[fault];
}
