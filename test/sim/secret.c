/* See secret.h. */
#include "test/sim/secret.h"

#include "test/sim/visit.h"

static int links[VISIT_COUNT];

void secret_open(int visit, int link)
{
    links[visit] = link;
}

size_t secret_write(int visit, const void *bytes, size_t len)
{
    return sim_write(links[visit], bytes, (uint32_t)len);
}

size_t secret_read(int visit, void *out, size_t cap)
{
    return sim_read(links[visit], out, (uint32_t)cap);
}

bool secret_flushed(int visit)
{
    (void)visit;
    return true;
}

void secret_close(int visit)
{
    (void)visit;
}
