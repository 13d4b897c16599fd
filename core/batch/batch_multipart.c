/*
 * See batch_multipart.h. A delimiter is a line end, two hyphens and the boundary. A line end can
 * stand nowhere else in it, so where one that had begun breaks off, nothing of it begins another.
 */
#include "core/batch/batch_multipart.h"

#include <string.h>

enum state {
    IN_DATA,      /* of a part, or in front of the first one */
    IN_DELIMITER, /* what follows the boundary: a line end, or two hyphens */
    IN_HEAD,      /* of a part, a line at a time */
    BEHIND        /* the last delimiter: nothing counts any more */
};

enum part { PART_OTHER, PART_FILE, PART_PURPOSE };

static enum result fault(struct batch_multipart *form, const char *why)
{
    form->why = why;
    return RESULT_FAULT;
}

/* ---- parameters of a field ------------------------------------------------------------------- */

/* Takes a value off the front of *rest: a token, or a quoted string, whose escapes are undone. */
static void take_value(struct span *rest, struct text *out)
{
    bool quoted = rest->len > 0 && rest->at[0] == '"';
    size_t i = quoted ? 1 : 0;
    for (; i < rest->len && rest->at[i] != (quoted ? '"' : ';'); i++) {
        if (quoted && rest->at[i] == '\\' && i + 1 < rest->len)
            i++;
        text_add_char(out, rest->at[i]);
    }
    *rest = span_skip(*rest, i);
}

/* Writes the value of the first parameter of that name, behind a ';', to out. False: none has it.
 * */
static bool find_parameter(struct span field, struct span name, struct text *out)
{
    char ignored[1];
    struct span rest = span_skip(field, span_find(field, ';'));
    while (rest.len > 0) {
        rest = span_skip(rest, 1);
        size_t len = span_find(rest, '=');
        size_t end = span_find(rest, ';');
        len = len < end ? len : end;
        bool found = span_equal_nocase(span_trim((struct span){rest.at, len}), name);
        struct text none = text_over(ignored, sizeof(ignored));
        rest = span_skip(rest, len);
        if (rest.len > 0 && rest.at[0] == '=') {
            rest = span_skip(rest, 1);
            take_value(&rest, found ? out : &none);
            if (found)
                return true;
        }
        rest = span_skip(rest, span_find(rest, ';'));
    }
    return false;
}

static bool is_boundary(struct span boundary)
{
    for (size_t i = 0; i < boundary.len; i++)
        if (boundary.at[i] < ' ' || boundary.at[i] > '~')
            return false;
    return boundary.len > 0 && boundary.at[boundary.len - 1] != ' ';
}

bool batch_multipart_begin(struct batch_multipart *form, struct span content_type)
{
    struct text delimiter = text_over(form->_delimiter, sizeof(form->_delimiter));
    struct span type = span_trim((struct span){content_type.at, span_find(content_type, ';')});
    form->why = NULL;
    form->purpose_len = 0;
    form->filename[0] = '\0';
    form->has_file = form->has_purpose = false;
    form->_state = IN_DATA;
    form->_part = PART_OTHER;
    form->_lines = 0;
    form->_line_len = 0;
    form->_matched = 2; /* the first one may stand at the very front, without a line end */
    text_add_str(&delimiter, "\r\n--");
    bool good = span_equal_nocase(type, SPAN("multipart/form-data")) &&
                find_parameter(content_type, SPAN("boundary"), &delimiter) && !delimiter.cut;
    form->_delimiter_len = (uint8_t)delimiter.len;
    return good && is_boundary(span_skip(text_span(&delimiter), 4));
}

/* ---- content --------------------------------------------------------------------------------- */

/* So many bytes of the part in hand have come. */
static void take_content(struct batch_multipart *form, struct span bytes, struct span *data)
{
    if (form->_part == PART_FILE)
        *data = bytes;
    if (form->_part != PART_PURPOSE)
        return;
    struct text purpose = text_over(form->purpose, sizeof(form->purpose));
    purpose.len = form->purpose_len;
    text_add(&purpose, bytes);
    form->purpose_len = (uint8_t)purpose.len;
}

