/* anthropic_check: each chat that the service has no form for, and what is said about it. */
#include "core/provider/anthropic_check.h"

#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define HI "{\"role\":\"user\",\"content\":\"Hi\"}"
#define WITH(more) "{\"model\":\"m\",\"messages\":[" HI "]," more "}"
#define CHAT(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"
#define PART(part) CHAT(HI ",{\"role\":\"user\",\"content\":[" part "]}")

/* A chat, and a part of what is said about it; NULL: it is fine. */
static const struct {
    const char *body;
    const char *param;
    int message;
    const char *why;
} rows[] = {
    {CHAT(HI), NULL, -1, NULL},
    {WITH("\"n\":1,\"stop\":\"a\",\"tools\":[],\"tool_choice\":\"auto\""), NULL, -1, NULL},
    {WITH("\"n\":null,\"stop\":null,\"tools\":null,\"tool_choice\":null"), NULL, -1, NULL},
    {WITH("\"seed\":1,\"seed\":2,\"response_format\":7"), NULL, -1, NULL},
    {WITH("\"stop\":[],\"tools\":[{}]"), NULL, -1, NULL},
    {WITH("\"tools\":{}"), "tools", -1, "no array"},
    {WITH("\"tools\":[{},7]"), "tools", -1, "no object"},
    {WITH("\"tools\":[{\"type\":\"custom\",\"custom\":{}}]"), "tools", -1, "custom"},
    {WITH("\"tool_choice\":{\"type\":\"allowed_tools\"}"), "tool_choice", -1, "neither auto"},
    {WITH("\"temperature\":1,\"temperatur\\u0065\":1"), "temperature", -1, "there twice"},
    {WITH("\"stop\":null,\"stop\":null"), "stop", -1, "there twice"},
    {CHAT(HI ",{\"role\":\"critic\",\"content\":\"x\"}"), "messages", 1, "role"},
    {CHAT(HI "," HI ",{\"role\":\"tool\",\"content\":\"x\"}"), "messages", 2, "tool_call_id"},
    {CHAT("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}"), NULL, -1, NULL},
    {PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x\"}}"), NULL, -1, NULL},
    {PART("{\"type\":\"refusal\",\"refusal\":\"No.\"}"), NULL, -1, NULL},
    {PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,x\"}}"), "messages", 1, "images"},
    {PART("{\"type\":\"input_audio\",\"input_audio\":{}}"), "messages", 1, "no form"},
    {PART("{}"), "messages", 1, "no form"},
    {CHAT("{\"role\":\"system\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
          "{\"url\":\"https://x\"}}]}"),
     "messages", 0, "the system cannot say"},
};

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].body);
        struct span body = {unit_guard(0, rows[i].body, len), len};
        struct provider_call call = {.asked.body = body,
                                     .messages = json_walk_find(body, SPAN("messages"))};
        struct provider_refusal refusal;
        bool good = anthropic_check(&call, &refusal);
        CU_ASSERT_EQUAL(good, rows[i].why == NULL);
        if (good || rows[i].why == NULL) {
            if (good != (rows[i].why == NULL))
                printf("  row %zu\n", i);
            continue;
        }
        CU_ASSERT_STRING_EQUAL(refusal.param, rows[i].param);
        CU_ASSERT_EQUAL(refusal.message, rows[i].message);
        CU_ASSERT_PTR_NOT_NULL(strstr(refusal.why, rows[i].why));
        CU_ASSERT_EQUAL(refusal.why[0], ' ');
    }
}

static const struct unit_test tests[] = {
    {"every row", every_row},
};

UNIT_MAIN("anthropic check", tests)
