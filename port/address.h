/* IP addresses as 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. */
#ifndef MOONGATE_ADDRESS_H
#define MOONGATE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_BYTES 16
#define ADDRESS_IPV4_AT 12

/* Reads an address without brackets and zone. False: text is none. */
bool address_read(const char *text, uint8_t out[ADDRESS_BYTES]);

/* Puts the four bytes of an IPv4 address into their place. */
void address_map(const void *ipv4, uint8_t out[ADDRESS_BYTES]);

/* True for an IPv4 address. */
bool address_is_ipv4(const uint8_t address[ADDRESS_BYTES]);

/* Loopback, private (RFC 1918, RFC 4193) and link-local addresses. */
bool address_is_private(const uint8_t address[ADDRESS_BYTES]);

#endif
