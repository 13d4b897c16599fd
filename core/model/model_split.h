/* Cuts a judged JSON document into the elements of its array, a byte at a time. */
#ifndef MOONGATE_MODEL_SPLIT_H
#define MOONGATE_MODEL_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

enum model_split_event {
    MODEL_SPLIT_NOTHING = 1,
    MODEL_SPLIT_BEGIN, /* this byte opens an element (an object or an array) */
    MODEL_SPLIT_END,   /* this byte closes it */
    MODEL_SPLIT_SECOND /* a second array under "data": which one is meant? */
};

struct model_split {
    uint32_t elements;   /* begun so far, numbers and strings too */
    bool found;          /* the array has begun */
    uint8_t _depth;      /* arrays and objects that are open; at most LIMIT_JSON_DEPTH */
    uint8_t _list_depth; /* depth between the elements; 0 outside the array */
    uint8_t _key_len;    /* how far the top-level key is "data" */
    bool _in_key;
    bool _key_next; /* the next string at depth 1 is a key */
    bool _in_string;
    bool _escaped;
    bool _in_scalar;
};

/* A splitter at the beginning of a document. */
void model_split_init(struct model_split *split);

/* The next byte of a document that json_rules found good so far. The elements are those of the
 * outermost array, or of the array that is the member "data" of the outermost object. */
enum model_split_event model_split_byte(struct model_split *split, char c);

#endif
