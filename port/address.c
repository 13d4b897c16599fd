/* See address.h. */
#define _GNU_SOURCE
#include "port/address.h"

#include <string.h>

#include "port/system.h"

static const uint8_t mapped[ADDRESS_IPV4_AT] = {[10] = 0xFF, [11] = 0xFF};
static const uint8_t loopback[ADDRESS_BYTES] = {[ADDRESS_BYTES - 1] = 1};

void address_map(const void *ipv4, uint8_t out[ADDRESS_BYTES])
{
    memcpy(out, mapped, sizeof(mapped));
    memcpy(out + ADDRESS_IPV4_AT, ipv4, ADDRESS_BYTES - ADDRESS_IPV4_AT);
}

bool address_read(const char *text, uint8_t out[ADDRESS_BYTES])
{
    struct in_addr ipv4;
    if (inet_pton(AF_INET, text, &ipv4) != 1)
        return inet_pton(AF_INET6, text, out) == 1;
    address_map(&ipv4, out);
    return true;
}

bool address_is_ipv4(const uint8_t address[ADDRESS_BYTES])
{
    return memcmp(address, mapped, sizeof(mapped)) == 0;
}

static bool is_private_ipv4(const uint8_t at[4])
{
    return at[0] == 127 || at[0] == 10 || (at[0] == 172 && (at[1] & 0xF0) == 16) ||
           (at[0] == 192 && at[1] == 168) || (at[0] == 169 && at[1] == 254);
}

bool address_is_private(const uint8_t address[ADDRESS_BYTES])
{
    if (address_is_ipv4(address))
        return is_private_ipv4(address + ADDRESS_IPV4_AT);
    bool unique_local = (address[0] & 0xFE) == 0xFC;
    bool link_local = address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
    return unique_local || link_local || memcmp(address, loopback, sizeof(loopback)) == 0;
}
