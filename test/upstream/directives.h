/* How the stand-in is told to misbehave: @@NAME or @@NAME=NUMBER, anywhere in a text. README.md of
 * this folder explains each. */
#ifndef MOONGATE_UPSTREAM_DIRECTIVES_H
#define MOONGATE_UPSTREAM_DIRECTIVES_H

#include <stdbool.h>

#include "test/upstream/buf.h"

/* -1 where the directive was not given; its number, or the default of
 * directives.c, where it was. */
struct directives {
    /* what is answered */
    long words, bytes, event, echo, empty, nothing, reasoning, interleave, extras, unknown;
    /* when */
    long delay, pause, gap;
    /* how the stream is written */
    long cr, crlf, lf, noevent, json, jsonother, multiline, comment, nolastnl, noids;
    /* how it fails */
    long cut, cut0, close, rst, stall, stall0, error, error0, nofinish;
    long nodone, malformed, tools, badtools, refusal, notail, toolong, policy;
    /* why it ends, and what is sent meanwhile */
    long full, filtered, stopseq, pings;
    /* instead of a stream */
    long status, retry_after, html, badhead, twolengths, bighead, endlesshead, redirect;
    long gzip_unasked;
    /* framing and connection */
    long split, chunked, length, eof, badchunk, nolastchunk, informational, close_after, dead;
};

/* Nothing told. */
void directives_clear(struct directives *d);

/* Takes the directives out of a text and obeys them; later ones win. What remains of the text, the
 * space behind each directive dropped, is appended to *rest (NULL: not wanted). False: a name
 * nobody knows, which is left in the text. */
bool directives_read(struct directives *d, const char *text, size_t len, struct buf *rest);

#endif
