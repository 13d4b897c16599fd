/* Forms with a file: in pieces of every size the same as at once. */
#include "core/batch/batch_multipart.h"
#include "test/fuzz/fuzz.h"

struct outcome {
    enum result result;
    uint64_t hash;
    size_t file; /* bytes of it */
    struct batch_multipart form;
};

static void add(struct outcome *outcome, struct span data)
{
    for (size_t i = 0; i < data.len; i++)
        outcome->hash = outcome->hash * 1099511628211u + (uint8_t)data.at[i] + 1;
    outcome->file += data.len;
}

static void read_in(struct outcome *outcome, struct span text, size_t step)
{
    struct span data;
    *outcome = (struct outcome){.result = RESULT_MORE, .hash = 7};
    FUZZ_CHECK(batch_multipart_begin(&outcome->form, SPAN("multipart/form-data; boundary=b")));
    for (size_t at = 0; at < text.len && outcome->result == RESULT_MORE; at += step) {
        struct span in = {text.at + at, text.len - at < step ? text.len - at : step};
        struct span all = in;
        do {
            struct span own = {(const char *)&outcome->form, sizeof(outcome->form)};
            outcome->result = batch_multipart_next(&outcome->form, &in, &data);
            FUZZ_CHECK(fuzz_inside(data, all) || fuzz_inside(data, own));
            add(outcome, data);
        } while (outcome->result == RESULT_DONE);
        FUZZ_CHECK(outcome->result == RESULT_FAULT || in.len == 0);
    }
    FUZZ_CHECK(outcome->result != RESULT_FAULT || outcome->form.why != NULL);
}

void fuzz_one(struct span input)
{
    static struct outcome whole, again;
    struct batch_multipart form;
    struct span type = fuzz_cut(&input);
    (void)batch_multipart_begin(&form, type);
    size_t steps[] = {1, 2, 7};
    struct span text = {fuzz_copy(input), input.len};
    read_in(&whole, text, text.len + 1);
    for (size_t i = 0; i < 3; i++) {
        read_in(&again, text, steps[i]);
        FUZZ_CHECK(again.result == whole.result && again.form.why == whole.form.why);
        FUZZ_CHECK(again.form.purpose_len == whole.form.purpose_len);
        FUZZ_CHECK(whole.result == RESULT_FAULT || again.hash == whole.hash);
        FUZZ_CHECK(batch_multipart_fault(&again.form) == batch_multipart_fault(&whole.form));
    }
    FUZZ_CHECK(whole.file <= input.len);
}
