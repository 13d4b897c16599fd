/* The web page: page.html, packed by pack.py when the program is built. */
#ifndef MOONGATE_PAGE_H
#define MOONGATE_PAGE_H

#include "core/base/span.h"

struct page {
    struct span gzip;
    struct span etag;   /* with its quotes */
    struct span fields; /* field lines of its answer, each with its CRLF; etag is one of them */
};

extern const struct page page;

#endif
