/*
 * A whole answer that passes as it comes: the document of a service that speaks the clients' own
 * protocol, judged on its way. It is held back until it is complete or more than
 * LIMIT_HOLD_BYTES have come.
 */
#ifndef MOONGATE_GATEWAY_DOCUMENT_H
#define MOONGATE_GATEWAY_DOCUMENT_H

#include "core/base/result.h"
#include "core/json/json_rules.h"
#include "core/provider/provider_meter.h"

struct gateway;

#define GATEWAY_DOCUMENT_NAME_BYTES 9 /* of a member's name, its quotes included */

/* A document under judgement. */
struct gateway_document {
    struct json_rules rules;
    bool opaque;      /* the caller's to set: it is no JSON, and not judged; */
    bool any;         /* its JSON need not have choices; */
    bool message;     /* it has content instead of them; */
    bool whole;       /* what is in hand ends it, and nothing is wrong with it */
    bool has_choices; /* it is an object with that member, */
    bool has_error;   /* or with that one */
    struct provider_usage usage; /* that its member of this name told so far */
    struct provider_meter _meter;
    bool _in_usage;
    uint8_t _name_len; /* of one that did not end with the bytes before */
    char _name[GATEWAY_DOCUMENT_NAME_BYTES];
};

/* A document that has not begun. */
void gateway_document_begin(struct gateway_document *document);

/* The next bytes have come. RESULT_MORE, or RESULT_FAULT: it is not JSON, rules.why says why. */
enum result gateway_document_take(struct gateway_document *document, struct span bytes);

/* All has come: NULL when it is an answer, else what is wrong with it. */
const char *gateway_document_fault(struct gateway_document *document);

/* Holds back or passes on the part of it in hand. DONE or MORE. */
enum result gateway_document_pass(struct gateway *g, int request);

/* It is complete: queues what is left. DONE or MORE. */
enum result gateway_document_finish(struct gateway *g, int request);

#endif
