# The machine we build on. With musl the program is static and runs on any Linux of this processor;
# without, it uses the machine's own C library.
find_program(MUSL_GCC musl-gcc)
if(MUSL_GCC)
  set(CMAKE_C_COMPILER ${MUSL_GCC})
  set(MOONGATE_STATIC ON CACHE BOOL "link the executable static")
  if(CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL x86_64)
    file(GLOB MOONGATE_LIBC ${CMAKE_CURRENT_LIST_DIR}/../port/x86_64/*.c)
  endif()
else()
  set(CMAKE_C_COMPILER gcc)
endif()
if(CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL x86_64)
  # What a request clears is some hundred bytes here and there: `rep stos` takes 10 ns only to begin.
  set(CMAKE_C_FLAGS_INIT -mmemset-strategy=vector_loop:256:noalign,libcall:-1:noalign)
endif()
