/* PEM files of every shape, read whole, cut at every byte, and again from their places. */
#define _DEFAULT_SOURCE /* mkstemp */

#include "core/tls/tls_pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/port.h"
#include "test/unit/unit.h"

#define B "-----BEGIN CERTIFICATE-----"
#define E "-----END CERTIFICATE-----"
#define ROOM 64

/* What is found, one letter each: g good, d damaged; and the good ones' bytes together. */
struct row {
    const char *text;
    const char *found;
    const char *bytes;
};

static const struct row rows[] = {
    {"", "", ""},
    {"\n\n", "", ""},
    {"no certificate\n", "", ""},
    {B "\naGVsbG8=\n" E "\n", "g", "hello"},
    {B "\naGVsbG8=\n" E, "g", "hello"},
    {B "\r\naGVsbG8=\r\n" E "\r\n", "g", "hello"},
    {B "\naGVs\nbG8=\n" E "\n", "g", "hello"},
    {B "\na\nG\nV\ns\nb\nG\n8\n=\n" E "\n", "g", "hello"},
    {B " \t\n aGVs bG8= \t\n" E "  \n", "g", "hello"},
    {B "\n\n\naGVsbG8=\n\n" E "\n", "g", "hello"},
    {B "\naGk=\n" E "\n" B "\naGVsbG8h\n" E "\n", "gg", "hihello!"},
    {"# a comment\nname\n=====\n" B "\naGk=\n" E "\nmore\n" B "\naGk=\n" E "\n", "gg", "hihi"},
    {B "\naA==\n" E "\n", "g", "h"},
    {B "\n+/+/\n" E "\n", "g", "\xfb\xff\xbf"},
    {B "\n" E "\n", "g", ""},
    {B "\nMDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fQ=="
       "\n" E "\n",
     "g", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz{}"},
    /* one byte more than there is room for */
    {B "\nMDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fX4="
       "\n" E "\n",
     "d", ""},
    {B "\naGVsbG8\n" E "\n", "d", ""},
    {B "\naGVsbG8==\n" E "\n", "d", ""},
    {B "\naGVsbG8=aGk=\n" E "\n", "d", ""},
    {B "\na===\n" E "\n", "d", ""},
    {B "\n====\n" E "\n", "d", ""},
    {B "\naGVs*G8=\n" E "\n", "d", ""},
    {B "\naGVs\x80G8=\n" E "\n", "d", ""},
    {B "\naGVsbG8=\n", "d", ""},
    {B "\naGVsbG8=", "d", ""},
    {B "\n", "d", ""},
    {B "\naGVsbG8=\n" B "\naGk=\n" E "\n", "dg", "hi"},
    {B "\naGVs\n" B "\n" B "\naGk=\n" E "\n", "ddg", "hi"},
    {B "\naGVs\n-----BEGIN PRIVATE KEY-----\nbG8=\n" E "\n", "d", ""},
    {B "\naGVs\n-----END PRIVATE KEY-----\n" E "\n" B "\naGk=\n" E "\n", "dg", "hi"},
    {E "\n" B "\naGk=\n" E "\n" E "\n", "g", "hi"},
    {"-----BEGIN TRUSTED CERTIFICATE-----\naGk=\n-----END TRUSTED CERTIFICATE-----\n", "", ""},
    {"-----BEGIN PRIVATE KEY-----\naGk=\n-----END PRIVATE KEY-----\n" B "\naGk=\n" E, "g", "hi"},
    {"-----BEGIN CERTIFICATE----\naGk=\n" E "\n", "", ""},
    {"x" B "\naGk=\n" E "\n", "", ""},
    {B, "", ""},
};

static int file_of(const char *text, size_t len)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    snprintf(path, sizeof(path), "%s/moongate-pem-XXXXXX", folder != NULL ? folder : "/tmp");
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
    int file = port_file_open(path);
    unlink(path);
    CU_ASSERT_FATAL(file >= 0);
    return file;
}

/* Reads the one that was found again, by its place. */
static void read_again(const struct tls_pem *pem, int file, const uint8_t *bytes)
{
    struct tls_pem again;
    uint8_t *out = (uint8_t *)unit_guard_room(1, ROOM);
    tls_pem_begin(&again, file, out, ROOM);
    CU_ASSERT_TRUE(tls_pem_read(&again, pem->begin, pem->end - pem->begin));
    CU_ASSERT_FALSE(again.damaged);
    CU_ASSERT_EQUAL(again.len, pem->len);
    CU_ASSERT_EQUAL(memcmp(out, bytes, pem->len), 0);
}

