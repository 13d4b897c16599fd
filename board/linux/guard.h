/*
 * The program shuts itself in before it speaks to anybody: what it does not need, a stranger who
 * got hold of it shall not have either. Nothing of it needs privileges, and what a kernel does not
 * know is left out and said.
 */
#ifndef MOONGATE_GUARD_H
#define MOONGATE_GUARD_H

#include "core/settings/settings.h"

/* Gives up everything but this user's own rights (a name of /etc/passwd), its groups included.
 * False: there is no such user, or this process may not become it; *why is a constant. */
bool guard_user(const char *name, const char **why);

/* No new privileges, no core dump and no debugger; only the folders that are needed (Landlock, of
 * Linux 5.13); only the system calls that are needed (seccomp). A refused call answers EPERM.
 * config: the path of the configuration. For the threads that are started afterwards too. One log
 * line says what holds. */
void guard_close(const struct settings *settings, const char *config);

#endif
