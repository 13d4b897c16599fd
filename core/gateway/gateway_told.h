/*
 * What the providers said in the tries of a request, so that the client can be told of all of them:
 * the last one's status, and each one's last words.
 */
#ifndef MOONGATE_GATEWAY_TOLD_H
#define MOONGATE_GATEWAY_TOLD_H

#include "core/gateway/gateway_error.h"

#define GATEWAY_TOLD_NOTES 12      /* providers that are named; the first ones give way */
#define GATEWAY_TOLD_NAME_BYTES 24 /* of a provider's name */
/* A single one's words are kept whole, with its name and four bytes before. */
#define GATEWAY_TOLD_BYTES (GATEWAY_ERROR_BYTES + GATEWAY_TOLD_NAME_BYTES)

/* All zero: nothing was said. */
struct gateway_told {
    uint16_t status; /* of the last try that failed; 0: none did */
    uint16_t len;
    uint32_t retry_after_s; /* with that status, as the next two */
    const char *param;
    const char *code;
    char notes[GATEWAY_TOLD_BYTES]; /* see gateway_told.c; last: not cleared for a new request */
};

/* A try with the provider failed. key: any number of its own. */
void gateway_told_failed(struct gateway_told *told, uint8_t key, const char *name,
                         const struct gateway_error *error);

/* It was passed over, and why: what it said before in this request is forgotten. */
void gateway_told_passed(struct gateway_told *told, uint8_t key, const char *name,
                         const struct gateway_error *error);

/* The error for the client, when a try failed. With one provider its message as it was; with more,
 * each has its name before its words, and where they are too long together, the longest are cut. */
void gateway_told_error(const struct gateway_told *told, struct gateway_error *error);

#endif
