/* Races a judge through large documents. */
#include "test/unit/unit_json.h"

#include "config/bounds.h"
#include "port/port.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define SEGMENT_BYTES 1460
#define WHOLE_MAX_US 30000
#define SEGMENTS_MAX_US 60000

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || !defined(__OPTIMIZE__) || \
    defined(UNIT_EMULATED)
#define MEASURED 0
#define ROUNDS 1
#else
#define MEASURED 1
#define ROUNDS 7
#endif

static char large[4194304];

/* Fills large with '[', copies of unit, the last of which loses its comma, and ']'. */
static struct span repeat(struct span unit)
{
    size_t at = 0;
    large[at++] = '[';
    while (at + unit.len <= sizeof(large)) {
        memcpy(large + at, unit.at, unit.len);
        at += unit.len;
    }
    large[at - 1] = ']';
    return (struct span){large, at};
}

static struct span objects(void)
{
    return repeat(SPAN("{},"));
}

static struct span string(void)
{
    memset(large, 'x', sizeof(large));
    large[0] = '"';
    large[sizeof(large) - 1] = '"';
    return (struct span){large, sizeof(large)};
}

static struct span arrays(void)
{
    enum { LEVELS = LIMIT_JSON_DEPTH - 1 };
    char unit[2 * LEVELS + 1];
    memset(unit, '[', LEVELS);
    memset(unit + LEVELS, ']', LEVELS);
    unit[2 * LEVELS] = ',';
    return repeat((struct span){unit, sizeof(unit)});
}

static uint64_t best_us(struct span document, size_t step,
                        enum result (*judge)(struct span, size_t))
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin_us = port_now_us();
        CU_ASSERT_EQUAL(judge(document, step), RESULT_DONE);
        uint64_t took_us = port_now_us() - begin_us;
        best = took_us < best ? took_us : best;
    }
    return best;
}

static void print(const char *name, const char *kind, uint64_t whole_us, uint64_t segments_us)
{
    printf("%-14s %-8s whole %3u.%02u ms, in segments %3u.%02u ms\n", name, kind,
           (unsigned)(whole_us / 1000), (unsigned)(whole_us / 10 % 100),
           (unsigned)(segments_us / 1000), (unsigned)(segments_us / 10 % 100));
}

void unit_json_race(const char *name, enum result (*judge)(struct span document, size_t step))
{
    static const struct {
        const char *name;
        struct span (*make)(void);
    } kinds[] = {{"objects", objects}, {"string", string}, {"arrays", arrays}};
    uint64_t whole_us = 0;
    uint64_t segments_us = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct span document = kinds[i].make();
        uint64_t whole = best_us(document, document.len, judge);
        uint64_t segments = best_us(document, SEGMENT_BYTES, judge);
        print(name, kinds[i].name, whole, segments);
        whole_us += whole;
        segments_us += segments;
    }
    print(name, "together", whole_us, segments_us);
    CU_ASSERT_TRUE(!MEASURED || whole_us < WHOLE_MAX_US);
    CU_ASSERT_TRUE(!MEASURED || segments_us < SEGMENTS_MAX_US);
}
