/* Tools of Anthropic's API, and which of them is to be called, told in OpenAI's words. */
#ifndef MOONGATE_OPENAI_TOOLS_H
#define MOONGATE_OPENAI_TOOLS_H

#include "core/provider/provider.h"

/* Makes the pieces of a tool behind what leads to it. False: none are made, for it is of a kind
 * that is not known there. */
bool openai_tools_push(struct provider_call *call, const char *lead, struct span tool);

/* Makes the pieces of a tool_choice, a comma in front; of one that chooses among no tools, none:
 * the API refuses it then. */
void openai_tools_choose(struct provider_call *call, struct span choice);

#endif
