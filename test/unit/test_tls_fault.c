/* Which fault a code is, and which of several comes first; each with words for people. */
#include "core/tls/tls_fault.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "test/unit/unit.h"

#define VERIFY MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
#define ALERT MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
#define TRUST MBEDTLS_X509_BADCERT_NOT_TRUSTED
#define OLD MBEDTLS_X509_BADCERT_EXPIRED
#define EARLY MBEDTLS_X509_BADCERT_FUTURE
#define NAME MBEDTLS_X509_BADCERT_CN_MISMATCH
#define WEAK MBEDTLS_X509_BADCERT_BAD_MD

struct row {
    struct tls_fault_signs signs;
    enum tls_fault fault;
};

static const struct row rows[] = {
    {{VERIFY, OLD, false, false, 0}, TLS_FAULT_EXPIRED},
    {{VERIFY, EARLY, false, false, 0}, TLS_FAULT_NOT_YET},
    {{VERIFY, NAME, false, false, 0}, TLS_FAULT_NAME},
    {{VERIFY, TRUST, false, false, 0}, TLS_FAULT_UNKNOWN_CA},
    {{VERIFY, TRUST, true, false, 0}, TLS_FAULT_SELF_SIGNED},
    {{VERIFY, TRUST | OLD | NAME, false, false, 0}, TLS_FAULT_UNKNOWN_CA},
    {{VERIFY, TRUST | EARLY | NAME, true, false, 0}, TLS_FAULT_SELF_SIGNED},
    {{VERIFY, OLD | NAME, true, false, 0}, TLS_FAULT_EXPIRED},
    {{VERIFY, EARLY | NAME | WEAK, false, false, 0}, TLS_FAULT_NOT_YET},
    {{VERIFY, WEAK, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{VERIFY, MBEDTLS_X509_BADCERT_BAD_KEY, true, false, 0}, TLS_FAULT_CERTIFICATE},
    {{VERIFY, UINT32_MAX, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{VERIFY, OLD, false, true, 0}, TLS_FAULT_MEMORY},
    {{MBEDTLS_ERR_X509_FATAL_ERROR, 0, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{MBEDTLS_ERR_X509_FATAL_ERROR, 0, false, true, 0}, TLS_FAULT_MEMORY},
    {{MBEDTLS_ERR_X509_INVALID_FORMAT, 0, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_OUT_OF_DATA, 0, false, false, 0},
     TLS_FAULT_CERTIFICATE},
    {{MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE, 0, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{MBEDTLS_ERR_SSL_BAD_CERTIFICATE, 0, false, false, 0}, TLS_FAULT_CERTIFICATE},
    {{MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, 0, false, false, 0}, TLS_FAULT_VERSION},
    {{MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, 0, false, false, 0}, TLS_FAULT_VERSION},
    {{ALERT, 0, false, false, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE}, TLS_FAULT_VERSION},
    {{ALERT, 0, false, false, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION}, TLS_FAULT_VERSION},
    {{ALERT, 0, false, false, MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY}, TLS_FAULT_VERSION},
    {{ALERT, 0, false, false, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR}, TLS_FAULT_ALERT},
    {{ALERT, 0, false, false, 0}, TLS_FAULT_ALERT},
    {{ALERT, 0, false, false, 255}, TLS_FAULT_ALERT},
    {{MBEDTLS_ERR_SSL_CONN_EOF, 0, false, false, 0}, TLS_FAULT_CLOSED},
    {{MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, 0, false, false, 0}, TLS_FAULT_CLOSED},
    {{MBEDTLS_ERR_NET_CONN_RESET, 0, false, false, 0}, TLS_FAULT_CLOSED},
    {{MBEDTLS_ERR_SSL_INVALID_RECORD, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_SSL_INVALID_MAC, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_SSL_DECODE_ERROR, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_SSL_WANT_READ, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_RSA_VERIFY_FAILED, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_ECP_VERIFY_FAILED, 0, false, false, 0}, TLS_FAULT_PROTOCOL},
    {{MBEDTLS_ERR_SSL_ALLOC_FAILED, 0, false, false, 0}, TLS_FAULT_MEMORY},
};

static void table(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(tls_fault_of(&rows[i].signs), rows[i].fault);
}

/* Phrases stand behind "Request failed: ...": no capital, no full stop, no two the same. */
static void texts(void)
{
    for (int a = TLS_FAULT_NONE; a <= TLS_FAULT_MEMORY; a++) {
        const char *text = tls_fault_text((enum tls_fault)a);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT(strlen(text) > 10 && text[0] >= 'a' && text[strlen(text) - 1] != '.');
        for (int b = TLS_FAULT_NONE; b < a; b++)
            CU_ASSERT_STRING_NOT_EQUAL(text, tls_fault_text((enum tls_fault)b));
    }
    CU_ASSERT_STRING_EQUAL(tls_fault_text(TLS_FAULT_EXPIRED), "its certificate has expired");
}

static const struct unit_test tests[] = {
    {"table", table},
    {"texts", texts},
};

UNIT_MAIN("tls_fault", tests)
