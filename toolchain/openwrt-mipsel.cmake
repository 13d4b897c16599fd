include(${CMAKE_CURRENT_LIST_DIR}/musl/mipsel.cmake)
