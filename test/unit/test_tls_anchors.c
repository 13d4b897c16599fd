/* Trust anchors: the bundle of this machine, made-up and damaged ones, and one that changes. */
#define _GNU_SOURCE /* mkstemp, memmem */

#include "core/tls/tls_anchors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/platform.h>

#include "core/tls/tls_memory.h"
#include "core/tls/tls_pem.h"
#include "port/port.h"
#include "test/unit/unit.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define TEXT_CAP (1u << 20)

static struct tls_anchors anchors;
static char path[512];
static int candidates; /* that were found last */

/* Two small roots, P-256, valid until 2046: "Unit Root A" and "Unit Root B". */
static const char root_a[] = 
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgDCCASegAwIBAgIUF5pbYNunx2vXBFFpgVKZDf+icU0wCgYIKoZIzj0EAwIw\n"
    "FjEUMBIGA1UEAwwLVW5pdCBSb290IEEwHhcNMjYxMTI1MTYzMTQ1WhcNNDYxMTIw\n"
    "MTYzMTQ1WjAWMRQwEgYDVQQDDAtVbml0IFJvb3QgQTBZMBMGByqGSM49AgEGCCqG\n"
    "SM49AwEHA0IABCAWsJwmn2RVM7l9maiW6oUVnDNv5q9+7zP9a15o2CPELSNMiBBF\n"
    "/pg6TbPKVl5rBkZqnZQBJtITf6B8+aBRjPCjUzBRMB0GA1UdDgQWBBSGuhQDsGts\n"
    "+1WaWlLhEHyeYedbnjAfBgNVHSMEGDAWgBSGuhQDsGts+1WaWlLhEHyeYedbnjAP\n"
    "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBJGmvaoNVtMxYo66uFb\n"
    "wU4qM8oJv9yLPUcd0c8667cRAiB2DoeOT4sQ5evTOttjpOfqykFqD58GOoSoUICN\n"
    "Fo1d5w==\n"
    "-----END CERTIFICATE-----\n";
static const char root_b[] = 
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgTCCASegAwIBAgIUPTm7Eq6Uq1Zq1864a7ty8PlIG4IwCgYIKoZIzj0EAwIw\n"
    "FjEUMBIGA1UEAwwLVW5pdCBSb290IEIwHhcNMjYxMTI1MTYzMTQ1WhcNNDYxMTIw\n"
    "MTYzMTQ1WjAWMRQwEgYDVQQDDAtVbml0IFJvb3QgQjBZMBMGByqGSM49AgEGCCqG\n"
    "SM49AwEHA0IABB2Idk8Df4XDCOSOSRYnJ9jie16sHwgjZxiwJP92mOfUg/+nznq/\n"
    "W0gVzVNZL1C6eVMFKa1q1alEjoCUBHZuMDKjUzBRMB0GA1UdDgQWBBSsof8N+38f\n"
    "P2BdkNvyD6rZp8VQVzAfBgNVHSMEGDAWgBSsof8N+38fP2BdkNvyD6rZp8VQVzAP\n"
    "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIFP/KvXlroqWCLPhr8EQ\n"
    "vU1DjmuUrGZP8p0t5rvuW0FpAiEAjyGxeIprgl02kgnIqMQjkdDMW+KPljH/8zAA\n"
    "B4X8VnE=\n"
    "-----END CERTIFICATE-----\n";

static void write_file(const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
}

/* Puts len bytes of text behind what is in *text. */
static void append(char *text, size_t *at, const char *more, size_t len)
{
    CU_ASSERT_FATAL(*at + len <= TEXT_CAP);
    memcpy(text + *at, more, len);
    *at += len;
}

static const char *load_text(const char *text, size_t len)
{
    const char *why = "loaded";
    write_file(text, len);
    (void)tls_anchors_load(&anchors, path, &why);
    return why == NULL ? "loaded" : why;
}

static const char *load(const char *text)
{
    return load_text(text, strlen(text));
}

/* The certificate itself, as mbedTLS reads it; a root is its own issuer, so it must find
 * itself. */
static bool finds_itself(const uint8_t *der, size_t len)
{
    mbedtls_x509_crt root;
    mbedtls_x509_crt *list = NULL;
    bool found = false;
    mbedtls_x509_crt_init(&root);
    if (mbedtls_x509_crt_parse_der(&root, der, len) == 0)
        CU_ASSERT_EQUAL(tls_anchors_find(&anchors, &root, &list), 0);
    candidates = 0;
    for (const mbedtls_x509_crt *at = list; at != NULL; at = at->next) {
        candidates++;
        found = found || (at->raw.len == len && memcmp(at->raw.p, der, len) == 0);
    }
    if (list != NULL) {
        mbedtls_x509_crt_free(list);
        mbedtls_free(list);
    }
    mbedtls_x509_crt_free(&root);
    return found;
}

