/* Names that musl asks for among its own files, and that no header of it has. */
#ifndef MOONGATE_MUSL_INSIDE_H
#define MOONGATE_MUSL_INSIDE_H

#include <stddef.h>

/* malloc, as the time zones ask for it. */
void *__libc_malloc(size_t bytes);

#endif
