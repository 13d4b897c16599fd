/* Look-ups in a head that was taken apart. */
#include "core/http/http_head.h"

#include "core/base/assert.h"

#include <string.h>

_Static_assert(LIMIT_FIELDS < UINT8_MAX, "a field's place, and 1, is a byte");
_Static_assert(HTTP_NAMES_READ <= 32, "each name has a bit");

void http_head_clear(struct http_head *head)
{
    head->field_count = 0;
    head->too_many = false;
    head->repeated = 0;
    memset(head->_first, 0, sizeof(head->_first));
}

enum http_name http_head_add(struct http_head *head, struct span token, struct span value)
{
    if (head->field_count == LIMIT_FIELDS) {
        head->too_many = true;
        return HTTP_NAME_OTHER;
    }
    head->fields[head->field_count++] = (struct http_field){token, value};
    enum http_name name = http_name_find(token);
    if (name == HTTP_NAME_OTHER)
        return name;
    if (head->_first[name] > 0)
        head->repeated |= (uint32_t)1 << name;
    else
        head->_first[name] = (uint8_t)head->field_count;
    return name;
}

const struct http_field *http_head_next(const struct http_head *head, enum http_name name,
                                        const struct http_field *field)
{
    const struct http_field *end = head->fields + head->field_count;
    ASSERT(field >= head->fields && field < end);
    if (!http_head_repeats(head, name))
        return NULL;
    for (field++; field < end; field++) {
        if (http_name_find(field->name) == name)
            return field;
    }
    return NULL;
}

struct span http_head_value(const struct http_head *head, enum http_name name)
{
    const struct http_field *field = http_head_find(head, name);
    return field != NULL ? field->value : (struct span){NULL, 0};
}

bool http_head_element(struct span *list, struct span *element)
{
    if (list->at == NULL)
        return false;
    size_t comma = span_find(*list, ',');
    *element = span_trim((struct span){list->at, comma});
    *list = comma < list->len ? span_skip(*list, comma + 1) : (struct span){NULL, 0};
    return true;
}

bool http_head_lists(const struct http_head *head, enum http_name name, struct span token)
{
    const struct http_field *field = http_head_find(head, name);
    for (; field != NULL; field = http_head_next(head, name, field)) {
        struct span list = field->value;
        struct span element;
        while (http_head_element(&list, &element)) {
            if (span_equal_nocase(element, token))
                return true;
        }
    }
    return false;
}
