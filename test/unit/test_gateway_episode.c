/* gateway_episode: which variant an episode is given, until when, and who gives way. */
#include "core/gateway/gateway_episode.h"

#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define HOUR_US 3600000000u

static void add(const char *name, int function)
{
    struct settings *s = &unit_gateway_settings;
    s->variants[s->variant_count++] = (struct settings_variant){.name = name, .function = function};
}

/* Functions f with a and b, g with a, c and d. */
static void fresh(void)
{
    unit_gateway_fresh(false);
    memset(G->episodes, 0, sizeof(G->episodes));
    unit_gateway_settings.functions[0].name = "f";
    unit_gateway_settings.functions[1].name = "g";
    unit_gateway_settings.function_count = 2;
    add("a", 0);
    add("b", 0);
    add("a", 1);
    add("c", 1);
    add("d", 1);
}

static int keep(uint32_t id, int drawn)
{
    struct gateway_chat chat = {0};
    memcpy(chat.episode, &id, sizeof(id));
    return gateway_episode_keep(G, &chat, drawn);
}

static void kept(void)
{
    fresh();
    CU_ASSERT_EQUAL(keep(1, 1), 1);
    CU_ASSERT_EQUAL(keep(1, 0), 1);
    CU_ASSERT_EQUAL(keep(2, 0), 0);
    CU_ASSERT_EQUAL(keep(1, 3), 3); /* another function */
    CU_ASSERT_EQUAL(keep(1, 4), 3);
    CU_ASSERT_EQUAL(keep(1, 0), 1);
    CU_ASSERT_EQUAL(keep(0, 0), 0); /* no episode */
    CU_ASSERT_EQUAL(keep(0, 1), 1);
}

static void for_an_hour(void)
{
    fresh();
    CU_ASSERT_EQUAL(keep(1, 1), 1);
    for (int i = 0; i < 3; i++) {
        G->now_us += HOUR_US - 1000000;
        CU_ASSERT_EQUAL(keep(1, 0), 1);
    }
    G->now_us += HOUR_US;
    CU_ASSERT_EQUAL(keep(1, 0), 0);
    CU_ASSERT_EQUAL(keep(1, 1), 0);
}

/* Another file: the variants have other numbers, or are gone. */
static void another_file(void)
{
    fresh();
    CU_ASSERT_EQUAL(keep(1, 1), 1);
    CU_ASSERT_EQUAL(keep(2, 4), 4);
    unit_gateway_settings.variant_count = 0;
    add("c", 1);
    add("d", 1);
    add("b", 0);
    add("z", 0);
    CU_ASSERT_EQUAL(keep(1, 3), 2);
    CU_ASSERT_EQUAL(keep(2, 0), 1);
    unit_gateway_settings.variants[2].name = "other";
    CU_ASSERT_EQUAL(keep(1, 3), 3);
}

static void the_oldest_gives_way(void)
{
    fresh();
    for (uint32_t i = 1; i <= LIMIT_EPISODES; i++) {
        CU_ASSERT_EQUAL(keep(i, 1), 1);
        G->now_us += 1000000;
    }
    CU_ASSERT_EQUAL(keep(1, 0), 1); /* not the oldest any more */
    CU_ASSERT_EQUAL(keep(LIMIT_EPISODES + 1, 1), 1);
    CU_ASSERT_EQUAL(keep(1, 0), 1);
    CU_ASSERT_EQUAL(keep(3, 0), 1);
    CU_ASSERT_EQUAL(keep(2, 0), 0);
}

static void as_text(void)
{
    struct gateway_chat chat = {0};
    char text[UUID_TEXT_BYTES];
    CU_ASSERT_FALSE(gateway_episode_is_on(&chat));
    CU_ASSERT_FALSE(gateway_episode_read(&chat, SPAN("01980000-0000-7a00-0000-0000000000f")));
    CU_ASSERT_TRUE(gateway_episode_read(&chat, SPAN("01980000-0000-7A00-0000-0000000000FF")));
    CU_ASSERT_TRUE(gateway_episode_is_on(&chat));
    gateway_episode_write(&chat, text);
    CU_ASSERT_STRING_EQUAL(text, "01980000-0000-7a00-0000-0000000000ff");
}

static const struct unit_test tests[] = {
    {"kept", kept},
    {"for an hour", for_an_hour},
    {"another file", another_file},
    {"the oldest gives way", the_oldest_gives_way},
    {"as text", as_text},
};

UNIT_MAIN("gateway_episode", tests)
