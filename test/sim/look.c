/* See look.h. */
#include "test/sim/look.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64
#define TEXT_BYTES 256

struct cursor {
    const char *at, *end;
    int depth;
};

static bool value(struct cursor *c);

static void spaces(struct cursor *c)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) != NULL && *c->at != '\0')
        c->at++;
}

static bool take(struct cursor *c, char wanted)
{
    bool there = c->at < c->end && *c->at == wanted;
    c->at += there;
    return there;
}

static bool word(struct cursor *c, const char *text)
{
    size_t len = strlen(text);
    bool there = (size_t)(c->end - c->at) >= len && memcmp(c->at, text, len) == 0;
    c->at += there ? len : 0;
    return there;
}

static bool digits(struct cursor *c)
{
    const char *from = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > from;
}

static bool number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && !digits(c))
        return false;
    if (take(c, '.') && !digits(c))
        return false;
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            take(c, '-');
        return digits(c);
    }
    return true;
}

static int hex4(const char *at)
{
    int code = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = strchr("0123456789abcdef", at[i] | 0x20);
        if (digit == NULL || at[i] == '\0')
            return -1;
        code = 16 * code + (int)(digit - "0123456789abcdef");
    }
    return code;
}

static bool escape(struct cursor *c)
{
    if (c->at == c->end)
        return false;
    char kind = *c->at++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    bool good = c->end - c->at >= 4 && hex4(c->at) >= 0;
    c->at += good ? 4 : 0;
    return good;
}

/* The length of the UTF-8 character there; 0: it is none. */
static int utf8(const unsigned char *at, size_t left)
{
    static const unsigned char least[] = {0, 0, 0xC2, 0xE0, 0xF0};
    int len = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if ((size_t)len > left || at[0] < least[len] || at[0] > 0xF4)
        return 0;
    for (int i = 1; i < len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    bool bad = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
               (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F);
    return bad ? 0 : len;
}

static bool string(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    while (c->at < c->end && *c->at != '"') {
        unsigned char first = (unsigned char)*c->at;
        int len = first < 0x20 ? 0 : utf8((const unsigned char *)c->at, (size_t)(c->end - c->at));
        if (len == 0)
            return false;
        c->at += len;
        if (first == '\\' && !escape(c))
            return false;
    }
    return take(c, '"');
}

/* The members of an object or the elements of an array, behind its opening. */
static bool several(struct cursor *c, char closing)
{
    spaces(c);
    if (take(c, closing))
        return true;
    do {
        spaces(c);
        if (closing == '}') {
            if (!string(c))
                return false;
            spaces(c);
            if (!take(c, ':'))
                return false;
        }
        if (!value(c))
            return false;
        spaces(c);
    } while (take(c, ','));
    return take(c, closing);
}

static bool value(struct cursor *c)
{
    spaces(c);
    if (c->at == c->end || ++c->depth > DEPTH)
        return false;
    bool good;
    switch (*c->at) {
    case '{':
        c->at++;
        good = several(c, '}');
        break;
    case '[':
        c->at++;
        good = several(c, ']');
        break;
    case '"':
        good = string(c);
        break;
    default:
        good = word(c, "true") || word(c, "false") || word(c, "null") || number(c);
        break;
    }
    c->depth--;
    return good;
}

struct look look_document(const char *bytes, size_t len)
{
    struct cursor c = {bytes, bytes + len, 0};
    spaces(&c);
    struct look found = {c.at, 0};
    if (!value(&c))
        return (struct look){NULL, 0};
    found.len = (size_t)(c.at - found.at);
    spaces(&c);
    return c.at == c.end ? found : (struct look){NULL, 0};
}

/* Goes on to the next child of an object or array; its name, where there is one, in *name. */
static bool next(struct cursor *c, bool object, struct look *name, struct look *child)
{
    spaces(c);
    if (!take(c, ','))
        spaces(c);
    spaces(c);
    if (c->at >= c->end || *c->at == '}' || *c->at == ']')
        return false;
    name->at = c->at;
    if (object) {
        string(c);
        name->len = (size_t)(c->at - name->at);
        spaces(c);
        take(c, ':');
        spaces(c);
    }
    child->at = c->at;
    value(c);
    child->len = (size_t)(c->at - child->at);
    return true;
}

struct look look_in(struct look within, const char *name)
{
    struct look none = {NULL, 0}, found, child;
    if (within.at == NULL || (*within.at != '{' && *within.at != '['))
        return none;
    bool object = *within.at == '{';
    struct cursor c = {within.at + 1, within.at + within.len, 0};
    for (int i = 0; next(&c, object, &found, &child); i++)
        if (object ? look_is(found, name) : i == atoi(name))
            return child;
    return none;
}

struct look look_path(struct look within, const char *path)
{
    char name[TEXT_BYTES];
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        memcpy(name, path, len);
        name[len] = '\0';
        within = look_in(within, name);
        path += len + (path[len] == '.');
    }
    return within;
}

int look_count(struct look array)
{
    struct look name, child;
    int count = 0;
    if (array.at == NULL || *array.at != '[')
        return -1;
    struct cursor c = {array.at + 1, array.at + array.len, 0};
    while (next(&c, false, &name, &child))
        count++;
    return count;
}

static size_t put_code(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(mark[len] | code);
    return len;
}

static size_t put_escape(const char **at, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char kind = *(*at)++;
    if (kind != 'u') {
        out[0] = to[strchr(from, kind) - from];
        return 1;
    }
    uint32_t code = (uint32_t)hex4(*at);
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)hex4(*at + 2) - 0xDC00);
        *at += 6;
    }
    return put_code(out, code);
}

int look_text(struct look from, char *out, size_t cap)
{
    size_t len = 0;
    if (from.at == NULL || *from.at != '"' || from.len + 1 > cap)
        return -1;
    const char *end = from.at + from.len - 1;
    for (const char *at = from.at + 1; at < end;) {
        char c = *at++;
        if (c == '\\')
            len += put_escape(&at, out + len);
        else
            out[len++] = c;
    }
    out[len] = '\0';
    return (int)len;
}

bool look_is(struct look from, const char *text)
{
    char bytes[TEXT_BYTES];
    int len = look_text(from, bytes, sizeof(bytes));
    return len >= 0 && strcmp(bytes, text) == 0;
}
