/* See gateway_page.h. */
#include "core/gateway/gateway_page.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway.h"
#include "core/page/page.h"

#define PLAIN                                                                                      \
    SPAN("This is moongate, an LLM gateway: OpenAI's API is under /v1/, and here is a page for "   \
         "browsers (Accept-Encoding: gzip).\n")

/* Whether one of the fields of that name has an element that is good. */
static bool any_element(const struct http_head *head, enum http_name name,
                        bool (*good)(struct span element))
{
    const struct http_field *field = http_head_find(head, name);
    for (; field != NULL; field = http_head_next(head, name, field)) {
        struct span list = field->value;
        struct span element;
        while (http_head_element(&list, &element)) {
            if (good(element))
                return true;
        }
    }
    return false;
}

/* "gzip", or "*", with whatever weight but 0 (RFC 9110 section 12.4.2). */
static bool takes_gzip(struct span element)
{
    size_t end = span_find(element, ';');
    struct span coding = span_trim((struct span){element.at, end});
    struct span weight = span_trim(span_skip(element, end < element.len ? end + 1 : end));
    bool none = weight.len > 2 && weight.at[2] == '0';
    for (size_t i = 3; i < weight.len; i++)
        none = none && (weight.at[i] == '0' || weight.at[i] == '.');
    return !none && (span_equal_nocase(coding, SPAN("gzip")) || span_equal(coding, SPAN("*")));
}

/* Proxies may have made the tag a weak one. */
static bool is_ours(struct span tag)
{
    struct span strong = span_starts(tag, SPAN("W/")) ? span_skip(tag, 2) : tag;
    return span_equal(tag, SPAN("*")) || span_equal(strong, page.etag);
}

static void plain(struct gateway *g, int client)
{
    const struct gateway_answer answer = {.status = 200,
                                          .content_type = "text/plain; charset=utf-8",
                                          .has_length = true,
                                          .length = PLAIN.len,
                                          .fields = SPAN("vary: accept-encoding\r\n")};
    if (gateway_answer_begin(g, client, &answer) && gateway_answer_add(g, client, PLAIN))
        gateway_answer_end(g, client, false);
    else
        gateway_answer_cut(g, client);
}

void gateway_page_begin(struct gateway *g, int client)
{
    const struct http_head *head = &g->scratch.head;
    bool known = any_element(head, HTTP_NAME_IF_NONE_MATCH, is_ours);
    struct gateway_answer answer = {.status = known ? 304 : 200,
                                    .content_type = known ? NULL : "text/html; charset=utf-8",
                                    .has_length = true,
                                    .length = page.gzip.len,
                                    .fields = page.fields};
    if (!any_element(head, HTTP_NAME_ACCEPT_ENCODING, takes_gzip)) {
        plain(g, client);
        return;
    }
    g->clients[client].cursor = known ? (uint32_t)page.gzip.len : 0;
    if (gateway_answer_start(g, client, &answer))
        gateway_page_some(g, client);
}

/* In pieces that find room where others have nearly all pages. */
void gateway_page_some(struct gateway *g, int client)
{
    struct gateway_client *c = &g->clients[client];
    struct span rest = span_skip(page.gzip, c->cursor);
    while (rest.len > 0) {
        size_t room = lesser(gateway_answer_room(g, client), LIMIT_PAGE_BYTES);
        struct span piece = {rest.at, lesser(room, rest.len)};
        if (piece.len == 0 || !gateway_answer_put(g, client, piece))
            return;
        c->cursor += (uint32_t)piece.len;
        rest = span_skip(rest, piece.len);
    }
    gateway_answer_end(g, client, false);
}
