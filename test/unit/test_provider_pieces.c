/* provider_pieces: each kind of piece in order, in any room, and as long as it says. */
#include "core/provider/provider_pieces.h"

#include "test/unit/unit.h"

#include <string.h>

struct row {
    uint8_t form;
    struct span bytes;
    const char *written;
};

static const struct row rows[] = {
    {PROVIDER_PIECES_RAW, {"", 0}, ""},
    {PROVIDER_PIECES_PLAIN, {"", 0}, ""},
    {PROVIDER_PIECES_RAW, {"a\\n\"b", 5}, "a\\n\"b"},
    {PROVIDER_PIECES_PLAIN, {"abc", 3}, "abc"},
    {PROVIDER_PIECES_PLAIN, {"a\"b\\c", 5}, "a\\\"b\\\\c"},
    {PROVIDER_PIECES_PLAIN, {"\n\r\t\x01", 4}, "\\n\\r\\t\\u0001"},
    {PROVIDER_PIECES_PLAIN, {"\xC3\xA9\xF0\x9D\x84\x9E", 6}, "\xC3\xA9\xF0\x9D\x84\x9E"},
    {PROVIDER_PIECES_UNQUOTED, {"", 0}, ""},
    {PROVIDER_PIECES_UNQUOTED, {"{\\\"a\\\":\\n1}", 11}, "{\"a\":\n1}"},
    {PROVIDER_PIECES_UNQUOTED, {"\\u00e9\\ud834\\udd1ex", 19}, "\xC3\xA9\xF0\x9D\x84\x9Ex"},
    {PROVIDER_PIECES_WORD, {"call_1-Az09", 11}, "call_1-Az09"},
    {PROVIDER_PIECES_WORD, {"f.x:0\\/ \xC3\xA9@[`{", 14}, "f_x_0_________"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static size_t take_all(struct provider_piece piece, size_t cap, char *out)
{
    size_t len = 0;
    size_t taken;
    while (piece.bytes.len > 0) {
        char *room = unit_guard_room(0, cap);
        taken = provider_pieces_take(&piece, room, cap);
        CU_ASSERT_TRUE_FATAL(taken > 0 && taken <= cap);
        memcpy(out + len, room, taken);
        len += taken;
    }
    return len;
}

static void every_row_in_every_room(void)
{
    char out[64];
    for (size_t i = 0; i < ROWS; i++) {
        struct provider_piece piece = {rows[i].bytes, rows[i].form};
        size_t expected = strlen(rows[i].written);
        CU_ASSERT_EQUAL(provider_pieces_len(piece), expected);
        for (size_t cap = rows[i].form ? 6 : 1; cap < 32; cap++) {
            CU_ASSERT_EQUAL(take_all(piece, cap, out), expected);
            CU_ASSERT_EQUAL(memcmp(out, rows[i].written, expected), 0);
        }
    }
}

static void an_escape_is_not_divided(void)
{
    char out[8];
    struct provider_piece piece = {SPAN("\x01"), PROVIDER_PIECES_PLAIN};
    for (size_t cap = 0; cap < 6; cap++)
        CU_ASSERT_EQUAL(provider_pieces_take(&piece, out, cap), 0);
    CU_ASSERT_EQUAL(piece.bytes.len, 1);
    CU_ASSERT_EQUAL(provider_pieces_take(&piece, out, 6), 6);
    CU_ASSERT_EQUAL(piece.bytes.len, 0);
}

static void whole_pieces_are_copied(void)
{
    static const char whole[] = "abcdef";
    for (size_t cap = 0; cap < 10; cap++) {
        struct provider_pieces pieces = {0};
        provider_pieces_push(&pieces, SPAN("abc"), PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, (struct span){NULL, 0}, PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, SPAN("def"), PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, SPAN("\n"), PROVIDER_PIECES_PLAIN);
        char *room = unit_guard_room(0, cap);
        size_t len = provider_pieces_copy(&pieces, room, cap);
        CU_ASSERT_EQUAL(len, cap < 3 ? 0 : cap < 6 ? 3 : 6);
        CU_ASSERT_TRUE(len == 0 || memcmp(room, whole, len) == 0);
        CU_ASSERT_EQUAL(provider_pieces_measure(&pieces), 6 - len + 2);
    }
}

static void a_long_piece_is_measured_whole(void)
{
    char bytes[5000];
    memset(bytes, '\n', sizeof(bytes));
    struct span all = {bytes, sizeof(bytes)};
    struct provider_piece plain = {all, PROVIDER_PIECES_PLAIN};
    struct provider_piece raw = {all, PROVIDER_PIECES_RAW};
    struct provider_piece unquoted = {all, PROVIDER_PIECES_UNQUOTED};
    CU_ASSERT_EQUAL(provider_pieces_len(plain), 2 * sizeof(bytes));
    CU_ASSERT_EQUAL(provider_pieces_len(raw), sizeof(bytes));
    CU_ASSERT_EQUAL(provider_pieces_len(unquoted), sizeof(bytes));
}

static void a_queue_is_measured_and_stays(void)
{
    struct provider_pieces pieces = {0};
    CU_ASSERT_EQUAL(provider_pieces_measure(&pieces), 0);
    provider_pieces_push(&pieces, SPAN("gone"), PROVIDER_PIECES_RAW);
    provider_pieces_push(&pieces, SPAN("\n\n"), PROVIDER_PIECES_PLAIN);
    provider_pieces_push(&pieces, (struct span){NULL, 0}, PROVIDER_PIECES_RAW);
    provider_pieces_push(&pieces, SPAN("abc"), PROVIDER_PIECES_RAW);
    provider_pieces_front(&pieces)->bytes.len = 0;
    CU_ASSERT_EQUAL(provider_pieces_measure(&pieces), 4 + 3);
    CU_ASSERT_EQUAL(provider_pieces_measure(&pieces), 4 + 3);
    CU_ASSERT_EQUAL(provider_pieces_front(&pieces)->bytes.at[0], '\n');
    provider_pieces_clear(&pieces);
    CU_ASSERT_PTR_NULL(provider_pieces_front(&pieces));
    for (int i = 0; i < PROVIDER_PIECES_MAX; i++)
        provider_pieces_push(&pieces, SPAN("x"), PROVIDER_PIECES_RAW);
    CU_ASSERT_EQUAL(provider_pieces_measure(&pieces), PROVIDER_PIECES_MAX);
}

static void empty_ones_are_passed_over(void)
{
    struct provider_pieces pieces = {0};
    CU_ASSERT_PTR_NULL(provider_pieces_front(&pieces));
    for (int round = 0; round < 3; round++) {
        provider_pieces_push(&pieces, SPAN(""), PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, SPAN("a"), PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, (struct span){NULL, 0}, PROVIDER_PIECES_PLAIN);
        provider_pieces_push(&pieces, (struct span){NULL, 0}, PROVIDER_PIECES_RAW);
        provider_pieces_push(&pieces, SPAN("b"), PROVIDER_PIECES_PLAIN);
        provider_pieces_push(&pieces, SPAN(""), PROVIDER_PIECES_PLAIN);
        struct provider_piece *piece = provider_pieces_front(&pieces);
        CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
        CU_ASSERT_EQUAL(piece->bytes.at[0], 'a');
        CU_ASSERT_PTR_EQUAL(provider_pieces_front(&pieces), piece);
        piece->bytes.len = 0;
        piece = provider_pieces_front(&pieces);
        CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
        CU_ASSERT_TRUE(piece->bytes.at[0] == 'b' && piece->form == PROVIDER_PIECES_PLAIN);
        piece->bytes.len = 0;
        CU_ASSERT_PTR_NULL(provider_pieces_front(&pieces));
    }
}

static const struct unit_test tests[] = {
    {"every row in every room", every_row_in_every_room},
    {"an escape is not divided", an_escape_is_not_divided},
    {"whole pieces are copied", whole_pieces_are_copied},
    {"a long piece is measured whole", a_long_piece_is_measured_whole},
    {"a queue is measured and stays", a_queue_is_measured_and_stays},
    {"empty ones are passed over", empty_ones_are_passed_over},
};

UNIT_MAIN("provider_pieces", tests)