/* How many certificates of the file find themselves. */
static unsigned count_found(const char *file_path)
{
    struct tls_pem pem;
    static uint8_t der[LIMIT_ANCHOR_BYTES];
    unsigned found = 0;
    int file = port_file_open(file_path);
    CU_ASSERT_FATAL(file >= 0);
    tls_pem_begin(&pem, file, der, sizeof(der));
    while (tls_pem_next(&pem) == TLS_PEM_CERTIFICATE)
        found += !pem.damaged && finds_itself(der, pem.len);
    port_file_close(file);
    return found;
}

static void whole_bundle(void)
{
    const char *why;
    CU_ASSERT_TRUE_FATAL(tls_anchors_load(&anchors, SYSTEM_BUNDLE, &why));
    CU_ASSERT(tls_anchors_count(&anchors) >= 100);
    CU_ASSERT_EQUAL(tls_anchors_skipped(&anchors), 0);
    CU_ASSERT_EQUAL(count_found(SYSTEM_BUNDLE), tls_anchors_count(&anchors));
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_EQUAL(tls_anchors_count(&anchors), 1);
    CU_ASSERT(count_found(SYSTEM_BUNDLE) == 0 && count_found(path) == 1);
}

struct row {
    const char *before;
    const char *between;
    const char *after;
    unsigned count;
    unsigned skipped;
};

#define BROKEN "-----BEGIN CERTIFICATE-----\nMIIBkTCCATeg\n-----END CERTIFICATE-----\n"

/* Around the two roots. */
static const struct row rows[] = {
    {"", "", "", 2, 0},
    {"# roots\n\n", "\nmore text = \n", "\n\n", 2, 0},
    {BROKEN, "", "", 2, 1},
    {"", BROKEN, BROKEN, 2, 2},
    {"", "-----BEGIN CERTIFICATE-----\nMIIBkT", "", 1, 1},
    {"", "", "-----BEGIN CERTIFICATE-----\nMIIBkT", 2, 1},
    {"-----BEGIN CERTIFICATE-----\n", "", "", 2, 1},
    {"", "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n", "", 2, 1},
    {"", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "", 2, 1},
    {"", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "", 2, 1},
    {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "", "", 2, 0},
};

static void around(void)
{
    static char text[8192];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int len = snprintf(text, sizeof(text), "%s%s%s%s%s", rows[i].before, root_a,
                           rows[i].between, root_b, rows[i].after);
        CU_ASSERT_STRING_EQUAL(load_text(text, (size_t)len), "loaded");
        CU_ASSERT_EQUAL(tls_anchors_count(&anchors), rows[i].count);
        CU_ASSERT_EQUAL(tls_anchors_skipped(&anchors), rows[i].skipped);
        CU_ASSERT_EQUAL(count_found(path), rows[i].count);
    }
}

/* Each single byte of a root's text damaged in turn: skipped, or found not to be one when it is
 * needed, or another certificate; never a crash, never more than one. */
static void each_byte(void)
{
    char text[sizeof(root_a)];
    for (size_t i = 28; i + 27 < sizeof(root_a); i++) {
        memcpy(text, root_a, sizeof(text));
        text[i] = text[i] == 'A' ? 'z' : 'A';
        if (strcmp(load_text(text, sizeof(text) - 1), "loaded") == 0) {
            CU_ASSERT_EQUAL(tls_anchors_count(&anchors), 1);
            CU_ASSERT(count_found(path) <= 1);
        }
    }
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_EQUAL(count_found(path), 1);
}

static void none(void)
{
    const char *why = NULL;
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_STRING_EQUAL(load(""), "there is no certificate in it");
    CU_ASSERT_STRING_EQUAL(load("hello\n"), "there is no certificate in it");
    CU_ASSERT_STRING_EQUAL(load(BROKEN), "there is no certificate in it");
    CU_ASSERT_FALSE(tls_anchors_load(&anchors, "/nowhere/at/all.pem", &why));
    CU_ASSERT(why != NULL && strlen(why) > 5);
    CU_ASSERT_FALSE(tls_anchors_load(&anchors, "/proc/self/mem", &why));
    CU_ASSERT_STRING_EQUAL(why, "it cannot be read");
    CU_ASSERT_EQUAL(tls_anchors_count(&anchors), 1); /* the old one stays */
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_EQUAL(count_found(path), 1);
}

/* Other certificates are another trust, whatever the file is called; other words around them, or
 * what cannot be loaded, are not. */
