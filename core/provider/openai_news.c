/*
 * See openai_news.h. A chunk is read from its beginning for each thing that it tells; what was told
 * of it before is counted.
 */
#include "core/provider/openai_news.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#define PARTS_MAX 250 /* things of one chunk: more is no answer */
#define CALLS_MAX 4096

/* A chunk being read. */
struct reading {
    struct provider_news *news;
    uint8_t wanted; /* which of the things, */
    uint8_t count;  /* and how many there were */
    uint32_t calls; /* tool calls that have begun, those of this chunk included */
};

/* The next thing of the chunk. False: it is not the one that is wanted. */
static bool offer(struct reading *r, enum provider_news_kind kind, struct span text)
{
    uint8_t number = r->count;
    if (number == PARTS_MAX)
        return false;
    r->count++;
    r->news->more = number > r->wanted;
    if (number != r->wanted)
        return false;
    r->news->kind = kind;
    r->news->text = text;
    if (number + 1 < PARTS_MAX)
        return true;
    r->news->kind = PROVIDER_ERROR;
    r->news->text = SPAN("an event of it tells too much at once");
    return false;
}

/* A string, if there is anything in it. */
static bool offer_string(struct reading *r, enum provider_news_kind kind, struct span value)
{
    struct span text = json_walk_string(value);
    if (text.len > 0 && offer(r, kind, text))
        r->news->raw = true;
    return text.len > 0;
}

/* ---- tool calls ----------------------------------------------------------------------------- */

static void read_beginning(struct reading *r, struct span call, struct span function)
{
    struct span id = json_walk_string(json_walk_find(call, SPAN("id")));
    struct span name = json_walk_string(json_walk_find(function, SPAN("name")));
    bool good = name.len > 0 && name.len <= PROVIDER_TOOL_BYTES && id.len <= PROVIDER_TOOL_BYTES;
    if (!good) {
        offer(r, PROVIDER_ERROR, SPAN("a tool call without a name, or with one that is too long"));
    } else if (offer(r, PROVIDER_TOOL, name)) {
        r->news->raw = true;
        r->news->id = id;
    }
}

/* Some services leave out which call it is: one with an id begins another then. */
static void read_call(struct reading *r, struct span call)
{
    struct span index = json_walk_find(call, SPAN("index"));
    struct span function = json_walk_find(call, SPAN("function"));
    struct span arguments = json_walk_find(function, SPAN("arguments"));
    uint64_t number = 0;
    bool numbered = span_number(index, CALLS_MAX, &number);
    bool has_id = json_walk_string(json_walk_find(call, SPAN("id"))).len > 0;
    bool begins = numbered ? number >= r->calls : has_id || r->calls == 0;
    if (begins) {
        r->calls = numbered ? (uint32_t)number + 1 : r->calls + 1;
        read_beginning(r, call, function);
    } else if (numbered && number + 1 != r->calls) {
        offer(r, PROVIDER_ERROR, SPAN("its tool calls come in pieces, one among the other"));
    }
    if (json_walk_kind(arguments) == JSON_OBJECT)
        offer(r, PROVIDER_ARGUMENTS, arguments);
    else
        offer_string(r, PROVIDER_ARGUMENTS, arguments);
}

/* ---- the chunk ------------------------------------------------------------------------------ */

static void read_delta(struct reading *r, struct span delta)
{
    struct span calls = json_walk_find(delta, SPAN("tool_calls"));
    struct span inside = json_walk_inside(calls);
    struct span call;
    if (!offer_string(r, PROVIDER_REASONING, json_walk_find(delta, SPAN("reasoning_content"))))
        offer_string(r, PROVIDER_REASONING, json_walk_find(delta, SPAN("reasoning")));
    offer_string(r, PROVIDER_TEXT, json_walk_find(delta, SPAN("content")));
    offer_string(r, PROVIDER_TEXT, json_walk_find(delta, SPAN("refusal")));
    while (json_walk_kind(calls) == JSON_ARRAY && json_walk_element(&inside, &call))
        read_call(r, call);
}

static enum provider_stop stop_of(struct span reason)
{
    static const struct {
        struct span word;
        enum provider_stop stop;
    } words[] = {
        {{"length", 6}, PROVIDER_STOP_LENGTH},
        {{"tool_calls", 10}, PROVIDER_STOP_TOOLS},
        {{"function_call", 13}, PROVIDER_STOP_TOOLS},
        {{"content_filter", 14}, PROVIDER_STOP_FILTER},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (json_string_equal(reason, words[i].word))
            return words[i].stop;
    return PROVIDER_STOP_END;
}

/* Only one was asked for. */
static void read_choices(struct reading *r, struct span choices)
{
    struct span inside = json_walk_inside(choices);
    struct span choice;
    if (json_walk_kind(choices) != JSON_ARRAY || !json_walk_element(&inside, &choice))
        return;
    read_delta(r, json_walk_find(choice, SPAN("delta")));
    struct span reason = json_walk_string(json_walk_find(choice, SPAN("finish_reason")));
    if (reason.len == 0)
        return;
    r->news->stop = stop_of(reason);
    r->news->marks.choices = r->news->marks.finished = 1;
}

void openai_news_read(struct provider_call *call, struct span choices, struct provider_news *news)
{
    struct reading r = {.news = news, .wanted = call->reading.part, .calls = call->reading.calls};
    *news = (struct provider_news){.kind = PROVIDER_NOTHING};
    read_choices(&r, choices);
    ASSERT(r.wanted == 0 || r.count > r.wanted);
    if (news->more) { /* the last thing ends it, not one before */
        news->stop = PROVIDER_STOP_UNKNOWN;
        news->marks = (struct provider_marks){0};
        call->reading.part++;
        return;
    }
    call->reading.part = 0;
    call->reading.calls = r.calls;
}
