/* The types of providers, and what a vendor's own type stands for. */
#ifndef MOONGATE_SETTINGS_VENDOR_H
#define MOONGATE_SETTINGS_VENDOR_H

#include "core/settings/settings.h"

struct settings_vendor {
    const char *type;
    enum settings_protocol protocol;
    const char *address;  /* NULL: none, api_base has to say it */
    const char *variable; /* the environment variable with its key; NULL: no key */
    bool own_server;      /* of the operator's: it may well want no key */
    bool shorthand;       /* TYPE::NAME may be a model's name */
};

/* Type i, from 0; NULL behind the last. */
const struct settings_vendor *settings_vendor_at(int i);

/* The type of that name, or NULL. */
const struct settings_vendor *settings_vendor_find(struct span type);

/* The type that was probably meant. */
struct span settings_vendor_near(struct span type);

/* The vendor of a name such as openrouter::NAME that has a shorthand; NULL for another name. */
const struct settings_vendor *settings_vendor_of(struct span name);

#endif
