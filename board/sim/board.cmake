# The simulated world: the daemon over port/sim, with what test/sim puts around it. CMakeLists.txt
# includes this.
file(GLOB port_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} port/sim/*.c)
room(port strict ${port_files} port/jobs.c port/why.c)

file(GLOB world_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} test/sim/*.c)
add_executable(world ${world_files})
target_link_libraries(world PRIVATE strict core port)
# The daemon's arena is for the daemon alone: test/sim/secret.c steps between.
target_link_options(world PRIVATE -Wl,--wrap=mbedtls_platform_set_calloc_free)

# Ten exchanges that cost the same each time, for test/bench/guard.py.
add_executable(exchanges test/bench/exchanges.c test/bench/reply.c)
target_link_libraries(exchanges PRIVATE strict core port)
