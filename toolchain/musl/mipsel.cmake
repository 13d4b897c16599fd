# MIPS 24Kc, little-endian, and its kin (MediaTek MT7620, MT7621, MT7628). They have no FPU.
set(ARCH mipsel)
set(TRIPLET mipsel-linux-gnu)
set(CPU -march=mips32r2 -mtune=24kc -msoft-float -mno-abicalls -G0)
# MIPS16e, which all of them have, takes a quarter off; musl and the hot files are in plain MIPS.
set(CODE -mips16 -minterlink-mips16)
# libgcc is for an FPU and for shared libraries; its functions on integers do with and without.
set(LINK -Wl,--no-warn-mismatch)
set(QEMU qemu-mipsel -cpu 24Kc)
include(${CMAKE_CURRENT_LIST_DIR}/shared.inc)
