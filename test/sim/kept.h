/* Seeds that are kept: worlds that found something, or come to what is rare. */
#ifndef MOONGATE_SIM_KEPT_H
#define MOONGATE_SIM_KEPT_H

/* Runs those of a file, and prints "N passed, N failed". Each line is `KIND SEED WHAT... : why`,
 * KIND is plain or tls, WHAT are names of tally.h that must occur in it. A change of core makes
 * other worlds of the same seeds: where one does not come there any more, those behind it are run
 * until one does, which is told; with none it fails. Returns the exit status. */
int kept_run(const char *path);

#endif
