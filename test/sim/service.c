/* See service.h. The words are put into events in service_words.c. */
#include "test/sim/service.h"

#include <stdio.h>
#include <string.h>

#include "test/sim/caller.h"
#include "test/sim/look.h"
#include "test/sim/secret.h"
#include "test/sim/speech.h"
#include "test/sim/tally.h"
#include "test/sim/words.h"

#define MODELS 6

struct listed {
    bool there;
    const char *type;
    int usage_left; /* -1: not told */
};

static struct {
    struct listed models[MODELS];
    int lists_given; /* whole ones, as far as the service knows */
} services[WORLD_SERVICES];

static const char json_type[] = "content-type: application/json\r\n";

/* ---- what is listed ---- */

static struct listed draw_model(void)
{
    static const char *const types[] = {"base", "freeTrial", "premium", "strange"};
    struct listed model = {true, "base", -1};
    if (world_bad(6))
        model.there = false;
    if (world_one_in(2)) {
        model.type = types[world.calm ? world_below(3) : world_below(4)];
        model.usage_left = world.calm ? 1000 : (int)sim_chance_size(&world.chance, 40) - 2;
    }
    return model;
}

void service_begin(void)
{
    for (int i = 0; i < WORLD_SERVICES; i++) {
        services[i].lists_given = 0;
        for (int model = 0; model < MODELS; model++)
            services[i].models[model] = draw_model();
    }
}

int service_told_uses(int service, const char *model)
{
    return services[service].models[model[strlen("real-")] - '0'].usage_left;
}

static void write_rust_list(int service)
{
    bool wrapped = world_one_in(4);
    const char *comma = "";
    speech_add(wrapped ? "{\"data\":[" : "[");
    for (int i = 0; i < MODELS; i++) {
        const struct listed *model = &services[service].models[i];
        if (!model->there)
            continue;
        speech_add("%s{\"displayName\":\"Real %d\",\"modelName\":\"real-%d\",\"modelType\":\"%s\","
                   "\"isNew\":false,\"usageLeft\":%d,\"icon\":null}",
                   comma, i, i, model->type, model->usage_left);
        comma = ",";
    }
    speech_add(wrapped ? "]}" : "]");
}

static void write_openai_list(int service)
{
    const char *comma = "";
    speech_add("{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < MODELS; i++) {
        if (!services[service].models[i].there)
            continue;
        speech_add("%s{\"id\":\"real-%d\",\"object\":\"model\",\"created\":1,\"owned_by\":\"me\"}",
                   comma, i);
        comma = ",";
    }
    speech_add("]}");
}

static void write_anthropic_list(int service)
{
    const char *comma = "";
    speech_add("{\"data\":[");
    for (int i = 0; i < MODELS; i++) {
        if (!services[service].models[i].there)
            continue;
        speech_add("%s{\"type\":\"model\",\"id\":\"real-%d\",\"display_name\":\"Real %d\","
                   "\"created_at\":\"2025-02-19T00:00:00Z\"}",
                   comma, i, i);
        comma = ",";
    }
    speech_add("],\"has_more\":false,\"first_id\":\"real-0\",\"last_id\":\"real-5\"}");
}

static void answer_list(struct visit *v)
{
    static void (*const writers[])(int) = {[WORLD_RUST] = write_rust_list,
                                           [WORLD_OPENAI] = write_openai_list,
                                           [WORLD_ANTHROPIC] = write_anthropic_list};
    writers[world.services[v->service].kind](v->service);
    if (world_bad(12))
        speech.len = world_below((uint32_t)speech.len);
    speech_send(v, world_bad(12) ? 500 : 200, json_type,
                world_one_in(2) ? SPEECH_LENGTH : SPEECH_CHUNKED, true);
}

/* ---- what goes wrong ---- */

static void answer_error(struct visit *v)
{
    tally(TALLY_SERVICE_ERROR);
    static const int statuses[] = {400, 401, 403, 404, 408, 409, 413, 422, 429,
                                   429, 500, 500, 502, 503, 503, 504, 529, 302};
    int status = statuses[world_below(sizeof(statuses) / sizeof(statuses[0]))];
    char fields[128] = "content-type: application/json\r\n";
    bool waits = world_one_in(3);
    if (waits)
        snprintf(fields, sizeof(fields), "content-type: application/json\r\nretry-after: %u\r\n",
                 sim_chance_size(&world.chance, 20) - 1);
    /* what benches the provider is told to others too: it is about the account */
    bool all = waits || status < 400 || status == 401 || status == 403;
    if (world_one_in(4))
        speech_add("<html>no</html>");
    else
        speech_add("{\"error\":{\"message\":\"no \\\"%s\\\" today\",\"type\":\"x\"}}",
                   all || v->ask == NULL ? "one" : v->ask->mark);
    if (v->ask != NULL)
        v->ask->tried[v->nth_try].pieces = 0;
    speech_send(v, status, fields, world_one_in(2) ? SPEECH_LENGTH : SPEECH_CHUNKED,
                world_one_in(2));
    v->complete_at = SIZE_MAX;
}

