# ARMv7 with VFP: Raspberry Pi 2 and newer, routers with Cortex-A5 to A17.
set(ARCH armhf)
set(TRIPLET arm-linux-gnueabihf)
set(CPU -march=armv7-a+fp -mthumb)
set(QEMU qemu-arm -cpu cortex-a7)
include(${CMAKE_CURRENT_LIST_DIR}/shared.inc)
