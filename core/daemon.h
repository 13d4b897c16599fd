/*
 * The daemon: every byte that the program owns, but for mbedTLS's arena and the port's own tables.
 * The board's main() loads a configuration, starts it, and steps it until it has stopped.
 */
#ifndef MOONGATE_DAEMON_H
#define MOONGATE_DAEMON_H

#include "config/features.h"
#include "core/gateway/gateway.h"
#include "core/settings/settings.h"
#include "core/settings/settings_scratch.h"
#include "core/tls/tls.h"

#define DAEMON_WHY_BYTES 512
#define DAEMON_WAIT_US 60000000u /* the longest sleep of the loop */

/* Where a build that keeps records has them. */
#if FEATURE_JOURNAL
#define DAEMON_RECORDS(d) (&(d)->records)
#else
#define DAEMON_RECORDS(d) NULL
#endif

#if FEATURE_CLICKHOUSE
#define DAEMON_EXPORT(d) (&(d)->export)
#else
#define DAEMON_EXPORT(d) NULL
#endif

#if FEATURE_BATCH
#define DAEMON_BATCH(d) (&(d)->batch)
#define DAEMON_RUNNER(d) (&(d)->runner)
#else
#define DAEMON_BATCH(d) NULL
#define DAEMON_RUNNER(d) NULL
#endif

struct daemon {
    struct settings settings;
    struct tls tls;
    char why[DAEMON_WHY_BYTES];
#if FEATURE_JOURNAL
    struct gateway_records records;
#endif
#if FEATURE_CLICKHOUSE
    struct gateway_export export;
#endif
#if FEATURE_BATCH
    struct gateway_batch batch;
    struct gateway_runner runner;
#endif
#if FEATURE_RELOAD
    const char *path;       /* of the configuration; the caller's */
    bool reload_waits;      /* it is to be read again, and there is no room yet */
    uint64_t reload_us;     /* until then lists that are being sent are waited for */
    struct settings spare;  /* the other one, in turns */
    struct settings_report report;
    struct settings_scratch scratch;
    struct gateway gateway;
#else
    /* What is read once, at the start, needs no place of its own. */
    union {
        struct {
            const char *path;
            struct settings_report report;
            struct settings_scratch scratch;
        };
        struct gateway gateway;
    };
#endif
};

/* Loads and checks the file at path, which stays the caller's. False: report has the faults. d is
 * all zero. */
bool daemon_load(struct daemon *d, const char *path);

/* The same into other settings of its own, once d->path is set; whatever reading needed is wiped by
 * daemon_forget_scratch. */
bool daemon_read(struct daemon *d, struct settings *settings);
void daemon_forget_scratch(struct daemon *d);

/* Tells the log when a part of the CA bundle that was just read is of no use. */
void daemon_tell_anchors(const struct daemon *d, const struct settings *settings);

/* Adds a fault of no line: a key or section, and what is wrong with it. */
void daemon_add_fault(struct settings_report *report, const char *name, const char *why);

/* Whether one of the services is reached through TLS. */
bool daemon_needs_tls(const struct settings *settings);

/* Prepares a loaded daemon: trust anchors, pools, saved state; report is gone then. board_signer:
 * the board's own signature for rust-proxy, or NULL. False: why says what is wrong. */
bool daemon_prepare(struct daemon *d, const struct provider_signer *board_signer);

/* Opens the listeners of a prepared daemon. False: why. */
bool daemon_listen(struct daemon *d);

/* One turn of the loop. False: it has stopped, and what was to be saved is saved. */
bool daemon_step(struct daemon *d);

/* Fetches the model lists of a prepared daemon, without listeners. False: one cannot be had; the
 * log says why. */
bool daemon_discover(struct daemon *d);

#endif
