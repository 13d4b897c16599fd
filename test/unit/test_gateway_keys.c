/* Limits of keys: each at its border, what an answer's head says of them, what a restart keeps. */
#include "core/gateway/gateway_keys.h"

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define KEY (&unit_gateway_settings.keys[0])
#define USE (&unit_gateway.keys.uses[0])
#define S_US 1000000u

/* The only key has these limits and has used nothing. */
static void fresh(uint32_t requests, uint64_t tokens, uint32_t concurrent)
{
    unit_gateway_fresh(false);
    G->keys = (struct gateway_keys){0};
    KEY->requests_per_minute = requests;
    KEY->tokens_per_day = tokens;
    KEY->concurrent = concurrent;
}

/* Retry-After of a request that is refused; 0: it was let in, and is over at once. */
static uint32_t refused_s(uint64_t tokens)
{
    struct gateway_error error = {0};
    if (!gateway_keys_begin(G, 0, &error)) {
        CU_ASSERT_EQUAL(error.status, 429);
        CU_ASSERT_STRING_EQUAL(error.code, "rate_limit_exceeded");
        CU_ASSERT_TRUE(error.retry_after_s > 0);
        return error.retry_after_s;
    }
    gateway_keys_end(G, 0, tokens);
    return 0;
}

static void no_key_and_no_limit(void)
{
    struct gateway_error error;
    fresh(0, 0, 0);
    CU_ASSERT_TRUE(gateway_keys_begin(G, -1, &error));
    gateway_keys_end(G, -1, 5);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(refused_s(1000000), 0);
    CU_ASSERT_FALSE(G->keys.dirty);
}

/* A full bucket lets its number through at once, then one for each part of the minute. */
static void requests_per_minute(void)
{
    static const uint32_t rows[] = {1, 2, 7, 60, 1000};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t part_us = 60 * S_US / rows[i];
        fresh(rows[i], 0, 0);
        for (uint32_t n = 0; n < rows[i]; n++)
            CU_ASSERT_EQUAL(refused_s(0), 0);
        CU_ASSERT_EQUAL(refused_s(0), (part_us + S_US - 1) / S_US);
        G->now_us += part_us - 1;
        CU_ASSERT_EQUAL(refused_s(0), 1);
        G->now_us += 60;
        CU_ASSERT_EQUAL(refused_s(0), 0);
        CU_ASSERT_NOT_EQUAL(refused_s(0), 0);
        G->now_us += 61 * (uint64_t)S_US;
        for (uint32_t n = 0; n < rows[i]; n++)
            CU_ASSERT_EQUAL(refused_s(0), 0);
        CU_ASSERT_NOT_EQUAL(refused_s(0), 0);
        CU_ASSERT_TRUE(G->keys.dirty);
    }
}

/* One request may go over; the next waits for the day's end. */
static void tokens_per_day(void)
{
    fresh(0, 100, 0);
    CU_ASSERT_EQUAL(refused_s(99), 0);
    CU_ASSERT_EQUAL(refused_s(500), 0);
    uint32_t wait_s = refused_s(0);
    CU_ASSERT_TRUE(wait_s > 0 && wait_s <= 86400);
    unit_clock_skip_ms((uint64_t)wait_s * 1000 - 1500);
    CU_ASSERT_NOT_EQUAL(refused_s(0), 0);
    unit_clock_skip_ms(2000);
    CU_ASSERT_EQUAL(refused_s(100), 0);
    CU_ASSERT_NOT_EQUAL(refused_s(0), 0);
}

static void concurrent(void)
{
    struct gateway_error error;
    fresh(0, 0, 2);
    CU_ASSERT_TRUE(gateway_keys_begin(G, 0, &error));
    CU_ASSERT_TRUE(gateway_keys_begin(G, 0, &error));
    CU_ASSERT_EQUAL(refused_s(0), 1);
    gateway_keys_end(G, 0, 0);
    CU_ASSERT_EQUAL(refused_s(0), 0);
    CU_ASSERT_TRUE(gateway_keys_begin(G, 0, &error));
    CU_ASSERT_EQUAL(refused_s(0), 1);
}

/* What one limit refuses is not counted by another. */
static void a_refusal_costs_nothing(void)
{
    struct gateway_error error;
    fresh(2, 0, 1);
    CU_ASSERT_TRUE(gateway_keys_begin(G, 0, &error));
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(refused_s(0), 1);
    gateway_keys_end(G, 0, 0);
    CU_ASSERT_EQUAL(refused_s(0), 0);
    CU_ASSERT_EQUAL(refused_s(0), 30);
}

