/* Forms, read in segments of every size: good ones, every prefix of one, and what is wrong with
 * others. */
#include "core/batch/batch_multipart.h"

#include <string.h>

#include "test/unit/unit.h"

#define PLAIN "multipart/form-data; boundary=xYz"
#define PURPOSE "--xYz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
#define FILE_HEAD                                                                                  \
    "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n"            \
    "Content-Type: application/octet-stream\r\n\r\n"
#define LAST "--xYz--\r\n"

struct row {
    const char *type;
    const char *body;
    size_t len;
    const char *file; /* NULL: why begins with the next one */
    const char *why;
    const char *filename;
};

#define GOOD(type, body, file, filename) {type, body, sizeof(body) - 1, file, NULL, filename}
#define WRONG(body, why) {PLAIN, body, sizeof(body) - 1, NULL, why, NULL}

static const struct row rows[] = {
    GOOD(PLAIN, PURPOSE FILE_HEAD "{}\n{}\n\r\n" LAST, "{}\n{}\n", "in.jsonl"),
    GOOD(PLAIN, FILE_HEAD "{}\r\n" PURPOSE LAST, "{}", "in.jsonl"),
    GOOD(PLAIN, FILE_HEAD "\r\n" PURPOSE "--xYz--", "", "in.jsonl"),
    GOOD(PLAIN, FILE_HEAD "\r\n\r\n" PURPOSE LAST "\r\n--xYz\r\nrest", "\r\n", "in.jsonl"),
    GOOD(PLAIN, FILE_HEAD "a\r\n--xY\r\n--xyz\r\r\n-\r\n\r\n" PURPOSE LAST,
         "a\r\n--xY\r\n--xyz\r\r\n-\r\n", "in.jsonl"),
    GOOD(PLAIN, FILE_HEAD "\r\r\n" PURPOSE LAST, "\r", "in.jsonl"),
    GOOD(PLAIN, "in front\r\n" FILE_HEAD "a\r\n" PURPOSE LAST "behind", "a", "in.jsonl"),
    GOOD(PLAIN, "\r\n" FILE_HEAD "a\r\n" PURPOSE LAST, "a", "in.jsonl"),
    GOOD(PLAIN,
         "--xYz \t\r\ncontent-disposition:form-data;NAME=file\r\n\r\na\r\n"
         "--xYz\r\nContent-Disposition: form-data; name=other; filename=\"no\"\r\n\r\nb\r\n" PURPOSE
             LAST,
         "a", ""),
    GOOD("Multipart/Form-Data ;a=b; Boundary=\"a b'()+_,-./:=?\"",
         "--a b'()+_,-./:=?\r\nContent-Disposition: form-data; filename=\"a\\\"b;\xC3\xA4\x7f\"; "
         "name=\"file\"\r\n\r\nx\r\n--a b'()+_,-./:=?\r\nContent-Disposition: form-data; "
         "name=\"purpose\"\r\n\r\nbatch\r\n--a b'()+_,-./:=?--",
         "x", "a\"b;\xC3\xA4?"),
    WRONG("", "it ends before"),
    WRONG(PURPOSE FILE_HEAD "a\r\n--xYz-", "it ends before"),
    WRONG(LAST, "there is no field file"),
    WRONG(PURPOSE LAST, "there is no field file"),
    WRONG(FILE_HEAD "\r\n" LAST, "there is no field purpose"),
    WRONG(FILE_HEAD "a\r\n" FILE_HEAD "b\r\n" LAST, "there are two fields"),
    WRONG(PURPOSE PURPOSE FILE_HEAD "b\r\n" LAST, "there are two fields"),
    WRONG("--xYz\nContent-Disposition: form-data; name=\"file\"\n\na\n--xYz--\n",
          "a line in a part's head does not end"),
    WRONG("--xYz\r\nContent-Disposition: form-data; name=\"file\"\n\r\n",
          "a line in a part's head does not end"),
    WRONG("--xYz\r\nno colon\r\n\r\n", "a line in a part's head has no colon"),
    WRONG("--xYz\r\nA: \0\r\n\r\n", "there is a control character"),
    WRONG("--xYzz\r\n", "something follows"),
    WRONG("--xYz-\r\n", "something follows"),
};

