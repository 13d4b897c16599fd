/* The quota ledger against what was truly had of a service. */
#include <stdio.h>
#include <string.h>

#include "core/model/model_catalog.h"
#include "test/sim/ledger.h"
#include "test/sim/service.h"

/* How often a model was used for certain, and how often perhaps, since the list came. */
struct uses {
    int sure, perhaps;
};

static struct uses count_uses(int service, const char *model, uint64_t since_us)
{
    struct uses uses = {0, 0};
    for (int i = 0; i < ledger_count(); i++) {
        const struct ledger_ask *ask = ledger_at(i);
        if (ask->tries == 0)
            continue;
        const struct ledger_try *last = &ask->tried[ask->tries - 1];
        bool its = last->service == service && strcmp(last->model, model) == 0;
        bool sure = its && ask->complete && last->at_us > since_us;
        uses.sure += sure;
        uses.perhaps += its && !sure;
    }
    return uses;
}

/* A catalog whose list was fetched once, and is its service's only one. */
static int service_of(int catalog)
{
    const struct gateway *g = &world_daemon->gateway;
    const struct model_catalog *c = &g->catalogs.models.catalogs[catalog];
    if (c->users == 0 || c->fetches != 1 || c->failures != 0)
        return -1;
    const char *host = gateway_provider(g, g->catalogs.asker[catalog])->url.host;
    for (int i = 0; i < g->settings->provider_count; i++)
        if (g->catalogs.of_provider[GATEWAY_ERA_FIRST(gateway_now(g)) + i] != catalog &&
            strcmp(g->settings->providers[i].url.host, host) == 0)
            return -1;
    return host[1] - '0';
}

static void check_entry(int service, const struct model_list *list, int entry, uint64_t since_us)
{
    char model[64];
    struct model_item item = model_list_get(list, entry);
    if (!model_list_limited(list, entry))
        return;
    snprintf(model, sizeof(model), "%.*s", (int)item.identifier.len, item.identifier.at);
    int told = service_told_uses(service, model);
    int spent = told - item.usage_left;
    struct uses uses = count_uses(service, model, since_us);
    bool sound = spent <= uses.sure + uses.perhaps &&
                 (spent >= uses.sure || item.usage_left == 0);
    WORLD_CHECK(sound, "%s of service %d: %d uses were told, %d are left, %d to %d were had", model,
                service, told, item.usage_left, uses.sure, uses.sure + uses.perhaps);
}

void service_check_uses(void)
{
    const struct model_catalogs *models = &world_daemon->gateway.catalogs.models;
    for (int i = 0; i < LIMIT_CATALOGS; i++) {
        int service = service_of(i);
        const struct model_list *list = service >= 0 ? model_catalog_list(models, i) : NULL;
        for (int entry = 0; list != NULL && entry < (int)list->count; entry++)
            check_entry(service, list, entry, models->catalogs[i].fetched_us);
    }
}
