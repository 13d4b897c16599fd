/* See why.h. */
#define _GNU_SOURCE
#include "port/why.h"

#include "port/system.h"

static enum port_why kept = PORT_WHY_NONE;

static const struct {
    int error;
    enum port_why why;
} reasons[] = {
    {ECONNREFUSED, PORT_WHY_REFUSED},      {ENETUNREACH, PORT_WHY_UNREACHABLE},
    {EHOSTUNREACH, PORT_WHY_UNREACHABLE},  {ENETDOWN, PORT_WHY_UNREACHABLE},
    {EADDRNOTAVAIL, PORT_WHY_UNREACHABLE}, {EAFNOSUPPORT, PORT_WHY_UNREACHABLE},
    {ECONNRESET, PORT_WHY_RESET},          {EPIPE, PORT_WHY_RESET},
    {ECONNABORTED, PORT_WHY_RESET},        {ETIMEDOUT, PORT_WHY_TIMEOUT},
    {EADDRINUSE, PORT_WHY_IN_USE},         {EACCES, PORT_WHY_PERMISSION},
    {EPERM, PORT_WHY_PERMISSION},          {EROFS, PORT_WHY_PERMISSION},
    {ENOENT, PORT_WHY_MISSING},            {ENOTDIR, PORT_WHY_MISSING},
};

static const char *const texts[] = {
    [PORT_WHY_NONE] = "no reason",
    [PORT_WHY_NAME] = "the name does not resolve",
    [PORT_WHY_NAME_SERVER] = "no name server answers",
    [PORT_WHY_REFUSED] = "connection refused",
    [PORT_WHY_UNREACHABLE] = "network unreachable",
    [PORT_WHY_RESET] = "connection reset",
    [PORT_WHY_TIMEOUT] = "connection timed out",
    [PORT_WHY_DENIED] = "not a private address",
    [PORT_WHY_IN_USE] = "address in use",
    [PORT_WHY_ADDRESS] = "not an address of this box",
    [PORT_WHY_PERMISSION] = "permission denied",
    [PORT_WHY_MISSING] = "no such file",
    [PORT_WHY_OTHER] = "the system refuses",
};

enum port_why why_of(int error)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].error == error)
            return reasons[i].why;
    return PORT_WHY_OTHER;
}

bool why_is_full(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
           error == ENOSPC;
}

void why_keep(enum port_why why)
{
    kept = why;
}

enum port_why why_kept(void)
{
    return kept;
}

const char *port_why_text(enum port_why why)
{
    size_t count = sizeof(texts) / sizeof(texts[0]);
    return (size_t)why < count ? texts[why] : texts[PORT_WHY_OTHER];
}
