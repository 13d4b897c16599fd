/* A file's ids up to the limit: each is new once, however it is written. */
#include "core/batch/batch_seen.h"

#include <stdio.h>

#include "test/unit/unit.h"

static struct batch_seen seen;

static bool add(int i)
{
    char id[32];
    snprintf(id, sizeof(id), "request-%d", i);
    return batch_seen_add(&seen, span_of(id));
}

static void all(void)
{
    batch_seen_begin(&seen);
    for (int i = 0; i < LIMIT_BATCH_LINES; i++)
        CU_ASSERT_FATAL(add(i));
    for (int i = 0; i < LIMIT_BATCH_LINES; i += 7)
        CU_ASSERT_FATAL(!add(i));
    batch_seen_begin(&seen);
    CU_ASSERT(add(1));
}

static void spelling(void)
{
    batch_seen_begin(&seen);
    CU_ASSERT(batch_seen_add(&seen, SPAN("ab")));
    CU_ASSERT_FALSE(batch_seen_add(&seen, SPAN("\\u0061b")));
    CU_ASSERT(batch_seen_add(&seen, SPAN("\\\\u0061b")));
}

static const struct unit_test tests[] = {
    {"all", all},
    {"spelling", spelling},
};

UNIT_MAIN("batch_seen", tests)
