/*
 * The system's socket calls, for the files that all ports share. A port whose calls are not
 * POSIX's names a header of its own in PORT_SYSTEM, which has the same functions.
 */
#ifndef MOONGATE_SYSTEM_H
#define MOONGATE_SYSTEM_H

#if !defined(PORT_SYSTEM)
#define PORT_SYSTEM "port/posix/posix_system.h"
#endif
#include PORT_SYSTEM

#endif
