/* A folder for the files of a test, gone with it. */
#ifndef MOONGATE_UNIT_FOLDER_H
#define MOONGATE_UNIT_FOLDER_H

#include <sys/types.h>

/* Makes it; ends the program when it cannot. */
void unit_folder_make(void);

/* Removes it with all that is in it. */
void unit_folder_remove(void);

/* The path of a name in it, valid until the next call. */
const char *unit_folder_path(const char *name);

/* Writes a file in it with exactly this mode. */
void unit_folder_write(const char *name, const char *text, mode_t mode);

#endif
