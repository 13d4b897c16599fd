/* The system's error numbers as reasons, and the reason that belongs to no slot. */
#ifndef MOONGATE_WHY_H
#define MOONGATE_WHY_H

#include "port/port.h"

/* What errno's value says; PORT_WHY_OTHER for what has no word of its own. */
enum port_why why_of(int error);

/* True when errno's value says that descriptors, memory or the disk have run out. */
bool why_is_full(int error);

/* Keeps the reason that port_why(-1) is to tell. */
void why_keep(enum port_why why);

/* The reason kept last. */
enum port_why why_kept(void);

#endif
