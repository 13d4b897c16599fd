/* See speech.h. */
#include "test/sim/speech.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct speech speech;

void speech_begin(void)
{
    speech.len = 0;
    speech.complete_at = SIZE_MAX;
}

void speech_add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof(speech.bytes) - speech.len;
    int len = vsnprintf(speech.bytes + speech.len, room, format, arguments);
    va_end(arguments);
    WORLD_CHECK(len >= 0 && (size_t)len < room, "an answer longer than a service can say");
    speech.len += (size_t)len;
}

void speech_escape(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            speech_add("\\%c", c);
        else if (c < 0x20)
            speech_add("\\u%04x", c);
        else if (c == '/' && world_one_in(2))
            speech_add("\\/");
        else
            speech_add("%c", c);
    }
}

void speech_complete(void)
{
    speech.complete_at = speech.len;
}

__attribute__((format(printf, 2, 3))) static void put(struct visit *v, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof(v->out) - v->out_len;
    int len = vsnprintf(v->out + v->out_len, room, format, arguments);
    va_end(arguments);
    WORLD_CHECK(len >= 0 && (size_t)len < room, "an answer longer than a visit can hold");
    v->out_len += (size_t)len;
}

static void put_bytes(struct visit *v, const char *bytes, size_t len)
{
    WORLD_CHECK(v->out_len + len < sizeof(v->out), "an answer longer than a visit can hold");
    memcpy(v->out + v->out_len, bytes, len);
    v->out_len += len;
}

/* The body's bytes from..to, and where completeness falls. */
static void put_part(struct visit *v, size_t from, size_t to)
{
    if (speech.complete_at > from && speech.complete_at <= to)
        v->complete_at = v->out_len + (speech.complete_at - from);
    put_bytes(v, speech.bytes + from, to - from);
}

static void put_chunks(struct visit *v)
{
    for (size_t at = 0; at < speech.len;) {
        size_t left = speech.len - at;
        size_t len = sim_chance_size(&world.chance, (uint32_t)left);
        put(v, world_one_in(8) ? "%zX\r\n" : "%zx\r\n", len);
        put_part(v, at, at + len);
        put(v, "\r\n");
        at += len;
    }
    put(v, "0\r\n%s\r\n", world_one_in(9) ? "x-trailer: yes\r\n" : "");
}

void speech_send(struct visit *v, int status, const char *fields, enum speech_frame frame,
                 bool keeps)
{
    if (world_one_in(12))
        put(v, "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    put(v, "HTTP/1.1 %d Answer\r\n%s%s", status, fields,
        keeps ? "" : "connection: close\r\n");
    if (frame == SPEECH_LENGTH)
        put(v, "content-length: %zu\r\n\r\n", speech.len);
    else
        put(v, "%s\r\n", frame == SPEECH_CHUNKED ? "transfer-encoding: chunked\r\n" : "");
    if (frame == SPEECH_CHUNKED)
        put_chunks(v);
    else
        put_part(v, 0, speech.len);
    if (speech.complete_at == SIZE_MAX)
        v->complete_at = v->out_len;
}
