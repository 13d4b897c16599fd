/* See gateway_files.h. */
#include "core/gateway/gateway_files.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_transfer.h"
#include "core/http/http_token.h"
#include "core/json/json_write.h"

#define TAIL_BYTES 192 /* of a list, behind its last entry */

void gateway_files_key(const struct gateway *g, int number, uint8_t key[BATCH_INDEX_KEY_BYTES])
{
    int shown = g->clients[number].key;
    ASSERT(shown != GATEWAY_KEY_GONE); /* who has none is shown what is nobody's */
    batch_index_key(shown >= 0 ? g->settings->keys[shown].name : NULL, key);
}

int gateway_files_find(const struct gateway *g, int client, enum batch_index_kind kind,
                       struct span id)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    gateway_files_key(g, client, key);
    return batch_index_find(&g->batch->index, kind, id, key);
}

/* ---- objects --------------------------------------------------------------------------------- */

static const char *purpose_of(const struct batch_file *file)
{
    return file->is_output ? "batch_output" : "batch";
}

static void write_file(struct text *out, const struct batch_file *file)
{
    char id[BATCH_INDEX_NAME_BYTES];
    batch_index_name(id, BATCH_INDEX_FILES, file->entry.id);
    text_add_char(out, '{');
    json_write_member(out, "id", span_of(id));
    json_write_member(out, "object", SPAN("file"));
    json_write_member_u64(out, "bytes", file->bytes);
    json_write_member_u64(out, "created_at", file->entry.created_s);
    json_write_member(out, "filename", span_of(file->filename));
    json_write_member(out, "purpose", span_of(purpose_of(file)));
    json_write_member(out, "status", SPAN("processed"));
    text_add_char(out, '}');
}

static void answer_text(struct gateway *g, int client, const struct text *json)
{
    ASSERT(!json->cut);
    gateway_answer_json(g, client, 200, text_span(json));
}

