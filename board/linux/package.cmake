# The same Debian package as for the Raspberry Pi.
include(${CMAKE_CURRENT_LIST_DIR}/../raspberrypi/package.cmake)
