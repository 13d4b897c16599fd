/* IP addresses as text: which are literals, which are this box or its own network. */
#ifndef MOONGATE_SETTINGS_ADDRESS_H
#define MOONGATE_SETTINGS_ADDRESS_H

#include "core/base/span.h"

#define SETTINGS_ADDRESS_BYTES 16

/* Reads an IPv4 address (four decimal numbers) or an IPv6 address (RFC 4291 section 2.2, no
 * brackets, no zone) into network order, IPv4 as ::ffff:a.b.c.d. False: it is neither. */
bool settings_address_read(struct span text, uint8_t address[SETTINGS_ADDRESS_BYTES]);

/* 127.0.0.0/8, ::1. */
bool settings_address_loopback(const uint8_t address[SETTINGS_ADDRESS_BYTES]);

/* Loopback, private (RFC 1918, RFC 4193) and link-local addresses. */
bool settings_address_private(const uint8_t address[SETTINGS_ADDRESS_BYTES]);

#endif
