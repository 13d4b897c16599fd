/* A body of made pieces: written in rooms of every size, and as long as it was counted. */
#include "core/provider/provider_body.h"

#include "test/unit/unit.h"

#include <string.h>

#define BODY "{\"a\":\"x\\\"y\\n\"}"
#define MIN_CAP PROVIDER_PIECES_ROOM

/* Some pieces, nothing, an empty one, and the end. */
static bool make(struct provider_call *call)
{
    struct provider_pieces *pieces = &call->cursor.pieces;
    switch (call->cursor.step++) {
    case 0:
        provider_pieces_push(pieces, SPAN("{\"a\":\""), PROVIDER_PIECES_RAW);
        provider_pieces_push(pieces, SPAN("x\"y\n"), PROVIDER_PIECES_PLAIN);
        return true;
    case 1:
        return true;
    case 2:
        provider_pieces_push(pieces, SPAN(""), PROVIDER_PIECES_RAW);
        provider_pieces_push(pieces, SPAN("\"}"), PROVIDER_PIECES_RAW);
        return true;
    default:
        return false;
    }
}

static void every_room(void)
{
    for (size_t cap = MIN_CAP; cap <= sizeof(BODY); cap++) {
        struct provider_call call = {0};
        char out[sizeof(BODY)];
        size_t len = 0;
        size_t some;
        do {
            char *room = unit_guard_room(0, cap);
            some = provider_body_some(&call, make, room, cap);
            CU_ASSERT(cap - some < PROVIDER_PIECES_ROOM || len + some == sizeof(BODY) - 1);
            CU_ASSERT_TRUE_FATAL(some <= cap && len + some < sizeof(out));
            memcpy(out + len, room, some);
            len += some;
        } while (some > 0);
        CU_ASSERT_TRUE(span_equal((struct span){out, len}, SPAN(BODY)));
        CU_ASSERT_EQUAL(provider_body_some(&call, make, out, sizeof(out)), 0);
    }
}

static void its_length(void)
{
    struct provider_call call = {0};
    CU_ASSERT_EQUAL(provider_body_len(&call, make), sizeof(BODY) - 1);
    CU_ASSERT_PTR_NULL(provider_body_next(&call, make));
}

static const struct unit_test tests[] = {
    {"every room", every_room},
    {"its length", its_length},
};

UNIT_MAIN("provider_body", tests)
