# Part of toolchain/setup.sh system, which reads this file: kernels, their drivers for the network and a
# static busybox for the machines of test-system.sh, from Debian's signed packages, into
# build/deps/system/NAME/{kernel,dtb,busybox,modules/}.
# shellcheck shell=bash disable=SC2154
system_suite=bookworm # the last release with a kernel for little-endian MIPS

# The machines: name, Debian's architecture, flavour of the kernel, device tree (or -), drivers.
systems() {
	cat <<-SYSTEMS
		armhf armhf armmp-lpae - virtio_mmio virtio_net
		malta mipsel 4kc-malta - e1000
		raspi3b arm64 arm64 broadcom/bcm2837-rpi-3-b.dtb phy-generic dwc2 usbnet cdc_ether
	SYSTEMS
}

# Like open_archive, for programs of other architectures.
open_system_archive() {
	local root=$work/apt-system keys="" key mirror
	mkdir -p "$root"
	for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -z "$keys" ] && [ -r "$key" ] && keys=$key
	done
	[ -n "$keys" ] || die "no Debian archive keyring: install debian-archive-keyring"
	export APT_CONFIG=$root/apt.conf
	while read -r mirror; do
		if private_apt "$root" "$mirror" "$keys" "$system_suite" binary; then return 0; fi
	done < <(mirrors)
	cat "$root/log" >&2 2>/dev/null
	die "no archive of this machine's apt sources gives Debian $system_suite's signed packages"
}

# The drivers and what they need, in the order in which they are loaded.
pick_modules() {
	local root=$1 into=$2 version=$3 i=10 file PATH=$PATH:/usr/sbin:/sbin
	shift 3
	depmod -b "$root" "$version"
	mkdir -p "$into"
	modprobe -d "$root" -S "$version" --show-depends -a "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r file; do
			cp "$file" "$into/$i-$(basename "$file")"
			i=$((i + 1))
		done
	[ -n "$(ls "$into")" ]
}

fetch_system() {
	local name=$1 arch=$2 flavour=$3 dtb=$4 into=$work/system-$1 line="$*" image version deb
	shift 4
	mkdir -p "$into/dl" "$into/root" "$into/done"
	image=$(apt-cache depends "linux-image-$flavour:$arch" |
		sed -n 's/.*Depends: \(linux-image-[0-9][^:]*\).*/\1/p' | head -n 1)
	[ -n "$image" ] || die "Debian $system_suite has no kernel linux-image-$flavour:$arch"
	version=${image#linux-image-}
	echo "setup: fetching $image and busybox for $name"
	(cd "$into/dl" && apt-get download -qq "$image:$arch" "busybox-static:$arch" >log 2>&1 </dev/null) ||
		{ cat "$into/dl/log" >&2; die "$image:$arch cannot be fetched"; }
	for deb in "$into"/dl/*.deb; do dpkg-deb -x "$deb" "$into/root"; done
	cp "$into/root/boot/vmlinu"*"-$version" "$into/done/kernel"
	cp "$into/root/bin/busybox" "$into/done/busybox"
	[ "$dtb" = - ] || cp "$into/root/usr/lib/$image/$dtb" "$into/done/dtb"
	pick_modules "$into/root" "$into/done/modules" "$version" "$@" || die "no drivers for $name in $image"
	{ echo "$line"; (cd "$into/dl" && ls ./*.deb); } >"$into/done/.made"
	rm -rf "${deps:?}/system/$name"
	mkdir -p "$deps/system"
	mv "$into/done" "$deps/system/$name"
}

fetch_systems() {
	local line opened=
	while read -r -a line; do
		[ "$(head -n 1 "$deps/system/${line[0]}/.made" 2>/dev/null || true)" != "${line[*]}" ] || continue
		[ -z "${MOONGATE_DEPS_DIR:-}" ] ||
			die "MOONGATE_DEPS_DIR is set, so nothing is fetched, but build/deps/system/${line[0]} is missing"
		[ -n "$opened" ] || open_system_archive
		opened=1
		fetch_system "${line[@]}"
	done < <(systems)
}
