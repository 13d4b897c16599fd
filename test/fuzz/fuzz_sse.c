/* Event streams: in windows that grow by any step the same events as at once. */
#include "core/http/http_sse.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void add(uint64_t *hash, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        *hash = *hash * 1099511628211u + (uint8_t)text.at[i] + 1;
    *hash = *hash * 1099511628211u + 500;
}

static void take(uint64_t *hash, const struct http_sse_event *event, struct span window)
{
    FUZZ_CHECK(event->consumed <= window.len);
    FUZZ_CHECK(fuzz_inside(event->data, window));
    FUZZ_CHECK(span_find(event->data, '\r') == event->data.len);
    struct span name = event->name;
    if (name.len > HTTP_SSE_NAME_BYTES)
        name.len = HTTP_SSE_NAME_BYTES; /* whether it is cut depends on what stands before it */
    add(hash, name);
    add(hash, event->data);
}

static uint64_t events_of(struct span text, size_t step, bool bare)
{
    struct http_sse sse;
    struct http_sse_event event;
    char *window = fuzz_copy(text);
    char *room = malloc(text.len + 1);
    uint64_t hash = 7;
    size_t len = 0;
    enum result result = RESULT_MORE;
    FUZZ_CHECK(room != NULL);
    http_sse_init(&sse);
    sse.bare_events = bare;
    while (text.len > 0 || result == RESULT_DONE) {
        size_t some = step < text.len ? step : text.len;
        memcpy(room, window, len);
        memcpy(room + len, text.at, some);
        len += some;
        memcpy(window, room, len);
        text = span_skip(text, some);
        while ((result = http_sse_next(&sse, window, len, &event)) == RESULT_DONE) {
            take(&hash, &event, (struct span){window, len});
            len -= event.consumed;
            memmove(window, window + event.consumed, len);
        }
        FUZZ_CHECK(event.consumed <= len);
        len -= event.consumed;
        memmove(window, window + event.consumed, len);
    }
    if (http_sse_end(&sse, window, len, &event) == RESULT_DONE)
        take(&hash, &event, (struct span){window, len});
    free(room);
    return hash;
}

void fuzz_one(struct span input)
{
    uint8_t how = fuzz_byte(&input);
    bool bare = (how & 1) != 0;
    uint64_t whole = events_of(input, input.len > 0 ? input.len : 1, bare);
    FUZZ_CHECK(events_of(input, 1, bare) == whole);
    FUZZ_CHECK(events_of(input, how / 2u + 1, bare) == whole);
}
