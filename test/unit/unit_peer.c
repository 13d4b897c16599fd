/* See unit_peer.h. */
#define _GNU_SOURCE /* mkostemp */

#include "test/unit/unit_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 24
#define DESCRIPTORS 1024
#define MUCH 1500 /* bytes in one read: no handshake any more */

static char folder[PATH_MAX];

static _Noreturn void die(const char *what)
{
    perror(what);
    abort();
}

static void sleep_ms(int ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static int run(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *unit_peer_certs(void)
{
    if (folder[0] == '\0') {
        const char *above = getenv("TMPDIR");
        char command[PATH_MAX + 64];
        snprintf(folder, sizeof(folder), "%s/moongate-certs-XXXXXX",
                 above != NULL ? above : "/tmp");
        if (mkdtemp(folder) == NULL)
            die("mkdtemp");
        snprintf(command, sizeof(command), "sh test/upstream/certs.sh '%s' >/dev/null 2>&1",
                 folder);
        if (run(command) != 0)
            die("certs.sh");
    }
    return folder;
}

void unit_peer_end(void)
{
    char command[PATH_MAX + 64];
    if (folder[0] != '\0') {
        snprintf(command, sizeof(command), "rm -rf '%s'", folder);
        (void)run(command);
        folder[0] = '\0';
    }
}

/* The stand-in lies one folder above the tests. */
static void find_upstream(char out[PATH_MAX])
{
    const char *given = getenv("UPSTREAM");
    if (given != NULL) {
        snprintf(out, PATH_MAX, "%s", given);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 16);
    out[len > 0 ? len : 0] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(out, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
    }
    strncat(out, "/upstream", 16);
}

static void fill_word(char out[PATH_MAX], const char *word)
{
    if (strcmp(word, "@upstream") == 0)
        find_upstream(out);
    else if (word[0] == '@')
        snprintf(out, PATH_MAX, "%s/%s", unit_peer_certs(), word + 1);
    else
        snprintf(out, PATH_MAX, "%s", word);
}

/* In the child: what it was asked for, and an end with the test. */
static _Noreturn void become(const char *const *argv, int in, int out)
{
    static char words[WORDS_MAX][PATH_MAX];
    char *pointers[WORDS_MAX + 1] = {NULL};
    for (int i = 0; i < WORDS_MAX && argv[i] != NULL; i++) {
        fill_word(words[i], argv[i]);
        pointers[i] = words[i];
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(out, STDERR_FILENO) < 0 || chdir(unit_peer_certs()) != 0)
        _exit(127);
    execvp(pointers[0], pointers);
    _exit(127);
}

char *unit_peer_printed(const struct unit_peer *peer, size_t *len)
{
    struct stat about;
    if (fstat(peer->out, &about) != 0)
        die("fstat");
    char *text = malloc((size_t)about.st_size + 1);
    ssize_t got = text != NULL ? pread(peer->out, text, (size_t)about.st_size, 0) : -1;
    if (got < 0)
        die("pread");
    text[got] = '\0';
    *len = (size_t)got;
    return text;
}

static uint16_t told_port(const struct unit_peer *peer)
{
    size_t len;
    char *text = unit_peer_printed(peer, &len);
    unsigned port = 0;
    const char *at = strstr(text, "listening ");
    if (at != NULL)
        port = (unsigned)strtoul(at + 10, NULL, 10);
    else if ((at = strstr(text, "ACCEPT ")) != NULL && (at = strchr(at, ':')) != NULL)
        port = (unsigned)strtoul(at + 1, NULL, 10);
    free(text);
    return (uint16_t)port;
}

static int open_output(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/printed-XXXXXX", unit_peer_certs());
    int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
    if (fd < 0)
        die("mkostemp");
    unlink(path);
    return fd;
}

bool unit_peer_program(struct unit_peer *peer, const char *const *argv)
{
    int in[2];
    *peer = (struct unit_peer){.out = open_output()};
    if (pipe2(in, O_CLOEXEC) != 0)
        die("pipe2");
    fflush(stdout);
    peer->pid = fork();
    if (peer->pid == 0)
        become(argv, in[0], peer->out);
    close(in[0]);
    peer->in = in[1];
    bool alive = peer->pid > 0;
    for (int ms = 0; ms < 5000 && alive && peer->port == 0; ms += 5) {
        sleep_ms(5);
        peer->port = told_port(peer);
        alive = waitpid(peer->pid, NULL, WNOHANG) == 0;
    }
    if (!alive || peer->port == 0) {
        size_t len;
        char *text = unit_peer_printed(peer, &len);
        printf("%s did not start: %s\n", argv[0], text);
        free(text);
        peer->pid = alive ? peer->pid : 0;
    }
    return alive && peer->port > 0;
}

void unit_peer_say(const struct unit_peer *peer, const char *text)
{
    if (write(peer->in, text, strlen(text)) < 0)
        die("write");
}

void unit_peer_stop(struct unit_peer *peer)
{
    if (peer->pid > 0) {
        kill(peer->pid, SIGKILL);
        (void)waitpid(peer->pid, NULL, 0);
    }
    if (peer->in >= 0)
        close(peer->in);
    if (peer->out >= 0)
        close(peer->out);
    *peer = (struct unit_peer){.in = -1, .out = -1};
}

/* ---- peers that are forks of the test ------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int listen_any(uint16_t *port)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof(at);
    const int room = 65536; /* so that a client soon notices when nobody reads */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        die("listen");
    *port = ntohs(at.sin_port);
    return fd;
}

/* True in the child, which keeps no descriptor of the test's but its listener. */
static bool split(struct unit_peer *peer, int listener)
{
    fflush(stdout);
    peer->in = peer->out = -1;
    peer->pid = fork();
    if (peer->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++) {
            if (fd != listener)
                close(fd);
        }
    }
    return peer->pid == 0;
}

