/* Look-ups in a head. */
#include "core/http/http_head.h"
#include "test/unit/unit.h"

#include <string.h>

static struct http_head head;

static void add(const char *name, const char *value)
{
    head.fields[head.field_count].name = span_of(name);
    head.fields[head.field_count++].value = span_of(value);
}

static void fill(void)
{
    memset(&head, 0, sizeof(head));
    add("Host", "a");
    add("Connection", "keep-alive");
    add("X-Empty", "");
    add("CONNECTION", " , Close,x");
    add("hos", "b");
}

static void test_find(void)
{
    fill();
    CU_ASSERT_PTR_EQUAL(http_head_find(&head, "host"), &head.fields[0]);
    CU_ASSERT_PTR_EQUAL(http_head_find(&head, "connection"), &head.fields[1]);
    CU_ASSERT_PTR_EQUAL(http_head_next(&head, &head.fields[1]), &head.fields[3]);
    CU_ASSERT_PTR_NULL(http_head_next(&head, &head.fields[3]));
    CU_ASSERT_PTR_NULL(http_head_next(&head, &head.fields[4]));
    CU_ASSERT_PTR_NULL(http_head_find(&head, "hosts"));
    CU_ASSERT_PTR_NULL(http_head_find(&head, ""));
    CU_ASSERT_EQUAL(http_head_count(&head, "connection"), 2);
    CU_ASSERT_EQUAL(http_head_count(&head, "x-none"), 0);
}

static void test_value(void)
{
    fill();
    CU_ASSERT_TRUE(span_equal(http_head_value(&head, "HOST"), SPAN("a")));
    CU_ASSERT_PTR_NOT_NULL(http_head_value(&head, "x-empty").at);
    CU_ASSERT_EQUAL(http_head_value(&head, "x-empty").len, 0);
    CU_ASSERT_PTR_NULL(http_head_value(&head, "x-none").at);
}

static void test_lists(void)
{
    fill();
    CU_ASSERT_TRUE(http_head_lists(&head, "connection", SPAN("close")));
    CU_ASSERT_TRUE(http_head_lists(&head, "connection", SPAN("Keep-Alive")));
    CU_ASSERT_TRUE(http_head_lists(&head, "connection", SPAN("x")));
    CU_ASSERT_FALSE(http_head_lists(&head, "connection", SPAN("keep")));
    CU_ASSERT_FALSE(http_head_lists(&head, "upgrade", SPAN("close")));
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
    {"value", test_value},
    {"tokens in lists", test_lists},
    {"elements", test_elements},
};

UNIT_MAIN("http_head", tests)
