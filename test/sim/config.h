/* The file of a configuration. */
#ifndef MOONGATE_SIM_CONFIG_H
#define MOONGATE_SIM_CONFIG_H

#include "test/sim/edition.h"

/* Writes it to world.config. */
void config_write(const struct edition *edition);

#endif
