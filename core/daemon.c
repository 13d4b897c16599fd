/* See daemon.h. */
#include "core/daemon.h"

#include <string.h>

#include "core/base/wipe.h"
#include "core/daemon_reload.h"

static struct text why_text(struct daemon *d)
{
    return text_over(d->why, sizeof(d->why));
}

void daemon_add_fault(struct settings_report *report, const char *name, const char *why)
{
    report->fault_total++;
    if (report->fault_count == LIMIT_CONFIG_FAULTS)
        return;
    struct settings_note *note = &report->faults[report->fault_count++];
    struct text text = text_over(note->text, sizeof(note->text));
    note->line = 0;
    text_add_str(&text, name);
    text_add_str(&text, ": ");
    text_add_str(&text, why);
    text_str(&text);
}

/* What the file may ask for and this build does not do. A promise that would not be kept stops the
 * start: better now than when somebody relies on it. */
static void refuse_unbuilt(struct settings_report *report, const struct settings *settings)
{
    if (!FEATURE_HTTPS_LISTENER && settings->cert_file != NULL)
        daemon_add_fault(report, "[gateway.tls]", "this build has no HTTPS listener");
    if (settings->allow_shorthand && LIMIT_SHORTHANDS == 0)
        daemon_add_fault(report, "allow_shorthand", "this build has no shorthands");
    if (!FEATURE_CLICKHOUSE && settings->observability.clickhouse.host != NULL)
        daemon_add_fault(report, "clickhouse_url", "this build sends no records anywhere");
    for (int i = 0; i < settings->provider_count; i++) {
        const struct settings_provider *provider = &settings->providers[i];
        bool shorthand = provider->model >= settings->model_count;
        if (!shorthand && provider_protocol(provider->protocol) == NULL)
            daemon_add_fault(report, provider->name,
                             "this build does not speak its type's protocol");
    }
}

bool daemon_read(struct daemon *d, struct settings *settings)
{
    enum result result = settings_load(settings, &d->scratch, d->path, &d->report);
    if (result == RESULT_DONE)
        refuse_unbuilt(&d->report, settings);
    return result == RESULT_DONE && d->report.fault_total == 0;
}

void daemon_forget_scratch(struct daemon *d)
{
    if (FEATURE_RELOAD) /* else the gateway takes its place, and daemon_prepare clears that */
        wipe(&d->scratch, sizeof(d->scratch));
    port_trim(&d->scratch, sizeof(d->scratch));
}

void daemon_tell_anchors(const struct daemon *d, const struct settings *settings)
{
    const struct tls_anchors *anchors = &d->tls.anchors;
    struct record_log log;
    if (tls_anchors_skipped(anchors) == 0)
        return;
    record_log_begin(&log, PORT_LOG_WARN, "ca_file: some of its certificates cannot be used");
    record_log_add_str(&log, "file", settings->upstream.ca_file);
    record_log_add_u64(&log, "usable", tls_anchors_count(anchors));
    record_log_add_u64(&log, "skipped", tls_anchors_skipped(anchors));
    record_log_end(&log, settings->log_level);
}

bool daemon_load(struct daemon *d, const char *path)
{
    d->path = path;
    bool good = daemon_read(d, &d->settings);
    daemon_forget_scratch(d);
    return good;
}

bool daemon_needs_tls(const struct settings *settings)
{
    const struct settings_url *clickhouse = &settings->observability.clickhouse;
    if (FEATURE_CLICKHOUSE && clickhouse->host != NULL && clickhouse->tls)
        return true;
    for (int i = 0; i < settings->provider_count; i++)
        if (settings->providers[i].url.host != NULL && settings->providers[i].url.tls)
            return true;
    return false;
}

