/* See daemon_reload.h. */
#include "core/daemon_reload.h"

#include "core/settings/settings_check.h"
#include "core/settings/settings_store.h"

#if FEATURE_RELOAD

/* ---- the log ---- */

static void log_line(const struct daemon *d, enum port_level level, const char *text)
{
    record_log_line(level, d->gateway.settings->log_level, text);
}

static void log_notes(const struct daemon *d, enum port_level level,
                      const struct settings_note *notes, int count)
{
    for (int i = 0; i < count; i++) {
        char bytes[LIMIT_URL_BYTES];
        struct text at = text_over(bytes, sizeof(bytes));
        struct record_log log;
        text_add_str(&at, d->path);
        if (notes[i].line > 0) {
            text_add_char(&at, ':');
            text_add_u64(&at, (uint64_t)notes[i].line);
        }
        record_log_begin(&log, level, "configuration");
        record_log_add(&log, "at", text_span(&at));
        record_log_add_str(&log, level == PORT_LOG_ERROR ? "fault" : "warning", notes[i].text);
        record_log_end(&log, d->gateway.settings->log_level);
    }
}

static void log_bad(const struct daemon *d)
{
    const struct settings_report *report = &d->report;
    struct record_log log;
    log_notes(d, PORT_LOG_ERROR, report->faults, report->fault_count);
    record_log_begin(&log, PORT_LOG_ERROR, "SIGHUP: the configuration stays as it was");
    record_log_add_u64(&log, "faults", (uint64_t)report->fault_total);
    if (FEATURE_GUARD)
        record_log_add_str(&log, "hint", "a file in a folder that was not named at the start can "
                                         "be read after a restart alone");
    record_log_end(&log, d->gateway.settings->log_level);
}

static void log_good(const struct daemon *d)
{
    struct record_log log;
    log_notes(d, PORT_LOG_WARN, d->report.warnings, d->report.warning_count);
    record_log_begin(&log, PORT_LOG_INFO, "configuration taken over");
    record_log_add_str(&log, "config_hash", d->gateway.settings->hash);
    record_log_end(&log, d->gateway.settings->log_level);
}

/* ---- what stays until a restart ---- */

static void tell_kept(const struct daemon *d, const char *key)
{
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "SIGHUP: a change that needs a restart");
    record_log_add_str(&log, "key", key);
    record_log_end(&log, d->gateway.settings->log_level);
}

static const char *keep_text(struct daemon *d, const char *text)
{
    return text == NULL ? NULL : settings_store_add(&d->scratch, span_of(text));
}

static bool same_listeners(const struct settings *a, const struct settings *b)
{
    bool same = a->listener_count == b->listener_count;
    for (int i = 0; same && i < a->listener_count; i++)
        same = a->listeners[i].port == b->listeners[i].port &&
               span_equal(span_of(a->listeners[i].host), span_of(b->listeners[i].host));
    return same;
}

/* What is open stays open, whatever the new file would like: it must still be guarded. */
static void keep_listeners(struct daemon *d, struct settings *new)
{
    const struct settings *old = d->gateway.settings;
    tell_kept(d, "bind_address");
    new->listener_count = old->listener_count;
    for (int i = 0; i < old->listener_count; i++)
        new->listeners[i] = (struct settings_listener){keep_text(d, old->listeners[i].host),
                                                       old->listeners[i].port};
    if (settings_check_open_wide(old) && new->key_count == 0 && !new->allow_anonymous)
        daemon_add_fault(&d->report, "bind_address", "it is open to the network until a restart, "
                                                     "and there is no [keys.NAME] any more");
}

static bool same_export(const struct settings_observability *a,
                        const struct settings_observability *b)
{
    return a->enabled == b->enabled && settings_same_url(&a->clickhouse, &b->clickhouse) &&
           settings_same_text(a->clickhouse_user, b->clickhouse_user) &&
           settings_same_text(a->clickhouse_password, b->clickhouse_password) &&
           settings_same_text(a->clickhouse_database, b->clickhouse_database);
}

