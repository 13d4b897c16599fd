/* See keys.h. */
#include "test/sim/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ecp.h>

#include "test/sim/world.h"

#define CERT_BYTES 2048

static struct {
    struct sim_chance chance;
    mbedtls_pk_context authority, stranger, leaf;
    mbedtls_x509_crt certificates[WORLD_SERVICES][KEYS_KINDS];
    char bundle[CERT_BYTES], foreign[CERT_BYTES];
} keys;

static void must(int result)
{
    if (result == 0)
        return;
    printf("no certificates: mbedTLS says -0x%x\n", (unsigned)-result);
    exit(2);
}

static int draw(void *context, unsigned char *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)sim_chance_next(&keys.chance);
    return 0;
}

static void make_key(mbedtls_pk_context *key)
{
    mbedtls_pk_init(key);
    must(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), draw, NULL));
}

/* What all certificates have in common. */
static void begin(mbedtls_x509write_cert *cert, const char *name, bool expired)
{
    static unsigned char serial;
    char subject[64];
    snprintf(subject, sizeof(subject), "CN=%s", name);
    serial = (unsigned char)(serial % 100 + 1);
    mbedtls_x509write_crt_init(cert);
    mbedtls_x509write_crt_set_version(cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(cert, MBEDTLS_MD_SHA256);
    must(mbedtls_x509write_crt_set_serial_raw(cert, &serial, 1));
    must(mbedtls_x509write_crt_set_subject_name(cert, subject));
    must(mbedtls_x509write_crt_set_issuer_name(cert, "CN=the world"));
    must(mbedtls_x509write_crt_set_validity(cert, "20000101000000",
                                            expired ? "20010101000000" : "20901231235959"));
}

static void make_authority(mbedtls_pk_context *key, char *pem, size_t cap)
{
    mbedtls_x509write_cert cert;
    begin(&cert, "the world", false);
    mbedtls_x509write_crt_set_subject_key(&cert, key);
    mbedtls_x509write_crt_set_issuer_key(&cert, key);
    must(mbedtls_x509write_crt_set_basic_constraints(&cert, 1, 0));
    must(mbedtls_x509write_crt_pem(&cert, (unsigned char *)pem, cap, draw, NULL));
    mbedtls_x509write_crt_free(&cert);
}

static void make_certificate(int service, enum keys_kind kind)
{
    unsigned char der[CERT_BYTES];
    char host[40];
    mbedtls_x509write_cert cert;
    mbedtls_x509_san_list names = {.next = NULL};
    int named = kind == KEYS_OTHER_HOST ? service + 1 : service;
    snprintf(host, sizeof(host), "s%d.example.lan", named);
    names.node.type = MBEDTLS_X509_SAN_DNS_NAME;
    names.node.san.unstructured_name.p = (unsigned char *)host;
    names.node.san.unstructured_name.len = strlen(host);
    begin(&cert, host, kind == KEYS_EXPIRED);
    mbedtls_x509write_crt_set_subject_key(&cert, &keys.leaf);
    mbedtls_x509write_crt_set_issuer_key(&cert, kind == KEYS_UNKNOWN_CA ? &keys.stranger
                                                                        : &keys.authority);
    must(mbedtls_x509write_crt_set_basic_constraints(&cert, 0, 0));
    must(mbedtls_x509write_crt_set_subject_alternative_name(&cert, &names));
    int len = mbedtls_x509write_crt_der(&cert, der, sizeof(der), draw, NULL);
    must(len < 0 ? len : 0);
    mbedtls_x509write_crt_free(&cert);
    mbedtls_x509_crt_init(&keys.certificates[service][kind]);
    must(mbedtls_x509_crt_parse_der(&keys.certificates[service][kind],
                                    der + sizeof(der) - len, (size_t)len));
}

void keys_start(void)
{
    sim_chance_seed(&keys.chance, 1);
    make_key(&keys.authority);
    make_key(&keys.stranger);
    make_key(&keys.leaf);
    make_authority(&keys.authority, keys.bundle, sizeof(keys.bundle));
    make_authority(&keys.stranger, keys.foreign, sizeof(keys.foreign));
    for (int service = 0; service < WORLD_SERVICES; service++)
        for (int kind = 0; kind < KEYS_KINDS; kind++)
            make_certificate(service, (enum keys_kind)kind);
}

const char *keys_bundle(bool foreign)
{
    return foreign ? keys.foreign : keys.bundle;
}

mbedtls_x509_crt *keys_certificate(int service, enum keys_kind kind)
{
    return &keys.certificates[service][kind];
}

mbedtls_pk_context *keys_key(void)
{
    return &keys.leaf;
}
