/* The table of directives, and finding them in a text. */
#include "test/upstream/directives.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *name;
    size_t offset;
    long unnumbered; /* the value of @@NAME without a number */
};

#define ENTRY(name, field, unnumbered) {name, offsetof(struct directives, field), unnumbered}

static const struct entry entries[] = {
    ENTRY("words", words, 10),
    ENTRY("bytes", bytes, 1048576),
    ENTRY("event", event, 65536),
    ENTRY("echo", echo, 1),
    ENTRY("empty", empty, 1),
    ENTRY("nothing", nothing, 1),
    ENTRY("reasoning", reasoning, 2),
    ENTRY("interleave", interleave, 1),
    ENTRY("extras", extras, 1),
    ENTRY("unknown", unknown, 1),
    ENTRY("delay", delay, 1000),
    ENTRY("pause", pause, 1000),
    ENTRY("gap", gap, 50),
    ENTRY("cr", cr, 1),
    ENTRY("crlf", crlf, 1),
    ENTRY("lf", lf, 1),
    ENTRY("noevent", noevent, 1),
    ENTRY("json", json, 1),
    ENTRY("jsonother", jsonother, 1),
    ENTRY("multiline", multiline, 1),
    ENTRY("comment", comment, 1),
    ENTRY("nolastnl", nolastnl, 1),
    ENTRY("noids", noids, 1),
    ENTRY("cut", cut, 3),
    ENTRY("cut0", cut0, 1),
    ENTRY("close", close, 1),
    ENTRY("rst", rst, 0),
    ENTRY("stall", stall, 3),
    ENTRY("stall0", stall0, 1),
    ENTRY("error", error, 1),
    ENTRY("error0", error0, 1),
    ENTRY("nofinish", nofinish, 1),
    ENTRY("nodone", nodone, 1),
    ENTRY("malformed", malformed, 3),
    ENTRY("tools", tools, 1),
    ENTRY("badtools", badtools, 1),
    ENTRY("refusal", refusal, 1),
    ENTRY("notail", notail, 1),
    ENTRY("full", full, 1),
    ENTRY("filtered", filtered, 1),
    ENTRY("stopseq", stopseq, 1),
    ENTRY("pings", pings, 1),
    ENTRY("toolong", toolong, 1),
    ENTRY("policy", policy, 1),
    ENTRY("status", status, 500),
    ENTRY("retry-after", retry_after, 1),
    ENTRY("html", html, 1),
    ENTRY("badhead", badhead, 1),
    ENTRY("twolengths", twolengths, 1),
    ENTRY("bighead", bighead, 65536),
    ENTRY("endlesshead", endlesshead, 1),
    ENTRY("redirect", redirect, 1),
    ENTRY("gzip-unasked", gzip_unasked, 1),
    ENTRY("split", split, 1),
    ENTRY("chunked", chunked, 1),
    ENTRY("length", length, 1),
    ENTRY("eof", eof, 1),
    ENTRY("badchunk", badchunk, 3),
    ENTRY("nolastchunk", nolastchunk, 1),
    ENTRY("informational", informational, 1),
    ENTRY("close-after", close_after, 1),
    ENTRY("dead", dead, 50),
};

static long *slot(struct directives *d, const struct entry *e) {
    return (long *)(void *)((char *)d + e->offset);
}

static const struct entry *find(const char *name, size_t len) {
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strlen(entries[i].name) == len && memcmp(entries[i].name, name, len) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

void directives_clear(struct directives *d) {
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        *slot(d, &entries[i]) = -1;
    }
}

static bool name_char(char c) { return islower((unsigned char)c) || isdigit((unsigned char)c); }

/* p is behind "@@". Gives where reading goes on; NULL: no directive. */
static const char *obey(struct directives *d, const char *p, const char *end) {
    const char *name = p;
    while (p < end && (name_char(*p) || *p == '-')) {
        p++;
    }
    const struct entry *e = find(name, (size_t)(p - name));
    if (e == NULL) {
        return NULL;
    }
    long value = e->unnumbered;
    if (end - p > 1 && *p == '=' && isdigit((unsigned char)p[1])) {
        value = 0;
        for (p++; p < end && isdigit((unsigned char)*p) && value < 100000000000; p++) {
            value = value * 10 + (*p - '0');
        }
    }
    *slot(d, e) = value;
    return p + (p < end && *p == ' ');
}

bool directives_read(struct directives *d, const char *text, size_t len, struct buf *rest) {
    const char *end = text + len;
    bool known = true;
    const char *p = text;
    while (p < end) {
        bool here = end - p > 2 && p[0] == '@' && p[1] == '@' && name_char(p[2]);
        const char *behind = here ? obey(d, p + 2, end) : NULL;
        known = known && (!here || behind != NULL);
        if (behind == NULL && rest != NULL) {
            buf_add(rest, p, 1);
        }
        p = behind != NULL ? behind : p + 1;
    }
    return known;
}
