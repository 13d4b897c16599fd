/* Model lists: which provider uses which, when they are fetched, and how they come to the disk and
 * back. */
#ifndef MOONGATE_GATEWAY_CATALOG_H
#define MOONGATE_GATEWAY_CATALOG_H

#include "core/model/model_catalog.h"
#include "core/model/model_feed.h"
#include "core/model/model_check.h"
#include "core/gateway/gateway_era.h"
#include "core/gateway/gateway_exchange.h"

struct gateway;

#define GATEWAY_CATALOG_FETCH_MS 10000      /* the whole fetch */
#define GATEWAY_CATALOG_WARN_USAGE 10       /* uses left: a model in use with fewer is warned of */
#define GATEWAY_CATALOG_LOG_MODELS 64       /* of a first list, named in the log */

/* A fetch under way: the exchange LIMIT_REQUESTS + its number. */
struct gateway_fetch {
    int16_t catalog; /* or -1 */
    int16_t provider; /* that it asks */
    uint64_t end_us;    /* the whole fetch has until then */
    struct model_feed feed;
};

struct gateway_catalogs {
    struct model_catalogs models;
    int16_t of_provider[GATEWAY_PROVIDERS]; /* catalog, or MODEL_CATALOG_NONE */
    int16_t asker[LIMIT_CATALOGS];        /* a provider that can ask for it */
    bool dirty[LIMIT_CATALOGS];           /* to be saved, or removed: it has no list */
    bool told[LIMIT_CATALOGS];            /* its models were named in the log */
    struct gateway_fetch fetches[LIMIT_CATALOG_BUILDS];
};

/* Opens a catalog for each provider whose protocol lists models. */
void gateway_catalog_init(struct gateway *g);

/* The present era has begun: its providers have their catalogs, which keep their lists where the
 * account is the same as in the era before. */
void gateway_catalog_move(struct gateway *g, int before);

/* Judges the request's identifier with a provider; forces a fetch for a name that is not in the
 * list. */
struct model_verdict gateway_catalog_check(struct gateway *g, int provider, struct span identifier);

/* What the provider's service calls the name that a request came to. */
struct span gateway_catalog_identifier(const struct gateway *g, int provider, struct span name);

/* The list that the provider's service gave, or NULL. */
const struct model_list *gateway_catalog_list(const struct gateway *g, int provider);

/* Judges the name that a request came to with a provider, as gateway_catalog_check does its
 * identifier; nothing is fetched. */
struct model_verdict gateway_catalog_judge(const struct gateway *g, int provider,
                                           struct span name);

/* Whether the provider's list has the name, after its filter. */
bool gateway_catalog_lists(const struct gateway *g, int provider, struct span name);

/* True while there is no list at all for the provider and one is being fetched. */
bool gateway_catalog_pending(const struct gateway *g, int provider);

/* An inference with this model came to content: counted. */
void gateway_catalog_spend(struct gateway *g, int provider, struct span identifier);

/* Begins the fetches that are due. */
void gateway_catalog_run(struct gateway *g);

/* When gateway_catalog_run has something to do. */
uint64_t gateway_catalog_due_us(const struct gateway *g);

/* A chat needs a connection, and all are taken: a fetch gives up its own, and is begun anew as
 * after a failure. False: no fetch has one. */
bool gateway_catalog_yield(struct gateway *g);

/* Goes on with a fetch; its deadline has passed. */
void gateway_catalog_fetch_run(struct gateway *g, int fetch);
void gateway_catalog_fetch_due(struct gateway *g, int fetch);

/* From the exchange: as gateway_news_head, gateway_news_body, gateway_request_failed. */
enum result gateway_catalog_head(struct gateway *g, int fetch);
enum result gateway_catalog_body(struct gateway *g, int fetch);
void gateway_catalog_failed(struct gateway *g, int fetch, const struct gateway_failure *failure);

#endif
