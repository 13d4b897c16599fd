/* From libFuzzer to the target. */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_blob(NULL, (struct span){NULL, 0});
    fuzz_one((struct span){(const char *)data, len});
    return 0;
}

void fuzz_fail(const char *file, int line, const char *promise)
{
    fprintf(stderr, "ERROR: %s:%d: this does not hold: %s\n", file, line, promise);
    abort();
}

uint8_t fuzz_byte(struct span *input)
{
    uint8_t byte = input->len > 0 ? (uint8_t)input->at[0] : 0;
    *input = span_skip(*input, input->len > 0);
    return byte;
}

struct span fuzz_cut(struct span *input)
{
    size_t len = fuzz_byte(input);
    struct span piece = {input->at, len < input->len ? len : input->len};
    *input = span_skip(*input, piece.len);
    return piece;
}

char *fuzz_copy(struct span bytes)
{
    static char *copy;
    free(copy);
    copy = malloc(bytes.len > 0 ? bytes.len : 1);
    FUZZ_CHECK(copy != NULL);
    if (bytes.len > 0)
        memcpy(copy, bytes.at, bytes.len);
    return copy;
}

bool fuzz_inside(struct span part, struct span whole)
{
    return part.len == 0 ||
           (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}
