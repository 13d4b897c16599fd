/* A service's answer to "list your models": in windows of any size the same list. */
#include "core/model/model_feed.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define WINDOW_BYTES 512

static struct json_tokens tokens;
static struct model_list list;

static enum result read_in(struct span text, size_t step, uint32_t *count)
{
    static char window[WINDOW_BYTES];
    struct model_feed feed;
    enum result result = RESULT_MORE;
    size_t len = 0;
    model_list_clear(&list);
    model_feed_init(&feed, &list, &tokens, sizeof(window));
    while (text.len > 0 && result == RESULT_MORE) {
        size_t some = step < text.len ? step : text.len;
        some = some < sizeof(window) - len ? some : sizeof(window) - len;
        memcpy(window + len, text.at, some);
        len += some;
        text = span_skip(text, some);
        size_t used = 0;
        result = model_feed_take(&feed, (struct span){window, len}, &used);
        FUZZ_CHECK(used <= len && (used > 0 || len < sizeof(window) || result != RESULT_MORE));
        len -= used;
        memmove(window, window + used, len);
    }
    if (result == RESULT_MORE)
        result = model_feed_end(&feed);
    FUZZ_CHECK((result == RESULT_FAULT) == (feed.fault != MODEL_FEED_NO_FAULT));
    FUZZ_CHECK(list.count <= LIMIT_CATALOG_MODELS);
    *count = list.count;
    return result;
}

void fuzz_one(struct span input)
{
    size_t step = (size_t)fuzz_byte(&input) + 1;
    uint32_t first, again;
    enum result result = read_in(input, 400, &first);
    FUZZ_CHECK(read_in(input, 1, &again) == result);
    FUZZ_CHECK(result == RESULT_FAULT || again == first);
    FUZZ_CHECK(read_in(input, step, &again) == result);
    FUZZ_CHECK(result == RESULT_FAULT || again == first);
}
