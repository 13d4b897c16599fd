/* Between the runner of unit tests without an operating system and the list that CMake makes. */
#ifndef MOONGATE_UNIT_BARE_H
#define MOONGATE_UNIT_BARE_H

/* Runs the tables of all tests. */
void unit_bare_all(void);

#endif
