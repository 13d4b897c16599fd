/* See gateway_event.h. */
#include "core/gateway/gateway_event.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_chunk.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_message.h"
#include "core/http/http_sse.h"

#include <string.h>

/* relay.part: where the stream stands. */
enum part {
    PART_BETWEEN,
    PART_INSIDE /* an event has begun */
};

#define END SPAN("\n\n")

#define PATCH_BYTES 12 /* the longest: "index":255, and what gateway_flow_cap gives at least */

/* What is held back fits into an empty queue. */
#define HOLD_BYTES (LIMIT_OUT_BYTES / 2)

bool gateway_event_finished(const struct gateway_relay *relay)
{
    return relay->finished != 0 && (relay->choices & ~relay->finished) == 0;
}

/* What stands in front of an event's data. */
static void begin_event(struct text *out, const struct provider_news *news)
{
    if (news->name.len > 0) {
        struct span name = news->name;
        name.len = name.len < HTTP_SSE_NAME_BYTES ? name.len : HTTP_SSE_NAME_BYTES;
        text_add_str(out, "event: ");
        text_add(out, name);
        text_add_char(out, '\n');
    }
    text_add_str(out, "data: ");
}

/* Keeps an event for later. False: that is as much as may be. */
static bool hold(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span text = relay->news.text;
    struct text begin = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    begin_event(&begin, &relay->news);
    size_t len = relay->text.len + begin.len + text.len + END.len;
    if (len > HOLD_BYTES ||
        index_free(&g->pages.index) <= LIMIT_PAGES_RESERVE + HOLD_BYTES / LIMIT_PAGE_BYTES)
        return false;
    gateway_flow_hang(g, &relay->text, text_span(&begin));
    gateway_flow_hang(g, &relay->text, text);
    gateway_flow_hang(g, &relay->text, END);
    return true;
}

/* Takes len bytes off the front of the text; no patch is in front of them. */
static void advance(struct provider_news *news, size_t len)
{
    news->text = span_skip(news->text, len);
    for (int i = 0; i < news->patch_count; i++)
        news->patches[i].at -= (uint32_t)len;
}

static void write_index(const struct provider_patch *patch, uint8_t number, struct text *out)
{
    text_add_str(out, patch->cut == 0 ? "\"index\":" : "");
    text_add_u64(out, number);
    text_add_str(out, patch->cut == 0 ? "," : "");
}

/* Mends the text where it begins. */
static void take_patch(struct provider_news *news, uint8_t *calls, struct text *out)
{
    struct provider_patch patch = news->patches[0];
    news->patch_count--;
    memmove(&news->patches[0], &news->patches[1], news->patch_count * sizeof(patch));
    if (patch.kind == PROVIDER_PATCH_NAME)
        text_add_str(out, "\"\"");
    else
        write_index(&patch, *calls > 0 && patch.kind == PROVIDER_PATCH_SAME_CALL
                                ? (uint8_t)(*calls - 1)
                                : *calls, out);
    if (patch.kind == PROVIDER_PATCH_NEW_CALL && *calls < UINT8_MAX)
        (*calls)++;
    advance(news, patch.cut);
}

/* Takes from the front of the text what has cap bytes of room, at least PATCH_BYTES. */
static void take_some(struct provider_news *news, uint8_t *calls, struct text *out, size_t cap)
{
    size_t end = out->len + cap;
    bool more = true;
    while (more && news->text.len > 0) {
        size_t run = news->patch_count > 0 ? news->patches[0].at : news->text.len;
        size_t len = run < end - out->len ? run : end - out->len;
        text_add(out, (struct span){news->text.at, len});
        advance(news, len);
        more = len == run && end - out->len >= PATCH_BYTES;
        if (more && news->patch_count > 0)
            take_patch(news, calls, out);
    }
}

/* Queues as much of the event as has room. False: there is none. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct provider_news mended; /* used where there is something to mend, which is seldom */
    struct span rest = relay->news.text;
    bool mends = relay->news.patch_count > 0;
    uint8_t calls = relay->calls;
    struct text piece = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    if (relay->part == PART_BETWEEN)
        begin_event(&piece, &relay->news);
    size_t cap = gateway_flow_cap(g, request, piece.len + END.len, rest.len);
    if (cap == 0)
        return false;
    if (mends) {
        mended = relay->news;
        take_some(&mended, &calls, &piece, cap);
        rest = mended.text;
    } else {
        text_add(&piece, (struct span){rest.at, lesser(rest.len, cap)});
        rest = span_skip(rest, lesser(rest.len, cap));
    }
    bool last = rest.len == 0;
    if (last)
        text_add(&piece, END);
    ASSERT(!piece.cut);
    if (!gateway_flow_put(g, request, text_span(&piece)))
        return false;
    if (mends)
        relay->news = mended;
    relay->news.text = rest;
    relay->calls = calls;
    relay->part = last ? PART_BETWEEN : PART_INSIDE;
    return true;
}

/* Brings the stream to where the event in hand can be written. */
static bool begin_to_flow(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (!gateway_chunk_begin(g, request))
        return false;
    if (relay->state != GATEWAY_RELAY_FLOWING)
        gateway_flow_commit(g, request);
    return gateway_flow_drain(g, request, &relay->text);
}

enum result gateway_event_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    const struct provider_marks *marks = &relay->news.marks;
    bool early = relay->state != GATEWAY_RELAY_FLOWING && !marks->content && marks->finished == 0;
    if ((marks->usage && !relay->include_usage) || (early && hold(g, request)))
        return RESULT_DONE;
    if (!begin_to_flow(g, request))
        return RESULT_MORE;
    while (relay->news.text.len > 0)
        if (!pass_some(g, request))
            return RESULT_MORE;
    return RESULT_DONE;
}

void gateway_event_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    bool message = gateway_request_is_message(&g->requests[request]);
    if (relay->says_done)
        gateway_flow_hang(g, &relay->tail,
                          message ? SPAN(GATEWAY_MESSAGE_STOP) : SPAN("data: [DONE]\n\n"));
}
