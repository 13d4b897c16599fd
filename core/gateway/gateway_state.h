/* What survives a restart: the generated ids, the key that seals thread ids, what clients' keys
 * have used, which providers are passed over for long, the model lists. */
#ifndef MOONGATE_GATEWAY_STATE_H
#define MOONGATE_GATEWAY_STATE_H

#include "core/base/store.h"
#include "core/base/uuid.h"
#include "core/model/model_catalog.h"
#include "port/port.h"

struct gateway;
struct provider_call;

#define GATEWAY_STATE_SEAL_BYTES 32
#define GATEWAY_STATE_START_US 5000000u  /* a job at start or stop may take that long */
#define GATEWAY_STATE_RETRY_US 30000000u /* after a write that failed, or one without a clock */
#define GATEWAY_STATE_BYTES MODEL_CATALOG_SAVE_BYTES

struct gateway_state {
    char device_id[UUID_TEXT_BYTES];  /* generated; used where the configuration has none */
    char session_id[UUID_TEXT_BYTES];
    uint8_t seal[GATEWAY_STATE_SEAL_BYTES];
    bool identity_dirty;
    bool benches_dirty;
    bool busy;          /* a job is under way, or has ended and was not looked at */
    bool unreadable;    /* there is an identity, and the disk does not give it */
    uint64_t flush_us;  /* when what is dirty is written; UINT64_MAX: nothing is */
    uint64_t retry_us;  /* a write failed: nothing is written before */
    char name[MODEL_CATALOG_FILE_BYTES];
    struct store_job job;
    uint8_t bytes[GATEWAY_STATE_BYTES];
};

/* Reads the identity, what keys have used, the saved benches and lists, waiting for the disk; makes
 * what is missing or damaged anew, and sets the damaged aside as NAME.bad. Before the listeners are
 * open. False: the disk does not answer, or there is an identity that it does not give: another in
 * its place would be for good. */
bool gateway_state_load(struct gateway *g);

/* Puts the ids into a call whose provider is set: the configuration's, else those of here. */
void gateway_state_identify(const struct gateway *g, struct provider_call *call);

/* Something changed: it is written within state_flush_s. */
void gateway_state_touch(struct gateway *g);

/* Takes finished jobs and begins the next one that is due. */
void gateway_state_run(struct gateway *g);

/* Writes what is dirty now, waiting for the disk, for a clean stop. */
void gateway_state_flush(struct gateway *g);

#endif
