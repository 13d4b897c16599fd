/* A target without libFuzzer: each file that is named goes through it once. */
#include <stdint.h>
#include <stdio.h>

#define INPUT_CAP_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int main(int argc, char **argv)
{
    static uint8_t bytes[INPUT_CAP_BYTES];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL)
            return 1;
        size_t len = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, len);
    }
    return 0;
}
