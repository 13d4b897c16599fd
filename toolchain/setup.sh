#!/usr/bin/env bash
# Installs the tools that are missing and fetches the third-party sources, verified, into build/deps/src.
# Quick when nothing is missing. MOONGATE_DEPS_DIR=DIR takes the sources from DIR and installs nothing. Servers
# that tests start themselves are not left running, nor started with the machine.
#   setup.sh test                  also what only tests need; with MOONGATE_ALL=1 a browser and a database as well
#   setup.sh cross [ARCH...]       also compilers and musl for other processors (those of toolchain/musl)
#   setup.sh cross-test [ARCH...]  also what runs their programs here: qemu, and CUnit's source
#   setup.sh fuzz                  also what fuzz targets are linked with
#   setup.sh analyze               also what analyze.sh looks with
#   setup.sh bare                  also what builds the firmware for qemu-mps2 and runs it
#   setup.sh package               also what makes packages and looks at them
#   setup.sh bench                 also what bench.sh compares with
#   setup.sh container             also what builds container images and runs them
#   setup.sh system                also machines for test-system.sh: qemu, kernels, busybox (150 MB fetched)
set -euo pipefail
cd "$(dirname "$0")/.."

want=${1:-}
archs=()
case $want in
"" | test | fuzz | analyze | bare | bench | package | container | system) ;;
cross | cross-test)
	shift
	archs=("$@")
	[ $# -gt 0 ] || for file in toolchain/musl/*.cmake; do archs+=("$(basename "$file" .cmake)"); done
	;;
*) echo "usage: toolchain/setup.sh [test|fuzz|analyze|bare|bench|package|container|system|cross|cross-test [ARCH...]]" >&2 && exit 2 ;;
esac

deps=$PWD/build/deps
suite=${MOONGATE_SUITE:-trixie} # the Debian release whose sources are taken

