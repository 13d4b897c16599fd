# ARMv8, 64 bit: Raspberry Pi 3 and newer, newer routers.
set(ARCH arm64)
set(TRIPLET aarch64-linux-gnu)
set(CPU -march=armv8-a -mtune=cortex-a53 -mno-outline-atomics)
set(QEMU qemu-aarch64 -cpu cortex-a53)
include(${CMAKE_CURRENT_LIST_DIR}/shared.inc)
