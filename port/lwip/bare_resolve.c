/*
 * Names by lwIP's DNS, which calls back while the network is turned. IPv4 alone. Good answers are
 * kept, and hold while no server answers.
 */
#include <lwip/dns.h>
#include <string.h>

#include "config/bounds.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/resolve.h"

#define NAMES LIMIT_PROVIDERS
/* lwIP tells no reason. It gives a server up after four questions, a second each and more. */
#define SILENCE_US 3000000u

struct name {
    char host[LIMIT_NAME_BYTES];
    uint8_t last[4];   /* the last good address */
    bool has_last;
    bool asked;        /* and resolve_done has not told */
    bool answered;
    uint8_t why;       /* of the answer; PORT_WHY_NONE: last is it */
    uint64_t asked_us;
    uint64_t until_us; /* last is used without asking */
    uint64_t used_us;
};

static struct name names[NAMES];

static int refuse(struct resolve_answer *answer, enum port_why why)
{
    *answer = (struct resolve_answer){.why = (uint8_t)why};
    return RESOLVE_KNOWN;
}

static void give(struct resolve_answer *answer, const uint8_t ipv4[4])
{
    *answer = (struct resolve_answer){.count = 1};
    address_map(ipv4, answer->at[0].bytes);
}

/* ---- the answer comes ---- */

static void keep(struct name *name, const uint8_t *ipv4)
{
    uint64_t now_us = port_now_us();
    name->answered = true;
    name->why = PORT_WHY_NONE;
    if (ipv4 != NULL) {
        memcpy(name->last, ipv4, sizeof(name->last));
        name->has_last = true;
        name->until_us = now_us + RESOLVE_GOOD_US;
        return;
    }
    bool silent = now_us - name->asked_us >= SILENCE_US;
    name->why = silent ? PORT_WHY_NAME_SERVER : PORT_WHY_NAME;
    /* A server that says that the name is gone is believed; silence is not. */
    if (!silent)
        name->has_last = false;
    name->until_us = name->has_last ? now_us + RESOLVE_RETRY_US : 0;
}

static void found(const char *host, const ip_addr_t *address, void *with)
{
    struct name *name = with;
    if (!name->asked || strcmp(name->host, host) != 0)
        return;
    keep(name, address != NULL ? (const uint8_t *)&ip_2_ip4(address)->addr : NULL);
}

/* ---- asking ---- */

/* The host's place: its own, a free one, or that of the name which was not needed for longest. */
static struct name *place(const char *host)
{
    struct name *best = NULL;
    for (int i = 0; i < NAMES; i++) {
        struct name *name = &names[i];
        if (strcmp(name->host, host) == 0)
            return name;
        if (!name->asked && (best == NULL || name->used_us < best->used_us))
            best = name;
    }
    if (best != NULL) {
        *best = (struct name){.has_last = false};
        memcpy(best->host, host, strlen(host));
    }
    return best;
}

static void ask(struct name *name)
{
    ip_addr_t address;
    name->asked = true;
    name->answered = false;
    name->asked_us = port_now_us();
    err_t error = dns_gethostbyname(name->host, &address, found, name);
    if (error == ERR_OK) {
        keep(name, (const uint8_t *)&ip_2_ip4(&address)->addr);
    } else if (error != ERR_INPROGRESS) {
        /* There is no server yet, or too many questions are under way. */
        name->answered = true;
        name->why = PORT_WHY_NAME_SERVER;
    }
}

int resolve_begin(const char *host, struct resolve_answer *answer)
{
    uint8_t ipv4[4];
    size_t len = strlen(host);
    if (len == 0 || len >= LIMIT_NAME_BYTES)
        return refuse(answer, PORT_WHY_NAME);
    if (board_host(host, ipv4)) {
        give(answer, ipv4);
        return RESOLVE_KNOWN;
    }
    struct name *name = place(host);
    if (name == NULL)
        return refuse(answer, PORT_WHY_OTHER);
    name->used_us = port_now_us();
    if (name->has_last && name->used_us < name->until_us) {
        give(answer, name->last);
        return RESOLVE_KNOWN;
    }
    if (!name->asked)
        ask(name);
    return (int)(name - names);
}

int resolve_done(struct resolve_answer *answer)
{
    for (int i = 0; i < NAMES; i++) {
        struct name *name = &names[i];
        if (!name->asked || !name->answered)
            continue;
        name->asked = false;
        if (name->has_last)
            give(answer, name->last);
        else
            (void)refuse(answer, (enum port_why)name->why);
        return i;
    }
    return -1;
}

bool resolve_last(int number, struct resolve_answer *answer)
{
    struct name *name = &names[number];
    if (!name->has_last)
        return false;
    name->until_us = port_now_us() + RESOLVE_RETRY_US; /* others need not wait as long */
    give(answer, name->last);
    return true;
}
