# As on every OpenWrt.
include(${CMAKE_CURRENT_LIST_DIR}/../openwrt/package.cmake)
