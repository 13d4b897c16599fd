/* The end of a request is told alike in metrics and in its record. */
#include "core/gateway/gateway_end.h"

#include "core/gateway/gateway.h"
#include "core/record/record_reader.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

static struct gateway_records records;
static struct record_reader reader;

static uint64_t number(enum record_number which)
{
    struct record record;
    struct span frame;
    record_reader_begin_last(&reader, &records.journal);
    CU_ASSERT_FATAL(record_reader_back(&reader, &records.journal, &frame) == RESULT_DONE);
    CU_ASSERT_FATAL(record_read(frame, &record));
    return record.numbers[which];
}

static void each_end(void)
{
    static const struct {
        enum record_outcome outcome;
        uint16_t failed, wanted; /* 0: it did not fail */
    } rows[] = {
        {RECORD_OUTCOME_COMPLETE, 0, 200},
        {RECORD_OUTCOME_FAILED, 429, 429},
        {RECORD_OUTCOME_CUT, 502, 502},
        {RECORD_OUTCOME_CLIENT_GONE, 0, 499},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_error error = gateway_error(rows[i].failed != 0 ? rows[i].failed : 500, "");
        unit_gateway_fresh(false);
        unit_gateway_settings.observability.enabled = true;
        unit_gateway.records = &records;
        gateway_end_note(&unit_gateway, 0, rows[i].outcome, rows[i].failed != 0 ? &error : NULL);
        CU_ASSERT_EQUAL(number(RECORD_STATUS), rows[i].wanted);
        CU_ASSERT_EQUAL(number(RECORD_OUTCOME), rows[i].outcome);
        CU_ASSERT_EQUAL(records.journal.records, i + 1);
        const struct record_series *series = &unit_gateway.metrics.series[i];
        CU_ASSERT_EQUAL(series->status, rows[i].wanted);
        CU_ASSERT_EQUAL(series->outcome, rows[i].outcome);
    }
}

static const struct unit_test tests[] = {
    {"each end", each_end},
};

UNIT_MAIN("gateway_end", tests)
