/* The bytes of a service's answer: a body is put together, then framed, and it is noted from which
 * byte on all is said. */
#ifndef MOONGATE_SIM_SPEECH_H
#define MOONGATE_SIM_SPEECH_H

#include "test/sim/visit.h"

/* The body so far; in it, where all is said: SIZE_MAX means at the end of the framed answer. */
struct speech {
    char bytes[VISIT_OUT_BYTES / 2];
    size_t len;
    size_t complete_at;
};

extern struct speech speech;

/* An empty body. */
void speech_begin(void);

/* Appends as printf does. */
void speech_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Appends text as the inside of a JSON string. */
void speech_escape(const char *text, size_t len);

/* Up to here it is complete. */
void speech_complete(void);

enum speech_frame { SPEECH_LENGTH, SPEECH_CHUNKED, SPEECH_TO_CLOSE };

/* Writes head and body to v->out. keeps: the connection stays open behind it. */
void speech_send(struct visit *v, int status, const char *fields, enum speech_frame frame,
                 bool keeps);

#endif
