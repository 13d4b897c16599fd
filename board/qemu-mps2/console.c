/* See console.h, and port/lwip/board.h for the board's functions. */
#include "board/qemu-mps2/console.h"

#include <lwip/stats.h>
#include <string.h>

#include "board/qemu-mps2/eth.h"
#include "board/qemu-mps2/registers.h"
#include "board/qemu-mps2/semihost.h"
#include "board/qemu-mps2/startup.h"
#include "core/base/text.h"
#include "core/tls/tls_memory.h"
#include "port/lwip/board.h"
#include "port/port.h"

#define KEY_STOP 0x03   /* ^C */
#define KEY_RELOAD 0x12 /* ^R */
#define KEY_MEMORY 'm'
#define DIVIDER_MIN 16

static int log_handle = -1;

void console_start(void)
{
    UART_DIVIDER = DIVIDER_MIN;
    UART_CONTROL = UART_CONTROL_ON;
    log_handle = semihost_open(":tt", SEMIHOST_APPEND);
}

void console_print(const char *text)
{
    for (; *text != '\0'; text++) {
        while ((UART_STATE & UART_STATE_TX_FULL) != 0)
            ;
        UART_DATA = (uint8_t)*text;
    }
}

void board_write(const char *text, size_t len)
{
    (void)semihost_write(log_handle, text, len);
}

_Noreturn void board_stop(int status)
{
    semihost_exit(status);
}

/* ---- ready ---- */

void console_ready(enum console_ready what)
{
    static unsigned ready;
    if (ready == (CONSOLE_ADDRESS | CONSOLE_LISTENER))
        return;
    ready |= what;
    if (ready == (CONSOLE_ADDRESS | CONSOLE_LISTENER))
        console_print("ready\n");
}

void board_net_up(const uint8_t ipv4[4])
{
    char bytes[48];
    struct text line = text_over(bytes, sizeof(bytes));
    text_add_str(&line, "network address=");
    for (int i = 0; i < 4; i++) {
        text_add_u64(&line, ipv4[i]);
        if (i < 3)
            text_add_char(&line, '.');
    }
    port_log(PORT_LOG_INFO, line.at, line.len);
    console_ready(CONSOLE_ADDRESS);
}

/* ---- memory ---- */

static void add(struct text *line, const char *name, size_t used, size_t high, size_t cap)
{
    text_add_char(line, ' ');
    text_add_str(line, name);
    text_add_char(line, '=');
    text_add_u64(line, used);
    text_add_char(line, '/');
    text_add_u64(line, high);
    text_add_char(line, '/');
    text_add_u64(line, cap);
}

static void add_pool(struct text *line, const char *name, memp_t pool)
{
    const struct stats_mem *stats = lwip_stats.memp[pool];
    add(line, name, stats->used, stats->max, stats->avail);
}

/* Each as used / at the most / there are. */
void console_tell_memory(void)
{
    char bytes[320];
    struct text line = text_over(bytes, sizeof(bytes));
    struct tls_memory_use tls = tls_memory_use();
    text_add_str(&line, "memory");
    add(&line, "tls", tls.in_use, tls.high, tls.cap);
    add(&line, "records", tls.records, tls.records_high, LIMIT_TLS_CONNECTIONS);
    add(&line, "refused", tls.refused, 0, 0);
    add(&line, "stack", 0, startup_stack_high(), startup_stack_cap());
    add(&line, "lwip_heap", lwip_stats.mem.used, lwip_stats.mem.max, lwip_stats.mem.avail);
    add_pool(&line, "blocks", MEMP_PBUF_POOL);
    add_pool(&line, "segments", MEMP_TCP_SEG);
    add_pool(&line, "pcbs", MEMP_TCP_PCB);
    add_pool(&line, "netconns", MEMP_NETCONN);
    add(&line, "dropped", eth_dropped(), eth_ring_high(), 0);
    add(&line, "ram", startup_ram_bytes(), 0, LIMIT_WHOLE_BYTES);
    add(&line, "flash", startup_flash_bytes(), 0, 0);
    port_log(PORT_LOG_INFO, line.at, line.len);
}

/* ---- keys ---- */

unsigned board_signals(void)
{
    unsigned signals = 0;
    while ((UART_STATE & UART_STATE_RX_FULL) != 0) {
        uint8_t key = (uint8_t)UART_DATA;
        if (key == KEY_STOP)
            signals |= PORT_SIGNAL_STOP;
        else if (key == KEY_RELOAD)
            signals |= PORT_SIGNAL_RELOAD;
        else if (key == KEY_MEMORY)
            console_tell_memory();
    }
    return signals;
}
