/* What the targets of protocols' events share. */
#ifndef MOONGATE_FUZZ_EVENTS_H
#define MOONGATE_FUZZ_EVENTS_H

#include "core/provider/provider.h"
#include "test/fuzz/fuzz.h"

/* Reads input as events of an answer: each is a name and its data, with a byte for the length
 * before each of them; the client asked in the words of api. */
void fuzz_events(const struct provider_protocol *protocol, enum provider_api api,
                 struct span input);

#endif
