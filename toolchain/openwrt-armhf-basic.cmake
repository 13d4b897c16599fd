include(${CMAKE_CURRENT_LIST_DIR}/musl/armhf.cmake)
# Where each KiB counts: in place of the C library's own.
set(MOONGATE_LIBC port/musl/memory.c port/musl/plain.c)
