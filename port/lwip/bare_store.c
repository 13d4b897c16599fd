/* Stored state: the board does each job at once; it is handed back with the next port_wait. */
#include "port/jobs.h"
#include "port/lwip/bare.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/why.h"

static struct jobs finished;

int port_store_open(const char *dir)
{
    if (board_store_open(dir))
        return 0;
    why_keep(PORT_WHY_PERMISSION);
    return PORT_FAILED;
}

void port_store_begin(struct port_store_job *job)
{
    job->result = jobs_named(job) ? board_store_do(job) : PORT_FAILED;
    jobs_put(&finished, job);
    bare_wake();
}

struct port_store_job *port_store_done(void)
{
    return jobs_take(&finished);
}
