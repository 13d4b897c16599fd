# ARMv6: Raspberry Pi 1 and Zero. Debian's armhf compiler starts at ARMv7, so it is the soft-float one.
set(ARCH armv6)
set(TRIPLET arm-linux-gnueabi)
set(CPU -march=armv6k -marm -mtune=arm1176jz-s)
set(QEMU qemu-arm -cpu arm1176)
include(${CMAKE_CURRENT_LIST_DIR}/shared.inc)
