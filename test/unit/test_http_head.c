/* Look-ups in a head. */
#include "core/http/http_head.h"
#include "test/unit/unit.h"

#include <string.h>

static struct http_head head;

static void add(const char *name, const char *value)
{
    http_head_add(&head, span_of(name), span_of(value));
}

static void fill(void)
{
    memset(&head, 0xEE, sizeof(head));
    http_head_clear(&head);
    add("Host", "a");
    add("Connection", "keep-alive");
    add("Accept", "");
    add("CONNECTION", " , Close,x");
    add("dat", "b");
    add("dates", "b");
    add("", "b");
    add("connection", "y");
}

static void test_find(void)
{
    fill();
    CU_ASSERT_EQUAL(head.field_count, 8);
    CU_ASSERT_PTR_EQUAL(http_head_find(&head, HTTP_NAME_HOST), &head.fields[0]);
    CU_ASSERT_PTR_EQUAL(http_head_find(&head, HTTP_NAME_CONNECTION), &head.fields[1]);
    CU_ASSERT_PTR_NULL(http_head_find(&head, HTTP_NAME_DATE));
    CU_ASSERT_PTR_NULL(http_head_find(&head, HTTP_NAME_OTHER));
}

static void test_next(void)
{
    const enum http_name name = HTTP_NAME_CONNECTION;
    fill();
    CU_ASSERT_PTR_EQUAL(http_head_next(&head, name, &head.fields[1]), &head.fields[3]);
    CU_ASSERT_PTR_EQUAL(http_head_next(&head, name, &head.fields[3]), &head.fields[7]);
    CU_ASSERT_PTR_NULL(http_head_next(&head, name, &head.fields[7]));
    CU_ASSERT_PTR_NULL(http_head_next(&head, HTTP_NAME_HOST, &head.fields[0]));
    CU_ASSERT_TRUE(http_head_repeats(&head, name));
    CU_ASSERT_FALSE(http_head_repeats(&head, HTTP_NAME_HOST));
    CU_ASSERT_FALSE(http_head_repeats(&head, HTTP_NAME_DATE));
}

static void test_value(void)
{
    fill();
    CU_ASSERT_TRUE(span_equal(http_head_value(&head, HTTP_NAME_HOST), SPAN("a")));
    CU_ASSERT_PTR_NOT_NULL(http_head_value(&head, HTTP_NAME_ACCEPT).at);
    CU_ASSERT_EQUAL(http_head_value(&head, HTTP_NAME_ACCEPT).len, 0);
    CU_ASSERT_PTR_NULL(http_head_value(&head, HTTP_NAME_DATE).at);
}

/* The last place is a place, and what is beyond it is noted alone. */
static void test_full(void)
{
    http_head_clear(&head);
    for (int i = 1; i < LIMIT_FIELDS; i++)
        add("a", "b");
    add("Host", "c");
    CU_ASSERT_FALSE(head.too_many);
    CU_ASSERT_PTR_EQUAL(http_head_find(&head, HTTP_NAME_HOST), &head.fields[LIMIT_FIELDS - 1]);
    add("Date", "d");
    CU_ASSERT_TRUE(head.too_many);
    CU_ASSERT_EQUAL(head.field_count, LIMIT_FIELDS);
    CU_ASSERT_PTR_NULL(http_head_find(&head, HTTP_NAME_DATE));
    http_head_clear(&head);
    CU_ASSERT_FALSE(head.too_many);
    CU_ASSERT_PTR_NULL(http_head_find(&head, HTTP_NAME_HOST));
}

static void test_lists(void)
{
    fill();
    CU_ASSERT_TRUE(http_head_lists(&head, HTTP_NAME_CONNECTION, SPAN("close")));
    CU_ASSERT_TRUE(http_head_lists(&head, HTTP_NAME_CONNECTION, SPAN("Keep-Alive")));
    CU_ASSERT_TRUE(http_head_lists(&head, HTTP_NAME_CONNECTION, SPAN("x")));
    CU_ASSERT_FALSE(http_head_lists(&head, HTTP_NAME_CONNECTION, SPAN("keep")));
    CU_ASSERT_FALSE(http_head_lists(&head, HTTP_NAME_DATE, SPAN("close")));
}

/* Elements written with a '|' behind each. */
static void test_elements(void)
{
    static const char *const rows[][2] = {
        {"", "|"},
        {"a", "a|"},
        {"a,b", "a|b|"},
        {" a , b ", "a|b|"},
        {",", "||"},
        {"a,", "a||"},
        {",a", "|a|"},
        {"\ta\t,\t,b c", "a||b c|"},
        {"a;q=1,b", "a;q=1|b|"},
        {"a , , ,b", "a|||b|"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i][0]), used = 0;
        struct span list = {unit_guard(0, rows[i][0], len), len}, element;
        char out[32];
        while (http_head_element(&list, &element)) {
            memcpy(out + used, element.at, element.len);
            used += element.len;
            out[used++] = '|';
        }
        CU_ASSERT_TRUE(span_equal((struct span){out, used}, span_of(rows[i][1])));
        CU_ASSERT_PTR_NULL(list.at);
    }
}

static const struct unit_test tests[] = {
    {"find", test_find},
    {"next", test_next},
    {"value", test_value},
    {"limit of fields", test_full},
    {"tokens in lists", test_lists},
    {"elements", test_elements},
};

UNIT_MAIN("http_head", tests)
