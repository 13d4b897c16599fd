/* The routes of files: objects, lists and their pages, whose they are, what cannot be deleted. */
#include "core/gateway/gateway_files.h"

#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"
#include "test/unit/unit_live.h"

#define INDEX (&unit_live.gateway.batch->index)

#define BOX "[models.box.providers.c]\ntype='loopback'\n"
#define KEYED                                                                                      \
    "[keys.one]\nsecret='1111111111111111'\n[keys.all]\nsecret='aaaaaaaaaaaaaaaa'\nadmin=true\n"

static struct unit_wire_message answer;

static void start(void)
{
    unit_live_remove_state();
    unit_live_start("%s%s", KEYED, BOX);
}

static int ask(const char *method, const char *path, const char *key)
{
    char head[400];
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(head, sizeof(head),
             "%s /v1/files%s HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n\r\n",
             method, path, key);
    unit_wire_say(client, head);
    if (!unit_live_message(client, &answer))
        return 0;
    CU_ASSERT(json_walk_document((struct span){answer.body, answer.body_len}).at != NULL);
    return answer.status;
}

#define ONE "1111111111111111"
#define ALL "aaaaaaaaaaaaaaaa"

/* A file of a key, of which the disk has nothing. */
static int add(const char *key_name, const char *filename)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    batch_index_key(key_name, key);
    int file = batch_index_new_file(INDEX, key, BATCH_FILE_WHOLE);
    CU_ASSERT_FATAL(file >= 0);
    snprintf(INDEX->files[file].filename, LIMIT_BATCH_FILENAME_BYTES, "%s", filename);
    INDEX->files[file].bytes = 1000;
    return file;
}

static char id[BATCH_INDEX_NAME_BYTES + 16];

/* "/ID", and more. */
static const char *path_of(int file, const char *more)
{
    char name[BATCH_INDEX_NAME_BYTES];
    batch_index_name(name, BATCH_INDEX_FILES, INDEX->files[file].entry.id);
    snprintf(id, sizeof(id), "/%s%s", name, more);
    return id;
}

/* What the disk still does would come back into the next test's folder. */
static void end(void)
{
    for (int i = 0; i < 500 && (INDEX->busy || INDEX->saved != INDEX->changes); i++)
        unit_live_settle();
    unit_live_end();
}

/* How often text is in the answer. */
static int times(const char *text)
{
    int count = 0;
    for (const char *at = answer.body; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void whose(void)
{
    start();
    int mine = add("one", "a\"\\.jsonl"), other = add("all", "b.jsonl");
    CU_ASSERT_EQUAL(ask("GET", path_of(mine, ""), ONE), 200);
    CU_ASSERT_EQUAL(times("\"filename\":\"a\\\"\\\\.jsonl\",\"purpose\":\"batch\""), 1);
    CU_ASSERT_EQUAL(times("\"bytes\":1000"), 1);
    CU_ASSERT_EQUAL(ask("GET", path_of(other, ""), ONE), 404);
    CU_ASSERT_EQUAL(ask("GET", path_of(other, "/content"), ONE), 404);
    CU_ASSERT_EQUAL(ask("DELETE", path_of(other, ""), ONE), 404);
    CU_ASSERT_EQUAL(ask("GET", path_of(mine, ""), ALL), 404); /* an administrator too */
    CU_ASSERT_EQUAL(ask("GET", "", ONE), 200);
    CU_ASSERT_EQUAL(times("\"object\":\"file\""), 1);
    CU_ASSERT_EQUAL(ask("GET", "", "no key of this box"), 401);
    CU_ASSERT_EQUAL(ask("PUT", "", ONE), 405);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "allow"), "GET, HEAD, POST, OPTIONS");
    CU_ASSERT_EQUAL(ask("POST", path_of(mine, ""), ONE), 405);
    CU_ASSERT_EQUAL(ask("GET", "/file-1", ONE), 404);
    CU_ASSERT_EQUAL(ask("GET", "/%00", ONE), 404);
    char name[251] = "/";
    memset(name + 1, 'x', 249);
    CU_ASSERT_EQUAL(ask("GET", name, ONE), 404);
    end();
}

