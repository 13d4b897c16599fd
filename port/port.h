/*
 * The one door to the outside. Everything that is not memory and arithmetic goes through here:
 * time, random bytes, sockets, names, stored state, files, the log. A port (posix, lwip, sim)
 * implements these functions and nothing more; it never calls up, core polls it.
 *
 * Sockets and listeners are small slot numbers, 0 to LIMIT_SOCKETS - 1, dense, so that core can use
 * them as an index. Every call returns at once.
 */
#ifndef MOONGATE_PORT_H
#define MOONGATE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a call answers when it has no count above 0 to give. 0 is never returned by recv and send.
 * */
enum port_code {
    PORT_AGAIN = -1,  /* not now; an event says when */
    PORT_CLOSED = -2, /* the peer ended its sending side in order */
    PORT_FAILED = -3, /* the connection or the thing asked for is broken; port_why says how */
    PORT_FULL = -4,   /* no slot, no memory, no room on the disk */
    PORT_MISSING = -5 /* the store: there is no blob of that name */
};

/* Why something failed, in words of the network; port_why_text gives the phrase for people. */
enum port_why {
    PORT_WHY_NONE,
    PORT_WHY_NAME,        /* the name does not resolve */
    PORT_WHY_NAME_SERVER, /* no name server answers */
    PORT_WHY_REFUSED,
    PORT_WHY_UNREACHABLE, /* no route, network down */
    PORT_WHY_RESET,
    PORT_WHY_TIMEOUT,
    PORT_WHY_DENIED,      /* PORT_PRIVATE_ONLY and the name resolved to public addresses */
    PORT_WHY_IN_USE,      /* listen: the address is taken */
    PORT_WHY_ADDRESS,     /* listen: the address is not one of this box, or not an address */
    PORT_WHY_PERMISSION,
    PORT_WHY_MISSING,     /* no such file */
    PORT_WHY_OTHER
};

enum port_level { PORT_LOG_ERROR, PORT_LOG_WARN, PORT_LOG_INFO, PORT_LOG_DEBUG };

/* ---- time and chance ------------------------------------------------------------------------ */

/* Microseconds since some fixed moment; never goes back. */
uint64_t port_now_us(void);

/* Milliseconds since 1970-01-01 UTC; 0 while the box does not know the time (its clock shows a
 * moment before this program was built). */
uint64_t port_wall_ms(void);

/* The hour of the day where the box stands, 0 to 23, by its time zone where the system has one; -1
 * while it does not know the time. */
int port_local_hour(void);

/* Fills out with len bytes fit for keys. Cannot fail: a port without entropy panics at start. */
void port_random(void *out, size_t len);

/* ---- sockets -------------------------------------------------------------------------------- */

