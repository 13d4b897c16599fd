/*
 * Files on their way: uploads to the disk and contents from it, a piece at a time. While the disk
 * has a piece, the client's socket is not read, and TCP holds the rest.
 */
#ifndef MOONGATE_GATEWAY_TRANSFER_H
#define MOONGATE_GATEWAY_TRANSFER_H

#include "core/base/result.h"
#include "core/batch/batch_index.h"
#include "core/batch/batch_multipart.h"
#include "core/http/http_chunked.h"

struct gateway;
struct http_request;

/* One of LIMIT_BATCH_TRANSFERS. */
struct gateway_transfer {
    bool taken;
    bool uploads;     /* else it sends a file's content */
    bool asked;       /* a job was begun, and its end not looked at */
    bool waits;       /* its client is run again when the disk has answered */
    bool whole;       /* the request's body has come */
    bool kept;        /* an upload's file stays */
    bool chunked;
    int16_t client;   /* or -1: it has left, and the disk is not done */
    int16_t file;
    uint64_t serial;  /* of the file: another may stand in its place */
    uint32_t mark;    /* of the index: to be saved before anything goes on */
    uint32_t len, used; /* of the piece; and so much of it was sent */
    uint64_t left;    /* of a body with a length; of the file's content, not yet read */
    uint64_t came;    /* of the body */
    struct batch_blob blob;
    struct http_chunked coding;
    struct batch_multipart form;
    char piece[LIMIT_BATCH_PIECE_BYTES];
};

/* Begins to take the body of a POST /v1/files, or refuses it: 413 and 507 by its length, 415, 503.
 */
void gateway_transfer_upload(struct gateway *g, int client, const struct http_request *request);

/* A step of a client in the state UPLOAD, with the results of gateway_read_body. */
enum result gateway_transfer_read(struct gateway *g, int client);

/* Begins to send a file's content, or refuses: 503. */
void gateway_transfer_content(struct gateway *g, int client, int file);

/* Goes on with it, as far as the client's queue has room and the disk has answered. */
void gateway_transfer_some(struct gateway *g, int client);

/* The client leaves, or its request is refused: an upload's file is removed. */
void gateway_transfer_left(struct gateway *g, int client);

/* Goes on with those for which the disk has answered. Behind batch_index_run. */
void gateway_transfer_run(struct gateway *g);

/* Whether one of them has something to do now. */
bool gateway_transfer_wait(const struct gateway *g);

#endif
