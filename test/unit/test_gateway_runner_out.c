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

static const struct unit_test tests[] = {
    {"full disk", full_disk},
};

UNIT_MAIN("gateway_runner_out", tests)
