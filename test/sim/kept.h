/* Seeds that are kept: worlds that found something, or come to what is rare. */
#ifndef MOONGATE_SIM_KEPT_H
#define MOONGATE_SIM_KEPT_H

/* Runs those of a file, and prints "N passed, N failed". Each line is `KIND SEED WHAT... : why`,
 * KIND is plain or tls, WHAT are names of tally.h that must occur in it: a seed that does not come
 * there any more, for the worlds are drawn in another way now, is no test and fails. Returns the
 * exit status. */
int kept_run(const char *path);

#endif