static void check(const struct row *row)
{
    struct tls_pem pem;
    char found[16] = "", bytes[256] = "";
    size_t n = 0;
    uint8_t *out = (uint8_t *)unit_guard_room(0, ROOM);
    int file = file_of(row->text, strlen(row->text));
    tls_pem_begin(&pem, file, out, ROOM);
    enum tls_pem_found what;
    while ((what = tls_pem_next(&pem)) == TLS_PEM_CERTIFICATE && n < sizeof(found) - 1) {
        found[n++] = pem.damaged ? 'd' : 'g';
        if (!pem.damaged) {
            strncat(bytes, (const char *)out, pem.len);
            read_again(&pem, file, out);
        }
    }
    CU_ASSERT_EQUAL(what, TLS_PEM_NO_MORE);
    CU_ASSERT_EQUAL(tls_pem_next(&pem), TLS_PEM_NO_MORE);
    CU_ASSERT_STRING_EQUAL(found, row->found);
    CU_ASSERT_STRING_EQUAL(bytes, row->bytes);
    port_file_close(file);
}

static void table(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

/* Wherever a file ends, no certificate is taken for good that is not whole. */
static void every_prefix(void)
{
    static const char text[] = "text\n" B "\naGVsbG8=\n" E "\n";
    const size_t whole = sizeof(text) - 2; /* the last line needs no line end */
    for (size_t len = 0; len < sizeof(text); len++) {
        struct tls_pem pem;
        uint8_t *out = (uint8_t *)unit_guard_room(0, ROOM);
        int file = file_of(text, len);
        tls_pem_begin(&pem, file, out, ROOM);
        bool found = tls_pem_next(&pem) == TLS_PEM_CERTIFICATE;
        CU_ASSERT_EQUAL(found && !pem.damaged, len >= whole);
        CU_ASSERT_EQUAL(found, len > 5 + strlen(B));
        port_file_close(file);
    }
}

/* Pieces of the file end at every place of a certificate. */
static void every_place(void)
{
    static char text[2 * TLS_PEM_PIECE_BYTES];
    for (size_t before = TLS_PEM_PIECE_BYTES - 80; before < TLS_PEM_PIECE_BYTES + 2; before++) {
        static const char two[] = "\n" B "\naGVsbG8=\n" E "\n" B "\naGVsbG8=\n" E "\n";
        memset(text, '#', before);
        memcpy(text + before, two, sizeof(two));
        check(&(struct row){text, "gg", "hellohello"});
    }
}

/* A file that shrank, or was written into, since it was indexed. */
static void changed(void)
{
    struct tls_pem pem;
    uint8_t out[ROOM];
    int file = file_of("aGVsbG8=", 8);
    tls_pem_begin(&pem, file, out, ROOM);
    CU_ASSERT_TRUE(tls_pem_read(&pem, 0, 8) && !pem.damaged && pem.len == 5);
    CU_ASSERT_TRUE(tls_pem_read(&pem, 0, 9) && pem.damaged);
    CU_ASSERT_TRUE(tls_pem_read(&pem, 100, 4) && pem.damaged);
    CU_ASSERT_TRUE(tls_pem_read(&pem, 1, 7) && pem.damaged);
    CU_ASSERT_TRUE(tls_pem_read(&pem, 4, 4) && !pem.damaged && pem.len == 2);
    port_file_close(file);
}

/* A file that opens and has nothing to read at its beginning. */
static void unreadable(void)
{
    struct tls_pem pem;
    uint8_t out[ROOM];
    int file = port_file_open("/proc/self/mem");
    CU_ASSERT_FATAL(file >= 0);
    tls_pem_begin(&pem, file, out, ROOM);
    CU_ASSERT_EQUAL(tls_pem_next(&pem), TLS_PEM_FAILED);
    CU_ASSERT_FALSE(tls_pem_read(&pem, 0, 4));
    port_file_close(file);
}

static const struct unit_test tests[] = {
    {"table", table},
    {"every prefix", every_prefix},
    {"every place in a piece", every_place},
    {"changed since", changed},
    {"unreadable", unreadable},
};

UNIT_MAIN("tls_pem", tests)
