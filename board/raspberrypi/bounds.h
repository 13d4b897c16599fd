/*
 * A Raspberry Pi; the smallest ones have 512 MiB. Under 96 MiB in the worst case. For what is left
 * out here, see config/bounds.h.
 */
#ifndef MOONGATE_RASPBERRYPI_BOUNDS_H
#define MOONGATE_RASPBERRYPI_BOUNDS_H

#define LIMIT_WHOLE_BYTES (96 * 1048576)

#define LIMIT_SOCKET_BUFFER_BYTES 262144 /* the kernel's memory is the box's too */
#define LIMIT_CLIENTS 512
#define LIMIT_REQUESTS 256
#define LIMIT_UPSTREAMS 256
#define LIMIT_TLS_HANDSHAKES 16
#define LIMIT_HEADS 256

#define LIMIT_BODY_SMALL_BYTES 65536
#define LIMIT_BODY_SMALL 128
#define LIMIT_BODY_MEDIUM_BYTES 524288
#define LIMIT_BODY_MEDIUM 32
#define LIMIT_BODY_LARGE_BYTES 4194304
#define LIMIT_BODY_LARGE 4

#define LIMIT_HOLDS 32
#define LIMIT_EVENTS_LARGE 4

#endif
