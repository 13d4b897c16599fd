/* model_blob: what was written comes back, and nothing else does. */
#include "core/model/model_blob.h"

#include <string.h>

#include "test/unit/unit.h"

static struct model_list list;
static struct model_list back;
static unsigned char blob[40 + LIMIT_CATALOG_MODELS * 8 + LIMIT_CATALOG_TEXT_BYTES];

static const struct model_blob_about about = {0xFEDCBA9876543210u, 1764000000123u};

static void add(struct span identifier, struct span name, struct span type, int32_t usage)
{
    struct model_item item = {.identifier = identifier, .name = name, .type_text = type};
    item.type = type.len == 0 ? MODEL_TYPE_UNTOLD : model_list_type(type);
    item.usage_left = usage;
    item.is_new = usage % 2 == 0;
    CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
}

static void small_list(void)
{
    model_list_clear(&list);
    add(SPAN("us.claude:0"), SPAN("Claude"), SPAN("freeTrial"), 41);
    add(SPAN("gpt-4.1"), SPAN("gpt-4.1"), SPAN(""), -1);
    add(SPAN("x"), SPAN("\xC3\xA9t\xC3\xA9"), SPAN("enterprise"), 0);
    add(SPAN("b"), SPAN("B"), SPAN("base"), INT32_MAX);
    list.left_out = 3;
}

static void same_lists(void)
{
    CU_ASSERT_EQUAL_FATAL(back.count, list.count);
    CU_ASSERT_EQUAL(back.left_out, list.left_out);
    for (int i = 0; i < (int)list.count; i++) {
        struct model_item a = model_list_get(&list, i);
        struct model_item b = model_list_get(&back, i);
        CU_ASSERT(span_equal(a.identifier, b.identifier));
        CU_ASSERT(span_equal(a.name, b.name));
        CU_ASSERT(span_equal(a.type_text, b.type_text));
        CU_ASSERT_EQUAL(a.type, b.type);
        CU_ASSERT_EQUAL(a.usage_left, b.usage_left);
        CU_ASSERT_EQUAL(a.is_new, b.is_new);
        CU_ASSERT_EQUAL(model_list_find(&back, a.identifier), i);
    }
}

static void there_and_back(void)
{
    struct model_blob_about read = {0};
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    CU_ASSERT_FATAL(len > 0);
    CU_ASSERT_TRUE(model_blob_read(&back, &read, unit_guard(0, blob, len), len));
    CU_ASSERT_EQUAL(read.key, about.key);
    CU_ASSERT_EQUAL(read.fetched_wall_ms, about.fetched_wall_ms);
    same_lists();
}

static void empty_list(void)
{
    struct model_blob_about read;
    model_list_clear(&list);
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    CU_ASSERT_EQUAL(len, 36);
    CU_ASSERT_TRUE(model_blob_read(&back, &read, blob, len));
    same_lists();
}

static void room(void)
{
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    for (size_t cap = 0; cap < len; cap++)
        CU_ASSERT_EQUAL(model_blob_write(&list, &about, unit_guard_room(0, cap), cap), 0);
    CU_ASSERT_EQUAL(model_blob_write(&list, &about, unit_guard_room(0, len), len), len);
}

static void every_prefix_is_refused(void)
{
    struct model_blob_about read;
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    for (size_t cut = 0; cut < len; cut++)
        CU_ASSERT_FALSE(model_blob_read(&back, &read, unit_guard(0, blob, cut), cut));
    blob[len] = 0;
    CU_ASSERT_FALSE(model_blob_read(&back, &read, blob, len + 1));
}

static void every_flip_is_refused(void)
{
    struct model_blob_about read;
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    for (size_t at = 0; at < len; at++) {
        for (unsigned bits = 1; bits < 256; bits++) {
            blob[at] ^= (unsigned char)bits;
            CU_ASSERT_FALSE(model_blob_read(&back, &read, blob, len));
            blob[at] ^= (unsigned char)bits;
        }
    }
    CU_ASSERT_TRUE(model_blob_read(&back, &read, blob, len));
}

static uint32_t crc32_slowly(const unsigned char *bytes, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len * 8; i++) {
        uint32_t bit = (crc ^ ((uint32_t)bytes[i / 8] >> (i % 8))) & 1;
        crc = (crc >> 1) ^ (bit != 0 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void close_with_crc(size_t len)
{
    uint32_t crc = crc32_slowly(blob, len - 4);
    for (size_t i = 0; i < 4; i++)
        blob[len - 4 + i] = (unsigned char)(crc >> (8 * i));
}

static void the_checksum_is_crc32(void)
{
    CU_ASSERT_EQUAL(crc32_slowly((const unsigned char *)"123456789", 9), 0xCBF43926u);
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    unsigned char tail[4];
    memcpy(tail, blob + len - 4, 4);
    close_with_crc(len);
    CU_ASSERT_EQUAL(memcmp(tail, blob + len - 4, 4), 0);
}

/* A good checksum over bad content: it must be refused all the same, or be a list that is whole;
 * and nothing may be read behind the end. */
static void every_flip_with_a_good_checksum(void)
{
    struct model_blob_about read;
    unsigned refused = 0;
    small_list();
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    for (size_t at = 0; at < len - 4; at++) {
        for (unsigned bits = 1; bits < 256; bits++) {
            blob[at] ^= (unsigned char)bits;
            close_with_crc(len);
            bool good = model_blob_read(&back, &read, blob, len);
            refused += !good;
            CU_ASSERT(!good || back.count == list.count);
            blob[at] ^= (unsigned char)bits;
        }
    }
    CU_ASSERT(refused > len * 64);
}

static void crafted(void)
{
    /* place of a byte, what stands there: all refused */
    static const struct {
        size_t at;
        unsigned char byte;
    } rows[] = {
        {0, 'M'},    {8, 2},   {9, 1},   {10, 3},  {10, 5},  {11, 0xFF}, /* magic, version, count */
        {36, 0x05},  {36, 0x7F}, {36, 0x01}, {36, 0x00}, {36, 0x03}, /* type, not its text's */
        {37, 0},     {37, 255},  {38, 255},  {39, 255},  {39, 0},    /* lengths */
        {40, '\n'},                                                  /* identifier's first byte */
    };
    struct model_blob_about read;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        small_list();
        size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
        blob[rows[i].at] = rows[i].byte;
        close_with_crc(len);
        CU_ASSERT_FALSE(model_blob_read(&back, &read, unit_guard(0, blob, len), len));
    }
}

static void full_list(void)
{
    struct model_blob_about read;
    char id[8] = "m00000";
    model_list_clear(&list);
    for (size_t i = 0; i < LIMIT_CATALOG_MODELS; i++) {
        for (size_t digit = 5, rest = i; digit > 0; digit--, rest /= 10)
            id[digit] = (char)('0' + rest % 10);
        add((struct span){id, 6}, SPAN("A name of a model, display"), SPAN("premium"), (int32_t)i);
    }
    size_t len = model_blob_write(&list, &about, blob, sizeof(blob));
    CU_ASSERT_FATAL(len > 0);
    CU_ASSERT_TRUE(model_blob_read(&back, &read, blob, len));
    same_lists();
}

static const struct unit_test tests[] = {
    {"there and back", there_and_back},
    {"empty list", empty_list},
    {"room", room},
    {"every prefix is refused", every_prefix_is_refused},
    {"every flip is refused", every_flip_is_refused},
    {"the checksum is CRC-32", the_checksum_is_crc32},
    {"every flip with a good checksum", every_flip_with_a_good_checksum},
    {"crafted", crafted},
    {"full list", full_list},
};

UNIT_MAIN("model_blob", tests)
