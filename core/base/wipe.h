/* Secrets are wiped when they are not needed any more. */
#ifndef MOONGATE_WIPE_H
#define MOONGATE_WIPE_H

#include <stddef.h>

/* Makes len bytes zero, even where the compiler sees that nobody reads them again. */
void wipe(void *at, size_t len);

#endif
