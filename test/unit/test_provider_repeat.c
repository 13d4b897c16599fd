/* provider_repeat: it says of an event what the protocol says of it, whatever came before. */
#include "core/provider/provider_repeat.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define CHUNK(delta)                                                                               \
    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}]}"
#define BLOCK(delta) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{" delta "}}"
#define ARGUMENTS(inside)                                                                          \
    CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" inside "\"}}]")

struct row {
    const char *name;
    const char *data;
};

static const struct row chunks[] = {
    {"", CHUNK("\"role\":\"assistant\",\"content\":\"\"")},
    {"", CHUNK("\"content\":\"a\"")},
    {"", CHUNK("\"content\":\"a \\\"word\\\" \xC3\xA9\"")},
    {"message", CHUNK("\"content\":\"a\"")},
    {"other", CHUNK("\"content\":\"a\"")},
    {"", CHUNK("\"content\":\"a\",\"reasoning\":\"b\"")},
    {"", CHUNK("\"reasoning\":\"b\"")},
    {"", CHUNK("\"content\":[{\"type\":\"text\"}]")},
    {"", CHUNK("\"content\":\"a\",\"refusal\":\"no\",\"tool_calls\":[]")},
    {"", "{\"choices\":[{\"text\":\"a\"}]}"},
    {"", "{\"choices\":[{\"index\":3,\"text\":\"a\",\"finish_reason\":\"stop\"}]}"},
    {"", "{\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":3}}"},
    {"", "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"},
    {"", ARGUMENTS("{")},
    {"", CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"i\",\"function\":{\"name\":\"f\"}}]")},
    {"", CHUNK("\"tool_calls\":[{\"index\":1,\"id\":\"i\",\"function\":{\"name\":\"f\"}}]")},
    {"", ARGUMENTS("\\\"a\\\"")},
    {"", CHUNK("\"tool_calls\":[{\"id\":\"i\",\"function\":{\"name\":\"f\"}}]")},
    {"response.output_text.delta", "{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}"},
    {"", "{\"error\":{\"message\":\"a\"}}"},
    {"", "[DONE]"},
    {"", " "},
    {"", "{"},
};

static const struct row blocks[] = {
    {"message_start", "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7}}}"},
    {"content_block_start", "{\"type\":\"content_block_start\",\"content_block\":"
                            "{\"type\":\"text\",\"text\":\"\"}}"},
    {"content_block_start", "{\"type\":\"content_block_start\",\"content_block\":"
                            "{\"type\":\"text\",\"text\":\"a\"}}"},
    {"content_block_start", "{\"type\":\"content_block_start\",\"content_block\":"
                            "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}"},
    {"content_block_delta", BLOCK("\"type\":\"text_delta\",\"text\":\"a\"")},
    {"content_block_delta", BLOCK("\"text\":\"\\n\",\"type\":\"text_delta\"")},
    {"ping", BLOCK("\"type\":\"text_delta\",\"text\":\"a\"")},
    {"content_block_delta", BLOCK("\"type\":\"thinking_delta\",\"thinking\":\"a\"")},
    {"content_block_delta", BLOCK("\"type\":\"input_json_delta\",\"partial_json\":\"{\"")},
    {"content_block_delta", BLOCK("\"stop_reason\":\"a\",\"type\":\"text_delta\",\"text\":\"a\"")},
    {"content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}"},
    {"message_delta", "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}"},
    {"message_stop", "{\"type\":\"message_stop\"}"},
    {"error", "{\"type\":\"error\",\"error\":{\"message\":\"busy\"}}"},
};

static const struct row pieces[] = {
    {"message", "a"},
    {"message", "{\"text\":\"a\"}"},
    {"c", "{\"text\":\"a\"}"},
    {"r", "{\"text\":\"a\"}"},
    {"rlq", "{\"text\":\"a\"}"},
    {"error", "{\"text\":\"a\"}"},
    {"finish", "{}"},
};

/* Whose events are read for whom. */
static const struct settings_provider openai = {.protocol = SETTINGS_OPENAI};
static const struct settings_provider anthropic = {.protocol = SETTINGS_ANTHROPIC};
static const struct settings_provider rust_proxy = {.protocol = SETTINGS_RUST_PROXY};

static const struct way {
    const struct settings_provider *provider;
    enum provider_api api;
    const struct row *rows;
    size_t count;
} ways[] = {
    {&openai, PROVIDER_API_OPENAI, chunks, sizeof(chunks) / sizeof(chunks[0])},
    {&openai, PROVIDER_API_ANTHROPIC, chunks, sizeof(chunks) / sizeof(chunks[0])},
    {&anthropic, PROVIDER_API_ANTHROPIC, blocks, sizeof(blocks) / sizeof(blocks[0])},
    {&anthropic, PROVIDER_API_OPENAI, blocks, sizeof(blocks) / sizeof(blocks[0])},
    {&rust_proxy, PROVIDER_API_OPENAI, pieces, sizeof(pieces) / sizeof(pieces[0])},
};