/* Writes the file's bytes to out; returns what is wrong with the form. */
static const char *read_in(const struct row *row, size_t step, struct text *out,
                           struct batch_multipart *form)
{
    const char *body = unit_guard(0, row->body, row->len);
    CU_ASSERT_FATAL(batch_multipart_begin(form, span_of(row->type)));
    for (size_t at = 0; at < row->len; at += step) {
        struct span in = {body + at, row->len - at < step ? row->len - at : step};
        struct span data;
        enum result result = batch_multipart_next(form, &in, &data);
        while (result == RESULT_DONE) {
            CU_ASSERT(data.len > 0);
            text_add(out, data);
            result = batch_multipart_next(form, &in, &data);
        }
        if (result == RESULT_FAULT)
            return form->why;
        CU_ASSERT_EQUAL(in.len, 0);
    }
    return batch_multipart_fault(form);
}

static void expect(const struct row *row, size_t step)
{
    char bytes[256];
    struct batch_multipart form;
    struct text out = text_over(bytes, sizeof(bytes));
    const char *why = read_in(row, step, &out, &form);
    if (row->file == NULL) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(why);
        CU_ASSERT_EQUAL(strncmp(why, row->why, strlen(row->why)), 0);
        return;
    }
    CU_ASSERT_PTR_NULL(why);
    CU_ASSERT(span_equal(text_span(&out), span_of(row->file)));
    CU_ASSERT(span_equal((struct span){form.purpose, form.purpose_len}, SPAN("batch")));
    CU_ASSERT_STRING_EQUAL(form.filename, row->filename);
}

static void segments(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect(&rows[i], rows[i].len + 1);
        for (size_t step = 1; step <= rows[i].len; step++)
            expect(&rows[i], step);
    }
}

/* A form that was cut anywhere in front of its last hyphens is not taken for a whole one, and gives
 * no byte that the whole one has not. */
static void prefixes(void)
{
    for (size_t len = 0; len < rows[0].len - 2; len++) {
        char bytes[256];
        struct batch_multipart form;
        struct row cut = rows[0];
        struct text out = text_over(bytes, sizeof(bytes));
        cut.len = len;
        CU_ASSERT_STRING_EQUAL(read_in(&cut, len + 1, &out, &form),
                               "it ends before its last boundary");
        CU_ASSERT(span_starts(span_of(rows[0].file), text_span(&out)));
    }
}

static void types(void)
{
    static const char *const wrong[] = {
        "",
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a\tb",
        "multipart/form-data; boundary=\xC3\xA4",
        "multipart/form-data; xboundary=a",
        "multipart/mixed; boundary=a",
        "application/json",
        ("multipart/form-data; boundary="
         "12345678901234567890123456789012345678901234567890123456789012345678901"),
    };
    struct batch_multipart form;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CU_ASSERT_FALSE(batch_multipart_begin(&form, span_of(wrong[i])));
    CU_ASSERT_FALSE(batch_multipart_begin(&form, (struct span){NULL, 0}));
    CU_ASSERT(batch_multipart_begin(
        &form, SPAN("multipart/form-data; boundary="
                    "1234567890123456789012345678901234567890123456789012345678901234567890")));
}

/* Feeds a text count times. */
static const char *feed(struct batch_multipart *form, const char *text, int count)
{
    for (int i = 0; i < count; i++) {
        struct span in = span_of(text), data;
        if (batch_multipart_next(form, &in, &data) == RESULT_FAULT)
            return form->why;
    }
    return NULL;
}

/* Without an end: each of them stops, or takes no memory. */
static void endless(void)
{
    struct batch_multipart form;
    static const char *const begun[] = {"--xYz\r\nA: ", "--xYz\r\n", "--xYz\r\n\r\n", "--xYz "};
    static const char *const more[] = {"a", "A: b\r\n", "\r\n--xYz\r\nA: b\r\n\r\n", " "};
    for (size_t i = 0; i < sizeof(begun) / sizeof(begun[0]); i++) {
        CU_ASSERT_FATAL(batch_multipart_begin(&form, SPAN(PLAIN)));
        CU_ASSERT_PTR_NULL(feed(&form, begun[i], 1));
        CU_ASSERT_PTR_NOT_NULL(feed(&form, more[i], 1000));
    }
    CU_ASSERT_FATAL(batch_multipart_begin(&form, SPAN(PLAIN)));
    CU_ASSERT_PTR_NULL(feed(&form, "in front\r\n", 1000));
    CU_ASSERT_PTR_NULL(
        feed(&form, "--xYz\r\nContent-Disposition: form-data; name=purpose\r\n\r\n", 1));
    CU_ASSERT_PTR_NULL(feed(&form, "batch", 1000));
    CU_ASSERT_EQUAL(form.purpose_len, BATCH_MULTIPART_PURPOSE_BYTES);
}

static const struct unit_test tests[] = {
    {"segments", segments},
    {"prefixes", prefixes},
    {"types", types},
    {"endless", endless},
};

UNIT_MAIN("batch_multipart", tests)
