/* What a step of work came to. 0 is none of them, so that a count can never be taken for one. */
#ifndef MOONGATE_RESULT_H
#define MOONGATE_RESULT_H

enum result {
    RESULT_DONE = 1,  /* finished */
    RESULT_MORE = 2,  /* needs more input, or more room */
    RESULT_FAULT = -1 /* the input is wrong; the caller's fault field says how */
};

#endif
