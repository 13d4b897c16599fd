#!/usr/bin/env bash
# Builds for another processor, and tests the result on a whole system in QEMU: a kernel, an init script,
# the network, the daemon, chats over TLS from outside, its memory.
#   test-system.sh [armhf] [malta] [raspi3b]     all three without a name
# Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

out=$PWD/build/e2e
export MOONGATE=$PWD/build/linux/moongate # whose answers are the right ones
export UPSTREAM=${UPSTREAM:-$PWD/build/check/upstream}
passed=0
failed=0

# add LINE: counts a program's closing line.
add() {
	local ok bad
	read -r ok _ bad _ <<<"${1//,/}"
	passed=$((passed + ok))
	failed=$((failed + bad))
}

# builds BOARD: quietly, unless it cannot.
builds() {
	local said
	said=$(bash toolchain/build.sh "$1" 2>&1) && return
	printf '  FAIL  builds %s\n' "$1"
	tail -n 20 <<<"$said" | sed 's/^/        /'
	failed=$((failed + 1))
	return 1
}

# prepare: the stand-in, its certificates, and what the harness wants to be there.
prepare() {
	mkdir -p "$out"
	if [ ! -x "$UPSTREAM" ]; then
		UPSTREAM=$out/upstream
		cc -std=c11 -O2 -I. test/upstream/*.c -o "$UPSTREAM" -lssl -lcrypto -pthread || return
	fi
	test/upstream/certs.sh "$out/certs"
}

board_of() {
	case $1 in
	armhf) echo openwrt-armhf ;;
	malta) echo openwrt-mipsel ;;
	raspi3b) echo raspberrypi-arm64 ;;
	*) echo "usage: toolchain/test-system.sh [armhf] [malta] [raspi3b]" >&2 && exit 2 ;;
	esac
}

[ $# -gt 0 ] || set -- armhf malta raspi3b
for name in "$@"; do board=$(board_of "$name") || exit; done
if ! bash toolchain/setup.sh system || ! prepare || ! builds linux; then
	printf '0 passed, 1 failed\n'
	exit 1
fi
for name in "$@"; do
	board=$(board_of "$name")
	builds "$board" || continue
	log=$out/system-$name.log
	node test/system/main.mjs "$name" | tee "$log" | grep -v '^[0-9]* passed, [0-9]* failed$'
	add "$(tail -n 1 "$log" | grep -x '[0-9]* passed, [0-9]* failed' || echo 0 passed, 1 failed)"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