/* ---- field lines ---- */

static bool says(const char *fields, const char *line)
{
    return strstr(fields, line) != NULL;
}

static const char *fields(void)
{
    static char bytes[GATEWAY_KEYS_FIELDS_BYTES];
    struct text text = text_over(bytes, sizeof(bytes));
    gateway_keys_fields(G, 0, &text);
    return text_str(&text);
}

static void the_fields(void)
{
    fresh(0, 0, 3);
    CU_ASSERT_STRING_EQUAL(fields(), "");
    fresh(60, 1000, 0);
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-limit-requests: 60\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-requests: 60\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-reset-requests: 0ms\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-limit-tokens: 1000\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-tokens: 1000\r\n"));
    refused_s(1);
    G->now_us += 10000;
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-requests: 59\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-reset-requests: 990ms\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-tokens: 999\r\n"));
    for (int i = 0; i < 59; i++)
        refused_s(i < 58 ? 0 : 1000);
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-requests: 0\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-reset-requests: 1m0s\r\n"));
    CU_ASSERT_TRUE(says(fields(), "x-ratelimit-remaining-tokens: 0\r\n"));
    CU_ASSERT_NOT_EQUAL(refused_s(0), 0);
}

static void the_largest_fields_fit(void)
{
    char bytes[GATEWAY_KEYS_FIELDS_BYTES];
    fresh(INT32_MAX, INT64_MAX, 1);
    struct text text = text_over(bytes, sizeof(bytes));
    gateway_keys_fields(G, 0, &text);
    CU_ASSERT_FALSE(text.cut);
    CU_ASSERT_EQUAL(refused_s(UINT32_MAX), 0);
}

/* ---- what is kept ---- */

static uint8_t blob[GATEWAY_KEYS_BLOB_BYTES];

static void kept_over_a_restart(void)
{
    fresh(2, 1000, 0);
    refused_s(0);
    refused_s(1000);
    size_t len = gateway_keys_save(G, blob);
    fresh(2, 1000, 0);
    G->now_us = 7;
    CU_ASSERT_TRUE(gateway_keys_load(G, blob, len));
    CU_ASSERT_EQUAL(USE->tokens, 1000);
    CU_ASSERT_TRUE(refused_s(0) > 60);
    KEY->tokens_per_day = 0;
    uint32_t wait_s = refused_s(0);
    CU_ASSERT_TRUE(wait_s == 29 || wait_s == 30);
}

static void a_key_that_is_gone(void)
{
    fresh(2, 0, 0);
    refused_s(10);
    size_t len = gateway_keys_save(G, blob);
    fresh(2, 0, 0);
    KEY->name = "another";
    CU_ASSERT_TRUE(gateway_keys_load(G, blob, len));
    CU_ASSERT_EQUAL(USE->tokens, 0);
    CU_ASSERT_EQUAL(USE->full_us, 0);
}

static void damaged_anywhere(void)
{
    fresh(2, 0, 0);
    refused_s(10);
    size_t len = gateway_keys_save(G, blob);
    G->keys = (struct gateway_keys){0};
    for (size_t i = 0; i < len; i++) {
        blob[i] ^= 1;
        CU_ASSERT_FALSE(gateway_keys_load(G, blob, len));
        CU_ASSERT_FALSE(gateway_keys_load(G, (uint8_t *)unit_guard(0, (char *)blob, i), i));
        blob[i] ^= 1;
    }
    CU_ASSERT_EQUAL(USE->tokens, 0);
    CU_ASSERT_TRUE(gateway_keys_load(G, blob, len));
    CU_ASSERT_EQUAL(USE->tokens, 10);
}

static const struct unit_test tests[] = {
    {"no key and no limit", no_key_and_no_limit},
    {"requests per minute", requests_per_minute},
    {"tokens per day", tokens_per_day},
    {"concurrent", concurrent},
    {"a refusal costs nothing", a_refusal_costs_nothing},
    {"the fields", the_fields},
    {"the largest fields fit", the_largest_fields_fit},
    {"kept over a restart", kept_over_a_restart},
    {"a key that is gone", a_key_that_is_gone},
    {"damaged anywhere", damaged_anywhere},
};

UNIT_MAIN("gateway_keys", tests)
