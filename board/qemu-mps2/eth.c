/*
 * See eth.h, and port/lwip/board.h for the board's functions. The chip's own memory holds seven
 * full frames, and what comes while a handshake computes is more: so it is emptied at once. When
 * blocks run short, long frames are dropped first: an ACK, which gives memory back, finds room.
 */
#include "board/qemu-mps2/eth.h"

#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <netif/ethernet.h>
#include <string.h>

#include "board/qemu-mps2/registers.h"
#include "port/lwip/board.h"

#define RING 64
#define SHORT_LEN 128u
#define BLOCKS_KEPT 8 /* for short frames */
#define BLOCKS_OF(len) (((len) + PBUF_POOL_BUFSIZE - 1) / PBUF_POOL_BUFSIZE)
#define CRC_LEN 4u
#define FRAME_LEN_MAX 1514u

/* A client's is one segment long, an upstream's two (port/lwip/bare_window.h). */
_Static_assert(LIMIT_LWIP_BLOCKS >= (LIMIT_CLIENTS + LWIPOPTS_BACKLOG + 2 * LIMIT_UPSTREAMS) *
                                            BLOCKS_OF(FRAME_LEN_MAX) +
                                        BLOCKS_KEPT,
               "all windows together find room");

#define HW_CONFIG_TX_5_KIB ((UINT32_C(5) << 16) | (UINT32_C(1) << 20))
#define IRQ_ON_HIGH_PUSHED 0x111u
#define INT_RX_STATUS (UINT32_C(1) << 3)
#define RX_BROKEN (UINT32_C(1) << 15)
#define TX_ON 2u
#define TX_ONE_PIECE (UINT32_C(3) << 12)
#define MAC_READ (UINT32_C(3) << 30)
#define MAC_WRITE (UINT32_C(1) << 31)
#define MAC_CONTROL 1u
#define MAC_CONTROL_ON ((UINT32_C(1) << 20) | 0xCu) /* full duplex, both ways */
#define MAC_ADDRESS_HIGH 2u
#define MAC_ADDRESS_LOW 3u

static struct pbuf *ring[RING];
static volatile uint32_t ring_in, ring_out; /* counted up for ever */
static uint32_t ring_high;
static uint32_t dropped;

uint32_t eth_dropped(void)
{
    return dropped;
}

uint32_t eth_ring_high(void)
{
    return ring_high;
}

/* ---- frames that come ---- */

/* Blocks are whole words long, so that a last word has room behind the frame's end. */
static void take_words(struct pbuf *frame, uint32_t words)
{
    for (struct pbuf *p = frame; p != NULL; p = p->next) {
        uint32_t *to = p->payload;
        for (uint32_t i = (p->len + 3u) / 4u; i > 0; i--, words--)
            *to++ = ETH_RX_DATA;
    }
    for (; words > 0; words--)
        (void)ETH_RX_DATA;
}

static bool has_room(uint32_t len)
{
    const struct stats_mem *blocks = lwip_stats.memp[MEMP_PBUF_POOL];
    uint32_t kept = len <= SHORT_LEN ? 0 : BLOCKS_KEPT;
    return ring_in - ring_out < RING && blocks->used + BLOCKS_OF(len) + kept <= blocks->avail;
}

static struct pbuf *room_for(uint32_t status, uint32_t len)
{
    if ((status & RX_BROKEN) != 0 || len <= CRC_LEN || len > FRAME_LEN_MAX + CRC_LEN)
        return NULL;
    return has_room(len) ? pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL) : NULL;
}

static void take_frame(void)
{
    uint32_t status = ETH_RX_STATUS;
    uint32_t len = status >> 16 & 0x3FFFu;
    struct pbuf *frame = room_for(status, len);
    /* Read also when it is dropped: QEMU's skipping is broken. */
    take_words(frame, (len + 3u) / 4u);
    if (frame == NULL) {
        dropped++;
        return;
    }
    ring[ring_in % RING] = frame;
    ring_in = ring_in + 1;
    if (ring_in - ring_out > ring_high)
        ring_high = ring_in - ring_out;
}

void eth_interrupt(void)
{
    ETH_INT_STATUS = INT_RX_STATUS; /* before the frames are taken: those that follow ask again */
    while ((ETH_RX_FIFO >> 16 & 0xFFu) != 0)
        take_frame();
}

void board_net_take(struct netif *netif)
{
    while (ring_out != ring_in) {
        struct pbuf *frame = ring[ring_out % RING];
        ring_out = ring_out + 1;
        if (netif->input(frame, netif) != ERR_OK)
            (void)pbuf_free(frame);
    }
}

void board_sleep(void)
{
    uint32_t before = board_lock();
    if (ring_out == ring_in)
        __asm__ volatile("dsb\n\twfi" ::: "memory");
    board_unlock(before);
}

/* ---- frames that go ---- */

/* The chip takes words; pieces of a frame may end anywhere. */
static void give_words(const struct pbuf *frame)
{
    uint32_t word = 0;
    unsigned bits = 0;
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        const uint8_t *from = p->payload;
        for (unsigned i = 0; i < p->len; i++) {
            word |= (uint32_t)from[i] << bits;
            bits = (bits + 8) % 32;
            if (bits != 0)
                continue;
            ETH_TX_DATA = word;
            word = 0;
        }
    }
    if (bits != 0)
        ETH_TX_DATA = word;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    uint32_t len = frame->tot_len;
    if ((ETH_TX_FIFO & 0xFFFFu) < len + 16)
        return ERR_BUF;
    ETH_TX_DATA = TX_ONE_PIECE | len;
    ETH_TX_DATA = len;
    give_words(frame);
    while ((ETH_TX_FIFO >> 16 & 0xFFu) != 0)
        (void)ETH_TX_STATUS;
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

/* ---- the start ---- */

static uint32_t mac_read(uint32_t number)
{
    ETH_MAC_COMMAND = MAC_READ | number;
    while ((ETH_MAC_COMMAND & MAC_WRITE) != 0)
        ;
    return ETH_MAC_DATA;
}

static void mac_write(uint32_t number, uint32_t value)
{
    ETH_MAC_DATA = value;
    ETH_MAC_COMMAND = MAC_WRITE | number;
    while ((ETH_MAC_COMMAND & MAC_WRITE) != 0)
        ;
}

static void start_chip(void)
{
    ETH_HW_CONFIG = HW_CONFIG_TX_5_KIB;
    ETH_FIFO_INT = 0; /* tells of the first frame */
    ETH_RX_CONFIG = 0;
    ETH_TX_CONFIG = TX_ON;
    mac_write(MAC_CONTROL, MAC_CONTROL_ON);
    ETH_INT_STATUS = UINT32_MAX;
    ETH_INT_ENABLE = INT_RX_STATUS;
    ETH_IRQ_CONFIG = IRQ_ON_HIGH_PUSHED;
    NVIC_ENABLE = UINT32_C(1) << ETH_INTERRUPT;
}

int8_t board_net_start(struct netif *netif)
{
    uint32_t low = mac_read(MAC_ADDRESS_LOW);
    uint32_t high = mac_read(MAC_ADDRESS_HIGH);
    netif->name[0] = 'e';
    netif->name[1] = 't';
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, &low, 4);
    memcpy(netif->hwaddr + 4, &high, 2);
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    start_chip();
    return ERR_OK;
}