/* Bytes that are no answer. */
static void answer_nonsense(struct visit *v)
{
    static const char *const nonsense[] = {
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\ncontent-length: 2\n\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        "zz\r\ndata: x\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n"
        "content-length: 2\r\n\r\nxx",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 14\r\n\r\n"
        "data: [DONE]\n\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"};
    const char *bytes = nonsense[world_below(sizeof(nonsense) / sizeof(nonsense[0]))];
    tally(TALLY_SERVICE_NONSENSE);
    v->out_len = strlen(bytes);
    memcpy(v->out, bytes, v->out_len);
    v->complete_at = SIZE_MAX;
    v->nonsense = true;
    v->ask->tried[v->nth_try].anything = strstr(bytes, "{}") != NULL ||
                                         strstr(bytes, "[DONE]") != NULL ||
                                         strstr(bytes, "<html>") != NULL;
    v->end = world_one_in(2) ? VISIT_CLOSES : VISIT_STALLS;
}

/* The connection does not last as long as the answer. */
static void cut(struct visit *v)
{
    static const enum visit_end ends[] = {VISIT_CLOSES, VISIT_RESETS, VISIT_STALLS};
    tally(TALLY_SERVICE_CUT);
    v->cut_at = world_below((uint32_t)v->out_len + 1);
    v->end = ends[world_below(3)];
}

static void pace(struct visit *v)
{
    bool slow = world_one_in(4);
    v->burst = world_one_in(2) ? VISIT_OUT_BYTES : sim_chance_size(&world.chance, 2000);
    if (slow && v->burst < v->out_len / 60)
        v->burst = (uint32_t)v->out_len / 60 + 1;
    v->gap_us = slow ? sim_chance_size(&world.chance, world.calm ? 200000 : 3000000)
                     : sim_chance_size(&world.chance, 1000);
}

/* ---- the request ---- */

static bool has_line(const struct visit *v, size_t head_len, const char *line)
{
    size_t len = strlen(line);
    for (size_t i = 0; i + len <= head_len; i++)
        if (memcmp(v->in + i, line, len) == 0)
            return true;
    return false;
}

/* No service is shown what is another's. */
static void check_secrets(const struct visit *v)
{
    for (int i = 0; i <= WORLD_SERVICES; i++) {
        const char *secret = world.services[i].secret;
        WORLD_CHECK(i == v->service || secret[0] == '\0' || !has_line(v, v->in_len, secret),
                    "service %d is shown the secret of %d", v->service, i);
    }
    WORLD_CHECK(v->service == WORLD_SINK || !has_line(v, v->in_len, "a-key-"),
                "a service is shown a client's key");
}

/* What of a request tells which settings it was made with. */
struct made {
    const struct visit *visit;
    size_t head_len;
};

/* The service's address and its secret are those of this edition. */
static bool is_addressed(const struct edition *e, const void *what)
{
    const struct made *made = what;
    const struct visit *v = made->visit;
    const struct world_service *own = &world.services[v->service];
    char secret[40], line[96];
    edition_secret(e, v->service, secret);
    snprintf(line, sizeof(line), "\r\nhost: %s:%d\r\n", own->host, edition_port(e, v->service));
    if (!has_line(v, made->head_len, line))
        return false;
    if (own->kind == WORLD_RUST)
        return has_line(v, v->in_len, secret) || !has_line(v, v->in_len, own->secret);
    snprintf(line, sizeof(line), "\r\n%s %s\r\n",
             own->kind == WORLD_OPENAI ? "authorization: Bearer" : "x-api-key:", secret);
    return has_line(v, made->head_len, line);
}

/* The model leads there, in this edition. */
static bool leads_there(const struct edition *e, const void *what)
{
    const struct visit *v = what;
    const struct edition_model *model = edition_model(e, v->ask->model);
    char real[16];
    for (int i = 0; model != NULL && i < model->route_count; i++) {
        snprintf(real, sizeof(real), "real-%d", model->routes[i].real);
        if (model->routes[i].service == v->service &&
            strcmp(real, v->ask->tried[v->nth_try].model) == 0)
            return true;
    }
    return false;
}

/* A request ends with the settings that it began with: there is an edition, in use while it was
 * under way, that all its tries agree with. */
static void check_editions(struct visit *v, size_t head_len)
{
    struct ledger_ask *ask = v->ask;
    const struct made made = {v, head_len};
    uint16_t set = edition_of(edition_under_way(), is_addressed, &made);
    WORLD_CHECK(set != 0, "a service is asked with settings that are gone: %s", v->in);
    if (ask == NULL || ask->garbled)
        return;
    ask->editions = ask->tries > 1 ? ask->editions : edition_since(ask->first);
    ask->editions &= edition_of(set, leads_there, v);
    WORLD_CHECK(ask->editions != 0, "%s is asked with settings that are not its own: %s",
                ask->mark, v->in);
}