static void end_connection(int fd, bool reset)
{
    struct linger now = {.l_onoff = reset, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    if (!reset) {
        shutdown(fd, SHUT_WR);
        char rest[512];
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        while (poll(&wait, 1, 1000) > 0 && read(fd, rest, sizeof(rest)) > 0) {
        }
    }
    close(fd);
}

bool unit_peer_bytes(struct unit_peer *peer, const void *bytes, size_t len,
                     enum unit_peer_ending ending)
{
    int listener = listen_any(&peer->port);
    if (!split(peer, listener)) {
        close(listener);
        return peer->pid > 0;
    }
    for (;;) {
        char first;
        int fd = accept(listener, NULL, NULL);
        (void)(read(fd, &first, 1) + write(fd, bytes, len));
        if (ending != UNIT_PEER_HOLDS)
            end_connection(fd, ending == UNIT_PEER_RESETS);
    }
}

/* One connection of a relay. */
struct relay {
    const struct unit_peer_harm *harm;
    int client;
    int server;
    size_t sent;  /* bytes to the client */
    int pause_ms; /* still due */
};

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* False: the connection ends here. */
static bool to_client(struct relay *r, char *bytes, size_t len)
{
    const struct unit_peer_harm *harm = r->harm;
    if (harm->cut_at > 0 && r->sent + len > harm->cut_at)
        len = harm->cut_at - r->sent;
    if (harm->flip_at > r->sent && harm->flip_at <= r->sent + len)
        bytes[harm->flip_at - r->sent - 1] ^= 0x55;
    for (size_t at = 0; at < len;) {
        size_t n = harm->piece > 0 && harm->piece < len - at ? harm->piece : len - at;
        if (!write_all(r->client, bytes + at, n))
            return false;
        at += n;
    }
    r->sent += len;
    return harm->cut_at == 0 || r->sent < harm->cut_at;
}

static void carry(struct relay *r)
{
    static char bytes[65536];
    struct pollfd both[2] = {{.fd = r->client, .events = POLLIN},
                             {.fd = r->server, .events = POLLIN}};
    bool going = true;
    while (going && poll(both, 2, 10000) > 0) {
        if (both[0].revents != 0) {
            ssize_t n = read(r->client, bytes, sizeof(bytes));
            if (n > MUCH) {
                sleep_ms(r->pause_ms);
                r->pause_ms = 0;
            }
            going = n > 0 && write_all(r->server, bytes, (size_t)n);
        }
        if (going && both[1].revents != 0) {
            ssize_t n = read(r->server, bytes, sizeof(bytes));
            going = n > 0 && to_client(r, bytes, (size_t)n);
        }
    }
    end_connection(r->client, r->harm->reset);
    close(r->server);
}

bool unit_peer_relay(struct unit_peer *peer, const struct unit_peer_harm *harm)
{
    int listener = listen_any(&peer->port);
    if (!split(peer, listener)) {
        close(listener);
        return peer->pid > 0;
    }
    for (;;) {
        const int yes = 1;
        struct sockaddr_in to = loopback(harm->to);
        struct relay r = {.harm = harm, .client = accept(listener, NULL, NULL),
                          .pause_ms = harm->pause_ms};
        r.server = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(r.client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        if (connect(r.server, (struct sockaddr *)&to, sizeof(to)) == 0)
            carry(&r);
    }
}
