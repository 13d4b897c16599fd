/* settings_address: which texts are addresses, and which addresses are near. */
#include "core/settings/settings_address.h"

#include <string.h>

#include "test/unit/unit.h"

#define V4(a, b, c, d) {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d}

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

static void good_ones(void)
{
    static const struct {
        const char *text;
        uint8_t address[SETTINGS_ADDRESS_BYTES];
    } rows[] = {
        {"0.0.0.0", V4(0, 0, 0, 0)},
        {"127.0.0.1", V4(127, 0, 0, 1)},
        {"255.255.255.255", V4(255, 255, 255, 255)},
        {"::", {0}},
        {"::1", {[15] = 1}},
        {"1::", {0, 1}},
        {"fe80::1:2", {0xFE, 0x80, [13] = 1, [15] = 2}},
        {"1:2:3:4:5:6:7:8", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
        {"::ffff:10.1.2.3", V4(10, 1, 2, 3)},
        {"1:2:3:4:5:6:1.2.3.4", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4}},
        {"ABCD:ef01::", {0xAB, 0xCD, 0xEF, 0x01}},
        {"1:2:3:4:5:6:7::", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t address[SETTINGS_ADDRESS_BYTES];
        CU_ASSERT_TRUE(settings_address_read(guarded(rows[i].text), address));
        CU_ASSERT_EQUAL(memcmp(address, rows[i].address, sizeof(address)), 0);
    }
}

static void bad_ones(void)
{
    static const char *const rows[] = {
        "", ".", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.", ".1.2.3", "01.2.3.4", "1.2.3.04",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.0x4", "1.2.3.-4", "1..2.3", "0001.2.3.4", "localhost",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", ":1::",
        "1:", "::1:", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::",
        "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "[::1]", "::1 ", "2001:DB8::a.b",
    };
    uint8_t address[SETTINGS_ADDRESS_BYTES];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_FALSE(settings_address_read(guarded(rows[i]), address));
}

/* Every prefix and every cut of a long address ends at a page that must not be touched. */
static void every_prefix(void)
{
    static const char text[] = "1122:3344:5566:7788::99aa:255.254.253.252";
    uint8_t address[SETTINGS_ADDRESS_BYTES];
    for (size_t len = 0; len < sizeof(text); len++) {
        struct span prefix = {unit_guard(0, text, len), len};
        (void)settings_address_read(prefix, address);
        (void)settings_address_read((struct span){unit_guard(1, text + len, sizeof(text) - 1 - len),
                                                  sizeof(text) - 1 - len},
                                    address);
    }
    CU_ASSERT_TRUE(settings_address_read(guarded(text), address));
}

static void near_and_far(void)
{
    static const struct {
        const char *text;
        bool loopback;
        bool private_one;
    } rows[] = {
        {"127.0.0.1", true, true},         {"127.255.0.9", true, true},
        {"128.0.0.1", false, false},       {"::1", true, true},
        {"::2", false, false},             {"::ffff:127.0.0.1", true, true},
        {"10.0.0.1", false, true},         {"11.0.0.1", false, false},
        {"172.16.0.1", false, true},       {"172.31.255.1", false, true},
        {"172.15.0.1", false, false},      {"172.32.0.1", false, false},
        {"192.168.9.9", false, true},      {"192.169.0.1", false, false},
        {"169.254.1.1", false, true},      {"169.253.1.1", false, false},
        {"fe80::1", false, true},          {"febf::1", false, true},
        {"fec0::1", false, false},         {"fc00::1", false, true},
        {"fdff::1", false, true},          {"fe00::1", false, false},
        {"2001:db8::1", false, false},     {"0.0.0.0", false, false},
        {"::", false, false},              {"8.8.8.8", false, false},
        {"::ffff:192.168.1.1", false, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t address[SETTINGS_ADDRESS_BYTES];
        CU_ASSERT_TRUE_FATAL(settings_address_read(guarded(rows[i].text), address));
        CU_ASSERT_EQUAL(settings_address_loopback(address), rows[i].loopback);
        CU_ASSERT_EQUAL(settings_address_private(address), rows[i].private_one);
    }
}

static const struct unit_test tests[] = {
    {"good ones", good_ones},
    {"bad ones", bad_ones},
    {"every prefix", every_prefix},
    {"near and far", near_and_far},
};

UNIT_MAIN("settings_address", tests)
