/*
 * What musl's resolver, and next to nobody else, asks of the C library, in the least code: its own
 * sorts millions, and knows every base and locale. Names and files are short here, and seldom read.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 36;
}

/* At most 16; 0: as in C, by how the number begins. */
static const char *skip_base(const char *at, int *base)
{
    bool zero = at[0] == '0';
    bool hexadecimal = zero && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16;
    if (*base == 0)
        *base = hexadecimal ? 16 : zero ? 8 : 10;
    return *base == 16 && hexadecimal ? at + 2 : at;
}

unsigned long long strtoull(const char *text, char **end, int base)
{
    const char *at = text;
    while (*at == ' ' || *at == '\t')
        at++;
    at = skip_base(at, &base);
    const char *begin = at;
    unsigned long long value = 0;
    bool fits = true;
    for (; digit_of(*at) < base; at++)
        fits = fits && !__builtin_mul_overflow(value, (unsigned)base, &value) &&
               !__builtin_add_overflow(value, (unsigned)digit_of(*at), &value);
    if (end != NULL)
        memcpy(end, &(const char *){at > begin ? at : text}, sizeof(at));
    return fits ? value : ULLONG_MAX;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long long value = strtoull(text, end, base);
    return value < ULONG_MAX ? (unsigned long)value : ULONG_MAX;
}

static void swap(char *a, char *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

void qsort(void *rows, size_t count, size_t bytes, int (*compare)(const void *, const void *))
{
    char *first = rows;
    for (size_t i = 1; i < count; i++)
        for (char *at = first + i * bytes; at > first && compare(at - bytes, at) > 0; at -= bytes)
            swap(at - bytes, at, bytes);
}

char *strstr(const char *text, const char *part)
{
    size_t len = strlen(part);
    while (strncmp(text, part, len) != 0)
        if (*text++ == '\0')
            return NULL;
    char *found;
    memcpy(&found, &text, sizeof(found));
    return found;
}

/* Whether a name is text in the locale: it is looked for byte by byte whatever it is. */
size_t mbstowcs(wchar_t *restrict out, const char *restrict text, size_t cap)
{
    (void)out;
    (void)cap;
    return strlen(text);
}
