include(${CMAKE_CURRENT_LIST_DIR}/musl/arm64.cmake)
