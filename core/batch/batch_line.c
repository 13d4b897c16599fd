/* See batch_line.h. The body's own rules are those of any request, and judged when it is one. */
#include "core/batch/batch_line.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

enum member { MEMBER_ID, MEMBER_METHOD, MEMBER_URL, MEMBER_BODY, MEMBERS };

static const struct {
    const char *code;
    const char *words;
} faults[] = {
    [BATCH_LINE_GOOD] = {"", ""},
    [BATCH_LINE_NOT_JSON] = {"invalid_json_line", "The line is not JSON (RFC 8259, UTF-8)"},
    [BATCH_LINE_NO_OBJECT] = {"invalid_json_line", "The line is not a JSON object"},
    [BATCH_LINE_TWICE] = {"invalid_json_line",
                          "custom_id, method, url or body is there twice in the line"},
    [BATCH_LINE_NO_ID] = {"missing_required_parameter", "custom_id must be a string, not empty"},
    [BATCH_LINE_LONG_ID] = {"invalid_custom_id", "custom_id has more than 512 bytes"},
    [BATCH_LINE_REPEATED] = {"duplicate_custom_id", "An earlier line has the same custom_id"},
    [BATCH_LINE_METHOD] = {"invalid_method", "method must be \"POST\""},
    [BATCH_LINE_URL] = {"mismatched_url", "url must be the endpoint of the batch"},
    [BATCH_LINE_BODY] = {"missing_required_parameter", "body must be an object"},
    [BATCH_LINE_NO_MODEL] = {"missing_required_parameter", "body.model must be a string"},
    [BATCH_LINE_STREAM] = {"invalid_request", "body.stream cannot be true in a batch"},
    [BATCH_LINE_TOO_LONG] = {"line_too_long",
                             "The line is longer than a request may be (max_body_bytes)"},
    [BATCH_LINE_MODEL] = {"model_not_found",
                          "Model not available: it is not one of this gateway's"},
    [BATCH_LINE_MANY] = {"too_many_lines", "The file has more lines than a batch may have"},
    [BATCH_LINE_EMPTY] = {"empty_file", "The file has no lines"},
    [BATCH_LINE_EXPIRED] = {"batch_expired",
                            "The batch's completion window ended before this line's turn"},
    [BATCH_LINE_ANSWER] = {"unusable_answer",
                           "The answer was cut, is not JSON, or is longer than a batch keeps"},
    [BATCH_LINE_STATUS] = {"request_failed", "The request failed: see response"},
    [BATCH_LINE_NO_FILE] = {"file_not_readable", "The input file cannot be read"},
};

_Static_assert(sizeof(faults) / sizeof(faults[0]) == BATCH_LINE_FAULTS, "each has its words");
_Static_assert(BATCH_LINE_ID_BYTES == 512, "the words have the number");

const char *batch_line_code(enum batch_line_fault fault)
{
    ASSERT(fault < BATCH_LINE_FAULTS);
    return faults[fault].code;
}

const char *batch_line_words(enum batch_line_fault fault)
{
    ASSERT(fault < BATCH_LINE_FAULTS);
    return faults[fault].words;
}

static enum batch_line_fault judge_id(struct span value, struct batch_line *line)
{
    struct span id = json_walk_string(value);
    if (id.len == 0)
        return BATCH_LINE_NO_ID;
    if (id.len > BATCH_LINE_ID_BYTES)
        return BATCH_LINE_LONG_ID;
    line->custom_id = id;
    return BATCH_LINE_GOOD;
}

static enum batch_line_fault judge_body(struct span body, struct batch_line *line)
{
    struct span stream = json_walk_find(body, SPAN("stream"));
    if (json_walk_kind(body) != JSON_OBJECT)
        return BATCH_LINE_BODY;
    line->body = body;
    line->model = json_walk_string(json_walk_find(body, SPAN("model")));
    if (line->model.len == 0)
        return BATCH_LINE_NO_MODEL;
    return span_equal(stream, SPAN("true")) ? BATCH_LINE_STREAM : BATCH_LINE_GOOD;
}

enum batch_line_fault batch_line_judge(struct span text, const char *endpoint,
                                       struct batch_line *line)
{
    static const char *const names[MEMBERS] = {"custom_id", "method", "url", "body"};
    struct span values[MEMBERS];
    struct span object = json_walk_document(text);
    *line = (struct batch_line){0};
    if (object.len == 0)
        return BATCH_LINE_NOT_JSON;
    if (json_walk_kind(object) != JSON_OBJECT)
        return BATCH_LINE_NO_OBJECT;
    if (!json_walk_members(object, names, MEMBERS, values))
        return BATCH_LINE_TWICE;
    enum batch_line_fault fault = judge_id(values[MEMBER_ID], line);
    if (fault != BATCH_LINE_GOOD)
        return fault;
    if (!json_string_equal(json_walk_string(values[MEMBER_METHOD]), SPAN("POST")))
        return BATCH_LINE_METHOD;
    if (!json_string_equal(json_walk_string(values[MEMBER_URL]), span_of(endpoint)))
        return BATCH_LINE_URL;
    return judge_body(values[MEMBER_BODY], line);
}
