/*
 * What this port asks of a board: a clock, chance, a network interface, files, a console. Each
 * board with lwIP implements these functions; nothing here waits but board_sleep.
 */
#ifndef MOONGATE_LWIP_BOARD_H
#define MOONGATE_LWIP_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netif;
struct port_store_job;

/* ---- time and chance ---- */

/* Microseconds since the start. */
uint64_t board_now_us(void);

/* Milliseconds since 1970; 0: the board has no clock, and the network is asked. */
uint64_t board_wall_ms(void);

/* Bytes fit for keys. */
void board_random(void *out, size_t len);

/* ---- the processor ---- */

/* Holds interrupts off; returns what board_unlock needs to put things back. */
uint32_t board_lock(void);
void board_unlock(uint32_t before);

/* Sleeps until an interrupt, at most a few milliseconds; not at all when a frame has come. */
void board_sleep(void);

/* Ends the program with an exit status, as far as there is somebody to tell. */
_Noreturn void board_stop(int status);

/* ---- the network ---- */

/* Fills netif's hardware address and its output, and starts the interface; lwIP's netif_add calls
 * it. Returns ERR_OK, or lwIP's code for what is wrong. */
int8_t board_net_start(struct netif *netif);

/* Hands the frames that have come to netif->input. */
void board_net_take(struct netif *netif);

/* The interface has got an address. */
void board_net_up(const uint8_t ipv4[4]);

/* The IPv4 address of a name that the board knows by itself. False: it is for the DNS. */
bool board_host(const char *name, uint8_t ipv4[4]);

/* Name of a time server, for a board without a clock; NULL: none. */
const char *board_time_server(void);

/* ---- files, state, console ---- */

/* Opens a file for reading: a number from 0 on, or -1. */
int board_file_open(const char *path);

/* Reads at most cap bytes at offset at: a count, 0 at the end, -1. */
int board_file_read(int file, uint64_t at, void *out, size_t cap);

/* The number may be given out again. */
void board_file_close(int file);

/* True when blobs can be written under dir; it stays the directory of board_store_do. */
bool board_store_open(const char *dir);

/* Does one job at once; returns its result, as port.h has it. */
int32_t board_store_do(const struct port_store_job *job);

/* Writes text to the log as it is. */
void board_write(const char *text, size_t len);

/* Signals of port.h that came since the last call, ored. */
unsigned board_signals(void);

#endif
