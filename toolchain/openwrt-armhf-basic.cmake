include(${CMAKE_CURRENT_LIST_DIR}/musl/armhf.cmake)
