/* A promise between the port's own parts, or by its caller, that was broken stops the program. */
#ifndef MOONGATE_PROMISE_H
#define MOONGATE_PROMISE_H

#include "port/port.h"

#define PROMISE(promise) ((promise) ? (void)0 : port_panic(PORT_FILE, __LINE__))

#endif
