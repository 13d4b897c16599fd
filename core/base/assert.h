/* The only thing in core that stops the program: a promise between its own parts that was
 * broken. */
#ifndef MOONGATE_ASSERT_H
#define MOONGATE_ASSERT_H

#include "config/features.h"
#include "port/port.h"

#if FEATURE_ASSERT_PLACES
#define ASSERT(promise) ((promise) ? (void)0 : port_panic(PORT_FILE, __LINE__))
#else
#define ASSERT(promise) ((promise) ? (void)0 : __builtin_trap())
#endif

#endif
