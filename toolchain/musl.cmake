# Static programs for another processor, with a musl that setup.sh built for it. The file that includes
# this has set ARCH, TRIPLET (of Debian's compiler), CPU (flags, of musl too), CODE and LINK (further flags
# of our own files and of the program) and QEMU (a command that runs the program here).
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR ${TRIPLET})
set(CMAKE_C_COMPILER ${TRIPLET}-gcc)
get_filename_component(top ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(musl ${top}/build/deps/musl/${ARCH})
if(NOT EXISTS ${musl}/lib/libc.a)
  message(FATAL_ERROR "no C library in ${musl}: run toolchain/setup.sh cross ${ARCH} first")
endif()

# The compiler's own headers, and nothing of its C library.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE own_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
string(JOIN " " flags -fno-pie ${CPU} ${CODE} -nostdinc -isystem ${musl}/include -isystem ${own_headers})
set(CMAKE_C_FLAGS ${flags} CACHE STRING "of every file" FORCE)
string(JOIN " " link ${LINK})
string(CONCAT CMAKE_C_LINK_EXECUTABLE
  "<CMAKE_C_COMPILER> -nostdlib <FLAGS> <CMAKE_C_LINK_FLAGS> <LINK_FLAGS> ${link} -static -no-pie"
  " ${musl}/lib/crt1.o ${musl}/lib/crti.o <OBJECTS> -o <TARGET> <LINK_LIBRARIES>"
  " -L${musl}/lib -Wl,--start-group -lc -lgcc -Wl,--end-group ${musl}/lib/crtn.o")

set(CMAKE_FIND_ROOT_PATH ${musl})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR ${QEMU})
set(MOONGATE_STATIC ON CACHE BOOL "link the executable static")