bool daemon_prepare(struct daemon *d, const struct provider_signer *board_signer)
{
    struct text why = why_text(d);
    const char *reason = NULL;
    if (!FEATURE_RELOAD)
        memset(&d->gateway, 0, sizeof(d->gateway));
    if (port_store_open(d->settings.state_dir) < 0) {
        text_add_str(&why, "[gateway] state_dir: ");
        text_add_str(&why, d->settings.state_dir);
        text_add_str(&why, " cannot be written: ");
        reason = port_why_text(port_why(-1));
    } else if (daemon_needs_tls(&d->settings) &&
               !tls_start(&d->tls, d->settings.upstream.ca_file, &reason)) {
        text_add_str(&why, "[gateway.upstream] ca_file: ");
        text_add_str(&why, d->settings.upstream.ca_file);
        text_add_str(&why, ": ");
    } else {
        daemon_tell_anchors(d, &d->settings);
        gateway_init(&d->gateway, &d->settings, &d->tls);
        d->gateway.board_signer = board_signer;
        d->gateway.records = DAEMON_RECORDS(d);
        d->gateway.export = DAEMON_EXPORT(d);
        d->gateway.batch = DAEMON_BATCH(d);
        d->gateway.runner = DAEMON_RUNNER(d);
        if (FEATURE_BATCH)
            gateway_runner_init(&d->gateway);
        if (gateway_state_load(&d->gateway) &&
            (!FEATURE_JOURNAL || gateway_records_load(&d->gateway)) &&
            (!FEATURE_CLICKHOUSE || gateway_export_load(&d->gateway)) &&
            (!FEATURE_BATCH || gateway_batch_load(&d->gateway)))
            return true;
        text_add_str(&why, "[gateway] state_dir: ");
        text_add_str(&why, d->settings.state_dir);
        reason = d->gateway.state.unreadable && !d->gateway.state.busy
                     ? ": the identity there cannot be read; mend that, or remove it for a new one"
                     : " does not answer";
    }
    text_add_str(&why, reason);
    text_str(&why);
    return false;
}

bool daemon_listen(struct daemon *d)
{
    struct text why = why_text(d);
    bool good = gateway_listen(&d->gateway, &why);
    text_str(&why);
    return good;
}

/* The first signal lets what is under way end, the second does not. */
static bool take_signals(struct daemon *d)
{
    unsigned signals = port_signals();
    enum port_level level = d->gateway.settings->log_level;
    bool reload = (signals & PORT_SIGNAL_RELOAD) != 0;
    if (FEATURE_RELOAD)
        daemon_reload_run(d, reload);
    else if (reload)
        record_log_line(PORT_LOG_WARN, level,
                        "SIGHUP: this build reads its configuration at start alone: restart it");
    if ((signals & PORT_SIGNAL_STOP) == 0)
        return true;
    if (d->gateway.stopping)
        return false;
    record_log_line(PORT_LOG_INFO, level, "stopping");
    gateway_stop(&d->gateway);
    return true;
}

bool daemon_step(struct daemon *d)
{
    gateway_step(&d->gateway, FEATURE_RELOAD ? daemon_reload_wait_us(d) : DAEMON_WAIT_US);
    if (take_signals(d) && !gateway_stopped(&d->gateway))
        return true;
    gateway_state_flush(&d->gateway);
    if (FEATURE_JOURNAL)
        gateway_records_flush(&d->gateway);
    if (FEATURE_CLICKHOUSE)
        gateway_export_flush(&d->gateway);
    if (FEATURE_BATCH) {
        gateway_runner_flush(&d->gateway);
        gateway_batch_flush(&d->gateway);
    }
    return false;
}

bool daemon_discover(struct daemon *d)
{
    struct gateway *g = &d->gateway;
    const struct model_catalogs *models = &g->catalogs.models;
    bool good = true;
    for (int i = 0; i < LIMIT_CATALOGS; i++) {
        const struct model_catalog *catalog = &models->catalogs[i];
        while (catalog->users > 0 && catalog->failures == 0 &&
               (catalog->stale || model_catalog_list(models, i) == NULL))
            gateway_step(g, DAEMON_WAIT_US);
        good = good && catalog->failures == 0;
    }
    gateway_state_flush(g);
    return good;
}
