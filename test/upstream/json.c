/* Just enough of JSON. */
#include "test/upstream/json.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

static const char *skip_value(const char *p, const char *end, int depth);

static const char *skip_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p;
}

static bool hex_follows(const char *p, const char *end) {
    for (int i = 0; i < 4; i++, p++) {
        if (p >= end || !isxdigit((unsigned char)*p)) {
            return false;
        }
    }
    return true;
}

/* From the opening quote to behind the closing one; NULL: broken. */
static const char *skip_string(const char *p, const char *end) {
    if (p == end || *p != '"') {
        return NULL;
    }
    for (p++; p < end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            return NULL;
        }
        if (*p == '\\' && (++p == end || strchr("\"\\/bfnrtu", *p) == NULL)) {
            return NULL;
        }
        if (p[-1] == '\\' && *p == 'u' && !hex_follows(p + 1, end)) {
            return NULL;
        }
    }
    return p < end ? p + 1 : NULL;
}

static const char *skip_digits(const char *p, const char *end) {
    const char *start = p;
    while (p < end && isdigit((unsigned char)*p)) {
        p++;
    }
    return p > start ? p : NULL;
}

static const char *skip_number(const char *p, const char *end) {
    p += *p == '-';
    bool zero = p < end && *p == '0';
    p = zero ? p + 1 : skip_digits(p, end);
    if (p != NULL && p < end && *p == '.') {
        p = skip_digits(p + 1, end);
    }
    if (p != NULL && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        p = skip_digits(p, end);
    }
    return p;
}

static const char *skip_word(const char *p, const char *end) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(end - p) >= len && memcmp(p, words[i], len) == 0) {
            return p + len;
        }
    }
    return NULL;
}

static const char *skip_pair(const char *p, const char *end, int depth) {
    p = skip_string(p, end);
    p = p == NULL ? NULL : skip_space(p, end);
    if (p == NULL || p == end || *p != ':') {
        return NULL;
    }
    return skip_value(skip_space(p + 1, end), end, depth);
}

static const char *skip_list(const char *p, const char *end, int depth) {
    bool object = *p == '{';
    char close = object ? '}' : ']';
    p = skip_space(p + 1, end);
    if (p < end && *p == close) {
        return p + 1;
    }
    while (p < end) {
        p = object ? skip_pair(p, end, depth) : skip_value(p, end, depth);
        p = p == NULL ? NULL : skip_space(p, end);
        if (p == NULL || p == end || (*p != ',' && *p != close)) {
            return NULL;
        }
        if (*p == close) {
            return p + 1;
        }
        p = skip_space(p + 1, end);
    }
    return NULL;
}

static const char *skip_value(const char *p, const char *end, int depth) {
    if (p == end || depth == 0) {
        return NULL;
    }
    if (*p == '{' || *p == '[') {
        return skip_list(p, end, depth - 1);
    }
    if (*p == '"') {
        return skip_string(p, end);
    }
    return *p == '-' || isdigit((unsigned char)*p) ? skip_number(p, end) : skip_word(p, end);
}

bool json_parse(const char *text, size_t len, struct json *value) {
    const char *end = text + len;
    const char *start = skip_space(text, end);
    const char *stop = skip_value(start, end, DEPTH_MAX);
    if (stop == NULL || skip_space(stop, end) != end) {
        return false;
    }
    *value = (struct json){start, (size_t)(stop - start)};
    return true;
}

struct json json_member(struct json object, const char *name) {
    size_t name_len = strlen(name);
    if (object.at == NULL || *object.at != '{') {
        return (struct json){NULL, 0};
    }
    const char *end = object.at + object.len;
    const char *p = skip_space(object.at + 1, end);
    while (p != NULL && p < end && *p == '"') {
        const char *key = p + 1;
        const char *behind = skip_string(p, end);
        const char *value = skip_space(skip_space(behind, end) + 1, end);
        const char *stop = skip_value(value, end, DEPTH_MAX);
        if ((size_t)(behind - 1 - key) == name_len && memcmp(key, name, name_len) == 0) {
            return (struct json){value, (size_t)(stop - value)};
        }
        p = skip_space(stop, end);
        p = *p == ',' ? skip_space(p + 1, end) : NULL;
    }
    return (struct json){NULL, 0};
}

bool json_element(struct json *rest, struct json *element) {
    if (rest->at == NULL || rest->len == 0 || (*rest->at != '[' && *rest->at != ',')) {
        return false;
    }
    const char *end = rest->at + rest->len;
    const char *start = skip_space(rest->at + 1, end);
    const char *stop = skip_value(start, end, DEPTH_MAX);
    if (stop == NULL) {
        return false;
    }
    *element = (struct json){start, (size_t)(stop - start)};
    stop = skip_space(stop, end);
    *rest = (struct json){stop, (size_t)(end - stop)};
    return true;
}

static unsigned hex4(const char *p, const char *end) {
    unsigned code = 0;
    for (int i = 0; i < 4 && p + i < end; i++) {
        unsigned char c = (unsigned char)p[i];
        unsigned digit = isdigit(c) ? c - (unsigned)'0' : (unsigned)tolower(c) - 'a' + 10U;
        code = code * 16 + (digit & 15U);
    }
    return code;
}

static void add_utf8(struct buf *out, unsigned code) {
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80U | (code & 0x3FU));
        code >>= 6;
    }
    bytes[0] = (char)(lead[len] | code);
    buf_add(out, bytes, len);
}

/* p is behind "\u"; gives back the last byte of the escape. */
static const char *add_escape(struct buf *out, const char *p, const char *end) {
    unsigned code = hex4(p, end);
    p += 3;
    bool high = code >= 0xD800 && code < 0xDC00;
    if (high && end - p > 6 && p[1] == '\\' && p[2] == 'u') {
        unsigned low = hex4(p + 3, end);
        if (low >= 0xDC00 && low < 0xE000) {
            add_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
            return p + 6;
        }
    }
    add_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return p;
}

bool json_text(struct json value, struct buf *out) {
    if (value.at == NULL || *value.at != '"') {
        return false;
    }
    const char *end = value.at + value.len - 1;
    for (const char *p = value.at + 1; p < end; p++) {
        if (*p != '\\') {
            buf_add(out, p, 1);
        } else if (*++p == 'u') {
            p = add_escape(out, p + 1, end);
        } else {
            static const char from[] = "\"\\/bfnrt";
            static const char to[] = "\"\\/\b\f\n\r\t";
            buf_add(out, &to[strchr(from, *p) - from], 1);
        }
    }
    return true;
}

bool json_is(struct json value, const char *word) {
    return value.at != NULL && value.len == strlen(word) && memcmp(value.at, word, value.len) == 0;
}