static void lists(void)
{
    char path[100];
    start();
    CU_ASSERT_EQUAL(ask("GET", "", ONE), 200);
    CU_ASSERT_STRING_EQUAL(answer.body, "{\"object\":\"list\",\"data\":[],\"has_more\":false}");
    for (int i = 0; i < 5; i++)
        INDEX->files[add("one", i == 2 ? "middle" : "any")].is_output = i == 2;
    CU_ASSERT_EQUAL(ask("GET", "?limit=2", ONE), 200);
    CU_ASSERT_EQUAL(times("\"object\":\"file\""), 2);
    CU_ASSERT_EQUAL(times("\"has_more\":true"), 1);
    snprintf(path, sizeof(path), "?limit=2&after=%s", path_of(3, "") + 1);
    CU_ASSERT_EQUAL(ask("GET", path, ONE), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "\"data\":[{\"id\":\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "\"filename\":\"middle\""));
    CU_ASSERT_EQUAL(times("first_id"), 1);
    snprintf(path, sizeof(path), "?after=%s", path_of(0, "") + 1);
    CU_ASSERT_EQUAL(ask("GET", path, ONE), 200);
    CU_ASSERT_EQUAL(times("file-"), 0);
    CU_ASSERT_EQUAL(ask("GET", "?purpose=batch_output&order=desc", ONE), 200);
    CU_ASSERT_EQUAL(times("\"object\":\"file\""), 1);
    CU_ASSERT_EQUAL(ask("GET", path, ALL), 404); /* after a foreign one */
    CU_ASSERT_EQUAL(ask("GET", "?limit=0", ONE), 400);
    CU_ASSERT_EQUAL(ask("GET", "?limit=10001", ONE), 400);
    CU_ASSERT_EQUAL(ask("GET", "?after=file-", ONE), 404);
    end();
}

/* All that there may be, with the longest names: what does not fit is on a further page. */
static void full_list(void)
{
    char name[LIMIT_BATCH_FILENAME_BYTES], path[100] = "";
    int count = 0, pages = 0;
    bool more = true;
    memset(name, '"', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    start();
    for (int i = 0; i < LIMIT_BATCH_FILES; i++)
        add("one", name);
    for (; more && pages < 20; pages++) {
        CU_ASSERT_EQUAL_FATAL(ask("GET", path, ONE), 200);
        count += times("\"object\":\"file\"");
        more = times("\"has_more\":true") == 1;
        const char *last = strstr(answer.body, "\"last_id\":\"");
        CU_ASSERT_PTR_NOT_NULL_FATAL(last);
        snprintf(path, sizeof(path), "?after=%.37s", last + 11);
    }
    CU_ASSERT_EQUAL(count, LIMIT_BATCH_FILES);
    CU_ASSERT(pages > 1);
    end();
}

static void deleted(void)
{
    start();
    int file = add("one", "in"), batch = batch_index_new_batch(INDEX, INDEX->files[0].entry.key);
    memcpy(INDEX->batches[batch].input, INDEX->files[file].entry.id, BATCH_INDEX_ID_BYTES);
    CU_ASSERT_EQUAL(ask("DELETE", path_of(file, ""), ONE), 409);
    batch_index_step(INDEX, batch, BATCH_COMPLETED);
    CU_ASSERT_EQUAL(ask("DELETE", path_of(file, ""), ONE), 200);
    CU_ASSERT_EQUAL(times("\"object\":\"file\",\"deleted\":true"), 1);
    CU_ASSERT_EQUAL(ask("GET", id, ONE), 404);
    for (int i = 0; i < 500 && INDEX->files[file].entry.serial != 0; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL(INDEX->files[file].entry.serial, 0);
    end();
}

/* The index has a file that the disk has lost: its content is never taken for whole. */
static void lost(void)
{
    char head[200];
    start();
    int file = add("one", "in");
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(head, sizeof(head),
             "GET /v1/files%s HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer " ONE
             "\r\n\r\n",
             path_of(file, "/content"));
    unit_wire_say(client, head);
    CU_ASSERT(unit_live_message(client, &answer));
    CU_ASSERT_FALSE(answer.whole);
    end();
}

static const struct unit_test tests[] = {
    {"whose", whose},     {"lists", lists}, {"full list", full_list},
    {"deleted", deleted}, {"lost", lost},
};

UNIT_MAIN("gateway_files", tests)