# The sources: folder, Debian's source package, wanted series, and how it is taken: `tar` is the
# upstream tarball as it is, `patched` also applies Debian's patches (security fixes among them).
sources() {
	echo mbedtls mbedtls 3.6 patched sid # where the fixes of 3.6 are first
	echo inih libinih 59 tar # Debian's patches would change what it does
	echo jsmn jsmn 1.1.0 tar
	[ ${#archs[@]} -eq 0 ] || echo musl musl 1.2 patched
	[ "$want" != bare ] || echo lwip lwip 2.2 patched
	[ "$want" != cross-test ] || echo cunit cunit 2.1 tar
}

# value_of ARCH NAME: what toolchain/musl/ARCH.cmake sets NAME to.
value_of() {
	sed -n "s/^set($2 \\(.*\\))$/\\1/p" "toolchain/musl/$1.cmake"
}

# What clang links into fuzz targets.
fuzz_tools() {
	local folder=/nowhere
	! command -v clang >/dev/null || folder=$(clang -print-runtime-dir)
	echo libclang-rt-dev "$(ls "$folder"/libclang_rt.fuzzer[-.]*a 2>/dev/null | head -n 1)"
}

# The tools: Debian's package, and a command or file that shows that it is there.
tools() {
	cat <<-TOOLS
		gcc gcc
		libc6-dev /usr/include/stdio.h
		clang clang
		cmake cmake
		ninja-build ninja
		libcunit1-dev /usr/include/CUnit/Basic.h
		musl-tools musl-gcc
		curl curl
		ca-certificates /etc/ssl/certs/ca-certificates.crt
		openssl openssl
		libssl-dev /usr/include/openssl/ssl.h
		nodejs node
		python3 python3
		xz-utils xz
		bzip2 bzip2
		patch patch
		binutils ld
	TOOLS
	[ "$want" != test ] || cat <<-TOOLS
		strace strace
		valgrind valgrind
	TOOLS
	[ "$want" != test ] && [ "$want" != cross-test ] || echo npm npm # most nodes bring it, Debian's does not
	[ "$want" != test ] || [ -z "${MOONGATE_ALL:-}" ] || cat <<-TOOLS
		chromium chromium
		clickhouse-server /usr/sbin/clickhouse-server
	TOOLS
	[ ${#archs[@]} -eq 0 ] || echo make make
	[ "$want" != bare ] || cat <<-TOOLS
		gcc-arm-none-eabi arm-none-eabi-gcc
		picolibc-arm-none-eabi /usr/lib/picolibc/arm-none-eabi/lib/libc.a
		qemu-system-arm qemu-system-arm
		util-linux setpriv
	TOOLS
	[ "$want" != bench ] || cat <<-TOOLS
		nginx /usr/sbin/nginx
		haproxy /usr/sbin/haproxy
	TOOLS
	[ "$want" != package ] || cat <<-TOOLS
		zopfli zopfli
		strace strace
		lintian lintian
		shellcheck shellcheck
		busybox busybox
		mandoc mandoc
	TOOLS
	[ "$want" != container ] || cat <<-TOOLS
		buildah buildah
		podman podman
		runc runc
		docker-compose docker-compose
		python3-yaml /usr/lib/python3/dist-packages/yaml/__init__.py
		util-linux nsenter
	TOOLS
	[ "$want" != system ] || cat <<-TOOLS
		qemu-system-arm qemu-system-arm
		qemu-system-mips qemu-system-mipsel
		kmod kmod
		cpio cpio
	TOOLS
	[ "$want" != cross-test ] || echo qemu-user qemu-arm
	[ "$want" != cross-test ] && [ "$want" != fuzz ] || fuzz_tools
	[ "$want" != analyze ] || cat <<-TOOLS
		cppcheck cppcheck
		clang-tidy clang-tidy
	TOOLS
	local arch triplet
	for arch in "${archs[@]}"; do
		triplet=$(value_of "$arch" TRIPLET)
		echo "gcc-$triplet" "$triplet-gcc"
	done
}

die() {
	printf 'setup: %s\n' "$@" >&2
	exit 1
}

missing_packages() {
	local package sign
	while read -r package sign; do
		case $sign in
		/*) [ -e "$sign" ] || echo "$package" ;;
		*) command -v "$sign" >/dev/null || echo "$package" ;;
		esac
	done < <(tools)
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root and no sudo: run as root: apt-get install ${missing[*]}"
	fi
}

# apt_install PACKAGE...: what of them is a server is masked meanwhile, so that it is never started.
apt_install() {
	local name status=0 servers=()
	for name in clickhouse-server nginx haproxy; do
		[[ " $* " != *" $name "* ]] || servers+=("$name")
	done
	[ -d /run/systemd/system ] || servers=() # without it RUNLEVEL does the same
	[ ${#servers[@]} -eq 0 ] || as_root systemctl --quiet mask "${servers[@]}" || status=$?
	[ $status -ne 0 ] || as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -qq -y --no-install-recommends "$@" >/dev/null || status=$?
	for name in "${servers[@]}"; do
		as_root systemctl --quiet unmask "$name" || status=$?
		as_root systemctl --quiet disable "$name" || status=$?
	done
	return $status
}

install_tools() {
	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ -n "${MOONGATE_DEPS_DIR:-}" ]; then
		die "MOONGATE_DEPS_DIR is set, so nothing is installed, but these are missing: ${missing[*]}"
	fi
	command -v apt-get >/dev/null || die "no apt-get here; install by hand: ${missing[*]}"
	echo "setup: installing ${missing[*]}"
	# A failing repository of somebody else's must not stop us: what counts is the install.
	as_root apt-get update -qq || echo "setup: apt-get update had errors, going on" >&2
	apt_install "${missing[@]}" ||
		die "apt-get install failed for: ${missing[*]}" "mend the machine's apt sources and run again"
	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} -eq 0 ] || die "still missing after apt-get install: ${missing[*]}"
}

# Prometheus' own judge of /metrics, without the server of its package: that would run from then on.
fetch_promtool() {
	local from=$work/promtool missing=(prometheus)
	if command -v promtool >/dev/null || [ -x "$deps/promtool" ]; then return 0; fi
	[ -z "${MOONGATE_DEPS_DIR:-}" ] || die "MOONGATE_DEPS_DIR is set, so nothing is fetched, but promtool is missing"
	echo "setup: fetching promtool"
	mkdir -p "$from"
	(
		cd "$from" &&
			{ apt-get download -qq prometheus || { as_root apt-get update -qq && apt-get download -qq prometheus; }; } &&
			dpkg-deb -x ./prometheus_*.deb .
	) >"$from/log" 2>&1 || { cat "$from/log" >&2; die "promtool cannot be had from Debian's package prometheus"; }
	mv "$from/usr/bin/promtool" "$deps/promtool"
}

# Prints the addresses of the machine's own archives that have `main`, likeliest first.
mirrors() {
	local etc=${MOONGATE_APT_ETC:-/etc/apt} file
	{
		for file in "$etc"/sources.list.d/*.sources; do
			[ ! -r "$file" ] || awk '
			function flush(   n, i, list) {
				n = split(uris, list, " ")
				if (types ~ /deb/ && parts ~ / main / && enabled !~ /^ *(no|false|0)/)
					for (i = 1; i <= n; i++) print list[i], suites
				types = uris = suites = parts = enabled = ""
			}
			/^#/ { next }
			/^[ \t]*$/ { flush(); next }
			/^[^ \t]/ { field = tolower($0); sub(/:.*/, "", field); sub(/^[^:]*:/, "") }
			field == "types" { types = types " " $0 }
			field == "uris" { uris = uris " " $0 }
			field == "suites" { gsub(/ /, ","); suites = suites "," $0 }
			field == "components" { parts = parts " " $0 " " }
			field == "enabled" { enabled = enabled $0 }
			END { flush() }' "$file"
		done
		for file in "$etc/sources.list" "$etc"/sources.list.d/*.list; do
			[ ! -r "$file" ] || cat "$file"
		done | sed -n 's/[ \t]*\[[^]]*\]//; s/^[ \t]*deb\(-src\)\{0,1\}[ \t][ \t]*//p' |
			awk '/ main( |$)/ { print $1, $2 }'
	} | awk '
		{ sub(/\/+$/, "", $1) }
		$2 ~ /security/ || $1 ~ /security/ || seen[$1]++ { next }
		$1 ~ /\/debian$/ { print; next }
		{ later = later $1 "\n" }
		END { printf "%s", later }' | awk 'NF { print $1 }'
}

# An apt of our own: its lists and cache lie in the build folder, the machine's are not touched.
private_apt() {
	local root=$1 mirror=$2 keys=$3 # and $4: the release; $5: `binary` for programs of other processors
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
	: >"$root/status"
	if [ "${5:-}" = binary ]; then
		echo "deb [arch=armhf,arm64,mipsel signed-by=$keys] $mirror $4 main"
	else
		echo "deb-src [signed-by=$keys] $mirror $4 main"
	fi >"$root/sources.list"
	cat >"$root/apt.conf" <<-CONF
		Dir::State "$root"; Dir::State::lists "$root/lists"; Dir::State::status "$root/status";
		Dir::Cache "$root/cache"; Dir::Etc::sourcelist "$root/sources.list";
		Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null"; Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "/dev/null"; Acquire::Languages "none"; Acquire::Retries "3";
		APT::Sandbox::User "root";
	CONF
	[ "${5:-}" != binary ] || cat >>"$root/apt.conf" <<-CONF
		APT::Architectures { "$(dpkg --print-architecture)"; "armhf"; "arm64"; "mipsel"; };
	CONF
	APT_CONFIG=$root/apt.conf apt-get update -qq -o APT::Update::Error-Mode=any 2>"$root/log"
}

# open_archive RELEASE: points APT_CONFIG at its signed sources. Fails, with the reason in a log, when no
# archive of this machine's apt sources gives them.
open_archive() {
	local root=$work/apt-$1 keys="" key mirror
	export APT_CONFIG=$root/apt.conf
	[ ! -e "$root/opened" ] || return 0
	for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -z "$keys" ] && [ -r "$key" ] && keys=$key
	done
	[ -n "$keys" ] || die "no Debian archive keyring: install debian-archive-keyring, or set" \
		"MOONGATE_DEPS_DIR to a folder with the sources mbedtls/ inih/ jsmn/"
	while read -r mirror; do
		if private_apt "$root" "$mirror" "$keys" "$1"; then
			touch "$root/opened"
			return 0
		fi
	done < <(mirrors)
	return 1
}

