/* See settings_address.h. */
#include "core/settings/settings_address.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/http/http_token.h"

#define MAPPED_AT 12 /* of an IPv4 address in ::ffff:a.b.c.d */

static const uint8_t mapped[MAPPED_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool read_v4(struct span text, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        size_t len = i < 3 ? span_find(text, '.') : text.len;
        struct span part = {text.at, len};
        uint64_t value = 0;
        bool zero = len > 1 && part.at[0] == '0';
        if (zero || len > 3 || !span_number(part, 255, &value))
            return false;
        out[i] = (uint8_t)value;
        if (i < 3 && len == text.len)
            return false;
        text = span_skip(text, i < 3 ? len + 1 : len);
    }
    return true;
}

/* One group of an IPv6 address, one to four digits. */
static bool read_group(struct span text, uint8_t out[2])
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = http_token_hex(text.at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return true;
}

/* Groups with ':' between them, the last may be IPv4; how many bytes, or -1. */
static int read_groups(struct span text, uint8_t out[SETTINGS_ADDRESS_BYTES])
{
    int at = 0;
    while (text.len > 0) {
        size_t len = span_find(text, ':');
        struct span group = {text.at, len};
        bool last = len == text.len;
        if (at > SETTINGS_ADDRESS_BYTES - 2)
            return -1;
        if (last && span_find(group, '.') < len) {
            bool fits = at <= MAPPED_AT && read_v4(group, out + at);
            return fits ? at + 4 : -1;
        }
        if (!read_group(group, out + at))
            return -1;
        at += 2;
        text = span_skip(text, last ? len : len + 1);
        if (!last && text.len == 0)
            return -1;
    }
    return at;
}

/* The place of "::", or text.len. */
static size_t find_gap(struct span text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.at[i] == ':' && text.at[i + 1] == ':')
            return i;
    return text.len;
}

static bool read_v6(struct span text, uint8_t out[SETTINGS_ADDRESS_BYTES])
{
    uint8_t tail[SETTINGS_ADDRESS_BYTES];
    size_t gap = find_gap(text);
    if (gap == text.len)
        return read_groups(text, out) == SETTINGS_ADDRESS_BYTES;
    struct span head = {text.at, gap};
    int front = read_groups(head, out);
    int back = read_groups(span_skip(text, gap + 2), tail);
    bool dotted = span_find(head, '.') < gap;
    if (front < 0 || back < 0 || front + back > SETTINGS_ADDRESS_BYTES - 2 || dotted)
        return false;
    memset(out + front, 0, (size_t)(SETTINGS_ADDRESS_BYTES - front - back));
    memcpy(out + SETTINGS_ADDRESS_BYTES - back, tail, (size_t)back);
    return true;
}

bool settings_address_read(struct span text, uint8_t address[SETTINGS_ADDRESS_BYTES])
{
    ASSERT(address != NULL);
    if (span_find(text, ':') < text.len)
        return read_v6(text, address);
    memcpy(address, mapped, sizeof(mapped));
    return read_v4(text, address + MAPPED_AT);
}

static const uint8_t *v4_of(const uint8_t address[SETTINGS_ADDRESS_BYTES])
{
    return memcmp(address, mapped, sizeof(mapped)) == 0 ? address + MAPPED_AT : NULL;
}

bool settings_address_loopback(const uint8_t address[SETTINGS_ADDRESS_BYTES])
{
    static const uint8_t one[SETTINGS_ADDRESS_BYTES] = {[SETTINGS_ADDRESS_BYTES - 1] = 1};
    const uint8_t *v4 = v4_of(address);
    return v4 != NULL ? v4[0] == 127 : memcmp(address, one, sizeof(one)) == 0;
}

bool settings_address_private(const uint8_t address[SETTINGS_ADDRESS_BYTES])
{
    const uint8_t *v4 = v4_of(address);
    if (settings_address_loopback(address))
        return true;
    if (v4 == NULL) {
        bool unique_local = (address[0] & 0xFE) == 0xFC;
        bool link_local = address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
        return unique_local || link_local;
    }
    return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xF0) == 16) ||
           (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254);
}
