/* UUIDs, versions 4 and 7 (RFC 9562 sections 5.4 and 5.7). */
#include "core/base/uuid.h"

#include "core/base/text.h"
#include "port/port.h"

#define V7_MS_BYTES 6

static const uint8_t groups[] = {4, 2, 2, 2, 6};

void uuid_write(char out[UUID_TEXT_BYTES], const uint8_t bytes[UUID_BYTES])
{
    struct text text = text_over(out, UUID_TEXT_BYTES);
    for (size_t i = 0; i < sizeof(groups); i++) {
        if (i > 0)
            text_add_char(&text, '-');
        text_add_hex(&text, bytes, groups[i]);
        bytes += groups[i];
    }
    text_str(&text);
}

static void finish(char out[UUID_TEXT_BYTES], uint8_t bytes[UUID_BYTES], uint8_t version)
{
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | (version << 4));
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    uuid_write(out, bytes);
}

void uuid_v4(char out[UUID_TEXT_BYTES])
{
    uint8_t bytes[UUID_BYTES];
    port_random(bytes, sizeof(bytes));
    finish(out, bytes, 4);
}

void uuid_v7(char out[UUID_TEXT_BYTES], uint64_t wall_ms)
{
    uint8_t bytes[UUID_BYTES];
    port_random(bytes, sizeof(bytes));
    for (int i = 0; i < V7_MS_BYTES; i++)
        bytes[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
    finish(out, bytes, 7);
}

uint64_t uuid_v7_ms(const uint8_t bytes[UUID_BYTES])
{
    uint64_t ms = 0;
    for (int i = 0; i < V7_MS_BYTES; i++)
        ms = (ms << 8) | bytes[i];
    return ms;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool uuid_read(struct span text, uint8_t bytes[UUID_BYTES])
{
    size_t group = 0, left = groups[0];
    if (text.len != UUID_TEXT_BYTES - 1)
        return false;
    for (int i = 0; i < UUID_BYTES; i++, left--) {
        if (left == 0) {
            if (text.at[0] != '-')
                return false;
            text = span_skip(text, 1);
            left = groups[++group];
        }
        int high = digit(text.at[0]), low = digit(text.at[1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
        text = span_skip(text, 2);
    }
    return true;
}
