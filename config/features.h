/* What is compiled in, 1 or 0. A board may set its own in its bounds.h, which is read first. */
#ifndef MOONGATE_FEATURES_H
#define MOONGATE_FEATURES_H

#include "config/bounds.h"

/* reading a configuration has memory of its own, so that it can be done while requests are under
 * way */
#ifndef FEATURE_RELOAD
#define FEATURE_RELOAD 1
#endif

#endif
