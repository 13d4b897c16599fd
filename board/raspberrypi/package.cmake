# The Debian package, for Raspberry Pi OS and its kin: `cpack` in the build folder of a release makes it.
# board/linux has the same for amd64, with other limits.
find_program(GZIP_PROGRAM gzip)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" OR MOONGATE_TESTS OR NOT GZIP_PROGRAM)
  return()
endif()
set(here ${CMAKE_CURRENT_LIST_DIR})
set(made ${CMAKE_BINARY_DIR}/package)

# ARCH is the toolchain file's. ARMv6 is `armhf` to Raspberry Pi OS too, so the file's name tells them apart.
set(deb_arch ${ARCH})
if(NOT ARCH)
  set(deb_arch ${CMAKE_SYSTEM_PROCESSOR})
  string(REPLACE x86_64 amd64 deb_arch ${deb_arch})
  string(REPLACE aarch64 arm64 deb_arch ${deb_arch})
endif()
set(deb_file moongate_${PROJECT_VERSION}_${deb_arch})
set(deb_for "")
if(ARCH STREQUAL "armv6")
  set(deb_arch armhf)
  set(deb_file moongate_${PROJECT_VERSION}_armhf-armv6)
  set(deb_for "\n.\nThis build is for ARMv6, Raspberry Pi 1 and Zero. The newer ones run it too.")
endif()

# What the board's limits come to in the worst case, and half as much again for the kernel's socket buffers.
set(memory_max 128M)
if(MOONGATE_BOARD STREQUAL "linux")
  set(memory_max 512M)
endif()
configure_file(${here}/moongate.service.in ${made}/moongate.service @ONLY)

# zipped NAME SOURCE: package/NAME.gz, the same bytes each time.
function(zipped NAME SOURCE)
  add_custom_command(OUTPUT ${made}/${NAME}.gz
    COMMAND sh -c "\"$0\" -9nc \"$1\" >\"$2\"" ${GZIP_PROGRAM} ${here}/${SOURCE} ${made}/${NAME}.gz
    DEPENDS ${here}/${SOURCE} VERBATIM)
  set_property(DIRECTORY APPEND PROPERTY moongate_zipped ${made}/${NAME}.gz)
endfunction()
zipped(moongate.8 moongate.8)
zipped(changelog changelog)
get_property(zipped_files DIRECTORY PROPERTY moongate_zipped)
add_custom_target(package_files ALL DEPENDS ${zipped_files})

set(folder_mode OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${folder_mode})
install(TARGETS moongate RUNTIME DESTINATION bin)
install(FILES ${made}/moongate.8.gz DESTINATION share/man/man8)
install(FILES ${made}/changelog.gz ${here}/copyright DESTINATION share/doc/moongate)
install(FILES ${here}/moongate.overrides DESTINATION share/lintian/overrides RENAME moongate)
install(FILES ${made}/moongate.service DESTINATION lib/systemd/system)
install(FILES ${here}/moongate.sysusers DESTINATION lib/sysusers.d RENAME moongate.conf)
install(FILES ${here}/moongate.tmpfiles DESTINATION lib/tmpfiles.d RENAME moongate.conf)
# Nothing is secret in it yet; postinst makes it the daemon's alone.
install(FILES ${here}/moongate.toml DESTINATION /etc/moongate)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME moongate)
set(CPACK_PACKAGE_CONTACT "The moongate authors <moongate@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "LLM gateway with OpenAI's API for the edge of a network")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${folder_mode})
set(CPACK_STRIP_FILES OFF) # the linker did
set(CPACK_DEBIAN_FILE_NAME ${deb_file}.deb)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${deb_arch})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF) # it is static
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Programs on the network speak OpenAI's API to it. It holds the credentials,
discovers and filters the service's models, maps names, watches what is left
of a quota, speaks verified HTTPS to the service, and streams the answer back.
All its memory is counted before it starts.${deb_for}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${here}/conffiles;${here}/postinst;${here}/prerm;${here}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
