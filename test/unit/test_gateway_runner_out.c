/* A disk that is full for a while. */
#include "core/gateway/gateway_runner_out.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY

static void full_disk(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(20));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_store_refuse(PORT_FULL);
    CU_ASSERT(unit_batch_until_waits("room on the disk"));
    unit_store_refuse(0);
    unit_clock_skip_ms(31000);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check_each(20);
    unit_batch_tear_down();
}

static void check_cancelled(void)
{
    CU_ASSERT(unit_batch_until_waits("room on the disk"));
    batch_index_step(UNIT_BATCH_INDEX, unit_batch, BATCH_CANCELLING);
    gateway_runner_wake(G);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_tear_down();
}

/* It can be cancelled while the disk stays full: what fills it is its own input, maybe. */
static void full_for_good(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(20));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_store_refuse(PORT_FULL);
    check_cancelled();
    unit_batch_set_up();
    unit_live.settings.batch.max_store_bytes = 1;
    unit_batch_add(unit_batch_lines(20));
    check_cancelled();
    unit_batch_set_up();
    unit_live.settings.batch.max_store_bytes = 1;
    unit_batch_add("nonsense\n" UNIT_BATCH_LINE("a", "box"));
    check_cancelled();
    unit_batch_set_up();
    unit_live.settings.batch.max_store_bytes = 1;
    unit_live.settings.batch.requests_per_minute = 1;
    unit_batch_add(unit_batch_lines(20));
    UNIT_BATCH->expires_s = 1;
    check_cancelled();
}

static const struct unit_test tests[] = {
    {"full disk", full_disk},
    {"full for good", full_for_good},
};

UNIT_MAIN("gateway_runner_out", tests)
