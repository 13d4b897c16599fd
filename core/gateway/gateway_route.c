/* The routes in one table, and a judge for each thing that a head can be refused for. */
#include "core/gateway/gateway_route.h"

#include "config/features.h"
#include "core/base/assert.h"
#include "core/gateway/gateway_access.h"
#include "core/http/http_token.h"

#include <string.h>

#define METHODS_READ ((1u << HTTP_GET) | (1u << HTTP_HEAD))
#define METHODS_POST (1u << HTTP_POST)
#define METHODS_DELETE (1u << HTTP_DELETE)
#define PATH_SHOWN_BYTES 200 /* of an unknown path, in the error */

struct route {
    struct span path; /* behind the base path and, where it is versioned, /v1 */
    uint8_t route;      /* enum gateway_route */
    bool versioned : 1; /* under /v1 and /openai/v1 */
    bool with_id : 1;   /* something follows the path */
    bool keyless : 1;
    bool admin : 1;  /* where there are keys, one with admin = true is asked for */
    uint8_t methods; /* a bit each */
    const char *allow;
};

static const struct route routes[] = {
    {{"/chat/completions", 17}, GATEWAY_ROUTE_CHAT, true, false, false, false, METHODS_POST,
     "POST, OPTIONS"},
#if FEATURE_ANTHROPIC
    {{"/messages", 9}, GATEWAY_ROUTE_MESSAGES, true, false, false, false, METHODS_POST,
     "POST, OPTIONS"},
    {{"/messages/count_tokens", 22}, GATEWAY_ROUTE_TOKENS, true, false, false, false, METHODS_POST,
     "POST, OPTIONS"},
#endif
#if FEATURE_INFERENCE
    {{"/inference", 10}, GATEWAY_ROUTE_NATIVE, false, false, false, false, METHODS_POST,
     "POST, OPTIONS"},
#endif
    {{"/models", 7}, GATEWAY_ROUTE_MODELS, true, false, false, false, METHODS_READ,
     "GET, HEAD, OPTIONS"},
    {{"/models/", 8}, GATEWAY_ROUTE_MODEL, true, true, false, false, METHODS_READ,
     "GET, HEAD, OPTIONS"},
    {{"/inferences", 11}, GATEWAY_ROUTE_INFERENCES, true, false, false, false, METHODS_READ,
     "GET, HEAD, OPTIONS"},
#if FEATURE_BATCH
    {{"/files", 6}, GATEWAY_ROUTE_FILES, true, false, false, false, METHODS_READ | METHODS_POST,
     "GET, HEAD, POST, OPTIONS"},
    {{"/files/", 7}, GATEWAY_ROUTE_FILE, true, true, false, false, METHODS_READ | METHODS_DELETE,
     "GET, HEAD, DELETE, OPTIONS"},
    {{"/batches", 8}, GATEWAY_ROUTE_BATCHES, true, false, false, false, METHODS_READ | METHODS_POST,
     "GET, HEAD, POST, OPTIONS"},
    {{"/batches/", 9}, GATEWAY_ROUTE_BATCH, true, true, false, false, METHODS_READ | METHODS_POST,
     "GET, HEAD, POST, OPTIONS"},
#endif
    {{"/health", 7}, GATEWAY_ROUTE_HEALTH, false, false, true, false, METHODS_READ,
     "GET, HEAD, OPTIONS"},
    {{"/status", 7}, GATEWAY_ROUTE_STATUS, false, false, true, false, METHODS_READ,
     "GET, HEAD, OPTIONS"},
#if FEATURE_PAGE
    {{"/", 1}, GATEWAY_ROUTE_PAGE, false, false, true, false, METHODS_READ, "GET, HEAD, OPTIONS"},
    {{"", 0}, GATEWAY_ROUTE_PAGE, false, false, true, false, METHODS_READ, "GET, HEAD, OPTIONS"},
#endif
#if FEATURE_METRICS
    {{"/metrics", 8}, GATEWAY_ROUTE_METRICS, false, false, false, true, METHODS_READ,
     "GET, HEAD, OPTIONS"},
#endif
};

/* What the services know, and the box does not. */
static const struct route relayed = {{"/", 1}, GATEWAY_ROUTE_RELAY, true, false, false,
                                     false, METHODS_POST, "POST, OPTIONS"};

/* First parts of paths that are the box's own, now or later. */
static const char *const own_parts[] = {"models", "files", "batches", "messages", "inferences"};

/* What OPTIONS * is about: the box as a whole. */
static const struct route everything = {{"*", 1}, GATEWAY_ROUTE_PREFLIGHT, false, false, true,
                                        false, 0,        "GET, HEAD, POST, OPTIONS"};

/* A head under judgement. */
struct judging {
    struct gateway_routing *routing;
    const struct settings *settings;
    const struct http_request *request;
    const struct route *route;
    struct gateway_error *error;
};

static bool refuse(struct judging *j, struct gateway_error error)
{
    *j->error = error;
    return false;
}

