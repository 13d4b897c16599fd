/* See unit_message.h. */
#include "test/unit/unit_message.h"

#include <string.h>

#define G (&unit_gateway)

void unit_message_fresh(bool stream)
{
    unit_gateway_fresh(stream);
    G->requests[0].kind = GATEWAY_REQUEST_MESSAGES;
    G->clients[0].api = PROVIDER_API_ANTHROPIC;
}

static struct provider_news news_of(struct span line)
{
    static const char letters[] = "TRCAQ";
    static const enum provider_news_kind kinds[] = {PROVIDER_TEXT, PROVIDER_REASONING,
                                                    PROVIDER_TOOL, PROVIDER_ARGUMENTS,
                                                    PROVIDER_QUESTION};
    struct provider_news news = {.kind = kinds[strchr(letters, line.at[0]) - letters],
                                 .text = span_skip(line, 2), .raw = true};
    if (news.kind == PROVIDER_TOOL) {
        news.id = (struct span){news.text.at, span_find(news.text, ' ')};
        news.text = span_skip(news.text, news.id.len + 1);
        if (span_equal(news.id, SPAN("-")))
            news.id.len = 0;
    }
    return news;
}

enum result unit_message_tell(const char *script, size_t n)
{
    struct span rest = span_of(script);
    enum result result = RESULT_DONE;
    while (rest.len > 0 && result == RESULT_DONE) {
        struct span line = {rest.at, span_find(rest, '\n')};
        struct provider_news news = news_of(line);
        gateway_relay_take(G, 0, &news);
        do {
            result = gateway_relay_pump(G, 0);
            if (result == RESULT_MORE)
                unit_gateway_read(n > 0 ? n : SIZE_MAX);
        } while (result == RESULT_MORE);
        rest = span_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
    }
    return result;
}
