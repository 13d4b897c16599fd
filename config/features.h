/* What is compiled in, 1 or 0. A board may set its own in its bounds.h, which is read first. */
#ifndef MOONGATE_FEATURES_H
#define MOONGATE_FEATURES_H

#include "config/bounds.h"

#ifndef FEATURE_RELOAD /* the configuration can be read again while requests are under way */
#define FEATURE_RELOAD 1
#endif

#endif
