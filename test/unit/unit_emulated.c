/*
 * What qemu's user mode does not do as Linux does: the error that a socket keeps has this machine's
 * number and not the one of the program's processor, and large pages cannot be switched off. Linked
 * into the tests for other processors alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len)
{
    static const struct {
        int here;
        int there;
    } numbers[] = {{101, ENETUNREACH}, {104, ECONNRESET}, {110, ETIMEDOUT},
                   {111, ECONNREFUSED}, {113, EHOSTUNREACH}};
    int result = (int)syscall(SYS_getsockopt, fd, level, option, value, len);
    int *error = value;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *error == numbers[i].here) {
            *error = numbers[i].there;
            break;
        }
    }
    return result;
}

int prctl(int option, ...)
{
    static unsigned long small_pages;
    va_list list;
    va_start(list, option);
    unsigned long value = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_GET_THP_DISABLE)
        return (int)small_pages;
    if (option != PR_SET_THP_DISABLE)
        return (int)syscall(SYS_prctl, option, value, 0, 0, 0);
    small_pages = value;
    return 0;
}
