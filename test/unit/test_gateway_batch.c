/* Files and batches in the gateway's turns: where there are none, and saved at a clean stop. */
#include "core/gateway/gateway_batch.h"

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

static struct gateway gateway;
static struct gateway_batch batch;
static struct settings settings;

static void nowhere(void)
{
    gateway.settings = &settings;
    gateway.batch = NULL;
    CU_ASSERT(gateway_batch_load(&gateway));
    gateway_batch_run(&gateway);
    gateway_batch_flush(&gateway);
    CU_ASSERT_EQUAL(gateway_batch_due_us(&gateway), UINT64_MAX);
}

static void saved(void)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES] = {1};
    size_t len;
    unit_store_clear();
    gateway.settings = &settings;
    gateway.batch = &batch;
    CU_ASSERT(gateway_batch_load(&gateway));
    CU_ASSERT_EQUAL(gateway_batch_due_us(&gateway), UINT64_MAX);
    CU_ASSERT_EQUAL(batch_index_new_file(&batch.index, key, BATCH_FILE_WHOLE), 0);
    CU_ASSERT_EQUAL(gateway_batch_due_us(&gateway), 0);
    gateway_batch_flush(&gateway);
    CU_ASSERT_EQUAL(gateway_batch_due_us(&gateway), UINT64_MAX);
    CU_ASSERT_PTR_NOT_NULL(unit_store_blob("batch-index", &len));
}

static const struct unit_test tests[] = {
    {"nowhere", nowhere},
    {"saved", saved},
};

UNIT_MAIN("gateway_batch", tests)
