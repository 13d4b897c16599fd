/* Events of OpenAI's services, to pass as they are and to be told in Anthropic's words. */
#include "core/provider/openai.h"
#include "test/fuzz/fuzz_events.h"

void fuzz_one(struct span input)
{
    bool same = (fuzz_byte(&input) & 1) == 0;
    fuzz_events(&openai_protocol, same ? PROVIDER_API_OPENAI : PROVIDER_API_ANTHROPIC, input);
}
