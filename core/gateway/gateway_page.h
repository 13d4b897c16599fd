/* GET /: the page, packed as it lies in the program. */
#ifndef MOONGATE_GATEWAY_PAGE_H
#define MOONGATE_GATEWAY_PAGE_H

struct gateway;

/* Answers a client whose head is still in g->scratch: with the page, 304 where it has that one
 * already, or a line of text where it cannot unpack. */
void gateway_page_begin(struct gateway *g, int client);

/* Queues as much more as there is room for; ends the answer at the end. client->cursor is 0 at
 * first. */
void gateway_page_some(struct gateway *g, int client);

#endif
