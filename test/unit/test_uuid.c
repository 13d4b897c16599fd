/* UUIDs: their form, their fixed bits, their order. */
#include "core/base/span.h"
#include "core/base/uuid.h"
#include "test/unit/unit.h"

#include <string.h>

#define ROUNDS 1000

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static void check_form(const char *uuid, char version)
{
    CU_ASSERT_EQUAL_FATAL(memchr(uuid, 0, UUID_TEXT_BYTES), uuid + 36);
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        CU_ASSERT_TRUE(dash ? uuid[i] == '-' : is_hex(uuid[i]));
    }
    CU_ASSERT_EQUAL(uuid[14], version);
    CU_ASSERT_PTR_NOT_NULL(memchr("89ab", uuid[19], 4));
}

/* Every place but the fixed ones shows at least half of the digits that it can. */
static void check_chance(char (*uuids)[UUID_TEXT_BYTES], size_t from)
{
    for (size_t i = from; i < 36; i++) {
        bool seen[128] = {false};
        int kinds = 0;
        for (size_t n = 0; n < ROUNDS; n++) {
            kinds += !seen[(unsigned char)uuids[n][i]];
            seen[(unsigned char)uuids[n][i]] = true;
        }
        bool fixed = i == 8 || i == 13 || i == 14 || i == 18 || i == 23;
        CU_ASSERT_TRUE(fixed ? kinds == 1 : kinds >= (i == 19 ? 2 : 8));
    }
}

static char made[ROUNDS][UUID_TEXT_BYTES];

static void version_4(void)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        uuid_v4(unit_guard_room(0, UUID_TEXT_BYTES));
        uuid_v4(made[i]);
        check_form(made[i], '4');
    }
    check_chance(made, 0);
}

static void version_7(void)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t bytes[UUID_BYTES];
        uuid_v7(bytes, 0x0123456789ABull);
        uuid_write(made[i], bytes);
        check_form(made[i], '7');
        CU_ASSERT_TRUE(span_starts(span_of(made[i]), SPAN("01234567-89ab-7")));
    }
    check_chance(made, 14);
}

static void version_7_sorts_by_time(void)
{
    static const uint64_t times_ms[] = {0, 1, 255, 256, 65536, 1700000000000, 1700000000001,
                                        0xFFFFFFFFFFFF};
    char before[UUID_TEXT_BYTES] = "";
    for (size_t i = 0; i < sizeof(times_ms) / sizeof(times_ms[0]); i++) {
        char now[UUID_TEXT_BYTES];
        uint8_t bytes[UUID_BYTES];
        uuid_v7(bytes, times_ms[i]);
        uuid_write(now, bytes);
        CU_ASSERT_TRUE(strcmp(before, now) < 0);
        memcpy(before, now, sizeof(now));
    }
}

static void to_bytes_and_back(void)
{
    static const char text[] = "01234567-89ab-7cde-8f01-23456789abcd";
    static const uint8_t wanted[UUID_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0x7C, 0xDE,
                                               0x8F, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD};
    uint8_t bytes[UUID_BYTES];
    char again[UUID_TEXT_BYTES];
    CU_ASSERT(uuid_read((struct span){unit_guard(0, text, 36), 36}, bytes));
    CU_ASSERT_EQUAL(memcmp(bytes, wanted, UUID_BYTES), 0);
    uuid_write(again, bytes);
    CU_ASSERT_STRING_EQUAL(again, text);
    CU_ASSERT(uuid_read(SPAN("01234567-89AB-7CDE-8F01-23456789ABCD"), bytes));
    CU_ASSERT_EQUAL(memcmp(bytes, wanted, UUID_BYTES), 0);
}

static void no_uuid(void)
{
    static const char *const rows[] = {
        "", "01234567-89ab-7cde-8f01-23456789abc", "01234567-89ab-7cde-8f01-23456789abcde",
        "01234567089ab-7cde-8f01-23456789abcd", "0123456789ab-7cde-8f01-23456789abcd0-",
        "g1234567-89ab-7cde-8f01-23456789abcd", "01234567-89ab-7cde-8f01-23456789abc ",
        "01234567-89ab-7cde-8f01-23456789abc-", "------------------------------------",
    };
    uint8_t bytes[UUID_BYTES];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i]);
        CU_ASSERT_FALSE(uuid_read((struct span){unit_guard(0, rows[i], len), len}, bytes));
    }
}

static const struct unit_test tests[] = {
    {"version 4", version_4},
    {"version 7", version_7},
    {"version 7 sorts by time", version_7_sorts_by_time},
    {"to bytes and back", to_bytes_and_back},
    {"no UUID", no_uuid},
};

UNIT_MAIN("uuid", tests)
