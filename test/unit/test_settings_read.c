/* settings_read: sections and keys nobody knows, dotted and quoted ones, all faults at once. */
#include "core/settings/settings_read.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static void faults(void)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } rows[] = {
        {"[gateway]\nbind_adress = \"x\"\n", 2, "\"bind_adress\"; did you mean \"bind_address\"?"},
        {"[gatewy]\nx = 1\n", 1, "[gatewy]; did you mean \"gateway\"?"},
        {"[gateway.limts]\nqueue_ms = 1\n", 1, "did you mean \"limits\"?"},
        {"gateway.limts.queue_ms = 1\n", 1, "did you mean \"limits\"?"},
        {"bind_address = \"127.0.0.1:1\"\n", 1, "unknown key \"bind_address\""},
        {"[gateway.bind_address]\n", 1, "is a key and no section"},
        {"[aliases.x]\n", 1, "is a key and no section"},
        {"[gateway]\nlimits = 1\n", 2, "is a section and no key"},
        {"gateway = 1\n", 1, "is a section and no key"},
        {"[models.gpt-4.1]\n", 1, "a name with dots in it stands in quotes"},
        {"[aliases]\ngpt-4.1 = \"x\"\n", 2, "a name with dots in it stands in quotes"},
        {"[gateway]\nlog_level =\n", 2, "log_level: no value"},
        {"[gateway]\nlog_level = \"info\n", 2, "log_level: a string that never closes"},
        {"[gateway]\nwhat is this\n", 2, "neither"},
        {"[gateway\nlog_level = 1\n", 1, "a section that is not [NAME]"},
        {"[[gateway]]\n", 1, "a list of tables"},
        {"[gateway]\nlog level = 1\n", 2, "needs quotes"},
        {"[gateway]\nlog_level = \"info\"\n[batch]\n[gateway]\nlog_level = \"warn\"\n", 5,
         "given twice, first in line 2"},
        {"gateway.log_level = \"info\"\n[gateway]\n\"log_level\" = \"warn\"\n", 3, "given twice"},
        {"[gateway]\nlog_level = \"info\"\nlog_level = \"inf\"\n", 3, "given twice"},
        {"[gateway]\nlog_level = \"\xFF\"\n", 2, "not UTF-8"},
        {"[g\xFFway]\n", 1, "not UTF-8"},
        {"[\"a\\u0001\"]\n", 1, "control character"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, rows[i].line, rows[i].what));
        CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
    }
}

/* A fault in a rust-proxy provider's section is one of its client, be the key known or not. */
static void whose_section(void)
{
    static const char *const lines[] = {"divice_id = \"x\"\n", "device_id = \"x\n", "what\n",
                                        "device id = 1\n", "type = \"rust-proxy\"\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n%s"
                       "[gateway]\nbase = 1\n[models.m]\nrotuing = 1\n",
                       lines[i]);
        CU_ASSERT_TRUE(unit_settings_refused(text, 4, "Failed to create DevApiClient: "));
        CU_ASSERT_TRUE(unit_settings_fault(6, "base") && unit_settings_fault(8, "routing"));
        CU_ASSERT_FALSE(unit_settings_fault(6, "Client") || unit_settings_fault(8, "Client"));
        CU_ASSERT_FALSE(unit_settings_said("with dots"));
    }
}

static void spellings(void)
{
    static const char *const rows[] = {
        "gateway.limits.queue_ms = 7\n",
        "[gateway]\nlimits.queue_ms = 7\n",
        "[gateway.limits]\nqueue_ms = 7\n",
        "[ gateway . limits ]\n  queue_ms=7",
        "[\"gateway\".'limits']\n\"queue_ms\" = 7 # c\n",
        "[\"g\\u0061teway\".limits]\r\nqueue_ms = 7;c\r\n",
        "\xEF\xBB\xBF[gateway.limits]\n\tqueue_ms\t=\t7\t\n",
        "[gateway.limits]\n[gateway]\n[gateway.limits]\nqueue_ms = 7\n",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(unit_settings_good(rows[i]));
        CU_ASSERT_EQUAL(unit_settings()->limits.queue_ms, 7);
    }
}

/* inih's own buffers hold 50 bytes of a name, and it would cut these values. */
static void long_names_and_odd_values(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "[models.\"a-model-with-a-name-that-is-longer-than-fifty-bytes:latest\".providers."
        "\"and=a;provider#with:a-name-that-is-as-long-as-that-one\"]\ntype = \"loopback\"\n"
        "model_name = \"a = b : c ; d # e [f]\"\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_STRING_EQUAL(s->models[0].name,
                           "a-model-with-a-name-that-is-longer-than-fifty-bytes:latest");
    CU_ASSERT_STRING_EQUAL(s->providers[0].name,
                           "and=a;provider#with:a-name-that-is-as-long-as-that-one");
    CU_ASSERT_STRING_EQUAL(s->providers[0].model_name, "a = b : c ; d # e [f]");
}

