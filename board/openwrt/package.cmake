# `ninja install` for OpenWrt's build system; the rest of the package is in the Makefile beside this.
install(TARGETS moongate RUNTIME DESTINATION bin)
