/* Free numbers: those given back lie on a stack, those never used are simply counted up. */
#include "core/base/index.h"

#include "core/base/assert.h"

void index_init(struct index_stack *index, uint16_t *store, uint16_t cap)
{
    *index = (struct index_stack){._free = store, .cap = cap};
}

int index_take(struct index_stack *index)
{
    if (index->in_use == index->cap)
        return INDEX_NONE;
    index->in_use++;
    if (index->high < index->in_use)
        index->high = index->in_use;
    return index->_returned > 0 ? index->_free[--index->_returned] : index->_fresh++;
}

void index_give(struct index_stack *index, int number)
{
    ASSERT(index->in_use > 0 && number >= 0 && number < index->_fresh);
    index->in_use--;
    index->_free[index->_returned++] = (uint16_t)number;
}

uint16_t index_free(const struct index_stack *index)
{
    return (uint16_t)(index->cap - index->in_use);
}
