/* Lines of a batch, good ones and each thing that can be wrong with one; cut at every byte. */
#include "core/batch/batch_line.h"

#include <string.h>

#include "core/base/text.h"
#include "test/unit/unit.h"

#define URL "/v1/chat/completions"
#define ENVELOPE(id, method, url, body)                                                            \
    "{\"custom_id\":" id ",\"method\":" method ",\"url\":" url ",\"body\":" body "}"
#define GOOD ENVELOPE("\"a\"", "\"POST\"", "\"" URL "\"", "{\"model\":\"m\",\"messages\":[]}")

static const struct {
    const char *text;
    enum batch_line_fault fault;
} rows[] = {
    {GOOD, BATCH_LINE_GOOD},
    {"  " GOOD "\r", BATCH_LINE_GOOD},
    {ENVELOPE("\"\\u0061\"", "\"P\\u004fST\"", "\"\\/v1\\/chat/completions\"",
              "{\"model\":\"m\",\"stream\":false}"), BATCH_LINE_GOOD},
    {"", BATCH_LINE_NOT_JSON},
    {"{", BATCH_LINE_NOT_JSON},
    {GOOD "x", BATCH_LINE_NOT_JSON},
    {"custom_id,method", BATCH_LINE_NOT_JSON},
    {"{\"custom_id\":\"\xff\"}", BATCH_LINE_NOT_JSON},
    {"[]", BATCH_LINE_NO_OBJECT},
    {"\"custom_id\"", BATCH_LINE_NO_OBJECT},
    {"{\"custom_id\":\"a\",\"custom_id\":\"b\"}", BATCH_LINE_TWICE},
    {"{\"body\":1,\"b\\u006fdy\":1}", BATCH_LINE_TWICE},
    {"{}", BATCH_LINE_NO_ID},
    {"{\"custom_id\":\"\"}", BATCH_LINE_NO_ID},
    {"{\"custom_id\":7}", BATCH_LINE_NO_ID},
    {"{\"custom_id\":\"a\"}", BATCH_LINE_METHOD},
    {"{\"custom_id\":\"a\",\"method\":\"GET\"}", BATCH_LINE_METHOD},
    {"{\"custom_id\":\"a\",\"method\":\"POST\"}", BATCH_LINE_URL},
    {ENVELOPE("\"a\"", "\"POST\"", "\"/v1/embeddings\"", "{}"), BATCH_LINE_URL},
    {ENVELOPE("\"a\"", "\"POST\"", "\"" URL "/\"", "{}"), BATCH_LINE_URL},
    {ENVELOPE("\"a\"", "\"POST\"", "\"" URL "\"", "[]"), BATCH_LINE_BODY},
    {"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"" URL "\"}", BATCH_LINE_BODY},
    {ENVELOPE("\"a\"", "\"POST\"", "\"" URL "\"", "{}"), BATCH_LINE_NO_MODEL},
    {ENVELOPE("\"a\"", "\"POST\"", "\"" URL "\"", "{\"model\":1}"), BATCH_LINE_NO_MODEL},
    {ENVELOPE("\"a\"", "\"POST\"", "\"" URL "\"", "{\"model\":\"m\",\"stream\":true}"),
     BATCH_LINE_STREAM},
};

static void table(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct batch_line line;
        struct span text = {unit_guard(0, rows[i].text, strlen(rows[i].text)),
                            strlen(rows[i].text)};
        CU_ASSERT_EQUAL(batch_line_judge(text, URL, &line), rows[i].fault);
        CU_ASSERT_EQUAL(batch_line_code(rows[i].fault)[0] == '\0',
                        rows[i].fault == BATCH_LINE_GOOD);
        bool has_no_id = rows[i].fault != BATCH_LINE_GOOD && rows[i].fault <= BATCH_LINE_NO_ID;
        CU_ASSERT(has_no_id || line.custom_id.len > 0);
    }
}

static void parts(void)
{
    struct batch_line line;
    CU_ASSERT_EQUAL(batch_line_judge(SPAN(GOOD), URL, &line), BATCH_LINE_GOOD);
    CU_ASSERT(span_equal(line.custom_id, SPAN("a")));
    CU_ASSERT(span_equal(line.model, SPAN("m")));
    CU_ASSERT(span_equal(line.body, SPAN("{\"model\":\"m\",\"messages\":[]}")));
}

static void every_prefix(void)
{
    for (size_t len = 0; len < strlen(GOOD); len++) {
        struct batch_line line;
        struct span text = {unit_guard(0, GOOD, len), len};
        CU_ASSERT_EQUAL(batch_line_judge(text, URL, &line), BATCH_LINE_NOT_JSON);
    }
}

static void long_ids(void)
{
    for (size_t len = BATCH_LINE_ID_BYTES - 1; len <= BATCH_LINE_ID_BYTES + 1; len++) {
        char bytes[2 * BATCH_LINE_ID_BYTES];
        struct batch_line line;
        struct text text = text_over(bytes, sizeof(bytes));
        text_add_str(&text, "{\"custom_id\":\"");
        for (size_t i = 0; i < len; i++)
            text_add_char(&text, 'x');
        text_add_str(&text, "\"}");
        CU_ASSERT_EQUAL(batch_line_judge(text_span(&text), URL, &line),
                        len <= BATCH_LINE_ID_BYTES ? BATCH_LINE_METHOD : BATCH_LINE_LONG_ID);
    }
}

static const struct unit_test tests[] = {
    {"table", table},
    {"parts", parts},
    {"every prefix", every_prefix},
    {"long ids", long_ids},
};

UNIT_MAIN("batch_line", tests)
