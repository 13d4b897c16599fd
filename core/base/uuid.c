/* UUIDs, versions 4 and 7 (RFC 9562 sections 5.4 and 5.7). */
#include "core/base/uuid.h"

#include "core/base/text.h"
#include "port/port.h"

#define UUID_BYTES 16

static void write(char out[UUID_TEXT_BYTES], uint8_t bytes[UUID_BYTES], uint8_t version)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    struct text text = text_over(out, UUID_TEXT_BYTES);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | (version << 4));
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof(groups); i++) {
        if (i > 0)
            text_add_char(&text, '-');
        text_add_hex(&text, bytes, groups[i]);
        bytes += groups[i];
    }
    text_str(&text);
}

void uuid_v4(char out[UUID_TEXT_BYTES])
{
    uint8_t bytes[UUID_BYTES];
    port_random(bytes, sizeof(bytes));
    write(out, bytes, 4);
}

void uuid_v7(char out[UUID_TEXT_BYTES], uint64_t wall_ms)
{
    uint8_t bytes[UUID_BYTES];
    port_random(bytes, sizeof(bytes));
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
    write(out, bytes, 7);
}
