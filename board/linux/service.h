/*
 * What the program tells the service manager that started it, if that wants to hear it: systemd's
 * protocol, which is a datagram to the socket that NOTIFY_SOCKET names. Without it nothing happens.
 */
#ifndef MOONGATE_SERVICE_H
#define MOONGATE_SERVICE_H

#include <stdbool.h>

/* Tells that it is ready. Where the manager asked for a sign of life every WATCHDOG_USEC, the loop
 * is woken twice as often from now on. Call it once, behind posix_start. */
void service_ready(void);

/* Call it in each turn of the loop, which is what it is a sign of. Tells that it lives when that is
 * due, and once that it is stopping. */
void service_alive(bool stopping);

#endif
