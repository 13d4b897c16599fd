/* The store's jobs in order, and which of them have a good name: the same for every port. */
#ifndef MOONGATE_JOBS_H
#define MOONGATE_JOBS_H

#include <stdbool.h>

#include "port/port.h"

#define JOBS_NAME_LEN_MAX 128 /* of a blob */

struct jobs {
    struct port_store_job *first, *last; /* both NULL: none */
};

/* Puts a job behind the last one. */
void jobs_put(struct jobs *jobs, struct port_store_job *job);

/* Takes the first one, or NULL. */
struct port_store_job *jobs_take(struct jobs *jobs);

/* False: it needs a name, and has none that is letters, digits, '-', '.' and '_' alone, leads to no
 * folder, and is not too long. */
bool jobs_named(const struct port_store_job *job);

#endif