static enum result take_data(struct batch_multipart *form, struct span *in, struct span *data)
{
    if (form->_matched == 0) {
        size_t len = span_find(*in, '\r');
        struct span bytes = {in->at, len};
        *in = span_skip(*in, len);
        if (len > 0)
            take_content(form, bytes, data);
    }
    while (in->len > 0 && form->_matched < form->_delimiter_len &&
           in->at[0] == form->_delimiter[form->_matched]) {
        form->_matched++;
        *in = span_skip(*in, 1);
    }
    if (form->_matched == form->_delimiter_len) {
        form->_state = IN_DELIMITER;
        form->_matched = 0;
        form->_line_len = 0;
    }
    return RESULT_MORE;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* DONE: a line is whole, its end in it. */
static enum result take_line(struct batch_multipart *form, struct span *in)
{
    while (in->len > 0) {
        char c = in->at[0];
        if (form->_line_len == sizeof(form->_line))
            return fault(form, "a line in a part's head is too long");
        form->_line[form->_line_len++] = c;
        *in = span_skip(*in, 1);
        if (form->_state == IN_DELIMITER && form->_line_len == 2 &&
            memcmp(form->_line, "--", 2) == 0) {
            form->_state = BEHIND;
            return RESULT_MORE;
        }
        if (c != '\n' && c != '\r' && c != '\t' && (unsigned char)c < ' ')
            return fault(form, "there is a control character in a part's head");
        if (c != '\n')
            continue;
        if (form->_line_len < 2 || form->_line[form->_line_len - 2] != '\r')
            return fault(form, "a line in a part's head does not end with CR LF");
        return RESULT_DONE;
    }
    return RESULT_MORE;
}

/* The field that says which part it is. */
static enum result take_disposition(struct batch_multipart *form, struct span value)
{
    char bytes[16];
    struct text name = text_over(bytes, sizeof(bytes));
    char plain[BATCH_MULTIPART_LINE_BYTES];
    struct text filename = text_over(plain, sizeof(plain));
    bool named = find_parameter(value, SPAN("name"), &name) && !name.cut;
    bool is_file = named && span_equal(text_span(&name), SPAN("file"));
    bool is_purpose = named && span_equal(text_span(&name), SPAN("purpose"));
    if ((is_file && form->has_file) || (is_purpose && form->has_purpose))
        return fault(form, "there are two fields of one name");
    if (is_purpose) {
        form->_part = PART_PURPOSE;
        form->has_purpose = true;
    }
    if (!is_file)
        return RESULT_MORE;
    form->_part = PART_FILE;
    form->has_file = true;
    struct text shown = text_over(form->filename, sizeof(form->filename));
    if (find_parameter(value, SPAN("filename"), &filename))
        text_add_printable(&shown, text_span(&filename), sizeof(form->filename) - 1);
    text_str(&shown);
    return RESULT_MORE;
}

/* A whole line is in hand. */
static enum result end_line(struct batch_multipart *form)
{
    struct span line = {form->_line, (size_t)form->_line_len - 2};
    size_t colon = span_find(line, ':');
    form->_line_len = 0;
    if (form->_state == IN_DELIMITER) {
        form->_state = IN_HEAD;
        form->_part = PART_OTHER;
        return span_trim(line).len == 0 ? RESULT_MORE
                                        : fault(form, "something follows a boundary on its line");
    }
    if (line.len == 0) {
        form->_state = IN_DATA;
        return RESULT_MORE;
    }
    if (++form->_lines > BATCH_MULTIPART_LINES)
        return fault(form, "the heads of its parts have too many lines");
    if (colon == line.len)
        return fault(form, "a line in a part's head has no colon");
    if (!span_equal_nocase((struct span){line.at, colon}, SPAN("content-disposition")))
        return RESULT_MORE;
    return take_disposition(form, span_skip(line, colon + 1));
}

enum result batch_multipart_next(struct batch_multipart *form, struct span *in, struct span *data)
{
    enum result result = RESULT_MORE;
    *data = (struct span){NULL, 0};
    while (in->len > 0 && result == RESULT_MORE && data->len == 0) {
        if (form->_state == BEHIND) {
            *in = span_skip(*in, in->len);
        } else if (form->_state != IN_DATA) {
            result = take_line(form, in);
            result = result == RESULT_DONE ? end_line(form) : result;
        } else if (form->_matched > 0 && in->at[0] != form->_delimiter[form->_matched]) {
            take_content(form, (struct span){form->_delimiter, form->_matched}, data);
            form->_matched = 0;
        } else {
            result = take_data(form, in, data);
        }
    }
    return data->len > 0 ? RESULT_DONE : result;
}

const char *batch_multipart_fault(const struct batch_multipart *form)
{
    if (form->_state != BEHIND)
        return "it ends before its last boundary";
    if (!form->has_file)
        return "there is no field file";
    return form->has_purpose ? NULL : "there is no field purpose";
}
