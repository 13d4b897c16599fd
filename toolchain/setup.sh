#!/usr/bin/env bash
# Installs the tools that are missing and fetches the third-party sources, verified, into build/deps/src.
# Quick when nothing is missing. MOONGATE_DEPS_DIR=DIR takes the sources from DIR and installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

deps=$PWD/build/deps
suite=${MOONGATE_SUITE:-trixie} # the Debian release whose sources are taken

# The sources: folder, Debian's source package, wanted series, and how it is taken: `tar` is the
# upstream tarball as it is, `patched` also applies Debian's patches (security fixes among them).
sources() {
	echo mbedtls mbedtls 3.6 patched
	echo inih libinih 59 tar # Debian's patches would change what it does
	echo jsmn jsmn 1.1.0 tar
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
		strace strace
	TOOLS
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
	# npm comes with most nodes; only a node that we install needs Debian's.
	command -v node >/dev/null || echo npm
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
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
		"${missing[@]}" >/dev/null ||
		die "apt-get install failed for: ${missing[*]}" "mend the machine's apt sources and run again"
	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} -eq 0 ] || die "still missing after apt-get install: ${missing[*]}"
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
	local root=$1 mirror=$2 keys=$3
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
	: >"$root/status"
	echo "deb-src [signed-by=$keys] $mirror $suite main" >"$root/sources.list"
	cat >"$root/apt.conf" <<-CONF
		Dir::State "$root"; Dir::State::lists "$root/lists"; Dir::State::status "$root/status";
		Dir::Cache "$root/cache"; Dir::Etc::sourcelist "$root/sources.list";
		Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null"; Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "/dev/null"; Acquire::Languages "none"; Acquire::Retries "3";
		APT::Sandbox::User "root";
	CONF
	APT_CONFIG=$root/apt.conf apt-get update -qq -o APT::Update::Error-Mode=any 2>"$root/log"
}

open_archive() {
	local keys="" key mirror mirror_list
	for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -z "$keys" ] && [ -r "$key" ] && keys=$key
	done
	[ -n "$keys" ] || die "no Debian archive keyring: install debian-archive-keyring, or set" \
		"MOONGATE_DEPS_DIR to a folder with the sources mbedtls/ inih/ jsmn/"
	mapfile -t mirror_list < <(mirrors)
	for mirror in "${mirror_list[@]}"; do
		if private_apt "$work/apt" "$mirror" "$keys"; then
			export APT_CONFIG=$work/apt/apt.conf
			return 0
		fi
	done
	[ -r "$work/apt/log" ] && cat "$work/apt/log" >&2
	die "no archive of this machine's apt sources gives the signed sources of Debian $suite" \
		"(tried ${#mirror_list[@]}): check the network, or set MOONGATE_DEPS_DIR to a folder with" \
		"the sources mbedtls/ inih/ jsmn/"
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
	tar -xf "$(ls ./*.orig.tar.* | grep -v '\.asc$')" -C "$into" --strip-components=1
	[ "$how" = patched ] || return 0
	tar -xf "$(ls ./*.debian.tar.*)" -C "$into"
	[ -f "$into/debian/patches/series" ] || return 0
	grep -v '^[[:space:]]*\(#\|$\)' "$into/debian/patches/series" | while read -r name _; do
		patch -d "$into" -p1 -s --no-backup-if-mismatch <"$into/debian/patches/$name" ||
			die "Debian's patch $name does not apply to $(basename "$into")"
	done
}

fetch() {
	local name=$1 package=$2 series=$3 how=$4 version only=
	[ -n "${APT_CONFIG:-}" ] || open_archive
	version=$(newest_version "$package" "$series")
	[ -n "$version" ] || die "Debian $suite has no $package $series any more: set MOONGATE_SUITE" \
		"to a release that has, or MOONGATE_DEPS_DIR to a folder with the sources"
	echo "setup: fetching $name $version"
	[ "$how" = patched ] || only=--tar-only
	mkdir -p "$work/$name.dl"
	(
		cd "$work/$name.dl"
		apt-get source -qq --download-only $only "$package=$version" >log 2>&1 ||
			{ cat log >&2; die "cannot fetch $package $version: try again, or set MOONGATE_DEPS_DIR"; }
		unpack "$work/$name" "$how"
	)
	echo "$version" >"$work/$name/.version"
	# Only a complete folder ever stands under its name.
	rm -rf "$deps/src/$name"
	mv "$work/$name" "$deps/src/$name"
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

record_versions() {
	local name
	while read -r name _; do
		if [ -L "$deps/src/$name" ]; then
			echo "$name given by MOONGATE_DEPS_DIR"
		else
			echo "$name $(cat "$deps/src/$name/.version")"
		fi
	done < <(sources) >"$work/VERSIONS"
	mv "$work/VERSIONS" "$deps/VERSIONS"
}

install_tools
mkdir -p "$deps/src"
exec 9>"$deps/lock" # two set-ups at once take turns
flock 9
work=$deps/work.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
sources_changed=
unset APT_CONFIG
if [ -n "${MOONGATE_DEPS_DIR:-}" ]; then
	link_given_sources
else
	while read -r name package series how; do
		# A link to sources that were once given stays good as long as it leads somewhere.
		[ -e "$deps/src/$name/.version" ] && continue
		[ -L "$deps/src/$name" ] && [ -d "$deps/src/$name" ] && continue
		fetch "$name" "$package" "$series" "$how"
		sources_changed=1
	done < <(sources)
fi
if [ -n "$sources_changed" ] || [ ! -f "$deps/VERSIONS" ]; then
	record_versions
	sed 's/^/setup: /' "$deps/VERSIONS"
fi
