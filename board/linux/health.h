/*
 * The question whether a gateway on this box runs, asked by the program itself: an image that holds
 * nothing else has no other program to ask with.
 */
#ifndef MOONGATE_HEALTH_H
#define MOONGATE_HEALTH_H

/* GET URL/status over plain HTTP, from an address of this box or of a private network alone. Behind
 * posix_start; takes 2 s at most. NULL when the answer is a 200, else what is wrong, in words that
 * stay as they are. */
const char *health_ask(const char *url);

#endif
