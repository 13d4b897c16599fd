/* See gateway_flow.h. */
#include "core/gateway/gateway_flow.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway.h"
#include "core/json/json_string.h"

#define PIECE_MIN_BYTES 12 /* what json_string_copy_some asks for */

_Static_assert(LIMIT_OUT_BYTES >= GATEWAY_FLOW_FRAME_BYTES + GATEWAY_FLOW_PIECE_BYTES,
               "an empty queue has room for a chunk");
_Static_assert(LIMIT_OUT_BYTES >= GATEWAY_FLOW_FRAME_BYTES + GATEWAY_FLOW_CALL_BYTES,
               "and for the beginning of a call");
_Static_assert(LIMIT_WINDOW_BYTES >= GATEWAY_FLOW_FRAME_BYTES + LIMIT_PAGE_BYTES,
               "a chunk is put together in the scratch");

bool gateway_flow_begin(struct gateway *g, int request, const struct gateway_answer *answer)
{
    struct gateway_answer whole = *answer;
    whole.status = g->requests[request].relay.status;
    whole.of_request = true;
    if (!gateway_answer_begin(g, g->requests[request].client, &whole))
        return false;
    g->requests[request].relay.silent_us = g->now_us;
    return true;
}

void gateway_flow_commit(struct gateway *g, int request)
{
    g->requests[request].relay.state = GATEWAY_RELAY_FLOWING;
    gateway_request_commit(g, request);
}

bool gateway_flow_whole(struct gateway *g, int request, const char *type, struct rope *body)
{
    const struct gateway_answer answer = {
        .content_type = type, .has_length = true, .length = body->len};
    if (!gateway_flow_begin(g, request, &answer))
        return false;
    gateway_answer_join(g, g->requests[request].client, body);
    gateway_flow_commit(g, request);
    return true;
}

bool gateway_flow_put(struct gateway *g, int request, struct span bytes)
{
    int client = g->requests[request].client;
    if (gateway_answer_room(g, client) < bytes.len || !gateway_answer_add(g, client, bytes))
        return false;
    g->requests[request].relay.silent_us = g->now_us;
    return true;
}

bool gateway_flow_drain(struct gateway *g, int request, struct rope *rope)
{
    int client = g->requests[request].client;
    while (rope->len > 0) {
        struct span front = rope_front(&g->pages, rope);
        size_t room = gateway_answer_room(g, client);
        if (room < lesser(front.len, GATEWAY_FLOW_PIECE_BYTES))
            return false;
        front.len = lesser(front.len, room);
        if (!gateway_flow_put(g, request, front))
            return false;
        rope_take(&g->pages, rope, front.len);
    }
    return true;
}

size_t gateway_flow_cap(const struct gateway *g, int request, size_t frame, size_t text_len)
{
    size_t room = gateway_answer_room(g, g->requests[request].client);
    size_t wanted = lesser(text_len, GATEWAY_FLOW_PIECE_BYTES);
    if (wanted < PIECE_MIN_BYTES)
        wanted = PIECE_MIN_BYTES;
    return room < frame + wanted ? 0 : lesser(room - frame, LIMIT_PAGE_BYTES);
}

size_t gateway_flow_piece(struct span *text, bool raw, char *out, size_t cap)
{
    ASSERT(cap >= PIECE_MIN_BYTES);
    size_t before = text->len;
    size_t len = raw ? json_string_copy_some(text, out, cap)
                     : json_string_escape_some(text, out, cap);
    ASSERT(text->len < before || before == 0);
    return len;
}

static void add_word(struct span word, bool raw, struct text *out)
{
    char bytes[PROVIDER_TOOL_BYTES];
    size_t len = word.len > 0 ? gateway_flow_piece(&word, raw, bytes, sizeof(bytes)) : 0;
    text_add(out, (struct span){bytes, len});
}

void gateway_flow_call(const struct provider_news *news, struct text *out)
{
    text_add_str(out, "\"id\":\"");
    add_word(news->id, news->raw, out);
    text_add_str(out, "\",\"type\":\"function\",\"function\":{\"name\":\"");
    add_word(news->text, news->raw, out);
    text_add_str(out, "\",\"arguments\":\"");
}

void gateway_flow_hang(struct gateway *g, struct rope *rope, struct span bytes)
{
    bool room = rope_add(&g->pages, rope, bytes);
    ASSERT(room);
}
