/* See guard.h. The kernel's own numbers stand here, because a C library for routers has none of its
 * headers. */
#define _GNU_SOURCE
#include "board/linux/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "board/linux/guard_calls.h"
#include "core/record/record_log.h"
#include "port/posix/posix.h"

bool guard_user(const char *name, const char **why)
{
    const struct passwd *user = getpwnam(name);
    *why = "there is no such user";
    if (user == NULL)
        return false;
    *why = "only root can become another user";
    return setgroups(0, NULL) == 0 && setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0;
}

/* ---- folders (Landlock) --------------------------------------------------------------------- */

#define CREATE_VERSION 1u /* landlock_create_ruleset: only tell the version */
#define RULE_PATH_BENEATH 1

enum {
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_FOLDER = 1 << 3,
    REMOVE_FILE = 1 << 5,
    MAKE_FILE = 1 << 8,
    TRUNCATE = 1 << 14, /* of version 3 */
    ALL_OF_1 = (1 << 13) - 1,
    ALL_OF_2 = (1 << 14) - 1,
    ALL_OF_3 = (1 << 15) - 1
};

#define READ (READ_FILE | READ_FOLDER)
#define WRITE (READ | WRITE_FILE | REMOVE_FILE | MAKE_FILE | TRUNCATE)

struct ruleset {
    uint64_t handled;
};

struct beneath {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

/* What the resolver, the trust anchors, randomness and the memory figures are read from. */
static const char *const always[] = {"/etc", "/run", "/tmp/resolv.conf.d", "/usr/share",
                                     "/dev/urandom", "/proc/self"};

/* Descriptors that stand for a path, alone: a rule is about what it is now. */
static void allow(int rules, int folder, uint64_t what)
{
    struct beneath rule = {.allowed = what, .folder = folder};
    if (folder < 0)
        return;
    (void)syscall(CALL_LANDLOCK_ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0u);
    (void)close(folder);
}

static void allow_path(int rules, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    bool is_folder = fd >= 0 && faccessat(fd, ".", F_OK, 0) == 0;
    allow(rules, fd, is_folder ? READ : READ_FILE);
}

/* The folder, not the file: an update replaces files. */
static void allow_folder_of(int rules, const char *path)
{
    char folder[LIMIT_URL_BYTES];
    struct text text = text_over(folder, sizeof(folder));
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    if (path == NULL)
        return;
    text_add(&text, slash == NULL ? SPAN("./") : (struct span){path, (size_t)(slash - path) + 1});
    text_str(&text);
    if (!text.cut)
        allow_path(rules, folder);
}

static bool close_folders(const struct settings *settings, const char *config)
{
    static const uint64_t all[] = {0, ALL_OF_1, ALL_OF_2};
    long version = syscall(CALL_LANDLOCK_CREATE_RULESET, NULL, (size_t)0, CREATE_VERSION);
    if (version <= 0)
        return false;
    struct ruleset ruleset = {version < 3 ? all[version] : ALL_OF_3};
    int rules = (int)syscall(CALL_LANDLOCK_CREATE_RULESET, &ruleset, sizeof(ruleset), 0u);
    if (rules < 0)
        return false;
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        allow_path(rules, always[i]);
    allow_folder_of(rules, config);
    allow_folder_of(rules, settings->upstream.ca_file);
    allow_folder_of(rules, settings->cert_file);
    allow_folder_of(rules, settings->key_file);
    allow(rules, posix_blob_folder(settings->state_dir), WRITE & ruleset.handled);
    bool closed = syscall(CALL_LANDLOCK_RESTRICT_SELF, rules, 0u) == 0;
    (void)close(rules);
    return closed;
}

/* ---- all of it ------------------------------------------------------------------------------ */

void guard_close(const struct settings *settings, const char *config)
{
    struct record_log log;
    bool sealed = prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
    bool hidden = prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
    bool folders = close_folders(settings, config);
    bool calls = guard_calls_close();
    record_log_begin(&log, PORT_LOG_INFO, "shut in");
    record_log_add_str(&log, "no_new_privileges", sealed ? "yes" : "not here");
    record_log_add_str(&log, "no_core_dump", hidden ? "yes" : "not here");
    record_log_add_str(&log, "folders", folders ? "yes" : "this kernel has no Landlock");
    record_log_add_str(&log, "system_calls", calls ? "yes" : "this kernel has no seccomp filter");
    record_log_end(&log, settings->log_level);
}