/* The longest value that a line may have arrives whole. */
static void long_values(void)
{
    static char text[LIMIT_CONFIG_VALUE_BYTES + 256];
    static const char head[] = "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n"
                               "device_id = \"";
    for (size_t len = LIMIT_CONFIG_VALUE_BYTES - 4; len <= LIMIT_CONFIG_VALUE_BYTES + 1; len++) {
        memcpy(text, head, sizeof(head));
        memset(text + sizeof(head) - 1, 'd', len - 2);
        memcpy(text + sizeof(head) - 1 + len - 2, "\"\n", 3);
        bool good = len <= LIMIT_CONFIG_VALUE_BYTES;
        CU_ASSERT_EQUAL(unit_settings_parse(text) == RESULT_DONE, good);
        if (good)
            CU_ASSERT_EQUAL(strlen(unit_settings()->providers[0].device_id), len - 2);
        CU_ASSERT_FALSE(unit_settings_said("ddd"));
    }
}

static void all_in_one_run(void)
{
    CU_ASSERT_TRUE(unit_settings_refused(
        "[gateway]\nbind_adress = \"x\"\nlog_level = \"inf\"\n[gateway.limits]\n"
        "queue_ms = \"soon\"\n[aliases]\nnick = \"nobody\"\n",
        2, "bind_address"));
    static const int lines[] = {2, 3, 5, 7};
    CU_ASSERT_EQUAL_FATAL(unit_settings_report()->fault_count, 4);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(unit_settings_report()->faults[i].line, lines[i]);
}

static void after_what_never_closed(void)
{
    static const char text[] = "[models.m.providers.p]\ntype = \"loopback\"\nmodel_name = \"abc\n"
                               "hidden=def\"\n[gatewy]\n[gateway]\nlog_level = \"inf\"\n";
    CU_ASSERT_TRUE(unit_settings_refused(text, 3, "never closes"));
    CU_ASSERT_TRUE(unit_settings_fault(4, "unknown key"));
    CU_ASSERT_TRUE(unit_settings_fault(5, "gatewy"));
    CU_ASSERT_TRUE(unit_settings_fault(7, "info"));
    CU_ASSERT_FALSE(unit_settings_said("hidden"));
}

static void a_tight_comment(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "[models.m.providers.p]\ntype = loopback # fine\nmodel_name = abc#def\n"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    CU_ASSERT_TRUE(unit_settings_warning(3, "model_name"));
    CU_ASSERT_STRING_EQUAL(unit_settings()->providers[0].model_name, "abc");
}

static void hash_of(const char *text, char out[SETTINGS_HASH_BYTES])
{
    (void)unit_settings_parse(text);
    memcpy(out, unit_settings()->hash, SETTINGS_HASH_BYTES);
}

static void hashes(void)
{
    static const char head[] =
        "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n";
    static const struct {
        const char *tail;
        bool same; /* as the one above */
    } rows[] = {
        {"device_id = \"a\"\n", false},
        {"device_id = \"other\" # c\n", true},
        {"device_id = \"none\"\n\n\n", true},
        {"os_type = \"3\"\n", false},
        {"os_type = \"4\"\n", false},
        {"os_type =   \"4\" ; c\n", true},
        {"accept_language = \"4\"\n", false},
    };
    char before[SETTINGS_HASH_BYTES] = "";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        char hash[SETTINGS_HASH_BYTES];
        (void)snprintf(text, sizeof(text), "%s%s", head, rows[i].tail);
        hash_of(text, hash);
        CU_ASSERT_EQUAL(strspn(hash, "0123456789abcdef"), 16);
        CU_ASSERT_EQUAL(strcmp(hash, before) == 0, rows[i].same);
        memcpy(before, hash, sizeof(before));
    }
}

static const struct unit_test tests[] = {
    {"faults", faults},
    {"whose section", whose_section},
    {"spellings", spellings},
    {"long names and odd values", long_names_and_odd_values},
    {"long values", long_values},
    {"all in one run", all_in_one_run},
    {"after what never closed", after_what_never_closed},
    {"a tight comment", a_tight_comment},
    {"hashes", hashes},
};

UNIT_MAIN("settings_read", tests)
