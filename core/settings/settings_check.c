/* See settings_check.h. */
#include "core/settings/settings_check.h"

#include "core/base/assert.h"
#include "core/settings/settings_address.h"
#include "core/settings/settings_check_names.h"
#include "core/settings/settings_check_routes.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_provider.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_upstream.h"

#define NOTHING ((struct span){0})
#define STANDARD_PORT 3000

static const struct settings_spot whole_file = {0, -1};

static void fault(struct settings_scratch *scratch, int line, const char *what)
{
    settings_report_fault(scratch, (struct settings_spot){line, -1}, what, NOTHING, NOTHING);
}

bool settings_check_open_wide(const struct settings *settings)
{
    uint8_t address[SETTINGS_ADDRESS_BYTES];
    for (int i = 0; i < settings->listener_count; i++) {
        bool read = settings_address_read(span_of(settings->listeners[i].host), address);
        if (!read || !settings_address_loopback(address))
            return true;
    }
    return false;
}

static void check_listeners(struct settings_scratch *scratch)
{
    struct settings *settings = scratch->settings;
    if (settings->listener_count == 0) {
        settings->listeners[0] = (struct settings_listener){"127.0.0.1", STANDARD_PORT};
        settings->listener_count = 1;
    }
    if (settings_check_open_wide(settings) && settings->key_count == 0 &&
        !settings->allow_anonymous)
        fault(scratch, settings_entries_line(scratch, "gateway.bind_address", 0),
              "bind_address is open to the network, and there is no [keys.NAME]: write one, or "
              "[gateway] allow_anonymous = true");
}

static void check_tls(struct settings_scratch *scratch)
{
    int cert = settings_entries_line(scratch, "gateway.tls.cert_file", 0);
    int key = settings_entries_line(scratch, "gateway.tls.key_file", 0);
    if ((cert == 0) != (key == 0))
        fault(scratch, cert + key, cert == 0 ? "key_file is of no use without cert_file"
                                             : "cert_file is of no use without key_file");
}

static void check_clickhouse(struct settings_scratch *scratch)
{
    int line = settings_entries_line(scratch, "gateway.observability.clickhouse_url", 0);
    const char *url = scratch->clickhouse_url;
    if (line == 0)
        url = port_env("TENSORZERO_CLICKHOUSE_URL");
    if (url == NULL || *url == 0)
        return;
    const char *why = settings_upstream_clickhouse(scratch, span_of(url));
    if (why != NULL)
        settings_report_fault(scratch, (struct settings_spot){line, -1}, "$: $",
                              line == 0 ? SPAN("TENSORZERO_CLICKHOUSE_URL")
                                        : SPAN("clickhouse_url"),
                              span_of(why));
}

static void check_emptiness(struct settings_scratch *scratch)
{
    const struct settings *settings = scratch->settings;
    if (settings->model_count == 0 && settings->shorthand_count == 0)
        settings_report_warn(scratch, whole_file, "no model is configured: there is nothing to ask",
                             NOTHING, NOTHING);
    if (scratch->ignored_len > 0)
        settings_report_warn(scratch, (struct settings_spot){scratch->ignored_line, -1},
                             "accepted, but of no use here: $",
                             (struct span){scratch->ignored, scratch->ignored_len}, NOTHING);
}

void settings_check(struct settings_scratch *scratch)
{
    ASSERT(scratch->now.number == 0);
    check_listeners(scratch);
    check_tls(scratch);
    check_clickhouse(scratch);
    settings_check_routes(scratch);
    settings_provider_finish(scratch);
    settings_provider_shorthands(scratch);
    settings_check_names(scratch);
    check_emptiness(scratch);
}