static void changes(void)
{
    static char text[TEXT_CAP];
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    uint32_t before = anchors.changes;
    snprintf(text, sizeof(text), "a comment\n%s%s", root_a, BROKEN);
    CU_ASSERT_STRING_EQUAL(load(text), "loaded");
    CU_ASSERT_STRING_EQUAL(load(""), "there is no certificate in it");
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_EQUAL(anchors.changes, before);
    CU_ASSERT_STRING_EQUAL(load(root_b), "loaded");
    CU_ASSERT_EQUAL(anchors.changes, before + 1);
    snprintf(text, sizeof(text), "%s%s", root_b, root_a);
    CU_ASSERT_STRING_EQUAL(load(text), "loaded");
    CU_ASSERT_EQUAL(anchors.changes, before + 2);
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    CU_ASSERT_EQUAL(anchors.changes, before + 3);
}

static void too_many(void)
{
    static char text[TEXT_CAP];
    size_t at = 0;
    append(text, &at, root_b, sizeof(root_b) - 1);
    for (int i = 0; i < LIMIT_ANCHORS + 10; i++)
        append(text, &at, root_a, sizeof(root_a) - 1);
    CU_ASSERT_STRING_EQUAL(load_text(text, at), "loaded");
    CU_ASSERT_EQUAL(tls_anchors_count(&anchors), LIMIT_ANCHORS);
    CU_ASSERT_EQUAL(tls_anchors_skipped(&anchors), 11);
    /* The same subject so often: as many are loaded as are allowed, and the memory comes back. */
    size_t high = tls_memory_use().high;
    CU_ASSERT_EQUAL(count_found(path), LIMIT_ANCHORS + 11);
    CU_ASSERT(tls_memory_use().high - high < 100000);
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

/* Larger than there is room for: skipped, and what follows is found. */
static void too_large(void)
{
    static char text[TEXT_CAP];
    size_t at = 0;
    append(text, &at, "-----BEGIN CERTIFICATE-----\n", 28);
    for (int i = 0; i < LIMIT_ANCHOR_BYTES / 48 + 1; i++)
        append(text, &at, "MIIBkTCCATegMIIBkTCCATegMIIBkTCCATegMIIBkTCCATegMIIBkTCCATegMIIB\n", 65);
    append(text, &at, "-----END CERTIFICATE-----\n", 26);
    append(text, &at, root_a, sizeof(root_a) - 1);
    CU_ASSERT_STRING_EQUAL(load_text(text, at), "loaded");
    CU_ASSERT_EQUAL(tls_anchors_count(&anchors), 1);
    CU_ASSERT_EQUAL(tls_anchors_skipped(&anchors), 1);
}

/* mbedTLS takes names for the same whose letters differ in case, or whose strings are of another
 * type; then they must be found. */
static void same_names(void)
{
    static const struct {
        const char *from;
        const char *to;
        bool same;
    } rows_of_names[] = {
        {"\x0c\x0bUnit Root A", "\x0c\x0bUnit Root A", true},
        {"\x0c\x0bUnit Root A", "\x0c\x0bUNIT ROOT a", true},
        {"\x0c\x0bUnit Root A", "\x13\x0bunit root a", true},
        {"\x0c\x0bUnit Root A", "\x0c\x0bUnit Root B", false},
        {"\x0c\x0bUnit Root A", "\x0c\x0bUnit_Root A", false},
    };
    struct tls_pem pem;
    static uint8_t der[LIMIT_ANCHOR_BYTES];
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    for (size_t i = 0; i < sizeof(rows_of_names) / sizeof(rows_of_names[0]); i++) {
        int file = port_file_open(path);
        tls_pem_begin(&pem, file, der, sizeof(der));
        CU_ASSERT_EQUAL_FATAL(tls_pem_next(&pem), TLS_PEM_CERTIFICATE);
        port_file_close(file);
        uint8_t *name = memmem(der, pem.len, rows_of_names[i].from, 13);
        CU_ASSERT_PTR_NOT_NULL_FATAL(name);
        memcpy(name, rows_of_names[i].to, 13);
        (void)finds_itself(der, pem.len);
        CU_ASSERT_EQUAL(candidates, rows_of_names[i].same ? 1 : 0);
    }
}

/* The outermost length is a byte less or more than there is. */
static void wrong_length(void)
{
    static const char *const lengths[] = {"MIIBfzCC", "MIIBgTCC"};
    char text[sizeof(root_a)];
    for (size_t i = 0; i < 2; i++) {
        memcpy(text, root_a, sizeof(text));
        CU_ASSERT_EQUAL_FATAL(memcmp(text + 28, "MIIBgDCC", 8), 0);
        memcpy(text + 28, lengths[i], 8);
        CU_ASSERT_STRING_EQUAL(load(text), "there is no certificate in it");
    }
}

/* The file is written into, or cut, after it was indexed: what is not there any more is not
 * found. */
static void changed(void)
{
    struct tls_pem pem;
    static uint8_t der[LIMIT_ANCHOR_BYTES];
    CU_ASSERT_STRING_EQUAL(load(root_a), "loaded");
    int file = port_file_open(path);
    tls_pem_begin(&pem, file, der, sizeof(der));
    CU_ASSERT_EQUAL_FATAL(tls_pem_next(&pem), TLS_PEM_CERTIFICATE);
    port_file_close(file);
    CU_ASSERT_TRUE(finds_itself(der, pem.len));
    write_file(root_b, sizeof(root_b) - 1);
    CU_ASSERT_FALSE(finds_itself(der, pem.len));
    CU_ASSERT_EQUAL(candidates, 0);
    write_file("", 0);
    CU_ASSERT_FALSE(finds_itself(der, pem.len));
    write_file(root_a, sizeof(root_a) - 1);
    CU_ASSERT_TRUE(finds_itself(der, pem.len));
    unlink(path); /* a package upgrade puts a new file there: ours stays open */
    CU_ASSERT_TRUE(finds_itself(der, pem.len));
    tls_anchors_close(&anchors);
    CU_ASSERT_FALSE(finds_itself(der, pem.len));
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

/* Reloading for ever takes no descriptors and no memory. */
static void again_and_again(void)
{
    const char *why = NULL;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    for (int i = 0; i < 3 * LIMIT_FILES; i++) {
        CU_ASSERT_STRING_EQUAL(load(i % 2 == 0 ? root_a : root_b), "loaded");
        CU_ASSERT_FALSE(tls_anchors_load(&anchors, "/nowhere", &why));
    }
    tls_anchors_close(&anchors);
    unlink(path);
    CU_ASSERT_EQUAL(tls_memory_use().in_use, 0);
}

static int calls_left, blocks;

static void *until_none_is_left(size_t count, size_t bytes)
{
    void *block = calls_left-- > 0 ? calloc(count, bytes) : NULL;
    blocks += block != NULL;
    return block;
}

static void give_back(void *block)
{
    blocks -= block != NULL;
    free(block);
}

/* Two of a name, and memory ends at each place: what was found before is given back. From here on
 * there is another memory. */
static void no_memory(void)
{
    char text[2 * sizeof(root_a)];
    struct tls_pem pem;
    static uint8_t der[LIMIT_ANCHOR_BYTES];
    mbedtls_x509_crt root;
    close(open(path, O_WRONLY | O_CREAT, 0600));
    snprintf(text, sizeof(text), "%s%s", root_a, root_a);
    CU_ASSERT_STRING_EQUAL(load(text), "loaded");
    int file = port_file_open(path);
    tls_pem_begin(&pem, file, der, sizeof(der));
    CU_ASSERT_EQUAL_FATAL(tls_pem_next(&pem), TLS_PEM_CERTIFICATE);
    port_file_close(file);
    mbedtls_platform_set_calloc_free(until_none_is_left, give_back);
    mbedtls_x509_crt_init(&root);
    calls_left = 1000;
    CU_ASSERT_EQUAL_FATAL(mbedtls_x509_crt_parse_der(&root, der, pem.len), 0);
    int before = blocks;
    int failures = 0;
    for (int calls = 0; calls < 100; calls++) {
        mbedtls_x509_crt *list = NULL;
        calls_left = calls;
        bool failed = tls_anchors_find(&anchors, &root, &list) != 0;
        failures += failed;
        CU_ASSERT_FALSE(failed && (list != NULL || blocks != before));
        if (list != NULL)
            mbedtls_x509_crt_free(list);
        mbedtls_free(list);
        CU_ASSERT_EQUAL(blocks, before);
    }
    CU_ASSERT(failures > 2); /* before the first, at it, and at the second */
    calls_left = 1000;
    CU_ASSERT_TRUE(finds_itself(der, pem.len));
    CU_ASSERT_EQUAL(candidates, 2);
    mbedtls_x509_crt_free(&root);
    CU_ASSERT_EQUAL(blocks, 0);
    tls_anchors_close(&anchors);
    unlink(path);
}

static const struct unit_test tests[] = {
    {"the whole bundle", whole_bundle},
    {"what stands around", around},
    {"each byte damaged", each_byte},
    {"none in it", none},
    {"changes", changes},
    {"too many", too_many},
    {"too large", too_large},
    {"the same names", same_names},
    {"a wrong length", wrong_length},
    {"changed since", changed},
    {"again and again", again_and_again},
    {"no memory", no_memory},
};

int main(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/moongate-anchors-XXXXXX", folder != NULL ? folder : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    tls_memory_start();
    tls_anchors_init(&anchors);
    return unit_run("tls_anchors", tests, sizeof(tests) / sizeof(tests[0]));
}