void gateway_files_one(struct gateway *g, int client, int file)
{
    struct text json = text_over(g->scratch.text, sizeof(g->scratch.text));
    write_file(&json, &g->batch->index.files[file]);
    answer_text(g, client, &json);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void refuse_parameter(struct gateway *g, int client, uint16_t status, const char *param)
{
    struct gateway_error error =
        gateway_error_with(status, status == 404 ? "after must be the id of an entry of the list"
                                                 : "limit must be a number from 1 to 10000",
                           param, NULL);
    gateway_answer_error(g, client, &error, SPAN(""));
}

/* False: a parameter is wrong, which the client was told. */
static bool take_query(struct gateway *g, int client, const struct gateway_list *list,
                       uint64_t *limit, uint64_t *serial)
{
    char bytes[BATCH_INDEX_NAME_BYTES + 1];
    struct text number = text_over(bytes, sizeof(bytes));
    *limit = GATEWAY_FILES_LIMIT_MAX;
    if (http_token_parameter(list->query, SPAN("limit"), &number) &&
        (!span_number(text_span(&number), GATEWAY_FILES_LIMIT_MAX, limit) || *limit == 0)) {
        refuse_parameter(g, client, 400, "limit");
        return false;
    }
    struct text after = text_over(bytes, sizeof(bytes));
    *serial = UINT64_MAX;
    if (!http_token_parameter(list->query, SPAN("after"), &after))
        return true;
    int found = gateway_files_find(g, client, list->kind, text_span(&after));
    if (found < 0) {
        refuse_parameter(g, client, 404, "after");
        return false;
    }
    *serial = batch_index_entry(&g->batch->index, list->kind, found)->serial;
    return true;
}

/* Adds one entry, which may be skipped. False: there is no room for it and the list's end. */
static bool add_entry(struct gateway *g, const struct gateway_list *list, int number,
                      struct text *out)
{
    size_t before = out->len;
    text_add_str(out, out->at[before - 1] == '[' ? "" : ",");
    size_t begun = out->len;
    list->write(g, list, number, out);
    bool fits = !out->cut && out->cap - out->len >= TAIL_BYTES;
    if (!fits || out->len == begun)
        out->len = before;
    out->cut = false;
    return fits;
}

static void write_end(struct text *out, const char *first, const char *last, bool more)
{
    text_add_char(out, ']');
    if (first[0] != '\0') {
        json_write_member(out, "first_id", span_of(first));
        json_write_member(out, "last_id", span_of(last));
    }
    json_write_member_bool(out, "has_more", more);
    text_add_char(out, '}');
}

void gateway_files_list(struct gateway *g, int client, const struct gateway_list *list)
{
    const struct batch_index *index = &g->batch->index;
    char first[BATCH_INDEX_NAME_BYTES] = "", last[BATCH_INDEX_NAME_BYTES] = "";
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    uint64_t limit, serial;
    struct text out = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    if (!take_query(g, client, list, &limit, &serial))
        return;
    gateway_files_key(g, client, key);
    text_add_str(&out, "{\"object\":\"list\",\"data\":[");
    int number = batch_index_older(index, list->kind, serial, key);
    while (number >= 0 && limit > 0) {
        size_t before = out.len;
        if (!add_entry(g, list, number, &out))
            break;
        const struct batch_entry *entry = batch_index_entry(index, list->kind, number);
        if (out.len > before) {
            batch_index_name(last, list->kind, entry->id);
            if (first[0] == '\0')
                memcpy(first, last, sizeof(first));
            limit--;
        }
        number = batch_index_older(index, list->kind, entry->serial, key);
    }
    write_end(&out, first, last, number >= 0);
    answer_text(g, client, &out);
}

static void write_listed(struct gateway *g, const struct gateway_list *list, int number,
                         struct text *out)
{
    char bytes[16];
    struct text purpose = text_over(bytes, sizeof(bytes));
    const struct batch_file *file = &g->batch->index.files[number];
    if (!http_token_parameter(list->query, SPAN("purpose"), &purpose) ||
        span_equal(text_span(&purpose), span_of(purpose_of(file))))
        write_file(out, file);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void delete_file(struct gateway *g, int client, int file)
{
    char id[BATCH_INDEX_NAME_BYTES];
    if (batch_index_in_use(&g->batch->index, file)) {
        struct gateway_error error =
            gateway_error(409, "A batch that has not ended reads this file: cancel that first");
        gateway_answer_error(g, client, &error, SPAN(""));
        return;
    }
    batch_index_name(id, BATCH_INDEX_FILES, g->batch->index.files[file].entry.id);
    batch_index_remove_file(&g->batch->index, file);
    struct text json = text_over(g->scratch.text, sizeof(g->scratch.text));
    text_add_char(&json, '{');
    json_write_member(&json, "id", span_of(id));
    json_write_member(&json, "object", SPAN("file"));
    json_write_member_bool(&json, "deleted", true);
    text_add_char(&json, '}');
    answer_text(g, client, &json);
}

void gateway_files_answer(struct gateway *g, int client, const struct gateway_routing *routing,
                          struct span query)
{
    const struct span tail = SPAN("/content");
    const struct gateway_list list = {BATCH_INDEX_FILES, query, write_listed};
    struct span id = routing->id;
    if (routing->route == GATEWAY_ROUTE_FILES) {
        gateway_files_list(g, client, &list);
        return;
    }
    bool content = routing->method != HTTP_DELETE && span_ends(id, tail);
    if (content)
        id.len -= tail.len;
    int file = gateway_files_find(g, client, BATCH_INDEX_FILES, id);
    if (file < 0) {
        struct gateway_error error = gateway_error_with(404, "No such file", "id", NULL);
        gateway_answer_error(g, client, &error, SPAN(""));
    } else if (routing->method == HTTP_DELETE) {
        delete_file(g, client, file);
    } else if (content) {
        gateway_transfer_content(g, client, file);
    } else {
        gateway_files_one(g, client, file);
    }
}
