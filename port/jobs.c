/* See jobs.h. */
#include "port/jobs.h"

#include <string.h>

void jobs_put(struct jobs *jobs, struct port_store_job *job)
{
    job->_next = NULL;
    if (jobs->last != NULL)
        jobs->last->_next = job;
    else
        jobs->first = job;
    jobs->last = job;
}

struct port_store_job *jobs_take(struct jobs *jobs)
{
    struct port_store_job *job = jobs->first;
    if (job == NULL)
        return NULL;
    jobs->first = job->_next;
    if (jobs->first == NULL)
        jobs->last = NULL;
    return job;
}

static bool is_name_char(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool jobs_named(const struct port_store_job *job)
{
    const char *name = job->name;
    size_t len = 0;
    if (job->kind == PORT_STORE_ROOM)
        return true;
    if (name == NULL)
        return false;
    for (; name[len] != '\0'; len++)
        if (!is_name_char(name[len]) || len == JOBS_NAME_LEN_MAX)
            return false;
    return len > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
