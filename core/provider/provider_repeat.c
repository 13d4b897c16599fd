/*
 * See provider_repeat.h. What stood around the words was judged with them, so that with other words
 * in their place, which are judged now, the whole is as good; and it means the same.
 */
#include "core/provider/provider_repeat.h"

#include "core/base/assert.h"
#include "core/json/json_walk.h"
#include "core/json/json_word.h"

#include <string.h>

_Static_assert(LIMIT_REPEAT_BYTES <= UINT16_MAX, "lengths are of two bytes");

/* A string in its quotes. Most words are of plain letters alone. */
static bool is_string(struct span quoted)
{
    const char *last = quoted.at + quoted.len - 1;
    return json_word_skip(quoted.at + 1, last) == last || json_walk_document(quoted).len > 0;
}

/* *words: what the event says, as a string in its quotes. */
static bool is_repeated(const struct provider_repeat *repeat, struct span name, struct span data,
                        struct span *words)
{
    size_t around = (size_t)repeat->_head_len + repeat->_tail_len;
    const char *head = repeat->_bytes + repeat->_name_len;
    if (around == 0 || name.len != repeat->_name_len || data.len <= around)
        return false;
    *words = (struct span){data.at + repeat->_head_len - 1, data.len - around + 2};
    return word_equal(data.at, head, repeat->_head_len) &&
           word_equal(words->at + words->len - 1, head + repeat->_head_len, repeat->_tail_len) &&
           word_equal(name.at, repeat->_bytes, name.len) && is_string(*words);
}

/* Nothing but its words, or that it says some. */
static bool is_plain(const struct provider_news *news)
{
    const struct provider_usage *usage = &news->usage;
    return !news->more && news->patch_count == 0 && news->stop == PROVIDER_STOP_UNKNOWN &&
           !usage->has_input && !usage->has_output;
}

/* The words of the event; empty where it is none that could be repeated. */
static struct span words_of(const struct provider_news *news)
{
    bool says = news->kind == PROVIDER_TEXT || news->kind == PROVIDER_REASONING ||
                news->kind == PROVIDER_ARGUMENTS;
    struct span words = news->kind == PROVIDER_EVENT ? news->said
                        : says && news->raw          ? news->text
                                                     : (struct span){NULL, 0};
    return is_plain(news) ? words : (struct span){NULL, 0};
}

static void keep(struct provider_repeat *repeat, struct span name, struct span data,
                 const struct provider_news *news)
{
    struct span words = words_of(news);
    size_t around = data.len - words.len;
    if (words.len == 0 || around + name.len > LIMIT_REPEAT_BYTES)
        return;
    ASSERT(words.at > data.at && words.at + words.len < data.at + data.len);
    size_t head_len = (size_t)(words.at - data.at);
    char *head = repeat->_bytes + name.len;
    if (name.len > 0)
        memcpy(repeat->_bytes, name.at, name.len);
    memcpy(head, data.at, head_len);
    memcpy(head + head_len, words.at + words.len, around - head_len);
    repeat->_name_len = (uint16_t)name.len;
    repeat->_head_len = (uint16_t)head_len;
    repeat->_tail_len = (uint16_t)(around - head_len);
    repeat->_kind = (uint8_t)news->kind;
    repeat->_marks = news->marks;
}

void provider_repeat_event(struct provider_repeat *repeat, struct provider_call *call,
                           struct span name, struct span data, struct provider_news *news)
{
    struct span words;
    if (LIMIT_REPEAT_BYTES > 0 && is_repeated(repeat, name, data, &words)) {
        bool relayed = repeat->_kind == PROVIDER_EVENT;
        struct span inside = {words.at + 1, words.len - 2};
        *news = (struct provider_news){.kind = (enum provider_news_kind)repeat->_kind,
                                       .text = relayed ? data : inside,
                                       .raw = !relayed,
                                       .name = relayed ? name : (struct span){NULL, 0},
                                       .marks = repeat->_marks};
        return;
    }
    struct provider_reading before = call->reading;
    provider_protocol(call->provider->protocol)->event(call, name, data, news);
    const struct provider_reading *after = &call->reading;
    repeat->_head_len = repeat->_tail_len = 0;
    if (before.part == after->part && before.step == after->step && before.calls == after->calls)
        keep(repeat, name, data, news);
}
