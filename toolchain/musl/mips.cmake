# MIPS 24Kc, big-endian, and its kin (Atheros AR71xx to QCA95xx). They have no FPU.
set(ARCH mips)
set(TRIPLET mips-linux-gnu)
set(CPU -march=mips32r2 -mtune=24kc -msoft-float -mno-abicalls -G0)
# MIPS16e, which all of them have, takes a quarter off; musl and the hot files are in plain MIPS.
set(CODE -mips16 -minterlink-mips16)
# libgcc is for an FPU and for shared libraries; its functions on integers do with and without.
set(LINK -Wl,--no-warn-mismatch)
set(QEMU qemu-mips -cpu 24Kc)
include(${CMAKE_CURRENT_LIST_DIR}/shared.inc)
