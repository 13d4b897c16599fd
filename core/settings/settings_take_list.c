/* See settings_take_list.h. */
#include "core/settings/settings_take_list.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"
#include "core/settings/settings_near.h"
#include "core/settings/settings_store.h"
#include "core/settings/settings_string.h"
#include "core/settings/settings_url.h"

/* Hands each string of the list to element, until that answers false; a fault is reported then.
 * False: the list is not good. */
static bool each(struct settings_taking *t,
                 bool (*element)(struct settings_taking *taking, struct span text))
{
    struct settings_value one;
    struct span raw;
    if (t->value.kind != SETTINGS_VALUE_ARRAY) {
        settings_take_refuse(t, settings_value_kind_name(t->value.kind));
        return false;
    }
    struct span rest = settings_value_inside(&t->value);
    enum settings_value_step step = settings_value_next(&rest, &raw);
    for (; step == SETTINGS_VALUE_ELEMENT; step = settings_value_next(&rest, &raw)) {
        struct text out = text_over(t->scratch->string, sizeof(t->scratch->string));
        settings_value_read(&one, raw, &out);
        if (one.kind == SETTINGS_VALUE_BAD) {
            settings_take_fault(t, "$: $", span_of(one.why));
            return false;
        }
        bool text = one.kind == SETTINGS_VALUE_STRING || one.kind == SETTINGS_VALUE_WORD;
        if (!text || one.text.len == 0 || !settings_string_clean(one.text)) {
            const char *got = text ? "an empty string, or one with a control character"
                                   : settings_value_kind_name(one.kind);
            settings_take_fault(t, "$ takes a list of strings, and has $ in it", span_of(got));
            return false;
        }
        if (!element(t, one.text))
            return false;
    }
    if (step == SETTINGS_VALUE_BROKEN)
        settings_take_fault(t, "$ is not a list of strings with commas between them", SPAN(""));
    return step == SETTINGS_VALUE_NO_MORE;
}

/* Counts the copy that was made of one more string of the list. */
static bool count(struct settings_list *list, const char *copy)
{
    if (copy == NULL)
        return false;
    if (list->count++ == 0)
        list->first = copy;
    return true;
}

/* ---- names ---- */

static bool add_name(struct settings_taking *t, struct span text)
{
    if (text.len >= LIMIT_NAME_BYTES) {
        settings_take_fault(t, "$ has a name that is too long", SPAN(""));
        return false;
    }
    struct settings_key *key = t->thing;
    bool routing = t->row->take == SETTINGS_TAKE_ROUTING;
    struct settings_list *list = routing ? &t->scratch->routing[t->index] : &key->models;
    return count(list, settings_store_add(t->scratch, text));
}

void settings_take_list_names(struct settings_taking *t)
{
    ASSERT(t->row->kind == SETTINGS_THING_KEY);
    (void)each(t, add_name);
}

void settings_take_list_routing(struct settings_taking *t)
{
    if (each(t, add_name) && t->scratch->routing[t->index].count == 0)
        settings_take_fault(t, "$ is empty: leave it out to use all providers", SPAN(""));
}

/* ---- hosts and origins ---- */

static bool add_host(struct settings_taking *t, struct span text)
{
    struct span host = {0};
    bool good = http_token_authority(text, &host) && span_equal(host, text);
    if (!good || text.len >= LIMIT_NAME_BYTES) {
        settings_take_fault(t, "$ takes host names, without a port; this is none: $", text);
        return false;
    }
    struct settings_list *hosts = &t->scratch->settings->allow_hosts;
    return count(hosts, settings_store_lower(t->scratch, text));
}

void settings_take_list_hosts(struct settings_taking *t)
{
    (void)each(t, add_host);
}

/* SCHEME://HOST, perhaps with a port: what a browser sends, be it of a page or of an extension. */
static bool origin(struct span text)
{
    struct span host = {0};
    size_t colon = span_find(text, ':');
    bool scheme = http_token_valid((struct span){text.at, colon}) &&
                  span_starts(span_skip(text, colon), SPAN("://"));
    return scheme && http_token_authority(span_skip(text, colon + 3), &host) && host.len > 0;
}

static bool add_origin(struct settings_taking *t, struct span text)
{
    if (!origin(text)) {
        settings_take_fault(t, "$ takes origins such as \"https://host:port\"; this is none: $",
                            text);
        return false;
    }
    struct settings_list *origins = &t->scratch->settings->allow_origins;
    return count(origins, settings_store_lower(t->scratch, text));
}

void settings_take_list_origins(struct settings_taking *t)
{
    (void)each(t, add_origin);
}

/* ---- types of the model filter ---- */

static bool add_type(struct settings_taking *t, struct span text)
{
    static const struct {
        const char *name;
        unsigned bit;
    } types[] = {
        {"base", SETTINGS_TYPE_BASE},
        {"freeTrial", SETTINGS_TYPE_FREE_TRIAL},
        {"premium", SETTINGS_TYPE_PREMIUM},
    };
    unsigned *set = (unsigned *)(void *)((unsigned char *)t->thing + t->row->at);
    struct settings_near near = settings_near_begin(text);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (span_equal(text, span_of(types[i].name))) {
            *set |= types[i].bit;
            return true;
        }
        settings_near_offer(&near, span_of(types[i].name));
    }
    settings_take_fault(t, "$ takes base, freeTrial and premium; did you mean \"$\"?", near.best);
    return false;
}

void settings_take_list_types(struct settings_taking *t)
{
    const unsigned *set = (const unsigned *)(void *)((unsigned char *)t->thing + t->row->at);
    if (each(t, add_type) && *set == 0 && t->row->min > 0)
        settings_take_fault(t, "$ is empty, so that no model would be left", SPAN(""));
}

/* ---- addresses to listen at ---- */

static bool same(const struct settings_listener *listener, const struct settings_url_parts *parts)
{
    return listener->port == parts->port && parts->port != 0 &&
           span_equal(span_of(listener->host), parts->host);
}

static bool add_listener(struct settings_taking *t, struct span text)
{
    struct settings *settings = t->scratch->settings;
    struct settings_url_parts parts;
    const char *why = settings_url_listener(&parts, text);
    for (int i = 0; i < settings->listener_count && why == NULL; i++)
        if (same(&settings->listeners[i], &parts))
            why = "the same address twice";
    if (why == NULL && settings->listener_count == LIMIT_LISTENERS)
        why = "more addresses than this box listens at";
    if (why != NULL) {
        settings_take_fault(t, "$: $", span_of(why));
        return false;
    }
    const char *host = settings_store_lower(t->scratch, parts.host);
    if (host != NULL)
        settings->listeners[settings->listener_count++] =
            (struct settings_listener){host, parts.port};
    return host != NULL;
}

void settings_take_list_listeners(struct settings_taking *t)
{
    if (t->value.kind != SETTINGS_VALUE_ARRAY) {
        if (settings_take_text(t))
            (void)add_listener(t, t->value.text);
    } else if (each(t, add_listener) && t->scratch->settings->listener_count == 0) {
        settings_take_fault(t, "$ is empty", SPAN(""));
    }
}
