/*
 * Records as rows of a ClickHouse: the tables ChatInference and ModelInference with the columns
 * that TensorZero's tools read, and the statements that make them. A row is written a piece at a
 * time, as content may be longer than any buffer.
 */
#ifndef MOONGATE_RECORD_CLICKHOUSE_H
#define MOONGATE_RECORD_CLICKHOUSE_H

#include "core/base/text.h"
#include "core/record/record.h"

#define RECORD_CLICKHOUSE_LEAST_BYTES 512 /* of room that a piece needs */
#define RECORD_CLICKHOUSE_PIECES 16
#define RECORD_CLICKHOUSE_ERROR_BYTES 512 /* of an error; what is beyond is cut */
/* of all but the content, when names are of nothing but escapes */
#define RECORD_CLICKHOUSE_HEAD_BYTES (1024 + 6 * 2 * LIMIT_NAME_BYTES)
#define RECORD_CLICKHOUSE_TAGS_BYTES                                                               \
    (512 + 6 * (2 * LIMIT_NAME_BYTES + LIMIT_REQUEST_ID_BYTES + RECORD_BATCH_BYTES +               \
                RECORD_CLICKHOUSE_ERROR_BYTES))

enum record_clickhouse_table {
    RECORD_CLICKHOUSE_CHAT,
    RECORD_CLICKHOUSE_MODEL,
    RECORD_CLICKHOUSE_TABLES
};

extern const char *const record_clickhouse_names[RECORD_CLICKHOUSE_TABLES];

/* What is still to be written of a text: so often escaped for a JSON string. */
struct record_clickhouse_piece {
    struct span text;
    uint8_t escapes;
};

/* A row under way. Not to be copied. */
struct record_clickhouse_row {
    uint8_t count;
    uint8_t at;
    struct record_clickhouse_piece pieces[RECORD_CLICKHOUSE_PIECES];
    char head[RECORD_CLICKHOUSE_HEAD_BYTES];
    char tags[RECORD_CLICKHOUSE_TAGS_BYTES];
};

/* Writes the statement that makes the table where it is missing. modern: the server has maps, and
 * strings that it keeps as numbers; on others the tags are JSON in a string. */
void record_clickhouse_create(struct text *out, enum record_clickhouse_table table, bool modern);

/* Begins the row of a record, whose texts stay in place until it is written. */
void record_clickhouse_begin(struct record_clickhouse_row *row, const struct record *record,
                             enum record_clickhouse_table table, bool modern);

/* Writes the next part of it, a line of JSON in the end; cap is at least
 * RECORD_CLICKHOUSE_LEAST_BYTES. Returns its length, 0: all is written. */
size_t record_clickhouse_some(struct record_clickhouse_row *row, char *out, size_t cap);

#endif