# Prints the newest version of package $1 that belongs to series $2 (3.6 means 3.6 and 3.6.*).
newest_version() {
	apt-cache showsrc --only-source "$1" | awk -v series="$2" '
		/^Version:/ {
			bare = $2; sub(/^[0-9]+:/, "", bare); rest = substr(bare, length(series) + 1)
			if (index(bare, series) == 1 && rest ~ /^([^0-9]|$)/) print $2
		}' | sort -V | tail -n 1
}

unpack() {
	local into=$1 how=$2 name
	mkdir -p "$into"
	tar -xf "$(ls ./*.orig.tar.* | grep -v '\.asc$')" -C "$into" --strip-components=1 || return 1
	[ "$how" = patched ] || return 0
	tar -xf "$(ls ./*.debian.tar.*)" -C "$into" || return 1
	[ -f "$into/debian/patches/series" ] || return 0
	grep -v '^[[:space:]]*\(#\|$\)' "$into/debian/patches/series" | while read -r name _; do
		patch -d "$into" -p1 -s --no-backup-if-mismatch <"$into/debian/patches/$name" ||
			die "Debian's patch $name does not apply to $(basename "$into")"
	done
}

# fetch_from RELEASE NAME PACKAGE SERIES HOW
fetch_from() {
	local release=$1 name=$2 package=$3 series=$4 how=$5 version only=
	open_archive "$release" || return 1
	version=$(newest_version "$package" "$series")
	[ -n "$version" ] || return 1
	echo "setup: fetching $name $version"
	[ "$how" = patched ] || only=--tar-only
	rm -rf "$work/$name.dl" "$work/${name:?}" && mkdir -p "$work/$name.dl"
	(
		cd "$work/$name.dl" || exit 1
		# shellcheck disable=SC2086
		apt-get source -qq --download-only $only "$package=$version" >log 2>&1 &&
			unpack "$work/$name" "$how"
	) || return 1
	echo "$version" >"$work/$name/.version"
	# Only a complete folder ever stands under its name.
	rm -rf "${deps:?}/src/$name"
	mv "$work/$name" "$deps/src/$name"
}

