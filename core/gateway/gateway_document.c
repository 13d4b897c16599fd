/* See gateway_document.h. */
#include "core/gateway/gateway_document.h"

#include "core/base/lesser.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_flow.h"
#include "core/json/json_kind.h"

#include <string.h>

/* ---- the judge ---- */

void gateway_document_begin(struct gateway_document *document)
{
    *document = (struct gateway_document){0};
    json_rules_init(&document->rules);
}

/* Bytes being taken. */
struct taking {
    struct gateway_document *document;
    struct span bytes;
    const char *value; /* behind the last colon */
};

/* Keeps a part of a name, as far as there is room. */
static void keep(struct gateway_document *d, struct span bytes)
{
    size_t len = lesser(bytes.len, sizeof(d->_name) - d->_name_len);
    memcpy(d->_name + d->_name_len, bytes.at, len);
    d->_name_len = (uint8_t)(d->_name_len + len);
}

/* A name ends with these bytes. Of one that is longer than the room for it the rest does not
 * count. */
static void note_name(struct gateway_document *d, struct span name)
{
    if (d->_name_len > 0) {
        keep(d, name);
        name = (struct span){d->_name, d->_name_len};
        d->_name_len = 0;
    }
    switch (name.at[1]) {
    case 'c':
        d->has_choices |= span_starts(name, d->message ? SPAN("\"content\"") : SPAN("\"choices\""));
        break;
    case 'e':
        d->has_error |= span_starts(name, SPAN("\"error\""));
        break;
    case 'u':
        d->_in_usage = span_starts(name, SPAN("\"usage\""));
        break;
    default:
        break;
    }
}

/* The value under way goes to there. */
static inline void end_value(const struct taking *taking, const char *end)
{
    struct gateway_document *d = taking->document;
    struct span value = {taking->value, (size_t)(end - taking->value)};
    if (d->_in_usage)
        provider_meter_take(&d->_meter, value, &d->usage);
}

/* Not inlined: few members matter. */
__attribute__((noinline)) static void note_member(struct taking *taking, const char *name,
                                                  const char *mark)
{
    struct gateway_document *d = taking->document;
    const bool named = *mark == ':';
    end_value(taking, named ? name : mark);
    d->_in_usage = false;
    taking->value = mark + 1;
    if (named)
        note_name(d, (struct span){name, (size_t)(mark - name)});
}

/* A byte that structures the outermost object. Most names are told from those that matter by their
 * first letter. */
static void note(void *context, const char *name, const char *mark)
{
    struct taking *taking = context;
    if (name == NULL)
        note_member(taking, taking->bytes.at, mark);
    else if (taking->document->_in_usage || name[1] == 'c' || name[1] == 'e' || name[1] == 'u')
        note_member(taking, name, mark);
}

enum result gateway_document_take(struct gateway_document *document, struct span bytes)
{
    struct json_rules *rules = &document->rules;
    const uint32_t offset = (uint32_t)rules->offset;
    struct taking taking = {document, bytes, bytes.at};
    if (document->opaque)
        return RESULT_MORE;
    enum result result = json_rules_mark(rules, bytes, note, &taking);
    const char *end = bytes.at + bytes.len;
    if (result != RESULT_MORE)
        return result;
    if (!rules->in_name || rules->depth != 1) {
        end_value(&taking, end);
        return result;
    }
    const char *name = bytes.at + (document->_name_len > 0 ? 0 : rules->name_at - offset);
    end_value(&taking, name);
    document->_in_usage = false;
    keep(document, (struct span){name, (size_t)(end - name)});
    return result;
}

const char *gateway_document_fault(struct gateway_document *document)
{
    if (document->opaque)
        return NULL;
    if (json_rules_end(&document->rules) != RESULT_DONE)
        return document->rules.why;
    if (document->has_choices || document->any)
        return NULL;
    return document->message ? "its JSON has no content" : "its JSON has no choices";
}

/* ---- passing on ---- */

/* Adds a piece of what is in hand to what is held. False: that is as much as may be. */
static bool hold_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span piece = relay->news.text;
    piece.len = lesser(piece.len, LIMIT_PAGE_BYTES);
    if (relay->text.len + piece.len > LIMIT_HOLD_BYTES ||
        index_free(&g->pages.index) <= LIMIT_PAGES_RESERVE ||
        !rope_add(&g->pages, &relay->text, piece))
        return false;
    relay->news.text = span_skip(relay->news.text, piece.len);
    return true;
}

/* Whether what is in hand is the document, all of it, and short: then it need not be held. */
static bool comes_at_once(const struct gateway *g, int request)
{
    const struct gateway_relay *relay = &g->requests[request].relay;
    return relay->document.whole && relay->text.len == 0 &&
           relay->news.text.len <= LIMIT_PAGE_BYTES / 2 &&
           index_free(&g->pages.index) > LIMIT_PAGES_RESERVE;
}

/* Writes a piece of what is in hand, or all of it at once, behind what was held. */
static bool flow_some(struct gateway *g, int request, bool at_once)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span piece = relay->news.text;
    const struct gateway_answer answer = {
        .content_type = relay->content_type, .has_length = at_once, .length = piece.len};
    if (relay->state != GATEWAY_RELAY_FLOWING) {
        if (!gateway_flow_begin(g, request, &answer))
            return false;
        gateway_flow_commit(g, request);
    }
    if (!gateway_flow_drain(g, request, &relay->text))
        return false;
    size_t cap = gateway_flow_cap(g, request, 0, piece.len);
    piece.len = lesser(piece.len, cap);
    if (cap == 0 || !gateway_flow_put(g, request, piece))
        return false;
    relay->news.text = span_skip(relay->news.text, piece.len);
    return true;
}

enum result gateway_document_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    while (relay->news.text.len > 0) {
        bool flows = relay->state == GATEWAY_RELAY_FLOWING;
        bool at_once = !flows && comes_at_once(g, request);
        bool held = !flows && !at_once && hold_some(g, request);
        if (!held && !flow_some(g, request, at_once))
            return RESULT_MORE;
    }
    return RESULT_DONE;
}

enum result gateway_document_finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->state == GATEWAY_RELAY_FLOWING)
        return gateway_flow_drain(g, request, &relay->text) ? RESULT_DONE : RESULT_MORE;
    const char *type = relay->text.len > 0 ? relay->content_type : NULL;
    return gateway_flow_whole(g, request, type, &relay->text) ? RESULT_DONE : RESULT_MORE;
}
