/* See fuzz_events.h. */
#include "test/fuzz/fuzz_events.h"

#include <stdlib.h>
#include <string.h>

#define NEWS_MAX 100000 /* of one event */

static const struct settings_provider service = {.protocol = SETTINGS_OPENAI, .name = "p"};

/* Text that is called raw goes into a JSON string as it is, or stands for a JSON value. */
static void check_raw(const struct provider_news *news)
{
    static char quoted[70000];
    if (!news->raw || news->text.len > 65536)
        return;
    if (news->kind == PROVIDER_SOURCES) {
        FUZZ_CHECK(fuzz_is_json(news->text, LIMIT_JSON_DEPTH));
        return;
    }
    if (news->kind == PROVIDER_EVENT)
        return;
    quoted[0] = '"';
    if (news->text.len > 0)
        memcpy(quoted + 1, news->text.at, news->text.len);
    quoted[news->text.len + 1] = '"';
    FUZZ_CHECK(fuzz_is_json((struct span){quoted, news->text.len + 2}, 1));
}

static void check(const struct provider_news *news, struct span data)
{
    FUZZ_CHECK(news->kind >= PROVIDER_NOTHING && news->kind <= PROVIDER_EVENT);
    FUZZ_CHECK(news->patch_count <= PROVIDER_PATCHES);
    uint32_t at = 0;
    for (int i = 0; i < news->patch_count; i++) {
        FUZZ_CHECK(news->patches[i].at >= at);
        at = news->patches[i].at + news->patches[i].cut;
        FUZZ_CHECK(at <= news->text.len);
    }
    if (news->kind == PROVIDER_EVENT)
        FUZZ_CHECK(fuzz_inside(news->text, data));
    if (news->kind == PROVIDER_TOOL)
        FUZZ_CHECK(news->text.len > 0 && news->text.len <= PROVIDER_TOOL_BYTES &&
                   news->id.len <= PROVIDER_TOOL_BYTES);
    check_raw(news);
}

static void read_event(const struct provider_protocol *protocol, struct provider_call *call,
                       struct span name, struct span data)
{
    struct provider_news news;
    int count = 0;
    do {
        memset(&news, 0x5A, sizeof(news));
        protocol->event(call, name, data, &news);
        check(&news, data);
        FUZZ_CHECK(++count < NEWS_MAX);
    } while (news.more);
}

void fuzz_events(const struct provider_protocol *protocol, enum provider_api api,
                 struct span input)
{
    struct provider_call call = {.provider = &service, .asked = {.api = (uint8_t)api,
                                                                 .stream = true}};
    struct span text = {fuzz_copy(input), input.len};
    while (text.len > 0) {
        struct span name = fuzz_cut(&text);
        size_t len = (size_t)fuzz_byte(&text) * 8;
        struct span data = {text.at, len < text.len ? len : text.len};
        text = span_skip(text, data.len);
        char *copy = malloc(data.len + 1); /* ends where the event ends */
        FUZZ_CHECK(copy != NULL);
        memcpy(copy + 1, data.at, data.len);
        read_event(protocol, &call, name, (struct span){copy + 1, data.len});
        free(copy);
    }
}
