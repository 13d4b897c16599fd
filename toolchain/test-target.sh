#!/usr/bin/env bash
# Builds for another processor and runs the result here, under qemu's user mode.
#   test-target.sh BOARD       the program: its size, its instructions, chats over TLS from outside
#   test-target.sh unit ARCH   the unit tests, with the limits of a PC
# Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# of the programs for ARMv7 routers: 300 KiB with the basic things, 384 KiB with everything
declare -A size_bar_bytes=([openwrt-armhf-basic]=307200 [openwrt-armhf]=393216)
chats=(small tls sdk)      # of test/e2e, within the limits of every board; sdk speaks to Anthropic's too
unit_s=120                 # then a test program hangs
export UPSTREAM=${UPSTREAM:-$PWD/build/check/upstream}

passed=0
failed=0

# check NAME COMMAND...: one test; what the command prints is its remark, or says what is wrong.
check() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		passed=$((passed + 1))
		printf '  ok    %s%s\n' "$name" "${said:+ ($(tail -n 1 <<<"$said"))}"
	else
		failed=$((failed + 1))
		printf '  FAIL  %s\n' "$name"
		tail -n 20 <<<"$said" | sed 's/^/        /'
	fi
}

# add LINE: counts another program's closing line.
add() {
	local ok bad
	read -r ok _ bad _ <<<"${1//,/}"
	passed=$((passed + ok))
	failed=$((failed + bad))
}

# value_of ARCH NAME: what toolchain/musl/ARCH.cmake sets NAME to.
value_of() {
	sed -n "s/^set($2 \(.*\))$/\1/p" "toolchain/musl/$1.cmake"
}

builds_quietly() {
	local log
	log=$(cmake --preset "$1" 2>&1 && cmake --build --preset "$1" -- -k 0 2>&1) || { echo "$log"; return 1; }
	! grep -A4 'warning:' <<<"$log"
}

# ---- a board's program ----

static_and_stripped() {
	local about
	about=$("$triplet-readelf" -lS -W "$program") && ! grep -E 'INTERP|\.symtab|\.debug' <<<"$about"
}

fits() {
	local bytes
	bytes=$(stat -c %s "$program")
	echo "$bytes bytes, $(gzip -9c "$program" | wc -c) compressed"
	[ "$bytes" -le "${size_bar_bytes[$board]:-$bytes}" ]
}

# Most routers have no FPU, and their kernels pretend none: such an instruction ends the program.
no_floating_point() {
	local found
	found=$("$triplet-objdump" -d --no-show-raw-insn "$program.symbols" | awk -F'\t' '
		/^[0-9a-f]+ </ { name = $1; next }
		name ~ /<__pool_/ { next } # constants of MIPS16, shown as text
		{ split($2, word, " ") }
		word[1] ~ /^(c\.[a-z]+|[a-z][a-z0-9.]*)\.(s|d|ps|w|l)$|^[ls][wd]x?c1$|^[mc][tf]h?c[12]$|^[cm][tf]c1$|^bc1/ {
			print name, $0
		}
		END { if (NR < 10000) print "no code to look at" }')
	[ -z "$found" ] || { echo "$found"; return 1; }
}

says_its_board() {
	local name=${board%%-*}
	case $board in *-basic) name+=-basic ;; esac
	"$runs" --version | grep -x "board $name"
}

worst_case() {
	"$runs" --limits | sed -n 's/.*worst case .* \([0-9]*\) |$/\1 bytes of memory/p' | grep .
}

test_board() {
	board=$1
	arch=${board#*-}
	arch=${arch%-basic}
	triplet=$(value_of "$arch" TRIPLET)
	program=$PWD/build/$board/moongate
	runs=$PWD/build/$board/run
	bash toolchain/setup.sh cross-test "$arch" || return
	check "builds without a warning" builds_quietly "$board"
	[ -x "$program" ] || return
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$(value_of "$arch" QEMU)" "$program" >"$runs"
	chmod +x "$runs"
	check "is static and has no symbols" static_and_stripped
	check "its size" fits
	case $arch in mips*) check "has no instruction for an FPU" no_floating_point ;; esac
	check "runs and says its board" says_its_board
	check "its limits add up" worst_case
	case $board in *-basic) chats=(small tls) ;; esac
	MOONGATE=$runs test/e2e/run.sh "${chats[@]}" | tee "build/$board/e2e.log"
	add "$(tail -n 1 "build/$board/e2e.log" | grep -x '[0-9]* passed, [0-9]* failed' || echo 0 passed, 1 failed)"
}

# ---- the unit tests ----

# run_one PROGRAM: into PROGRAM.log, whose last line is the closing one.
run_one() {
	timeout -k 5 "$unit_s" $qemu "$1" >"$1.log" 2>&1 </dev/null
	local status=$?
	tail -n 1 "$1.log" | grep -qx '[0-9]* passed, 0 failed' && [ $status -eq 0 ] && return
	tail -n 1 "$1.log" | grep -qx '[0-9]* passed, [1-9][0-9]* failed' && return
	printf 'FAIL ended with status %s\n0 passed, 1 failed\n' $status >>"$1.log"
}
export -f run_one

test_units() {
	local arch=$1 source log
	qemu=$(value_of "$arch" QEMU)
	export qemu unit_s
	bash toolchain/setup.sh cross-test "$arch" || return
	rm -f "build/unit-$arch"/unit/*.log
	check "builds without a warning" builds_quietly "unit-$arch"
	for source in test/unit/test_*.c; do
		echo "build/unit-$arch/unit/$(basename "$source" .c)"
	done | xargs -P 4 -I{} bash -c 'run_one {}'
	for log in "build/unit-$arch"/unit/*.log; do
		add "$(tail -n 1 "$log")"
		tail -n 1 "$log" | grep -q ' 0 failed$' && continue
		printf '  FAIL  %s\n' "$(basename "$log" .log)"
		grep -a FAIL "$log" | head -n 10 | sed 's/^/        /'
	done
}

case "${1:-}" in
unit) test_units "${2:?which processor}" ;;
openwrt-* | raspberrypi-*) test_board "$1" ;;
*) echo "usage: toolchain/test-target.sh BOARD | unit ARCH" >&2 && exit 2 ;;
esac
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
