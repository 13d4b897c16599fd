/* The configuration of a world: services, models, limits, as text and as numbers. */
#ifndef MOONGATE_SIM_CONFIG_H
#define MOONGATE_SIM_CONFIG_H

/* Draws it into world. */
void config_draw(void);

#endif
