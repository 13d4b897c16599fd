/* Misbehaviour that happens before, or instead of, a proper answer. */
#ifndef MOONGATE_UPSTREAM_FAULTS_H
#define MOONGATE_UPSTREAM_FAULTS_H

#include "test/upstream/directives.h"
#include "test/upstream/http.h"

/* Waits, sets the connection's split, and answers wrongly where that was told. True: it was, *end
 * says how the connection ends. False: a proper answer is due (the connection may
 * be gone by now). */
bool faults_instead(struct conn *c, const struct directives *d, enum conn_end *end);

/* Answers with an error as the connection's protocol writes it. fields: further field lines; code:
 * OpenAI's alone, NULL for none. */
void faults_error(struct conn *c, int status, const char *fields, const char *message,
                  const char *code);

/* The framing that was told. */
enum http_framing faults_framing(const struct directives *d);

/* Appends the field lines that were told for a proper answer's head. */
void faults_fields(const struct directives *d, struct buf *fields);

/* How the connection ends behind a proper answer; waits where that was told. */
enum conn_end faults_behind(struct conn *c, const struct directives *d);

#endif