struct gateway_error gateway_route_wrong_key(void)
{
    return gateway_error_with(401, "The API key is not one of this gateway's", NULL,
                              "invalid_api_key");
}

/* ---- who asks -------------------------------------------------------------------------------- */

static bool judge_host(struct judging *j)
{
    if (j->routing->key >= 0 || gateway_access_host(j->settings, j->request->host))
        return true;
    if (j->settings->key_count > 0 && gateway_access_shown(j->request))
        return refuse(j, gateway_route_wrong_key());
    return refuse(j, gateway_error(421, "The Host is no name of this gateway: use its address, or "
                                        "add the name to allow_hosts"));
}

static bool judge_origin(struct judging *j)
{
    if (j->request->origin.at == NULL)
        return true;
    j->routing->cors = gateway_access_origin(j->settings, j->request);
    if (j->routing->cors || j->routing->key >= 0)
        return true;
    return refuse(j, gateway_error(403, "Web pages of this origin may not call the gateway: add it "
                                        "to allow_origins"));
}

static bool judge_admin(struct judging *j)
{
    int key = j->routing->key;
    if (!j->route->admin || key < 0 || j->settings->keys[key].admin)
        return true;
    return refuse(j, gateway_error(403, "This key may not see that: it has no admin = true"));
}

static bool judge_key(struct judging *j)
{
    if (j->route->keyless || j->settings->key_count == 0 || j->routing->key >= 0)
        return true;
    if (gateway_access_shown(j->request))
        return refuse(j, gateway_route_wrong_key());
    return refuse(j, gateway_error_with(401, "An API key is needed: send it as Authorization: "
                                             "Bearer KEY",
                                        NULL, "invalid_api_key"));
}

/* ---- what is asked for ----------------------------------------------------------------------- */

/* Takes prefix off the front of *s. */
static inline bool strip(struct span *s, struct span prefix)
{
    if (s->len < prefix.len || memcmp(s->at, prefix.at, prefix.len) != 0)
        return false;
    *s = (struct span){s->at + prefix.len, s->len - prefix.len};
    return true;
}

static bool is_route(const struct route *route, struct span path, bool versioned)
{
    if (route->versioned != versioned)
        return false;
    if (route->with_id)
        return path.len > route->path.len && span_starts(path, route->path);
    return span_equal(path, route->path);
}

static bool is_path_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.' || c == ':';
}

/* Takes "/part" off the front of *path. A part of dots alone could climb out of a service's own
 * path. */
static bool take_part(struct span *path, struct span *part)
{
    size_t len = 0;
    bool only_dots = true;
    *path = path->len > 0 && path->at[0] == '/' ? span_skip(*path, 1) : (struct span){NULL, 0};
    while (len < path->len && is_path_byte(path->at[len])) {
        only_dots = only_dots && path->at[len] == '.';
        len++;
    }
    *part = (struct span){path->at, len};
    *path = span_skip(*path, len);
    return len > 0 && !only_dots;
}

/* Plain parts, the first of them not the box's own. */
static bool is_relayable(struct span path)
{
    struct span part;
    if (path.len >= GATEWAY_ROUTE_PATH_BYTES || !take_part(&path, &part))
        return false;
    for (size_t i = 0; i < sizeof(own_parts) / sizeof(own_parts[0]); i++) {
        if (span_equal(part, span_of(own_parts[i])))
            return false;
    }
    while (path.len > 0) {
        if (!take_part(&path, &part))
            return false;
    }
    return true;
}

/* There mostly is none. */
static bool strip_base(struct span *path, const struct settings *settings)
{
    const char *base = settings->base_path;
    return base == NULL || *base == '\0' || strip(path, span_of(base));
}

static bool strip_version(struct span *path)
{
    return strip(path, SPAN("/v1")) || strip(path, SPAN("/openai/v1"));
}

/* *path is left without what stands in front of the route's own path. */
static const struct route *find(const struct settings *settings, enum http_method method,
                                struct span *path)
{
    if (span_equal(*path, everything.path))
        return &everything;
    if (!strip_base(path, settings))
        return NULL;
    bool versioned = strip_version(path);
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (is_route(&routes[i], *path, versioned))
            return &routes[i];
    }
    bool posts = method == HTTP_POST || method == HTTP_OPTIONS;
    return versioned && posts && is_relayable(*path) ? &relayed : NULL;
}

enum provider_api gateway_route_api(const struct settings *settings, struct span path)
{
    if (!FEATURE_ANTHROPIC || !strip_base(&path, settings))
        return PROVIDER_API_OPENAI;
    enum provider_api api = PROVIDER_API_OPENAI;
    if (FEATURE_INFERENCE && strip(&path, SPAN("/inference")))
        api = PROVIDER_API_INFERENCE;
    else if (strip_version(&path) && strip(&path, SPAN("/messages")))
        api = PROVIDER_API_ANTHROPIC;
    bool ends = path.len == 0 || path.at[0] == '/' || path.at[0] == '?';
    return ends ? api : PROVIDER_API_OPENAI;
}

