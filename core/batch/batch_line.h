/* A line of a batch's input, judged: {"custom_id":…,"method":"POST","url":…,"body":{…}}. */
#ifndef MOONGATE_BATCH_LINE_H
#define MOONGATE_BATCH_LINE_H

#include "core/base/span.h"

#define BATCH_LINE_ID_BYTES 512 /* of a custom_id as it stands between its quotes */

/* What is wrong with a line. The numbers stand in the saved index: add at the end. */
enum batch_line_fault {
    BATCH_LINE_GOOD,
    BATCH_LINE_NOT_JSON,
    BATCH_LINE_NO_OBJECT,
    BATCH_LINE_TWICE,     /* a member of the envelope that is read */
    BATCH_LINE_NO_ID,
    BATCH_LINE_LONG_ID,
    BATCH_LINE_REPEATED,  /* another line had the same custom_id */
    BATCH_LINE_METHOD,
    BATCH_LINE_URL,
    BATCH_LINE_BODY,
    BATCH_LINE_NO_MODEL,
    BATCH_LINE_STREAM,
    BATCH_LINE_TOO_LONG,
    BATCH_LINE_MODEL,     /* there is no such model */
    BATCH_LINE_MANY,      /* of the file: it has too many lines */
    BATCH_LINE_EMPTY,     /* and this one has none */
    BATCH_LINE_EXPIRED,
    BATCH_LINE_ANSWER,    /* of the answer: it was too long, cut, or no JSON */
    BATCH_LINE_STATUS,    /* and this one is an error */
    BATCH_LINE_NO_FILE,   /* the input cannot be read */
    BATCH_LINE_FAULTS
};

/* Spans into the line. */
struct batch_line {
    struct span custom_id; /* between its quotes; at NULL: none is known */
    struct span body;      /* an object */
    struct span model;     /* between its quotes, at NULL: none is known */
};

/* Judges a line, without its line end; endpoint is "/v1/chat/completions" or the like. Whatever
 * could be read is in *line, also with a fault. */
enum batch_line_fault batch_line_judge(struct span text, const char *endpoint,
                                       struct batch_line *line);

/* The code of a fault, as programs read it, and its words for people. */
const char *batch_line_code(enum batch_line_fault fault);
const char *batch_line_words(enum batch_line_fault fault);

#endif
