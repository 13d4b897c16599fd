/* See tls_anchors.h. */
#include "core/tls/tls_anchors.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/platform.h>

#include "config/features.h"
#include "core/base/assert.h"
#include "core/tls/tls_pem.h"

#define CANDIDATES_MAX 8 /* anchors of one subject: a root and its renewals */

void tls_anchors_init(struct tls_anchors *anchors)
{
    anchors->_current = 0;
    anchors->changes = 0;
    for (size_t i = 0; i < 2; i++) {
        anchors->_indexes[i].count = 0;
        anchors->_indexes[i].skipped = 0;
        anchors->_indexes[i].file = -1;
    }
}

/* FNV-1a over a name, with what mbedTLS takes for the same name made the same: letters of both
 * cases, and the two usual types of string. mbedTLS compares what is found, so a clash does no
 * harm. */
static uint32_t hash_name(const uint8_t *name, size_t len)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = name[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (uint8_t)(byte + ('a' - 'A'));
        else if (byte == MBEDTLS_ASN1_PRINTABLE_STRING)
            byte = MBEDTLS_ASN1_UTF8_STRING;
        hash = (hash ^ byte) * 16777619u;
    }
    return hash;
}

/* Steps over one element of the given tag. */
static bool step(uint8_t **at, const uint8_t *end, int tag)
{
    size_t len;
    if (mbedtls_asn1_get_tag(at, end, &len, tag) != 0)
        return false;
    *at += len;
    return true;
}

/* Walks a certificate (RFC 5280 section 4.1) as far as its subject. */
static bool hash_subject(uint8_t *der, size_t der_len, uint32_t *hash)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    const int version = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED;
    uint8_t *at = der;
    const uint8_t *end = der + der_len;
    size_t len;
    if (mbedtls_asn1_get_tag(&at, end, &len, sequence) != 0 || at + len != end ||
        mbedtls_asn1_get_tag(&at, end, &len, sequence) != 0)
        return false;
    end = at + len;
    (void)step(&at, end, version);
    if (!step(&at, end, MBEDTLS_ASN1_INTEGER) || !step(&at, end, sequence) /* algorithm */ ||
        !step(&at, end, sequence) /* issuer */ || !step(&at, end, sequence) /* validity */)
        return false;
    const uint8_t *subject = at;
    if (!step(&at, end, sequence))
        return false;
    *hash = hash_name(subject, (size_t)(at - subject));
    return true;
}

static void add(struct tls_anchors_index *index, const struct tls_pem *pem, uint8_t *der,
                struct tls_hash *all)
{
    uint32_t hash;
    if (pem->damaged || index->count == LIMIT_ANCHORS || !hash_subject(der, pem->len, &hash)) {
        index->skipped++;
        return;
    }
    index->entries[index->count++] = (struct tls_anchors_entry){
        .hash = hash,
        .offset = pem->begin,
        .len = pem->end - pem->begin,
    };
    if (FEATURE_RELOAD)
        tls_hash_add(all, (struct span){(const char *)der, pem->len});
}

/* False: the file cannot be read. */
static bool make_index(struct tls_anchors_index *index, uint8_t *der)
{
    struct tls_pem pem;
    enum tls_pem_found found;
    struct tls_hash all;
    tls_hash_begin(&all);
    tls_pem_begin(&pem, index->file, der, LIMIT_ANCHOR_BYTES);
    index->count = 0;
    index->skipped = 0;
    while ((found = tls_pem_next(&pem)) == TLS_PEM_CERTIFICATE)
        add(index, &pem, der, &all);
    if (FEATURE_RELOAD)
        tls_hash_end(&all, index->hash);
    return found == TLS_PEM_NO_MORE;
}

static const char *fill(struct tls_anchors_index *index)
{
    uint8_t *der = mbedtls_calloc(1, LIMIT_ANCHOR_BYTES);
    if (der == NULL)
        return "no memory is left to read it";
    bool readable = make_index(index, der);
    mbedtls_free(der);
    if (!readable)
        return "it cannot be read";
    return index->count == 0 ? "there is no certificate in it" : NULL;
}

/* A file of the same name may have been written anew. */
static bool differ(const struct tls_anchors_index *a, const struct tls_anchors_index *b)
{
    return FEATURE_RELOAD && memcmp(a->hash, b->hash, sizeof(a->hash)) != 0;
}

