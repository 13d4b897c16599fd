/* Events of Anthropic's services, to pass as they are and to be told in OpenAI's words. */
#include "core/provider/anthropic.h"
#include "test/fuzz/fuzz_events.h"

void fuzz_one(struct span input)
{
    bool same = (fuzz_byte(&input) & 1) == 0;
    fuzz_events(&anthropic_protocol, same ? PROVIDER_API_ANTHROPIC : PROVIDER_API_OPENAI, input);
}
