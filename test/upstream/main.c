/* A stand-in for the service that the rust-proxy provider talks to: its protocol, over TLS, with
 * every misbehaviour that a test needs. See README.md. */
#define _GNU_SOURCE
#include <getopt.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "test/upstream/server.h"

struct options {
    const char *listen;
    const char *cert;
    const char *key;
    const char *tls_min;
    const char *tls_max;
    int plain;
    int no_tickets;
};

static const char usage[] =
    "usage: upstream --listen ADDRESS:PORT (--cert FILE --key FILE | --plain)\n"
    "                [--tls-min 1.2|1.3] [--tls-max 1.2|1.3] [--no-tickets]\n";

static int read_options(int argc, char **argv, struct options *o) {
    struct option table[] = {
        {"listen", required_argument, NULL, 'l'},  {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},     {"tls-min", required_argument, NULL, 'm'},
        {"tls-max", required_argument, NULL, 'M'}, {"plain", no_argument, &o->plain, 1},
        {"no-tickets", no_argument, &o->no_tickets, 1}, {NULL, 0, NULL, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", table, NULL)) != -1) {
        const char **where = letter == 'l'   ? &o->listen
                             : letter == 'c' ? &o->cert
                             : letter == 'k' ? &o->key
                             : letter == 'm' ? &o->tls_min
                             : letter == 'M' ? &o->tls_max
                                             : NULL;
        if (letter == '?') {
            return 0;
        }
        if (where != NULL) {
            *where = optarg;
        }
    }
    return o->plain || (o->cert != NULL && o->key != NULL);
}

static int tls_version(const char *text) {
    return strcmp(text, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static SSL_CTX *make_tls(const struct options *o) {
    static const unsigned char id[] = "stand-in";
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, o->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, o->key, SSL_FILETYPE_PEM) != 1) {
        return NULL;
    }
    SSL_CTX_set_min_proto_version(tls, tls_version(o->tls_min));
    SSL_CTX_set_max_proto_version(tls, tls_version(o->tls_max));
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(tls, id, sizeof id);
    if (o->no_tickets) {
        SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(tls, 0);
        SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    }
    return tls;
}

static void raise_file_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int serve(char *address, SSL_CTX *tls) {
    char *colon = strrchr(address, ':');
    if (colon == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    *colon = '\0';
    unsigned short port = (unsigned short)strtoul(colon + 1, NULL, 10);
    int listener = server_listen(address, &port);
    if (listener < 0) {
        perror("upstream: listen");
        return 1;
    }
    printf("listening %u\n", (unsigned)port);
    fflush(stdout);
    server_run(listener, tls);
    return 1;
}

int main(int argc, char **argv) {
    struct options o = {.listen = "127.0.0.1:0", .tls_min = "1.2", .tls_max = "1.3"};
    SSL_CTX *tls = NULL;
    if (!read_options(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    if (!o.plain && (tls = make_tls(&o)) == NULL) {
        ERR_print_errors_fp(stderr);
        return 1;
    }
    char address[64];
    snprintf(address, sizeof address, "%s", o.listen);
    return serve(address, tls);
}
