/* Look-ups in a head that was taken apart. */
#include "core/http/http_head.h"

#include "core/base/assert.h"

static const struct http_field *find_from(const struct http_head *head, size_t i,
                                          struct span name)
{
    ASSERT(head->field_count <= LIMIT_FIELDS);
    for (; i < head->field_count; i++) {
        struct span found = head->fields[i].name;
        if (found.len == name.len && span_equal_nocase(found, name))
            return &head->fields[i];
    }
    return NULL;
}

const struct http_field *http_head_find(const struct http_head *head, const char *name)
{
    return find_from(head, 0, span_of(name));
}

const struct http_field *http_head_next(const struct http_head *head,
                                        const struct http_field *field)
{
    ASSERT(field >= head->fields && field < head->fields + head->field_count);
    return find_from(head, (size_t)(field - head->fields) + 1, field->name);
}

size_t http_head_count(const struct http_head *head, const char *name)
{
    size_t count = 0;
    const struct http_field *field = http_head_find(head, name);
    for (; field != NULL; field = http_head_next(head, field))
        count++;
    return count;
}

struct span http_head_value(const struct http_head *head, const char *name)
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

bool http_head_lists(const struct http_head *head, const char *name, struct span token)
{
    const struct http_field *field = http_head_find(head, name);
    for (; field != NULL; field = http_head_next(head, field)) {
        struct span list = field->value;
        struct span element;
        while (http_head_element(&list, &element)) {
            if (span_equal_nocase(element, token))
                return true;
        }
    }
    return false;
}