bool gateway_route_has_body(enum gateway_route route)
{
    return route >= GATEWAY_ROUTE_CHAT && route <= GATEWAY_ROUTE_RELAY;
}

static struct gateway_error unknown(struct span path)
{
    struct gateway_error error = gateway_error(404, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "There is nothing at ");
    text_add_printable(&text, path, PATH_SHOWN_BYTES);
    text_str(&text);
    return error;
}

/* The path's percent-encoding is known to be sound. False: it is longer than any name. */
static bool decode_id(struct gateway_routing *routing, struct span raw)
{
    struct text id = text_over(routing->id_bytes, sizeof(routing->id_bytes));
    http_token_decode(raw, &id);
    routing->id = text_span(&id);
    return !id.cut;
}

/* The query of what is relayed goes on with the path, which it stands behind. False: no room. */
static bool add_query(struct judging *j)
{
    struct gateway_routing *routing = j->routing;
    struct span query = j->request->query;
    bool goes_on = gateway_route_has_body(routing->route) && routing->route != GATEWAY_ROUTE_CHAT;
    if (!goes_on || query.at == NULL)
        return true;
    ASSERT(query.at == routing->path.at + routing->path.len + 1);
    routing->path.len += 1 + query.len;
    if (routing->path.len < LIMIT_ROUTE_BYTES)
        return true;
    struct gateway_error error = gateway_error(414, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "The path and its query are longer than ");
    text_add_u64(&text, LIMIT_ROUTE_BYTES - 1);
    text_add_str(&text, " bytes, the most that is relayed");
    text_str(&text);
    return refuse(j, error);
}

static bool judge_path(struct judging *j)
{
    struct span path = j->request->path;
    j->route = find(j->settings, j->request->method, &path);
    if (j->route == NULL)
        return refuse(j, unknown(j->request->path));
    j->routing->route = (enum gateway_route)j->route->route;
    j->routing->allow = j->route->allow;
    j->routing->path = path;
    if (!add_query(j))
        return false;
    if (!j->route->with_id || decode_id(j->routing, span_skip(path, j->route->path.len)) ||
        j->route->route != GATEWAY_ROUTE_MODEL) /* which finds none of that id */
        return true;
    return refuse(j, gateway_error_with(404, "Model not available: no name is that long", NULL,
                                        "model_not_found"));
}

/* What can be read and posted to has a route for each. */
static enum gateway_route for_method(enum gateway_route route, enum http_method method)
{
    if (FEATURE_BATCH && method == HTTP_POST && route == GATEWAY_ROUTE_BATCHES)
        return GATEWAY_ROUTE_BATCH_NEW;
    if (FEATURE_BATCH && method == HTTP_POST && route == GATEWAY_ROUTE_BATCH)
        return GATEWAY_ROUTE_BATCH_CANCEL;
    return route;
}

static bool judge_method(struct judging *j)
{
    if (j->request->method == HTTP_OPTIONS) {
        j->routing->route = GATEWAY_ROUTE_PREFLIGHT;
        return true;
    }
    if ((j->route->methods & (1u << j->request->method)) != 0) {
        j->routing->route = for_method(j->routing->route, j->request->method);
        return true;
    }
    return refuse(j, gateway_error(405, "The method is not one of this route's: see Allow"));
}

/* ---- its body -------------------------------------------------------------------------------- */

struct gateway_error gateway_route_too_large(const struct settings *settings)
{
    struct gateway_error error = gateway_error(413, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "The request body is larger than ");
    text_add_u64(&text, settings->limits.max_body_bytes);
    text_add_str(&text, " bytes (max_body_bytes)");
    text_str(&text);
    return error;
}

static bool judge_body(struct judging *j)
{
    const struct http_request *request = j->request;
    if (!gateway_route_has_body(j->routing->route))
        return true;
    if (!request->has_length && !request->chunked)
        return refuse(j, gateway_error(411, "The request has neither Content-Length nor chunks"));
    if (request->content_length > j->settings->limits.max_body_bytes)
        return refuse(j, gateway_route_too_large(j->settings));
    if (!request->is_json)
        return refuse(j, gateway_error(415, "The content type must be application/json"));
    return true;
}

bool gateway_route_judge(struct gateway_routing *routing, const struct settings *settings,
                         const struct http_request *request, struct gateway_error *error)
{
    struct judging j = {routing, settings, request, NULL, error};
    routing->route = GATEWAY_ROUTE_NONE;
    routing->id = (struct span){NULL, 0};
    routing->path = (struct span){NULL, 0};
    routing->key = gateway_access_key(settings, request);
    routing->method = request->method;
    routing->cors = false;
    routing->allow = NULL;
    if (!judge_host(&j) || !judge_origin(&j) || !judge_path(&j) || !judge_method(&j))
        return false;
    ASSERT(j.route != NULL);
    return routing->route == GATEWAY_ROUTE_PREFLIGHT ||
           (judge_key(&j) && judge_admin(&j) && judge_body(&j));
}
