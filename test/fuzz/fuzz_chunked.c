/* Chunked bodies: in pieces of every size the same as at once. */
#include "core/http/http_chunked.h"
#include "test/fuzz/fuzz.h"

struct outcome {
    enum result result;
    uint64_t hash;
    size_t body; /* bytes of it */
    size_t rest; /* bytes behind it */
};

static void add(struct outcome *outcome, struct span data)
{
    for (size_t i = 0; i < data.len; i++)
        outcome->hash = outcome->hash * 1099511628211u + (uint8_t)data.at[i] + 1;
    outcome->body += data.len;
}

static struct outcome read_in(struct span text, size_t step)
{
    struct http_chunked chunked;
    struct outcome outcome = {RESULT_MORE, 7, 0, text.len};
    http_chunked_init(&chunked);
    while (outcome.result == RESULT_MORE && outcome.rest > 0) {
        struct span in = {text.at + text.len - outcome.rest, 0};
        struct span data;
        in.len = step < outcome.rest ? step : outcome.rest;
        outcome.rest -= in.len;
        while (outcome.result == RESULT_MORE && in.len > 0) {
            struct span all = in;
            outcome.result = http_chunked_next(&chunked, &in, &data);
            FUZZ_CHECK(outcome.result == RESULT_FAULT || fuzz_inside(data, all));
            if (outcome.result == RESULT_MORE)
                add(&outcome, data);
        }
        outcome.rest += outcome.result == RESULT_DONE ? in.len : 0;
    }
    FUZZ_CHECK(outcome.result != RESULT_FAULT || chunked.fault->status >= 400);
    return outcome;
}

void fuzz_one(struct span input)
{
    size_t step = fuzz_byte(&input);
    struct span text = {fuzz_copy(input), input.len};
    struct outcome whole = read_in(text, text.len);
    size_t steps[] = {1, step % 7 + 1, step + 1};
    for (size_t i = 0; i < 3; i++) {
        struct outcome again = read_in(text, steps[i]);
        FUZZ_CHECK(again.result == whole.result);
        FUZZ_CHECK(whole.result == RESULT_FAULT ||
                   (again.hash == whole.hash && again.rest == whole.rest));
    }
    FUZZ_CHECK(whole.body <= input.len);
}
