/* The system calls that the program needs, as a filter for the kernel (seccomp, BPF). */
#ifndef MOONGATE_GUARD_CALLS_H
#define MOONGATE_GUARD_CALLS_H

#include <stdbool.h>

/* The same numbers on every processor, but for what MIPS adds to all of its own. */
#if defined(__mips__)
#define GUARD_CALLS_BASE 4000
#else
#define GUARD_CALLS_BASE 0
#endif
#define CALL_CLONE3 (GUARD_CALLS_BASE + 435L)
#define CALL_LANDLOCK_CREATE_RULESET (GUARD_CALLS_BASE + 444L)
#define CALL_LANDLOCK_ADD_RULE (GUARD_CALLS_BASE + 445L)
#define CALL_LANDLOCK_RESTRICT_SELF (GUARD_CALLS_BASE + 446L)

/* From now on, and in each thread, every other call answers EPERM (clone3 ENOSYS). False: the
 * kernel cannot, or this processor is not known here. Needs no_new_privs. */
bool guard_calls_close(void);

#endif