/* False: the request was garbled so that its mark is not in it any more. */
static bool note_ask(struct visit *v, size_t head_len)
{
    bool foreign;
    struct look body = look_document(v->in + head_len, v->in_len - head_len);
    WORLD_CHECK(body.at != NULL, "a service is sent no JSON: %s", v->in);
    v->ask = ledger_find(v->in, v->in_len, &foreign);
    WORLD_CHECK(v->ask != NULL || caller_garbles(), "a service is asked what nobody asked: %s",
                v->in);
    if (v->ask == NULL)
        return false;
    WORLD_CHECK(!foreign, "two requests in one: %s", v->in);
    WORLD_CHECK(!v->ask->content, "%s is tried again though its client saw content", v->ask->mark);
    WORLD_CHECK(v->ask->tries < LEDGER_TRIES, "%s is tried without end", v->ask->mark);
    v->nth_try = v->ask->tries++;
    struct ledger_try *t = &v->ask->tried[v->nth_try];
    bool rust = world.services[v->service].kind == WORLD_RUST;
    struct look model = look_path(body, rust ? "extra.model" : "model");
    struct look stream = look_in(body, "stream");
    v->streams = stream.at != NULL && *stream.at == 't';
    memset(t, 0, sizeof(*t));
    t->service = v->service;
    t->at_us = port_now_us();
    WORLD_CHECK(look_text(model, t->model, sizeof(t->model)) > 0, "no model is named: %s", v->in);
    return true;
}

static void answer_ask(struct visit *v, size_t head_len)
{
    bool chat = has_line(v, head_len, "chat") || has_line(v, head_len, "/messages");
    bool known = note_ask(v, head_len);
    check_editions(v, head_len);
    if (!known || world_bad(6))
        answer_error(v);
    else if (world_bad(20))
        answer_nonsense(v);
    else
        words_answer(v, chat);
}

/* The database: what it is asked first, it answers with what it knows; then it takes rows. */
static void answer_rows(struct visit *v)
{
    bool rows = has_line(v, v->in_len, "query=INSERT");
    bool fails = world_bad(5);
    WORLD_CHECK(has_line(v, v->in_len, "\r\nx-clickhouse-key: " WORLD_SINK_SECRET "\r\n"),
                "the database is not shown its key: %s", v->in);
    tally_if(rows, fails ? TALLY_ROWS_REFUSED : TALLY_ROWS_SENT);
    speech_add("%s", fails ? "Code: 60. DB::Exception: no" : rows ? "" : "1\n");
    speech_send(v, fails ? 500 : 200, json_type,
                world_one_in(2) ? SPEECH_LENGTH : SPEECH_CHUNKED, true);
}

void service_answer(struct visit *v, size_t head_len)
{
    v->end = world_one_in(4) && !world.crowd ? VISIT_CLOSES : VISIT_KEEPS;
    v->notifies = world.tls && v->service != WORLD_SINK && !world_bad(5);
    tally_if(edition_now()->foreign, TALLY_ANCHORS_CHANGED);
    WORLD_CHECK(secret_is_good(v->service), "a service that cannot be trusted is asked: %s", v->in);
    speech_begin();
    if (head_len == 0) {
        answer_error(v);
        v->end = VISIT_CLOSES;
    } else {
        check_secrets(v);
        if (v->service == WORLD_SINK)
            answer_rows(v);
        else if (memcmp(v->in, "GET ", 4) != 0)
            answer_ask(v, head_len);
        else {
            check_editions(v, head_len);
            answer_list(v);
        }
    }
    if (world_bad(7))
        cut(v);
    pace(v);
    world_trace("visit %d: answers %.30s: %zu bytes, cut at %td, complete at %td, then %d",
                v->number, v->in, v->out_len, (ptrdiff_t)v->cut_at,
                (ptrdiff_t)v->complete_at, v->end);
}

struct sim_dial service_dial(const char *host, uint16_t port, unsigned flags)
{
    static const enum port_why reasons[] = {PORT_WHY_NAME,        PORT_WHY_NAME_SERVER,
                                            PORT_WHY_REFUSED,     PORT_WHY_UNREACHABLE,
                                            PORT_WHY_TIMEOUT,     PORT_WHY_DENIED};
    struct sim_dial dial = {.why = PORT_WHY_NONE};
    (void)flags;
    while (dial.service <= WORLD_SERVICES && strcmp(world.services[dial.service].host, host) != 0)
        dial.service++;
    int own = dial.service == WORLD_SINK ? WORLD_SINK_PORT : 8000 + dial.service;
    WORLD_CHECK(dial.service <= WORLD_SERVICES && (port == own || port == own + 1000),
                "nobody named %s:%d", host, port);
    dial.after_us = sim_chance_size(&world.chance, world_bad(6) ? 6000000 : 50000);
    if (world_bad(10))
        dial.why = reasons[world_below(sizeof(reasons) / sizeof(reasons[0]))];
    if (world_bad(30))
        dial.after_us = SIM_NEVER;
    tally_if(dial.why != PORT_WHY_NONE, TALLY_DIAL_REFUSED);
    tally_if(dial.after_us == SIM_NEVER, TALLY_DIAL_SILENT);
    return dial;
}
