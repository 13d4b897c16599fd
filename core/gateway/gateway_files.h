/* The routes of /v1/files, but for the bytes of files: those are a transfer's. */
#ifndef MOONGATE_GATEWAY_FILES_H
#define MOONGATE_GATEWAY_FILES_H

#include "core/batch/batch_index.h"
#include "core/gateway/gateway_route.h"

struct gateway;

#define GATEWAY_FILES_LIMIT_MAX 10000 /* entries of a list that may be asked for */

/* Whose the files are that a client may see. */
void gateway_files_key(const struct gateway *g, int client, uint8_t key[BATCH_INDEX_KEY_BYTES]);

/* The file or batch with that id, if the client may see it; -1: there is none. */
int gateway_files_find(const struct gateway *g, int client, enum batch_index_kind kind,
                       struct span id);

/* Answers GET and DELETE. */
void gateway_files_answer(struct gateway *g, int client, const struct gateway_routing *routing,
                          struct span query);

/* A whole answer: a file's object. */
void gateway_files_one(struct gateway *g, int client, int file);

/* A list of what a key has. */
struct gateway_list {
    enum batch_index_kind kind;
    struct span query;
    /* Adds the object of an entry to out, or nothing: it is left out. */
    void (*write)(struct gateway *g, const struct gateway_list *list, int number,
                  struct text *out);
};

/* A whole answer: the client's files or batches, the newest first, as the query's limit and after
 * (an id) say, and as many as there is room for in it; where there are more, has_more is true.
 * 400, 404: a parameter is wrong. */
void gateway_files_list(struct gateway *g, int client, const struct gateway_list *list);

#endif
