/* The compiler and the C library, for lwIP. */
#ifndef MOONGATE_ARCH_CC_H
#define MOONGATE_ARCH_CC_H

#include <stdint.h>
#include <sys/time.h>

#include "port/lwip/bare_chance.h"
#include "port/lwip/bare_clock.h"
#include "port/port.h"

/* A plain variable; the C library's would live in a thread. */
#define LWIP_PROVIDE_ERRNO
#define errno sys_arch_errno
extern int sys_arch_errno;
#define LWIP_NO_UNISTD_H 1
#define BYTE_ORDER LITTLE_ENDIAN

#define LWIP_PLATFORM_DIAG(words) ((void)0)
#define LWIP_PLATFORM_ASSERT(words) port_panic("lwIP", __LINE__)

#define LWIP_RAND() bare_chance_32()

#endif