bool tls_anchors_load(struct tls_anchors *anchors, const char *path, const char **why)
{
    const struct tls_anchors_index *old = &anchors->_indexes[anchors->_current];
    struct tls_anchors_index *spare = &anchors->_indexes[1 - anchors->_current];
    ASSERT(spare->file < 0);
    int file = port_file_open(path);
    if (file < 0) {
        *why = file == PORT_FULL ? "too many files are open" : port_why_text(port_why(-1));
        return false;
    }
    spare->file = file;
    *why = fill(spare);
    if (*why != NULL) {
        port_file_close(file);
        spare->file = -1;
        return false;
    }
    anchors->changes += old->file >= 0 && differ(old, spare);
    tls_anchors_close(anchors);
    anchors->_current = (uint8_t)(1 - anchors->_current);
    return true;
}

unsigned tls_anchors_count(const struct tls_anchors *anchors)
{
    return anchors->_indexes[anchors->_current].count;
}

unsigned tls_anchors_skipped(const struct tls_anchors *anchors)
{
    return anchors->_indexes[anchors->_current].skipped;
}

/* Reads the entry's certificate into der; its length, 0 when it is not there any more (somebody
 * wrote into the file), or PORT_FAILED. */
static int read_entry(const struct tls_anchors_index *index, const struct tls_anchors_entry *entry,
                      uint8_t *der)
{
    struct tls_pem pem;
    uint32_t hash;
    tls_pem_begin(&pem, index->file, der, LIMIT_ANCHOR_BYTES);
    if (!tls_pem_read(&pem, entry->offset, entry->len))
        return PORT_FAILED;
    bool same = !pem.damaged && hash_subject(der, pem.len, &hash) && hash == entry->hash;
    return same ? (int)pem.len : 0;
}

/* Puts the entry's certificate in front of the list. One that mbedTLS cannot read is left out. */
static int prepend(const struct tls_anchors_index *index, const struct tls_anchors_entry *entry,
                   uint8_t *der, mbedtls_x509_crt **list)
{
    int len = read_entry(index, entry, der);
    if (len < 0)
        return MBEDTLS_ERR_X509_FILE_IO_ERROR;
    mbedtls_x509_crt *anchor = mbedtls_calloc(1, sizeof(*anchor));
    if (anchor == NULL)
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    mbedtls_x509_crt_init(anchor);
    if (len == 0 || mbedtls_x509_crt_parse_der(anchor, der, (size_t)len) != 0) {
        mbedtls_x509_crt_free(anchor);
        mbedtls_free(anchor);
        return 0;
    }
    anchor->next = *list;
    *list = anchor;
    return 0;
}

static void free_list(mbedtls_x509_crt *list)
{
    if (list != NULL) {
        mbedtls_x509_crt_free(list);
        mbedtls_free(list);
    }
}

static int find_all(const struct tls_anchors_index *index, uint32_t hash, uint8_t *der,
                    mbedtls_x509_crt **list)
{
    unsigned found = 0;
    int code = 0;
    for (unsigned i = 0; i < index->count && found < CANDIDATES_MAX && code == 0; i++) {
        if (index->entries[i].hash == hash) {
            code = prepend(index, &index->entries[i], der, list);
            found++;
        }
    }
    return code;
}

int tls_anchors_find(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates)
{
    const struct tls_anchors *anchors = context;
    const struct tls_anchors_index *index = &anchors->_indexes[anchors->_current];
    uint32_t hash = hash_name(child->issuer_raw.p, child->issuer_raw.len);
    *candidates = NULL;
    uint8_t *der = mbedtls_calloc(1, LIMIT_ANCHOR_BYTES);
    if (der == NULL)
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    int code = find_all(index, hash, der, candidates);
    mbedtls_free(der);
    if (code != 0) {
        free_list(*candidates);
        *candidates = NULL;
    }
    return code;
}

void tls_anchors_close(struct tls_anchors *anchors)
{
    struct tls_anchors_index *index = &anchors->_indexes[anchors->_current];
    if (index->file >= 0)
        port_file_close(index->file);
    index->file = -1;
    index->count = 0;
    index->skipped = 0;
}
