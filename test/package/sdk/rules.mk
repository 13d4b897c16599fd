# A stand-in for OpenWrt's build system, as far as board/openwrt/Makefile uses it: `make
# install-PACKAGE DEST=DIR` installs, `make prepare` makes the source folder, `make print NAME=X` prints a variable.
INCLUDE_DIR:=$(TOPDIR)
INSTALL_DIR=install -d -m 755
INSTALL_BIN=install -m 755
INSTALL_DATA=install -m 644
INSTALL_CONF=install -m 600
CP=cp -fpR
TAR=tar
