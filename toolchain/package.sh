#!/usr/bin/env bash
# package.sh TARGET...: packages of build/TARGET/moongate, in build/packages, the same bytes each time.
#   openwrt-*            an .ipk for opkg, and a .tar.gz to unpack at the root where there is no opkg: package
#                        moongate-full, or moongate when the target is a -basic one
#   raspberrypi-*, linux a .deb
# Without a target: all of them. It builds first, unless MOONGATE_PROGRAM names a program to take.
# OPENWRT_ARCH is the .ipk's architecture where the router's is not the usual one (opkg print-architecture);
# SOURCE_DATE_EPOCH the time in the archives, else the changelog's. MOONGATE_PACKAGES is another folder.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

command -v zopfli >/dev/null || bash toolchain/setup.sh package
files=board/openwrt/files
release=1
version=$(sed -n 's/^project(moongate VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
changed=$(sed -n 's/^ -- .*>  //p' board/raspberrypi/changelog | head -n 1)
stamp_s=${SOURCE_DATE_EPOCH:-$(date -d "$changed" +%s)}
mkdir -p "${MOONGATE_PACKAGES:=build/packages}"
packages=$(cd "$MOONGATE_PACKAGES" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
	echo "package: $*" >&2
	exit 2
}

# The architecture that OpenWrt gives the processor that toolchain/musl/*.cmake compiles for.
openwrt_arch() {
	case ${1%-basic} in
	openwrt-armhf) echo arm_cortex-a7_neon-vfpv4 ;;
	openwrt-arm64) echo aarch64_cortex-a53 ;;
	openwrt-mipsel) echo mipsel_24kc ;;
	openwrt-mips) echo mips_24kc ;;
	*) die "no such target: $1" ;;
	esac
}

# put MODE FILE PATH: FILE as PATH in the tree.
put() {
	install -D -m "$1" "$2" "$tree/$3"
}

# openwrt_tree PROGRAM CONFIG: what is installed, in $tree; CONFIG is the path of the UCI file.
openwrt_tree() {
	tree=$work/tree
	rm -rf "$tree"
	put 755 "$1" usr/bin/moongate
	put 600 $files/moongate.config "$2"
	put 755 $files/moongate.init etc/init.d/moongate
	put 755 $files/moongate.defaults etc/uci-defaults/50-moongate
	put 644 $files/moongate.capabilities etc/capabilities/moongate.json
	put 644 $files/moongate.keep lib/upgrade/keep.d/moongate
	put 644 $files/moongate.render usr/share/moongate/render.sh
	put 644 board/raspberrypi/copyright usr/share/moongate/copyright
	find "$tree" -type d -exec chmod 755 {} +
}

# archive FOLDER FILE [MEMBER...]: a .tar.gz as OpenWrt makes it: root's, in a fixed order, without names.
archive() {
	local folder=$1 file=$2
	shift 2
	[ $# -gt 0 ] || set -- .
	tar -C "$folder" --format=gnu --numeric-owner --owner=0 --group=0 --sort=name \
		--mtime="@$stamp_s" -cf "$file" "$@"
	# It is gzip, four in a hundred smaller. Flash is what a router has least of.
	zopfli "$file" && mv "$file.gz" "$file"
}

# Both are the same files, so only one of them can be installed.
openwrt_name() {
	case $1 in
	*-basic) echo moongate ;;
	*) echo moongate-full ;;
	esac
}

ipk_kin() {
	case $1 in
	moongate) echo "Conflicts: moongate-full" ;;
	*) printf 'Provides: moongate\nConflicts: moongate\n' ;;
	esac
}

# The scripts are OpenWrt's own: they make the user, run uci-defaults, and enable and start the service.
# ipk_control NAME ARCHITECTURE BYTES
ipk_control() {
	local hook
	cat >control <<-CONTROL
		Package: $1
		Version: $version-r$release
		Depends: libc, ca-bundle
		$(ipk_kin "$1")
		Source: board/openwrt
		License: Apache-2.0
		Section: net
		Architecture: $2
		Maintainer: The moongate authors <moongate@example.org>
		Require-User: moongate:moongate
		Installed-Size: $3
		Description:  LLM gateway with OpenAI's API for the edge of a network.
	CONTROL
	echo /etc/config/moongate >conffiles
	for hook in postinst prerm; do
		cat >$hook <<-HOOK
			#!/bin/sh
			[ "\${IPKG_NO_SCRIPT}" = 1 ] && exit 0
			[ -s "\${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
			. "\${IPKG_INSTROOT}/lib/functions.sh"
			default_$hook "\$0" "\$@"
		HOOK
	done
	chmod 644 control conffiles
	chmod 755 postinst prerm
}

# ipk NAME PROGRAM FILE ARCHITECTURE: opkg's format is a .tar.gz of three members, in this order.
ipk() {
	local parts=$work/parts
	rm -rf "$parts"
	mkdir -p "$parts/control"
	openwrt_tree "$2" etc/config/moongate
	archive "$tree" "$parts/data.tar.gz"
	(cd "$parts/control" && ipk_control "$1" "$4" "$(gzip -dc ../data.tar.gz | wc -c)")
	archive "$parts/control" "$parts/control.tar.gz"
	echo 2.0 >"$parts/debian-binary"
	archive "$parts" "$3" ./debian-binary ./data.tar.gz ./control.tar.gz
}

openwrt() {
	local target=$1 program=$2 arch name
	arch=${OPENWRT_ARCH:-$(openwrt_arch "$target")}
	name=$(openwrt_name "$target")
	ipk "$name" "$program" "$packages/${name}_$version-r${release}_$arch.ipk" "$arch"
	# Unpacked over an older one it must not replace the configuration: uci-defaults puts it in place.
	openwrt_tree "$program" usr/share/moongate/config
	archive "$tree" "$packages/$name-$version-${target%-basic}.tar.gz"
}

debian() {
	[ -f "build/$1/CPackConfig.cmake" ] || die "build/$1 has no package: is gzip missing?"
	SOURCE_DATE_EPOCH=$stamp_s cpack --config "build/$1/CPackConfig.cmake" -G DEB -B "$work/deb" >"$work/log" ||
		{ cat "$work/log" >&2; die "cpack failed"; }
	mv "$work"/deb/*.deb "$packages/"
}

[ $# -gt 0 ] || set -- openwrt-{armhf-basic,armhf,arm64,mipsel,mips} raspberrypi-{arm64,armhf,armv6} linux
for target; do
	program=${MOONGATE_PROGRAM:-}
	if [ -z "$program" ]; then
		bash toolchain/build.sh "$target"
		program=build/$target/moongate
	fi
	[ -x "$program" ] || die "no program $program"
	case $target in
	openwrt-*) openwrt "$target" "$program" ;;
	raspberrypi-* | linux) debian "$target" ;;
	*) die "no packages for $target" ;;
	esac
done
for file in "$packages"/*; do stat -c '%n: %s bytes' "$file"; done
