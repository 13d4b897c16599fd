/*
 * A batch from the command line: a file of requests goes to the gateway that runs on this box, its
 * progress is shown, and the answers come into a file beside it. The gateway does the work; who
 * stops looking stops nothing.
 */
#ifndef MOONGATE_BATCH_H
#define MOONGATE_BATCH_H

#include <stdbool.h>

/* what: a file of lines as OpenAI's batches have them, or the id of a batch that is under way.
 * url: the gateway's, NULL: the one of this box. key: what it is shown, or NULL. Behind
 * posix_start. Prints all there is to say. True: every line has a good answer, and
 * NAME.output.jsonl has them. */
bool batch_run(const char *what, const char *url, const char *key);

#endif
