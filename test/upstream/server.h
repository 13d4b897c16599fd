/* The listener, a thread a connection, and the routes. */
#ifndef MOONGATE_UPSTREAM_SERVER_H
#define MOONGATE_UPSTREAM_SERVER_H

#include <openssl/ssl.h>

/* Binds ADDRESS:PORT (a literal address; port 0: any free one). Gives the socket and the port
 * bound; -1 with errno set where it cannot be. */
int server_listen(const char *address, unsigned short *port);

/* Serves connections until accept fails; tls is NULL for plain HTTP. */
void server_run(int listener, SSL_CTX *tls);

#endif