static const struct way *way_at(size_t i)
{
    return i < sizeof(ways) / sizeof(ways[0]) ? &ways[i] : NULL;
}

/* The same stream, read both ways. */
static struct {
    struct provider_repeat repeat;
    struct provider_call call;
    struct provider_call plain;
} stream;

static void begin(const struct way *way)
{
    memset(&stream, 0, sizeof(stream));
    stream.call.provider = way->provider;
    stream.call.asked.api = (uint8_t)way->api;
    stream.plain = stream.call;
}

static bool same_marks(const struct provider_marks *a, const struct provider_marks *b)
{
    return a->content == b->content && a->last == b->last && a->foreign == b->foreign &&
           a->typed == b->typed && a->usage == b->usage && a->choices == b->choices &&
           a->finished == b->finished;
}

static bool same_usage(const struct provider_usage *a, const struct provider_usage *b)
{
    return a->has_input == b->has_input && a->has_output == b->has_output &&
           a->input == b->input && a->output == b->output;
}

static bool same_news(const struct provider_news *a, const struct provider_news *b)
{
    return a->kind == b->kind && span_equal(a->text, b->text) && a->raw == b->raw &&
           a->more == b->more && span_equal(a->id, b->id) && a->stop == b->stop &&
           span_equal(a->name, b->name) && a->patch_count == b->patch_count &&
           same_marks(&a->marks, &b->marks) && same_usage(&a->usage, &b->usage);
}

/* All that an event tells is the same. */
static bool read_both(struct span name, struct span data)
{
    struct provider_news news;
    struct provider_news plain;
    bool good = true;
    do {
        memset(&news, 0x5A, sizeof(news));
        provider_repeat_event(&stream.repeat, &stream.call, name, data, &news);
        provider_protocol(stream.plain.provider->protocol)
            ->event(&stream.plain, name, data, &plain);
        const struct provider_reading *a = &stream.call.reading;
        const struct provider_reading *b = &stream.plain.reading;
        good = good && same_news(&news, &plain) && a->part == b->part && a->step == b->step &&
               a->calls == b->calls;
    } while (good && plain.more);
    return good;
}

static bool read_row(const struct row *row)
{
    bool good = read_both(span_of(row->name), span_of(row->data));
    if (!good)
        printf("  %s: %s\n", row->name, row->data);
    return good;
}

static void after_each_other(void)
{
    const struct way *way;
    for (size_t i = 0; (way = way_at(i)) != NULL; i++)
        for (size_t j = 0; j < way->count * way->count; j++) {
            begin(way);
            CU_ASSERT_TRUE(read_row(&way->rows[j / way->count]));
            CU_ASSERT_TRUE(read_row(&way->rows[j % way->count]));
            CU_ASSERT_TRUE(read_row(&way->rows[j / way->count]));
            CU_ASSERT_TRUE(read_row(&way->rows[j / way->count]));
        }
}

/* The row, and then the same with a byte that is another one, one more, or missing. */
static void change(const struct way *way, const struct row *row, size_t at, char byte, int more)
{
    char bytes[512];
    size_t len = strlen(row->data);
    memcpy(bytes, row->data, at);
    bytes[at] = byte;
    size_t rest = at + (more <= 0) + (more < 0);
    size_t end = at + 1;
    if (rest > len)
        return;
    memcpy(bytes + end, row->data + rest, len - rest);
    end += len - rest;
    begin(way);
    CU_ASSERT_TRUE(read_row(row));
    bool good = read_both(span_of(row->name), (struct span){unit_guard(1, bytes, end), end});
    CU_ASSERT_TRUE(good);
    if (!good)
        printf("  %.*s\n", (int)end, bytes);
    CU_ASSERT_TRUE(read_row(row));
}

static void change_each_byte(const struct way *way, const struct row *row)
{
    static const char odd[] = "\"\\},b\x01\xC3"; /* and NUL */
    for (size_t at = 0; at < strlen(row->data); at++)
        for (size_t k = 0; k < 3 * sizeof(odd); k++)
            change(way, row, at, odd[k / 3], (int)(k % 3) - 1);
}

static void with_each_byte_changed(void)
{
    const struct way *way;
    for (size_t i = 0; (way = way_at(i)) != NULL; i++)
        for (size_t j = 0; j < way->count; j++)
            change_each_byte(way, &way->rows[j]);
}