/* A database has its place in the journal and its connection. */
static void keep_export(struct daemon *d, struct settings_observability *new)
{
    const struct settings_observability *old = &d->gateway.settings->observability;
    bool content = new->content;
    tell_kept(d, "[gateway.observability] enabled, clickhouse_url");
    *new = *old;
    new->content = content;
    new->clickhouse.host = keep_text(d, old->clickhouse.host);
    new->clickhouse.path = keep_text(d, old->clickhouse.path);
    new->clickhouse.authority = keep_text(d, old->clickhouse.authority);
    new->clickhouse_user = keep_text(d, old->clickhouse_user);
    new->clickhouse_password = keep_text(d, old->clickhouse_password);
    new->clickhouse_database = keep_text(d, old->clickhouse_database);
}

/* False: there is no room for what must stay, or it must not. */
static bool keep_opened(struct daemon *d, struct settings *new)
{
    const struct settings *old = d->gateway.settings;
    if (!same_listeners(old, new))
        keep_listeners(d, new);
    if (!span_equal(span_of(old->state_dir), span_of(new->state_dir))) {
        tell_kept(d, "state_dir");
        new->state_dir = keep_text(d, old->state_dir);
    }
    bool exports = old->observability.clickhouse.host != NULL ||
                   new->observability.clickhouse.host != NULL;
    if (exports && !same_export(&old->observability, &new->observability))
        keep_export(d, &new->observability);
    if ((old->cert_file == NULL) != (new->cert_file == NULL))
        tell_kept(d, "[gateway.tls]");
    return d->report.fault_total == 0;
}

/* ---- a turn ---- */

/* The listener's certificate: what can fail, and can be undone. */
static bool load_certificate(struct daemon *d, const struct settings *new)
{
    const char *why;
    if (!FEATURE_HTTPS_LISTENER || !gateway_secure_on(&d->gateway) || new->cert_file == NULL ||
        gateway_secure_load(&d->gateway, new, &why))
        return true;
    daemon_add_fault(&d->report, "[gateway.tls] cert_file, key_file", why);
    return false;
}

/* Last of all: from then on there is no way back. */
static bool trust(struct daemon *d, const struct settings *new)
{
    struct tls *tls = d->gateway.tls;
    const char *why;
    if (!daemon_needs_tls(new))
        return true;
    bool good = tls->ready ? tls_trust(tls, new->upstream.ca_file, &why)
                           : tls_start(tls, new->upstream.ca_file, &why);
    if (!good)
        daemon_add_fault(&d->report, "[gateway.upstream] ca_file", why);
    else
        daemon_tell_anchors(d, new);
    return good;
}

static void reload(struct daemon *d)
{
    struct settings *new = d->gateway.settings == &d->settings ? &d->spare : &d->settings;
    bool good = daemon_read(d, new) && keep_opened(d, new) && load_certificate(d, new) &&
                trust(d, new);
    daemon_forget_scratch(d);
    if (good) {
        gateway_secure_renew(&d->gateway);
        gateway_era_begin(&d->gateway, new);
        log_good(d);
    } else {
        gateway_secure_forget(&d->gateway);
        log_bad(d);
        settings_wipe(new);
    }
    port_trim(&d->report, sizeof(d->report));
}

void daemon_reload_run(struct daemon *d, bool asked)
{
    struct gateway *g = &d->gateway;
    const struct settings *old = gateway_era_over(g);
    if (old != NULL)
        settings_wipe(old == &d->settings ? &d->settings : &d->spare);
    bool waits = gateway_era_lasts(g) || gateway_secure_renews(g);
    if (asked && waits)
        log_line(d, PORT_LOG_INFO, "SIGHUP: the configuration is read when the requests are over "
                                   "that began before the last one");
    if (waits || !d->reload_waits)
        d->reload_us = g->now_us + DAEMON_RELOAD_LISTS_US;
    d->reload_waits = (asked || d->reload_waits) && !g->stopping;
    if (!d->reload_waits || waits || (g->now_us < d->reload_us && gateway_era_lists(g)))
        return;
    d->reload_waits = false;
    reload(d);
}

uint64_t daemon_reload_wait_us(const struct daemon *d)
{
    return d->reload_waits ? GATEWAY_ERA_LOOK_US : DAEMON_WAIT_US;
}

#endif
