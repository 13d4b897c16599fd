/* Answers, read as they come. */
#define _GNU_SOURCE
#include "test/bench/reply.h"

#include <stdlib.h>
#include <string.h>

void reply_begin(struct reply *reply)
{
    /* The head's bytes are not worth the clearing. */
    memset(reply, 0, offsetof(struct reply, head));
}

static void read_head(struct reply *reply)
{
    reply->head[reply->head_len] = '\0';
    reply->status = strncmp(reply->head, "HTTP/1.1 ", 9) == 0 ? atoi(reply->head + 9) : 0;
    const char *length = strcasestr(reply->head, "\r\ncontent-length:");
    bool chunked = strcasestr(reply->head, "\r\ntransfer-encoding: chunked") != NULL;
    reply->closes = strcasestr(reply->head, "\r\nconnection: close") != NULL;
    reply->left = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    if (chunked)
        reply->phase = REPLY_CHUNK_SIZE;
    else if (length == NULL)
        reply->phase = REPLY_BAD;
    else
        reply->phase = reply->left > 0 ? REPLY_LENGTH : REPLY_DONE;
    if (chunked)
        reply->left = 0;
}

/* How many of the bytes were the head's. */
static size_t take_head(struct reply *reply, const char *bytes, size_t len)
{
    size_t before = reply->head_len;
    size_t room = REPLY_HEAD_CAP - 1 - before;
    size_t taken = len < room ? len : room;
    memcpy(reply->head + before, bytes, taken);
    size_t from = before > 3 ? before - 3 : 0;
    char *end = memmem(reply->head + from, before + taken - from, "\r\n\r\n", 4);
    if (end == NULL) {
        reply->head_len += taken;
        if (taken < len)
            reply->phase = REPLY_BAD;
        return len;
    }
    reply->head_len = (size_t)(end - reply->head) + 4;
    read_head(reply);
    return reply->head_len - before;
}

static size_t take_body(struct reply *reply, const char *bytes, size_t len)
{
    size_t taken = len < reply->left ? len : reply->left;
    const char *end = bytes + taken;
    for (const char *at = bytes; (at = memchr(at, '~', (size_t)(end - at))) != NULL; at++)
        reply->marks++;
    size_t kept = taken < REPLY_TAIL ? taken : REPLY_TAIL;
    memmove(reply->tail, reply->tail + kept, REPLY_TAIL - kept);
    memcpy(reply->tail + REPLY_TAIL - kept, end - kept, kept);
    reply->body_len += taken;
    reply->left -= taken;
    if (reply->left == 0)
        reply->phase = reply->phase == REPLY_LENGTH ? REPLY_DONE : REPLY_CHUNK_END;
    return taken;
}

static void take_size(struct reply *reply, char byte)
{
    if (byte == '\n')
        reply->phase = reply->left > 0 ? REPLY_CHUNK : REPLY_TRAILER;
    else if (byte >= '0' && byte <= '9')
        reply->left = reply->left * 16 + (size_t)(byte - '0');
    else if ((byte | 32) >= 'a' && (byte | 32) <= 'f')
        reply->left = reply->left * 16 + (size_t)((byte | 32) - 'a') + 10;
    else if (byte != '\r')
        reply->phase = REPLY_BAD;
}

static void take_trailer(struct reply *reply, char byte)
{
    if (byte == '\n' && reply->line_len == 0)
        reply->phase = REPLY_DONE;
    else if (byte == '\n')
        reply->line_len = 0;
    else if (byte != '\r')
        reply->line_len++;
}

static size_t take_some(struct reply *reply, const char *bytes, size_t len)
{
    switch (reply->phase) {
    case REPLY_HEAD: return take_head(reply, bytes, len);
    case REPLY_LENGTH:
    case REPLY_CHUNK: return take_body(reply, bytes, len);
    case REPLY_CHUNK_SIZE: take_size(reply, *bytes); return 1;
    case REPLY_CHUNK_END:
        if (*bytes == '\n')
            reply->phase = REPLY_CHUNK_SIZE;
        return 1;
    case REPLY_TRAILER: take_trailer(reply, *bytes); return 1;
    case REPLY_DONE:
    case REPLY_BAD: break;
    }
    reply->phase = REPLY_BAD;
    return len;
}

void reply_take(struct reply *reply, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;)
        at += take_some(reply, bytes + at, len - at);
}

bool reply_good(const struct reply *reply, size_t marks, bool stream)
{
    if (reply->phase != REPLY_DONE || reply->status != 200 || reply->marks != marks)
        return false;
    return !stream || memmem(reply->tail, REPLY_TAIL, "[DONE]", 6) != NULL;
}
