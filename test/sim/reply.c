/* See reply.h. */
#include "test/sim/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void reply_begin(struct reply *reply, bool no_body)
{
    reply->state = REPLY_HEAD;
    reply->no_body = no_body;
    reply->continued = reply->closes = false;
    reply->status = 0;
    reply->left = reply->head_len = reply->body_len = reply->line_len = 0;
    reply->head[0] = reply->body[0] = '\0';
}

const char *reply_field(const struct reply *reply, const char *name)
{
    static char value[REPLY_VALUE_BYTES];
    size_t len = strlen(name);
    value[0] = '\0';
    for (const char *at = strstr(reply->head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':') {
            at += 3 + len + (at[3 + len] == ' ');
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
            return value;
        }
    return value;
}

/* A line of a head has a name of the usual letters, and a value without controls. */
static const char *judge_line(const char *at, size_t len)
{
    size_t colon = strcspn(at, ":");
    if (colon == 0 || colon >= len)
        return "a head line without a name";
    for (size_t i = 0; i < colon; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", at[i]) == NULL)
            return "a field name that is not plain and in lower case";
    for (size_t i = colon; i < len; i++)
        if ((unsigned char)at[i] < 0x20 || at[i] == 0x7F)
            return "a control character in a field";
    return NULL;
}

static int count_field(const struct reply *reply, const char *name)
{
    int count = 0;
    size_t len = strlen(name);
    for (const char *at = strstr(reply->head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n"))
        count += strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':';
    return count;
}

static const char *judge_lines(const struct reply *reply)
{
    static const char *const once[] = {"content-length", "transfer-encoding", "content-type",
                                       "x-request-id", "connection", "server", "date"};
    const char *at = strstr(reply->head, "\r\n") + 2;
    while (strncmp(at, "\r\n", 2) != 0) {
        size_t len = (size_t)(strstr(at, "\r\n") - at);
        const char *wrong = judge_line(at, len);
        if (wrong != NULL)
            return wrong;
        at += len + 2;
    }
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
        if (count_field(reply, once[i]) > 1)
            return "a field that stands twice";
    return NULL;
}

/* How the body is framed. */
static const char *frame(struct reply *reply)
{
    const char *length = reply_field(reply, "content-length");
    bool has_length = length[0] != '\0';
    reply->left = has_length ? strtoul(length, NULL, 10) : 0;
    bool chunked = strcmp(reply_field(reply, "transfer-encoding"), "chunked") == 0;
    reply->closes = strcmp(reply_field(reply, "connection"), "close") == 0;
    if (has_length && chunked)
        return "a length and chunks";
    if (reply->no_body || reply->status == 204)
        reply->state = REPLY_DONE;
    else if (chunked)
        reply->state = REPLY_CHUNK_SIZE;
    else if (has_length)
        reply->state = reply->left > 0 ? REPLY_LENGTH : REPLY_DONE;
    else if (!reply->closes)
        return "a body without an end";
    else
        reply->state = REPLY_TO_CLOSE;
    return NULL;
}

static const char *judge_head(struct reply *reply)
{
    const char *head = reply->head;
    if (strncmp(head, "HTTP/1.1 ", 9) != 0 || strspn(head + 9, "0123456789") != 3 ||
        head[12] != ' ')
        return "a status line that is none";
    reply->status = atoi(head + 9);
    if (reply->status == 100) {
        if (reply->continued || strcmp(head, "HTTP/1.1 100 Continue\r\n\r\n") != 0)
            return "an odd 100 Continue";
        reply->continued = true;
        reply->head_len = 0;
        return NULL;
    }
    const char *wrong = judge_lines(reply);
    if (wrong == NULL && reply_field(reply, "x-request-id")[0] == '\0')
        wrong = "no x-request-id";
    if (wrong == NULL && strncmp(reply_field(reply, "server"), "moongate", 8) != 0)
        wrong = "no server field";
    return wrong != NULL ? wrong : frame(reply);
}

static const char *take_head_byte(struct reply *reply, char c)
{
    if (reply->head_len + 1 == REPLY_HEAD_BYTES)
        return "a head that is too long";
    reply->head[reply->head_len++] = c;
    reply->head[reply->head_len] = '\0';
    if (c == '\0')
        return "NUL in a head";
    bool ended = reply->head_len >= 4 &&
                 memcmp(reply->head + reply->head_len - 4, "\r\n\r\n", 4) == 0;
    return ended ? judge_head(reply) : NULL;
}

static const char *take_line_byte(struct reply *reply, char c)
{
    if (reply->line_len + 1 == sizeof(reply->line))
        return "a chunk's line that is too long";
    reply->line[reply->line_len++] = c;
    reply->line[reply->line_len] = '\0';
    if (reply->line_len < 2 || strcmp(reply->line + reply->line_len - 2, "\r\n") != 0)
        return NULL;
    size_t len = reply->line_len - 2;
    reply->line_len = 0;
    if (reply->state == REPLY_CHUNK_SIZE) {
        if (len == 0 || strspn(reply->line, "0123456789abcdef") != len)
            return "a chunk size that is none";
        reply->left = strtoul(reply->line, NULL, 16);
        reply->state = reply->left > 0 ? REPLY_CHUNK : REPLY_LAST_LINE;
        return NULL;
    }
    bool last = reply->state == REPLY_LAST_LINE;
    reply->state = last ? REPLY_DONE : REPLY_CHUNK_SIZE;
    return len > 0 ? "no line end where one must be" : NULL;
}

static size_t take_body(struct reply *reply, const char *bytes, size_t len, const char **wrong)
{
    if (reply->state != REPLY_TO_CLOSE)
        len = len < reply->left ? len : reply->left;
    if (reply->body_len + len > REPLY_BODY_BYTES) {
        *wrong = "a body that is too long";
        return 0;
    }
    memcpy(reply->body + reply->body_len, bytes, len);
    reply->body_len += len;
    reply->body[reply->body_len] = '\0';
    if (reply->state == REPLY_TO_CLOSE)
        return len;
    reply->left -= len;
    if (reply->left == 0)
        reply->state = reply->state == REPLY_LENGTH ? REPLY_DONE : REPLY_CHUNK_END;
    return len;
}

size_t reply_take(struct reply *reply, const char *bytes, size_t len, const char **wrong)
{
    size_t at = 0;
    *wrong = NULL;
    while (at < len && reply->state != REPLY_DONE && *wrong == NULL) {
        if (reply->state == REPLY_HEAD)
            *wrong = take_head_byte(reply, bytes[at++]);
        else if (reply->state == REPLY_LENGTH || reply->state == REPLY_CHUNK ||
                 reply->state == REPLY_TO_CLOSE)
            at += take_body(reply, bytes + at, len - at, wrong);
        else
            *wrong = take_line_byte(reply, bytes[at++]);
    }
    return at;
}
