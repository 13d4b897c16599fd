include(${CMAKE_CURRENT_LIST_DIR}/musl/armhf.cmake)
# Where each KiB counts: in place of the C library's own.
file(GLOB MOONGATE_LIBC ${CMAKE_CURRENT_LIST_DIR}/../port/musl/*.c)
