/* See numbers.h. */
#include "port/numbers.h"

#include "port/promise.h"

int numbers_take(struct numbers *numbers)
{
    if (numbers->_returned > 0)
        return numbers->_free[--numbers->_returned];
    return numbers->_fresh < numbers->cap ? numbers->_fresh++ : -1;
}

void numbers_give(struct numbers *numbers, int number)
{
    PROMISE(number >= 0 && number < numbers->_fresh && numbers->_returned < numbers->cap);
    numbers->_free[numbers->_returned++] = (uint16_t)number;
}
