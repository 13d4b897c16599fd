include(${CMAKE_CURRENT_LIST_DIR}/musl/armv6.cmake)
