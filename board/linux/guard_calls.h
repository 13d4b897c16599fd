/* The system calls that the program needs, as a filter for the kernel (seccomp, BPF). */
#ifndef MOONGATE_GUARD_CALLS_H
#define MOONGATE_GUARD_CALLS_H

#include <stdbool.h>

#include "port/posix/posix.h"

#define CALL_CLONE3 (POSIX_CALLS_BASE + 435L)
#define CALL_LANDLOCK_CREATE_RULESET (POSIX_CALLS_BASE + 444L)
#define CALL_LANDLOCK_ADD_RULE (POSIX_CALLS_BASE + 445L)
#define CALL_LANDLOCK_RESTRICT_SELF (POSIX_CALLS_BASE + 446L)

/* From now on, and in each thread, every other call answers EPERM (clone3 ENOSYS). False: the
 * kernel cannot, or this processor is not known here. Needs no_new_privs. */
bool guard_calls_close(void);

#endif
