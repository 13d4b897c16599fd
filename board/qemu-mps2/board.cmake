# The firmware: lwIP, the port over it, and what drives the board. CMakeLists.txt includes this.
set(lwip_dir ${MOONGATE_DEPS}/lwip/src)
if(NOT EXISTS ${lwip_dir}/core/tcp.c)
  message(FATAL_ERROR "no lwIP in ${lwip_dir}: run toolchain/setup.sh bare first")
endif()
set(lwip_files)
foreach(name api/api_lib api/api_msg api/err api/netbuf api/sockets api/tcpip apps/sntp/sntp core/def core/dns
        core/inet_chksum core/init core/ip core/mem core/memp core/netif core/pbuf core/stats core/sys
        core/tcp core/tcp_in core/tcp_out core/timeouts core/udp core/ipv4/dhcp core/ipv4/etharp
        core/ipv4/icmp core/ipv4/ip4 core/ipv4/ip4_addr netif/ethernet)
  list(APPEND lwip_files ${lwip_dir}/${name}.c)
endforeach()

add_library(lwip_headers INTERFACE)
target_include_directories(lwip_headers SYSTEM INTERFACE
  ${lwip_dir}/include ${CMAKE_SOURCE_DIR}/config ${CMAKE_SOURCE_DIR}/port/lwip)
target_compile_definitions(common INTERFACE
  PORT_SYSTEM="port/lwip/bare_system.h"
  MBEDTLS_USER_CONFIG_FILE="${board_dir}/mbedtls_small.h")
# One program, seen as a whole by the compiler, is a twentieth smaller; but what is called from one place
# alone must not all be put into one frame, for the stack is short.
target_compile_options(common INTERFACE -flto -fno-fat-lto-objects -fconserve-stack)

room(lwip common ${lwip_files})
target_link_libraries(lwip PUBLIC lwip_headers)
target_compile_options(lwip PRIVATE -Wall -Os)

file(GLOB port_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} port/*.c port/lwip/*.c)
room(port strict ${port_files})
target_link_libraries(port PUBLIC lwip)
target_compile_options(port PRIVATE -Os)
target_link_libraries(lwip PUBLIC port)

file(GLOB board_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${board_dir}/*.c)
add_executable(moongate ${board_files})
set_target_properties(moongate PROPERTIES SUFFIX .elf
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/${board_dir}/mps2.ld)
target_compile_options(moongate PRIVATE -Os)
target_link_libraries(moongate PRIVATE strict core port lwip_headers)
target_link_options(moongate PRIVATE -nostartfiles -T ${CMAKE_SOURCE_DIR}/${board_dir}/mps2.ld
  -Wl,-Map,moongate.map,--print-memory-usage -flto=auto -Os)

# The unit tests of the rooms that need no world around, in one program (test/bare/run.sh).
file(GLOB test_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
  test/unit/test_json_*.c test/unit/test_http_*.c)
foreach(name index queue rope span text timers utf8 uuid)
  list(APPEND test_files test/unit/test_${name}.c)
endforeach()
set(declared "")
set(called "")
foreach(file ${test_files})
  get_filename_component(name ${file} NAME_WE)
  set_source_files_properties(${file} PROPERTIES COMPILE_DEFINITIONS main=main_of_${name})
  string(APPEND declared "int main_of_${name}(void);\n")
  string(APPEND called "    (void)main_of_${name}();\n")
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/unit_all.c.new
  "#include \"test/bare/unit_bare.h\"\n${declared}\nvoid unit_bare_all(void)\n{\n${called}}\n")
file(COPY_FILE ${CMAKE_BINARY_DIR}/unit_all.c.new ${CMAKE_BINARY_DIR}/unit_all.c ONLY_IF_DIFFERENT)
add_executable(unit_bare EXCLUDE_FROM_ALL ${test_files} ${CMAKE_BINARY_DIR}/unit_all.c
  test/bare/unit_bare.c ${board_dir}/startup.c ${board_dir}/semihost.c ${board_dir}/clock.c ${board_dir}/disk.c)
set_target_properties(unit_bare PROPERTIES SUFFIX .elf)
target_include_directories(unit_bare BEFORE PRIVATE ${CMAKE_SOURCE_DIR}/test/bare)
target_compile_options(unit_bare PRIVATE -Os -Wall -Wextra)
target_compile_definitions(unit_bare PRIVATE STARTUP_RAM_POWER=24 STARTUP_RAM_BEGIN=0x21000000u)
target_link_libraries(unit_bare PRIVATE common core)
target_link_options(unit_bare PRIVATE -nostartfiles -T ${CMAKE_SOURCE_DIR}/${board_dir}/mps2.ld
  --oslib=semihost -Wl,--defsym=stack_bytes=24K,--defsym=ram_begin=0x21000000,--defsym=ram_bytes=12M -flto=auto -Os)
