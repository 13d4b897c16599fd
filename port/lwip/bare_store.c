/* Stored state: the board does each job at once; it is handed back with the next port_wait. */
#include <stddef.h>
#include <string.h>

#include "port/lwip/bare.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/why.h"

#define NAME_LEN_MAX 64

static struct {
    struct port_store_job *first, *last;
} finished;

int port_store_open(const char *dir)
{
    if (board_store_open(dir))
        return 0;
    why_keep(PORT_WHY_PERMISSION);
    return PORT_FAILED;
}

static bool is_name_char(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool is_name(const char *name)
{
    size_t len = 0;
    for (; name[len] != '\0'; len++)
        if (!is_name_char(name[len]) || len == NAME_LEN_MAX)
            return false;
    return len > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void port_store_begin(struct port_store_job *job)
{
    bool good = job->kind == PORT_STORE_ROOM || (job->name != NULL && is_name(job->name));
    job->result = good ? board_store_do(job) : PORT_FAILED;
    job->_next = NULL;
    if (finished.first == NULL)
        finished.first = job;
    else
        finished.last->_next = job;
    finished.last = job;
    bare_wake();
}

struct port_store_job *port_store_done(void)
{
    struct port_store_job *job = finished.first;
    if (job != NULL)
        finished.first = job->_next;
    return job;
}
