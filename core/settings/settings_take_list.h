/* Lists of strings on their way into the settings; see settings_take.h. */
#ifndef MOONGATE_SETTINGS_TAKE_LIST_H
#define MOONGATE_SETTINGS_TAKE_LIST_H

#include "core/settings/settings_take.h"

/* One function a kind of list. Faults are reported; what is good of a bad list may be kept. */
void settings_take_list_names(struct settings_taking *taking);
void settings_take_list_routing(struct settings_taking *taking);
void settings_take_list_hosts(struct settings_taking *taking);
void settings_take_list_origins(struct settings_taking *taking);
void settings_take_list_types(struct settings_taking *taking);
void settings_take_list_listeners(struct settings_taking *taking);

#endif
