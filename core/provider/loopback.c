/* Says who it is and how many words it was sent, word by word. */
#include "core/provider/loopback.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#define ANSWER_BYTES 160
#define DECODE_BYTES 256

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The words of a text that stands raw in its quotes: an escape may be a space. */
static uint32_t count_words(struct span raw)
{
    char plain[DECODE_BYTES];
    uint32_t words = 0;
    bool between = true;
    while (raw.len > 0) {
        size_t len = json_string_decode_some(&raw, plain, sizeof(plain));
        for (size_t i = 0; i < len; i++) {
            bool space = is_space(plain[i]);
            words += between && !space ? 1 : 0;
            between = space;
        }
    }
    return words;
}

static void begin(struct provider_call *call)
{
    struct provider_messages_thing thing;
    provider_cursor_begin(&call->cursor, 0);
    call->body_len = 0;
    provider_said_begin(call);
    do {
        provider_said_next(call, &thing);
        if (thing.kind == PROVIDER_MESSAGES_TEXT)
            call->cursor.count += count_words(thing.text);
    } while (thing.kind != PROVIDER_MESSAGES_END);
}

static void write_answer(struct text *out, uint32_t words)
{
    text_add_str(out, "This is moongate's loopback provider: it answers from this box, without any "
                      "service. You sent ");
    text_add_u64(out, words);
    text_add_str(out, words == 1 ? " word." : " words.");
}

/* A piece is a word and the space before it. */
static void answer(struct provider_call *call, struct text *scratch, struct provider_news *news)
{
    char bytes[ANSWER_BYTES];
    struct text whole = text_over(bytes, sizeof(bytes));
    write_answer(&whole, call->cursor.count);
    ASSERT(!whole.cut);
    struct span rest = span_skip(text_span(&whole), call->cursor.offset);
    *news = (struct provider_news){.kind = PROVIDER_FINISH};
    if (rest.len == 0)
        return;
    size_t before = scratch->len;
    size_t len = 1 + span_find(span_skip(rest, 1), ' ');
    text_add(scratch, (struct span){rest.at, len});
    ASSERT(!scratch->cut);
    news->kind = PROVIDER_TEXT;
    news->text = span_skip(text_span(scratch), before);
    call->cursor.offset += (uint32_t)len;
}

const struct provider_protocol loopback_protocol = {
    .local = true,
    .begin = begin,
    .answer = answer,
};