static void every_prefix(void)
{
    const struct way *way;
    for (size_t i = 0; (way = way_at(i)) != NULL; i++)
        for (size_t j = 0; j < way->count; j++)
            for (size_t len = 0; len < strlen(way->rows[j].data); len++) {
                const struct row *row = &way->rows[j];
                begin(way);
                CU_ASSERT_TRUE(read_row(row));
                CU_ASSERT_TRUE(read_both(span_of(row->name),
                                         (struct span){unit_guard(1, row->data, len), len}));
            }
}

/* Reads it and says whether it was taken for a repetition: a mark that is put into what is kept
 * comes out then. */
static bool is_repeated(struct span name, struct span data)
{
    struct provider_news news;
    stream.repeat._marks.choices = 1u << 30;
    provider_repeat_event(&stream.repeat, &stream.call, name, data, &news);
    return news.marks.choices == 1u << 30;
}

static bool follows(const char *name, const char *data)
{
    return is_repeated(span_of(name), span_of(data));
}

static void only_the_like_is_repeated(void)
{
    begin(&ways[0]);
    CU_ASSERT_FALSE(follows("", CHUNK("\"content\":\"a\"")));
    CU_ASSERT_TRUE(follows("", CHUNK("\"content\":\"a\"")));
    CU_ASSERT_TRUE(follows("", CHUNK("\"content\":\"\\n and \xE2\x82\xAC\"")));
    CU_ASSERT_FALSE(follows("", CHUNK("\"content\":\"\"")));
    CU_ASSERT_FALSE(follows("", CHUNK("\"content\":\"a\"")));
    CU_ASSERT_FALSE(follows("n", CHUNK("\"content\":\"a\"")));
    CU_ASSERT_TRUE(follows("n", CHUNK("\"content\":\"b\"")));
    CU_ASSERT_FALSE(follows("m", CHUNK("\"content\":\"b\"")));
    CU_ASSERT_FALSE(follows("m", CHUNK("\"content\":\"b")));
    CU_ASSERT_FALSE(follows("m", CHUNK("\"content\":\"b\"")));
    CU_ASSERT_FALSE(follows("m", CHUNK("\"content\":\"b\",\"refusal\":\"b\"")));
    CU_ASSERT_FALSE(follows("m", CHUNK("\"content\":\"b\",\"content\":\"b\"")));
    begin(&ways[3]);
    CU_ASSERT_TRUE(read_row(&blocks[3]));
    CU_ASSERT_FALSE(follows("", BLOCK("\"type\":\"input_json_delta\",\"partial_json\":\"{\"")));
    CU_ASSERT_FALSE(follows("", BLOCK("\"type\":\"input_json_delta\",\"partial_json\":\"{\"")));
    CU_ASSERT_TRUE(follows("", BLOCK("\"type\":\"input_json_delta\",\"partial_json\":\"}\"")));
}

/* What does not fit is read anew each time; of a long text only what stands around it must. */
static void as_much_as_fits(void)
{
    static char bytes[4 * LIMIT_REPEAT_BYTES];
    const char *around = "{\"choices\":[{\"text\":\"a\"}],\"id\":\"\"}";
    size_t room = LIMIT_REPEAT_BYTES - (strlen(around) - 1);
    for (int over = 0; over < 2; over++) {
        begin(&ways[0]);
        int len = snprintf(bytes, sizeof(bytes), "{\"choices\":[{\"text\":\"a\"}],\"id\":\"%0*d\"}",
                           (int)room + over, 0);
        struct span data = {bytes, (size_t)len};
        CU_ASSERT_FALSE(is_repeated(SPAN(""), data));
        CU_ASSERT_EQUAL(is_repeated(SPAN(""), data), over == 0);
        CU_ASSERT_FALSE(is_repeated(SPAN("n"), data));
        CU_ASSERT_FALSE(is_repeated(SPAN("n"), data));
    }
    begin(&ways[0]);
    int len = snprintf(bytes, sizeof(bytes), "{\"choices\":[{\"text\":\"%0*d\"}]}",
                       2 * LIMIT_REPEAT_BYTES, 0);
    CU_ASSERT_FALSE(is_repeated(SPAN(""), (struct span){bytes, (size_t)len}));
    CU_ASSERT_TRUE(is_repeated(SPAN(""), (struct span){bytes, (size_t)len}));
}

static const struct unit_test tests[] = {
    {"after each other", after_each_other},
    {"with each byte changed", with_each_byte_changed},
    {"every prefix", every_prefix},
    {"only the like is repeated", only_the_like_is_repeated},
    {"as much as fits", as_much_as_fits},
};

UNIT_MAIN("provider_repeat", tests)
