/* See guard_calls.h. Calls that a processor does not have are left out of the list. */
#define _GNU_SOURCE
#include "board/linux/guard_calls.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the kernel's words --------------------------------------------------------------------- */

struct instruction { /* struct sock_filter */
    uint16_t code;
    uint8_t if_true; /* so many instructions are skipped then */
    uint8_t if_false;
    uint32_t value;
};

struct program { /* struct sock_fprog */
    uint16_t len;
    const struct instruction *instructions;
};

#define LOAD_WORD 0x20   /* of struct seccomp_data at offset value */
#define JUMP_IF_EQUAL 0x15
#define RETURN 0x06
#define AT_NUMBER 0
#define AT_PROCESSOR 4
#define ALLOWED 0x7fff0000u
#define ANSWER_EPERM 0x00050001u
#define ANSWER_ENOSYS (0x00050000u | ENOSYS) /* another number on MIPS */
#define SET_MODE_FILTER 1u
#define IN_EACH_THREAD 1u

/* AUDIT_ARCH_*: another one's numbers would mean other calls. */
#if defined(__x86_64__) && defined(__LP64__)
#define PROCESSOR 0xc000003eu
#elif defined(__aarch64__) && defined(__LITTLE_ENDIAN__) || defined(__AARCH64EL__)
#define PROCESSOR 0xc00000b7u
#elif defined(__arm__)
#define PROCESSOR 0x40000028u
#elif defined(__mips__) && defined(__MIPSEB__)
#define PROCESSOR 0x00000008u
#elif defined(__mips__)
#define PROCESSOR 0x40000008u
#else
#define PROCESSOR 0u
#endif

/* ---- the list ------------------------------------------------------------------------------- */

#define CALL(number) {JUMP_IF_EQUAL, 0, 1, (uint32_t)(number)}, {RETURN, 0, 0, ALLOWED}

static const struct instruction filter[] = {
    {LOAD_WORD, 0, 0, AT_PROCESSOR},
    {JUMP_IF_EQUAL, 1, 0, PROCESSOR},
    {RETURN, 0, 0, ANSWER_EPERM},
    {LOAD_WORD, 0, 0, AT_NUMBER},
    /* the loop, the busiest ones first */
    CALL(SYS_recvfrom), CALL(SYS_sendto), CALL(SYS_epoll_pwait), CALL(SYS_read), CALL(SYS_write),
    CALL(SYS_readv), CALL(SYS_writev), CALL(SYS_epoll_ctl), CALL(SYS_accept), CALL(SYS_accept4),
    CALL(SYS_close), CALL(POSIX_CALL_CLOSE_RANGE), CALL(SYS_futex),
    /* sockets */
    CALL(SYS_socket), CALL(SYS_connect), CALL(SYS_bind), CALL(SYS_listen), CALL(SYS_shutdown),
    CALL(SYS_setsockopt), CALL(SYS_getsockopt), CALL(SYS_getsockname), CALL(SYS_getpeername),
    CALL(SYS_sendmsg), CALL(SYS_recvmsg), CALL(SYS_ppoll), CALL(SYS_epoll_create1),
    CALL(SYS_eventfd2), CALL(SYS_pipe2),
    /* files */
    CALL(SYS_openat), CALL(SYS_pread64), CALL(SYS_pwrite64), CALL(SYS_fsync), CALL(SYS_fdatasync),
    CALL(SYS_renameat), CALL(SYS_renameat2), CALL(SYS_unlinkat), CALL(SYS_mkdirat),
    CALL(SYS_faccessat),
    CALL(SYS_getdents64), CALL(SYS_readlinkat), CALL(SYS_ftruncate), CALL(SYS_statx),
    CALL(SYS_ioctl),
    /* memory, threads, signals, time */
    CALL(SYS_munmap), CALL(SYS_mprotect), CALL(SYS_mremap), CALL(SYS_madvise), CALL(SYS_brk),
    CALL(SYS_clone), CALL(SYS_set_robust_list), CALL(SYS_set_tid_address), CALL(SYS_sched_yield),
    CALL(SYS_sched_getaffinity), CALL(SYS_membarrier), CALL(SYS_exit), CALL(SYS_exit_group),
    CALL(SYS_rt_sigaction), CALL(SYS_rt_sigprocmask), CALL(SYS_rt_sigreturn),
    CALL(SYS_sigaltstack), CALL(SYS_restart_syscall), CALL(SYS_tkill), CALL(SYS_tgkill),
    CALL(SYS_nanosleep), CALL(SYS_setitimer), CALL(SYS_getrandom),
    /* the process */
    CALL(SYS_getpid), CALL(SYS_gettid), CALL(SYS_getuid), CALL(SYS_geteuid), CALL(SYS_getgid),
    CALL(SYS_getegid), CALL(SYS_prctl), CALL(SYS_prlimit64), CALL(SYS_uname),
#ifdef SYS_open /* processors that are older than the calls above */
    CALL(SYS_open), CALL(SYS_epoll_wait), CALL(SYS_poll), CALL(SYS_stat), CALL(SYS_lstat),
    CALL(SYS_rename), CALL(SYS_unlink), CALL(SYS_mkdir), CALL(SYS_access),
    CALL(SYS_readlink), CALL(SYS_pipe),
#endif
#ifdef SYS_mmap2 /* 32 bits: files beyond 2 GiB and times beyond 2038 */
    CALL(SYS_mmap2), CALL(SYS_fcntl64), CALL(SYS__llseek), CALL(SYS_fstat64), CALL(SYS_fstatat64),
    CALL(SYS_stat64), CALL(SYS_lstat64), CALL(SYS_ftruncate64), CALL(SYS_statfs64),
    CALL(SYS_fstatfs64), CALL(SYS_clock_gettime64), CALL(SYS_clock_nanosleep_time64),
    CALL(SYS_futex_time64), CALL(SYS_ppoll_time64), CALL(SYS_sigreturn),
    CALL(SYS_gettimeofday_time32), CALL(SYS_clock_gettime32),
#else
    CALL(SYS_mmap), CALL(SYS_fcntl), CALL(SYS_lseek), CALL(SYS_fstat), CALL(SYS_newfstatat),
    CALL(SYS_statfs), CALL(SYS_fstatfs), CALL(SYS_clock_gettime), CALL(SYS_clock_nanosleep),
   
#endif
#ifdef __GLIBC__ /* it ends the program where a thread cannot have what the first one has */
    CALL(SYS_rseq),
#endif
    /* clone3: its flags are where no filter can look, so it is as on an old kernel; glibc makes a
     * thread by clone then, and by EPERM none at all. */
    {JUMP_IF_EQUAL, 0, 1, CALL_CLONE3}, {RETURN, 0, 0, ANSWER_ENOSYS},
    {RETURN, 0, 0, ANSWER_EPERM},
};

bool guard_calls_close(void)
{
    const struct program program = {sizeof(filter) / sizeof(filter[0]), filter};
    return PROCESSOR != 0 &&
           syscall(SYS_seccomp, SET_MODE_FILTER, IN_EACH_THREAD, &program) == 0;
}
