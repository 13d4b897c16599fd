/* What services answer, and what goes wrong with it. */
#ifndef MOONGATE_SIM_SERVICE_H
#define MOONGATE_SIM_SERVICE_H

#include "test/sim/visit.h"

/* Draws what every service lists. */
void service_begin(void);

/* Reads the request in v->in, whose head has head_len bytes (0: it has not come whole), and makes
 * the answer in v->out. */
void service_answer(struct visit *v, size_t head_len);

/* How many uses of a model the service's list tells. */
int service_told_uses(int service, const char *model);

/* All is quiet: breaks the world when the uses that the daemon counts are not those that were
 * had. */
void service_check_uses(void);

/* How a dial ends. */
struct sim_dial service_dial(const char *host, uint16_t port, unsigned flags);

#endif