# fetch NAME PACKAGE SERIES HOW [RELEASE]: from that release first, then from the usual one.
fetch() {
	local release
	for release in ${5:+"$5"} "$suite"; do
		if fetch_from "$release" "$1" "$2" "$3" "$4"; then return 0; fi
	done
	cat "$work"/apt-*/log "$work/$1.dl/log" >&2 2>/dev/null
	die "Debian $suite gives no signed sources of $2 $3 through this machine's apt sources: check the" \
		"network, set MOONGATE_SUITE to a release that has them, or MOONGATE_DEPS_DIR to a folder" \
		"with the sources mbedtls/ inih/ jsmn/"
}

link_given_sources() {
	local given name
	given=$(cd "$MOONGATE_DEPS_DIR" 2>/dev/null && pwd) || die "MOONGATE_DEPS_DIR=$MOONGATE_DEPS_DIR: no such folder"
	while read -r name _; do
		[ -d "$given/$name" ] || die "MOONGATE_DEPS_DIR=$given has no folder $name/"
		if [ "$(readlink "$deps/src/$name" || true)" != "$given/$name" ]; then
			rm -rf "$deps/src/$name"
			ln -s "$given/$name" "$deps/src/$name"
			sources_changed=1
		fi
	done < <(sources)
}

# version_of NAME: of a source that is there.
version_of() {
	if [ -L "$deps/src/$1" ]; then
		echo "given by MOONGATE_DEPS_DIR"
	else
		cat "$deps/src/$1/.version"
	fi
}

record_versions() {
	local name
	for name in "$deps"/src/*; do
		name=$(basename "$name")
		echo "$name $(version_of "$name")"
	done >"$work/VERSIONS"
	mv "$work/VERSIONS" "$deps/VERSIONS"
}

# A musl for one processor, small, in build/deps/musl/ARCH; again when anything about it changed. Debian
# has none for big-endian MIPS, and none at all that does without an FPU.
build_musl() {
	local arch=$1 into=$deps/musl/$1 out=$work/musl-$1 triplet flags made
	triplet=$(value_of "$arch" TRIPLET)
	flags="-Os -fno-pie $(value_of "$arch" CPU)"
	made="musl $(version_of musl), $triplet-gcc $("$triplet-gcc" -dumpfullversion), $flags"
	[ "$(cat "$into/.made" 2>/dev/null || true)" != "$made" ] || return 0
	echo "setup: building musl for $arch"
	mkdir -p "$out/build" "$deps/musl"
	(
		cd "$out/build"
		CFLAGS=$flags "$deps/src/musl/configure" --target="$triplet" --prefix= \
			--disable-shared --disable-wrapper &&
			make -j"$(nproc)" lib/libc.a lib/crt1.o lib/crti.o lib/crtn.o &&
			make DESTDIR="$out/root" install-headers && cp -r lib "$out/root/"
	) >"$out/log" 2>&1 || { tail -n 20 "$out/log" >&2; die "musl cannot be built for $arch"; }
	echo "$made" >"$out/root/.made"
	rm -rf "$into"
	mv "$out/root" "$into"
}

for arch in "${archs[@]}"; do
	[ -f "toolchain/musl/$arch.cmake" ] || die "no such processor: $arch (see toolchain/musl)"
done
install_tools
mkdir -p "$deps/src"
exec 9>"$deps/lock" # two set-ups at once take turns
flock 9
work=$deps/work.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
sources_changed=
unset APT_CONFIG
[ "$want" != test ] || fetch_promtool
if [ -n "${MOONGATE_DEPS_DIR:-}" ]; then
	link_given_sources
else
	while read -r name package series how release; do
		# A link to sources that were once given stays good as long as it leads somewhere.
		[ -e "$deps/src/$name/.version" ] && continue
		[ -L "$deps/src/$name" ] && [ -d "$deps/src/$name" ] && continue
		fetch "$name" "$package" "$series" "$how" ${release:+"$release"}
		sources_changed=1
	done < <(sources)
fi
if [ -n "$sources_changed" ] || [ ! -f "$deps/VERSIONS" ]; then
	record_versions
	sed 's/^/setup: /' "$deps/VERSIONS"
fi
for arch in "${archs[@]}"; do build_musl "$arch"; done
if [ "$want" = system ]; then
	. test/system/fetch.sh
	fetch_systems
fi
