/* What a chat's words are in Anthropic's API: read by who judges a chat, and by who writes it. */
#ifndef MOONGATE_ANTHROPIC_TERMS_H
#define MOONGATE_ANTHROPIC_TERMS_H

#include "core/base/span.h"

/* Members of a chat that are carried. */
enum anthropic_member {
    ANTHROPIC_N,
    ANTHROPIC_TOKENS,     /* the token limit, */
    ANTHROPIC_OLD_TOKENS, /* and by its older name */
    ANTHROPIC_STOP,
    ANTHROPIC_USER,
    ANTHROPIC_TOOLS,
    ANTHROPIC_CHOICE,
    ANTHROPIC_PARALLEL,
    ANTHROPIC_TEMPERATURE, /* from here on as they stand */
    ANTHROPIC_TOP_P,
    ANTHROPIC_TOP_K,
    ANTHROPIC_THINKING,
    ANTHROPIC_STOP_SEQUENCES,
    ANTHROPIC_MEMBERS /* none of them */
};

/* Which of them a name (between its quotes) is. */
enum anthropic_member anthropic_terms_member(struct span name);

/* Its name, plain. */
struct span anthropic_terms_name(enum anthropic_member member);

/* Who speaks. */
enum anthropic_role {
    ANTHROPIC_NOBODY, /* no role that there is */
    ANTHROPIC_SYSTEM,
    ANTHROPIC_USER_ROLE,
    ANTHROPIC_ASSISTANT,
    ANTHROPIC_TOOL
};

/* Who it is that has this role (between its quotes). */
enum anthropic_role anthropic_terms_role(struct span role);

/* An image or a document, as a part of a message's content. All is raw. */
struct anthropic_source {
    bool document;
    struct span url;   /* of a picture that the service is to fetch, or empty */
    struct span media; /* its type, */
    struct span data;  /* and its bytes in base64 */
};

/* What a part that is no text is. False: nothing that the service knows. */
bool anthropic_terms_source(struct span part, struct anthropic_source *source);

/* Which tool is to be used. */
enum anthropic_choice {
    ANTHROPIC_CHOICE_UNKNOWN,
    ANTHROPIC_CHOICE_AUTO,
    ANTHROPIC_CHOICE_NONE,
    ANTHROPIC_CHOICE_ANY,
    ANTHROPIC_CHOICE_TOOL
};

/* What the value of tool_choice says. *name: of the one tool, a string with its quotes. */
enum anthropic_choice anthropic_terms_choice(struct span value, struct span *name);

#endif
