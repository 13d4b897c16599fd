/* A try's words as the events and documents of each protocol. */
#ifndef MOONGATE_SIM_WORDS_H
#define MOONGATE_SIM_WORDS_H

#include "test/sim/visit.h"

/* The answer to v->ask's try, to v->out. chat: else an embedding. */
void words_answer(struct visit *v, bool chat);

#endif