struct port_address {
    uint8_t bytes[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
};

/* Listens on host ("127.0.0.1", "::1", "0.0.0.0"; "::" takes both families) and port; port 0 takes
 * any free one. Returns a slot, or PORT_FAILED (port_why(-1) tells), or PORT_FULL. */
int port_listen(const char *host, uint16_t port);

/* The port number a listener really has. */
uint16_t port_listen_number(int listener);

/* Takes the next waiting connection: a slot, with the peer's address in *peer. PORT_AGAIN: none
 * waits. PORT_FULL: no slot or descriptor is free; one is pending, ask again after port_close. */
int port_accept(int listener, struct port_address *peer);

enum port_connect_flags { PORT_PRIVATE_ONLY = 1 }; /* loopback and private addresses alone */

/* Begins to resolve host (a name, or an address without brackets) and to connect, every address
 * family raced (RFC 8305). Returns a slot or PORT_FULL. PORT_EVENT_OPEN or PORT_EVENT_FAILED
 * follows, neither before the next port_wait; it has no deadline of its own but the system's. */
int port_connect(const char *host, uint16_t port, unsigned flags);

/* Reads at most cap bytes (cap > 0): a count above 0, PORT_AGAIN, PORT_CLOSED, PORT_FAILED. A count
 * below cap stands for PORT_AGAIN as well, unless PORT_EVENT_LEFT was told: READ follows. */
int port_recv(int slot, void *out, size_t cap);

/* Writes at most len bytes (len > 0): a count above 0, PORT_AGAIN, PORT_FAILED. more: what follows
 * them is sent in the same turn, and the system may wait for it, to fill its segments. */
int port_send(int slot, const void *bytes, size_t len, bool more);

/* Gives the slot back; what was sent is still delivered. The slot may be used again at once, and no
 * event of the old connection follows. */
void port_close(int slot);

/* As port_close, but the peer is told that the connection broke: what was sent may not arrive, and
 * nobody takes it for the whole. */
void port_reset(int slot);

/* Ends the sending side alone (FIN), for a lingering close. */
void port_shut(int slot);

/* Why a slot failed; slot -1: why the last port_listen, port_file_open failed. */
enum port_why port_why(int slot);

/* A short phrase for why, such as "connection refused". */
const char *port_why_text(enum port_why why);

/* ---- waiting -------------------------------------------------------------------------------- */

/* Readiness is told by edges: READ after a recv that answered PORT_AGAIN or less than was asked for
 * (and once at the start), WRITE after a send that did, ACCEPT after an accept that was told
 * PORT_AGAIN. Core remembers what it was told and reads until then, and to the end when the peer
 * has left. An event may come without cause; a call then answers PORT_AGAIN. */
enum port_event_kind {
    PORT_EVENT_READ = 1,
    PORT_EVENT_WRITE = 2,
    PORT_EVENT_LEFT = 4,   /* the peer shut its sending side or reset; told once, read or not */
    PORT_EVENT_OPEN = 8,   /* port_connect succeeded; reading and writing may be tried */
    PORT_EVENT_FAILED = 16 /* port_connect failed; the slot is core's to close */
};

struct port_event {
    int slot;
    unsigned kinds; /* enum port_event_kind, ored; READ on a listener: accept */
};

/* Waits until something is ready, at most until the clock of port_now_us shows until_us (0: only
 * looks; UINT64_MAX: as long as it takes), and writes at most cap events. Returns how many, 0 when
 * none. Also ends early for a finished store job or a signal. */
int port_wait(struct port_event *events, int cap, uint64_t until_us);

enum port_signal { PORT_SIGNAL_STOP = 1, PORT_SIGNAL_RELOAD = 2 };

/* What the operator asked for since the last call, enum port_signal ored; each is told once. */
unsigned port_signals(void);

/* ---- stored state --------------------------------------------------------------------------- */

/* Named blobs in the state directory. A job is core's memory; it and its data stay untouched by
 * core from port_store_begin until port_store_done hands it back. Jobs are done in order. */
enum port_store_kind {
    PORT_STORE_READ,    /* up to len bytes from offset into data; result: count, 0 at the end */
    PORT_STORE_REPLACE, /* the blob becomes data[0..len), all or nothing, also at power loss */
    PORT_STORE_APPEND,  /* data[0..len) behind what is there, on the disk when done */
    PORT_STORE_REMOVE,
    PORT_STORE_CUT,     /* the blob keeps its first offset bytes, on the disk when done; result 0,
                         * PORT_FAILED also when it has fewer */
    PORT_STORE_ROOM     /* result: KiB free, at most INT32_MAX */
};

struct port_store_job {
    enum port_store_kind kind;
    const char *name; /* letters, digits, '-', '.', '_' */
    void *data;
    size_t len;
    uint64_t offset;
    int32_t result;          /* a count, or PORT_FAILED, PORT_FULL (no room); a read alone tells
                              * PORT_MISSING apart, so that what is there is never given up */
    struct port_store_job *_next;
};

/* Opens the state directory, made when missing. PORT_FAILED: it cannot be written; port_why(-1). */
int port_store_open(const char *dir);

/* Queues a job. Never fails. */
void port_store_begin(struct port_store_job *job);

/* The next finished job, or NULL. */
struct port_store_job *port_store_done(void);

/* ---- the operator's files and environment, read at start and reload ------------------------- */

/* Opens a file for reading: a handle 0 to LIMIT_FILES - 1, PORT_FAILED (port_why(-1)) or PORT_FULL.
 * */
int port_file_open(const char *path);

/* Reads at most cap bytes at offset at: a count, 0 at the end, PORT_FAILED. May touch a disk. */
int port_file_read(int file, uint64_t at, void *out, size_t cap);

/* True when users other than the owner may read it. */
bool port_file_shared(int file);

/* Gives the handle back. */
void port_file_close(int file);

/* The environment variable's value, or NULL. The port owns it. */
const char *port_env(const char *name);

/* ---- the rest ------------------------------------------------------------------------------- */

/* Writes one line (no newline in it) at a level; what is above the level set is dropped by core. */
void port_log(enum port_level level, const char *line, size_t len);

/* Gives back pages that are free: memory whose content core does not need any more. Each of its
 * bytes is read as before or as 0 then. */
void port_trim(void *start, size_t len);

/* Resident memory of the process in bytes; 0 where it is not known. */
uint64_t port_resident_bytes(void);

/* A file for port_panic: by its name alone, which no other has, where the compiler knows that. */
#ifdef __FILE_NAME__
#define PORT_FILE __FILE_NAME__
#else
#define PORT_FILE __FILE__
#endif

/* Says where and stops the program at once. For a broken assertion alone. */
_Noreturn void port_panic(const char *file, int line);

#endif
