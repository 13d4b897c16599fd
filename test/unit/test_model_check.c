/* model_check: every verdict, its status, code, reason and message. */
#include "core/model/model_check.h"

#include "core/settings/settings.h"
#include "test/unit/unit.h"

static struct model_list list;

static const struct settings_filter everything; /* no condition set */

static void add(const char *identifier, const char *type, int32_t usage)
{
    struct model_item item = {
        .identifier = span_of(identifier), .type_text = span_of(type), .usage_left = usage};
    item.type = type == NULL ? MODEL_TYPE_UNTOLD : model_list_type(item.type_text);
    CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
}

static void fill(void)
{
    model_list_clear(&list);
    add("base-0", "base", 0);
    add("base-untold", "base", -1);
    add("trial-5", "freeTrial", 5);
    add("trial-0", "freeTrial", 0);
    add("trial-untold", "freeTrial", -1);
    add("premium-1", "premium", 1);
    add("premium-0", "premium", 0);
    add("premium-untold", "premium", -7);
    add("other-9", "enterprise", 9);
    add("other-empty", "", 9);
    add("untold", NULL, -1);
    add("untold-0", NULL, 0);
}

#define AVAILABLE MODEL_AVAILABLE, 0, NULL, NULL, "available"
#define NOT_FOUND(text) 404, "model_not_found", "not_found", text

static const struct {
    const char *identifier;
    enum model_status status;
    unsigned http_status;
    const char *code;
    const char *reason;
    const char *message;
} rows[] = {
    {"base-0", AVAILABLE},
    {"base-untold", AVAILABLE},
    {"trial-5", AVAILABLE},
    {"trial-0", MODEL_USAGE_USED_UP, 429, "insufficient_quota", "usage_used_up",
     "Model not available: Asked (trial-0): its usage is used up"},
    {"trial-untold", AVAILABLE},
    {"premium-1", AVAILABLE},
    {"premium-0", MODEL_USAGE_USED_UP, 429, "insufficient_quota", "usage_used_up",
     "Model not available: Asked (premium-0): its usage is used up"},
    {"premium-untold", AVAILABLE},
    {"other-9", MODEL_UNKNOWN_TYPE, 404, "model_not_found", "unknown_type",
     "Model not available: Asked (other-9): its type \"enterprise\" is unknown"},
    {"other-empty", MODEL_UNKNOWN_TYPE, 404, "model_not_found", "unknown_type",
     "Model not available: Asked (other-empty): its type \"\" is unknown"},
    {"untold", AVAILABLE},
    {"untold-0", AVAILABLE},
    {"nobody", MODEL_NOT_FOUND,
     NOT_FOUND("Model not available: Asked (nobody): not found in the service's model list")},
    {"BASE-0", MODEL_NOT_FOUND,
     NOT_FOUND("Model not available: Asked (BASE-0): not found in the service's model list")},
    {"", MODEL_NOT_FOUND,
     NOT_FOUND("Model not available: Asked (): not found in the service's model list")},
};

static void same_text(const char *a, const char *b)
{
    CU_ASSERT(a == b || (a != NULL && b != NULL && span_equal(span_of(a), span_of(b))));
}

static void check_message(struct model_verdict verdict, const struct model_check_subject *subject,
                          const char *expected)
{
    char buffer[512];
    struct text text = text_over(buffer, sizeof(buffer));
    model_check_explain(&text, verdict, subject);
    CU_ASSERT_STRING_EQUAL(text_str(&text), expected);
}

static void every_row(void)
{
    fill();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model_check_subject subject = {
            SPAN("Asked"), span_of(rows[i].identifier), &list, &everything};
        struct model_verdict verdict = model_check(&list, &everything, subject.identifier);
        CU_ASSERT_EQUAL(verdict.status, rows[i].status);
        CU_ASSERT_EQUAL(verdict.entry, model_list_find(&list, subject.identifier));
        CU_ASSERT_EQUAL(model_check_passes(verdict), rows[i].http_status == 0);
        same_text(model_check_reason(verdict), rows[i].reason);
        check_message(verdict, &subject, rows[i].message);
        if (rows[i].http_status == 0)
            continue;
        CU_ASSERT_EQUAL(model_check_http_status(verdict), rows[i].http_status);
        same_text(model_check_code(verdict), rows[i].code);
    }
}

/* What is filtered out is not found, whatever else is true of it. */
static void filtered(void)
{
    static const struct {
        const char *identifier;
        const char *message; /* NULL: passes */
    } cases[] = {
        {"trial-0", "Model not available: T (trial-0): filtered out: usage_left 0 is under "
                    "min_usage_left 2"},
        {"other-9", "Model not available: T (other-9): filtered out: type enterprise is not in "
                    "include_types"},
        {"premium-1", "Model not available: T (premium-1): filtered out: type premium is not in "
                      "include_types"},
        {"trial-5", NULL},
        {"base-0", NULL},
    };
    struct settings_filter filter = {.include_types = SETTINGS_TYPE_BASE | SETTINGS_TYPE_FREE_TRIAL,
                                     .min_usage_left = 2};
    fill();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model_check_subject subject = {
            SPAN("T"), span_of(cases[i].identifier), &list, &filter};
        struct model_verdict verdict = model_check(&list, &filter, subject.identifier);
        CU_ASSERT_EQUAL(model_check_passes(verdict), cases[i].message == NULL);
        if (cases[i].message == NULL)
            continue;
        CU_ASSERT_EQUAL(verdict.status, MODEL_FILTERED);
        CU_ASSERT_EQUAL(model_check_http_status(verdict), 404);
        same_text(model_check_code(verdict), "model_not_found");
        same_text(model_check_reason(verdict), "not_found");
        check_message(verdict, &subject, cases[i].message);
    }
}

static void no_list_lets_through(void)
{
    struct settings_filter filter = {.include_types = SETTINGS_TYPE_BASE, .only_new = true};
    struct model_verdict verdict = model_check(NULL, &filter, SPAN("anything"));
    struct model_check_subject subject = {SPAN("A"), SPAN("anything"), NULL, &filter};
    CU_ASSERT_EQUAL(verdict.status, MODEL_NO_LIST);
    CU_ASSERT_TRUE(model_check_passes(verdict));
    CU_ASSERT_PTR_NULL(model_check_reason(verdict));
    check_message(verdict, &subject, "no model list");
}

static void an_empty_list_is_a_list(void)
{
    model_list_clear(&list);
    struct model_verdict verdict = model_check(&list, &everything, SPAN("m"));
    CU_ASSERT_EQUAL(verdict.status, MODEL_NOT_FOUND);
}

static void hostile_names_are_made_printable(void)
{
    fill();
    struct model_verdict verdict = model_check(&list, &everything, SPAN("a\r\nb"));
    struct model_check_subject subject = {SPAN("\x1b[31m"), SPAN("a\r\nb"), &list, &everything};
    check_message(verdict, &subject,
                  "Model not available: ?[31m (a??b): not found in the service's model list");
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"filtered", filtered},
    {"no list lets through", no_list_lets_through},
    {"an empty list is a list", an_empty_list_is_a_list},
    {"hostile names are made printable", hostile_names_are_made_printable},
};

UNIT_MAIN("model_check", tests)
