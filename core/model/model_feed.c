/* See model_feed.h. */
#include "core/model/model_feed.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#define NO_ELEMENT SIZE_MAX

void model_feed_init(struct model_feed *feed, struct model_list *list, struct json_tokens *tokens,
                     size_t window_cap)
{
    ASSERT(list->count == 0 && window_cap > 0);
    feed->fault = MODEL_FEED_NO_FAULT;
    feed->_list = list;
    feed->_tokens = tokens;
    feed->_window_cap = window_cap;
    feed->_seen = 0;
    feed->_begin = NO_ELEMENT;
    feed->_dropping = false;
    json_rules_init(&feed->_rules);
    model_split_init(&feed->_split);
}

static enum result fail(struct model_feed *feed, enum model_feed_fault fault)
{
    feed->fault = fault;
    return RESULT_FAULT;
}

/* A text of the element: room for one byte more than a model's text may have, so that one which
 * is too long is seen to be. */
struct field {
    char bytes[MODEL_TEXT_MAX_BYTES + 1];
};

/* The decoded string that the member is; empty when there is none, or it is something else. */
static struct span read_text(const struct json_tokens *tokens, const char *key, struct field *field)
{
    int value = json_tokens_member(tokens, 0, span_of(key));
    if (value < 0 || json_tokens_kind(tokens, value) != JSON_STRING)
        return (struct span){0};
    struct span raw = json_tokens_raw(tokens, value);
    return (struct span){field->bytes, json_string_decode(raw, field->bytes, sizeof(field->bytes))};
}

/* The member as it stands in the document, when it is there and no string; else empty. */
static struct span read_word(const struct json_tokens *tokens, const char *key)
{
    int value = json_tokens_member(tokens, 0, span_of(key));
    bool word = value >= 0 && json_tokens_kind(tokens, value) != JSON_STRING;
    return word ? json_tokens_raw(tokens, value) : (struct span){0};
}

/* The uses left; an integer over INT32_MAX counts as that, and what is no integer is not told. */
static int32_t read_usage(const struct json_tokens *tokens)
{
    struct span digits = read_word(tokens, "usageLeft");
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return MODEL_USAGE_UNTOLD;
        number = number * 10 + (uint64_t)(digits.at[i] - '0');
        number = number < INT32_MAX ? number : INT32_MAX;
    }
    return digits.len > 0 ? (int32_t)number : MODEL_USAGE_UNTOLD;
}

/* The type: untold when absent or null; a value that is no string is a type nobody knows. */
static enum model_type read_type(const struct json_tokens *tokens, struct field *field,
                                 struct span *text)
{
    *text = (struct span){0};
    bool absent = json_tokens_member(tokens, 0, SPAN("modelType")) < 0;
    if (absent || span_equal(read_word(tokens, "modelType"), SPAN("null")))
        return MODEL_TYPE_UNTOLD;
    *text = read_text(tokens, "modelType", field);
    return model_list_type(*text);
}

static void take_element(struct model_feed *feed, struct span element)
{
    struct field identifier;
    struct field name;
    struct field type;
    const struct json_tokens *tokens = feed->_tokens;
    if (json_tokens_read(feed->_tokens, element) != RESULT_DONE) {
        feed->_list->left_out++;
        return;
    }
    struct model_item item = {.identifier = read_text(tokens, "modelName", &identifier)};
    if (item.identifier.len == 0)
        item.identifier = read_text(tokens, "id", &identifier);
    item.name = read_text(tokens, "displayName", &name);
    if (item.name.len == 0)
        item.name = read_text(tokens, "display_name", &name);
    item.type = read_type(tokens, &type, &item.type_text);
    item.usage_left = read_usage(tokens);
    item.is_new = span_equal(read_word(tokens, "isNew"), SPAN("true"));
    model_list_add(feed->_list, &item);
}

/* Takes what the splitter says about the byte at place. False: a second list. */
static bool take_event(struct model_feed *feed, enum model_split_event event, struct span window,
                       size_t place)
{
    if (event == MODEL_SPLIT_BEGIN)
        feed->_begin = place;
    if (event == MODEL_SPLIT_END && !feed->_dropping)
        take_element(feed, (struct span){window.at + feed->_begin, place + 1 - feed->_begin});
    if (event == MODEL_SPLIT_END) {
        feed->_begin = NO_ELEMENT;
        feed->_dropping = false;
    }
    return event != MODEL_SPLIT_SECOND;
}

/* How much of the window is done with, and the places in what remains. */
static size_t use(struct model_feed *feed, struct span window)
{
    bool inside = feed->_begin != NO_ELEMENT && !feed->_dropping;
    if (inside && feed->_begin == 0 && window.len == feed->_window_cap) {
        feed->_dropping = true;
        feed->_list->left_out++;
        inside = false;
    }
    size_t used = inside ? feed->_begin : window.len;
    feed->_seen = window.len - used;
    if (inside)
        feed->_begin = 0;
    return used;
}

enum result model_feed_take(struct model_feed *feed, struct span window, size_t *used)
{
    ASSERT(window.len >= feed->_seen && window.len <= feed->_window_cap);
    *used = 0;
    if (feed->fault != MODEL_FEED_NO_FAULT)
        return RESULT_FAULT;
    if (json_rules_take(&feed->_rules, span_skip(window, feed->_seen)) == RESULT_FAULT)
        return fail(feed, MODEL_FEED_NOT_JSON);
    for (size_t i = feed->_seen; i < window.len; i++)
        if (!take_event(feed, model_split_byte(&feed->_split, window.at[i]), window, i))
            return fail(feed, MODEL_FEED_NO_LIST);
    *used = use(feed, window);
    return RESULT_MORE;
}

enum result model_feed_end(struct model_feed *feed)
{
    if (feed->fault != MODEL_FEED_NO_FAULT)
        return RESULT_FAULT;
    if (json_rules_end(&feed->_rules) != RESULT_DONE)
        return fail(feed, MODEL_FEED_CUT);
    if (!feed->_split.found)
        return fail(feed, MODEL_FEED_NO_LIST);
    if (feed->_split.elements > 0 && feed->_list->count == 0)
        return fail(feed, MODEL_FEED_NO_MODELS);
    return RESULT_DONE;
}

const char *model_feed_fault_text(enum model_feed_fault fault)
{
    static const char *const texts[] = {
        [MODEL_FEED_NO_FAULT] = "no fault",
        [MODEL_FEED_NOT_JSON] = "the model list is not JSON",
        [MODEL_FEED_CUT] = "the model list ended too early",
        [MODEL_FEED_NO_LIST] = "the answer holds no list of models",
        [MODEL_FEED_NO_MODELS] = "nothing in the list is a model",
    };
    return texts[fault];
}
