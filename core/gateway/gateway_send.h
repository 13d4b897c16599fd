/* An exchange's request on its way to the service: its head, and the body as its pieces are
 * written, a page at a time, or go out from where the client's bytes lie. */
#ifndef MOONGATE_GATEWAY_SEND_H
#define MOONGATE_GATEWAY_SEND_H

struct gateway;

/* Sends as much as goes; a short body goes with its head, and what is at hand behind a page goes
 * with it. Where no page is free the exchange waits for one. A peer that takes no more may still
 * have an answer: reading tells. */
void gateway_send_request(struct gateway *g, int exchange);

#endif
