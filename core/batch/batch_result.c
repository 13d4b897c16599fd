/* See batch_result.h. */
#include "core/batch/batch_result.h"

#include "core/base/assert.h"
#include "core/json/json_write.h"

#define ID_FRONT "{\"id\":\"batch_req_"
#define NAME_FRONT "batch_" /* of a batch's id: what stands behind it names the line too */

static struct span own_part(const char *batch)
{
    struct span name = span_of(batch);
    ASSERT(span_starts(name, SPAN(NAME_FRONT)));
    return span_skip(name, sizeof(NAME_FRONT) - 1);
}

static void begin(struct text *out, const struct batch_result *result)
{
    text_add_str(out, ID_FRONT);
    text_add(out, own_part(result->batch));
    text_add_char(out, '_');
    text_add_u64(out, result->line);
    text_add_str(out, "\",\"custom_id\":");
    if (result->custom_id.at == NULL) {
        text_add_str(out, "null");
        return;
    }
    text_add_char(out, '"');
    text_add(out, result->custom_id);
    text_add_char(out, '"');
}

void batch_result_head(struct text *out, const struct batch_result *result, uint16_t status,
                       const char *request_id)
{
    begin(out, result);
    text_add_str(out, ",\"response\":{\"status_code\":");
    text_add_u64(out, status);
    json_write_member(out, "request_id", span_of(request_id));
    json_write_name(out, "body");
}

static void end(struct text *out, const struct batch_result *result, enum batch_line_fault fault,
                bool repeated)
{
    if (fault == BATCH_LINE_GOOD) {
        text_add_str(out, ",\"error\":null");
    } else {
        text_add_str(out, ",\"error\":{");
        json_write_member(out, "code", span_of(batch_line_code(fault)));
        json_write_member(out, "message", span_of(batch_line_words(fault)));
        if (result != NULL)
            json_write_member_u64(out, "line", result->line);
        text_add_char(out, '}');
    }
    text_add_str(out, repeated ? ",\"moongate_repeated\":true}\n" : "}\n");
}

void batch_result_tail(struct text *out, enum batch_line_fault fault, bool repeated)
{
    text_add_char(out, '}');
    end(out, NULL, fault, repeated);
}

void batch_result_error(struct text *out, const struct batch_result *result,
                        enum batch_line_fault fault, bool repeated)
{
    ASSERT(fault != BATCH_LINE_GOOD);
    begin(out, result);
    text_add_str(out, ",\"response\":null");
    end(out, result, fault, repeated);
}

uint64_t batch_result_line(struct span front, const char *batch)
{
    uint64_t line;
    const struct span parts[] = {SPAN(ID_FRONT), own_part(batch), SPAN("_")};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!span_starts(front, parts[i]))
            return 0;
        front = span_skip(front, parts[i].len);
    }
    size_t end_at = span_find(front, '"');
    front.len = end_at < front.len ? end_at : 0;
    return span_number(front, UINT32_MAX, &line) ? line : 0;
}

void batch_result_flatten(char *json, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (json[i] == '\n' || json[i] == '\r')
            json[i] = ' ';
    }
}
