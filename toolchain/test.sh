#!/usr/bin/env bash
# Runs every test: the builds without a warning, the unit tests under ASan and UBSan, the house rules
# (test/tidy), and the program from outside (test/e2e). The last line is "N passed, N failed".
# --all runs the long ones too: the programs of test/e2e find MOONGATE_ALL=1 in their environment.
#
# A test program ends with a line "N passed, N failed" and exit status 0 only when none failed. One that
# crashes, hangs, leaves processes behind, runs nothing or says no such line counts as one more failure.
# What cannot be tested here is told: "NAME not run: WHY", or below its program "NAME: not tested: WHY".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

size_bar_bytes=655360 # of the stripped program for Linux, static, with everything config/features.h has: 640 KiB
declare -A limit_s=([build]=600 [unit]=120 [fuzz]=120 [speed]=60 [tidy]=120 [analyze]=1800 [valgrind]=3600 [coverage]=1800 [e2e]=900 [package]=240 [container]=120 [bare]=900 [sim]=400 [target]=600 [system]=400 [size]=10 [bench]=120 [figures]=10) # then it hangs

case "${1:-}" in
"") ;;
--all) export MOONGATE_ALL=1 ;;
*) echo "usage: toolchain/test.sh [--all]" >&2 && exit 2 ;;
esac

export MOONGATE=$PWD/build/linux/moongate          # the program that is tested from outside
export MOONGATE_CHECKED=$PWD/build/check/moongate  # the same with sanitizers
export UPSTREAM=$PWD/build/check/upstream          # the stand-in for the services
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

logs=$PWD/build/test
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.end
TMPDIR=$(mktemp -d "$logs/tmp.XXXXXX")
export TMPDIR
passed=0
failed=0
broken=()
group=
declare -A begun # the process of each suite that runs beside another
later="only with --all"

end_group() {
	[ -n "$group" ] || return 0
	kill -KILL -- "-$group" 2>/dev/null
	group=
}
end_all() {
	end_group
	# shellcheck disable=SC2046
	kill $(jobs -rp) 2>/dev/null
	wait
	rm -rf "$TMPDIR"
}
trap end_all EXIT
trap 'exit 130' INT TERM HUP

# count NAME PASSED FAILED WHY
count() {
	passed=$((passed + $2))
	failed=$((failed + $3))
	[ "$3" -eq 0 ] || broken+=("$1|$4")
	printf '%-34s %5d passed %4d failed%s\n' "$1" "$2" "$3" "${4:+   $4}"
}

log_of() { echo "$logs/${1//\//_}.log"; }
end_of() { echo "$logs/${1//\//_}.end"; }

# run NAME COMMAND...: in a process group of its own, output to NAME's log. How it ended goes to NAME's `end`:
# the status, and `left` when some of its processes outlive it by a second.
run() {
	local name=$1 status left=left try
	shift
	setsid timeout -k 5 "${limit_s[${name%%/*}]}" "$@" >"$(log_of "$name")" 2>&1 </dev/null &
	group=$!
	wait "$group"
	status=$?
	for try in 1 2 3 4 5 6; do
		kill -0 -- "-$group" 2>/dev/null || { left= && break; }
		sleep 0.2
	done
	end_group
	echo "$status $left" >"$(end_of "$name")"
}

# begin NAME COMMAND...: runs it beside one other, for what has no clock that matters. `judge NAME` waits for it.
begin() {
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
	{
		trap 'end_group; exit' TERM
		run "$@"
	} &
	begun[$1]=$!
}

# ended NAME: waits, where it was begun, and sets `status` and `left`.
ended() {
	[ -z "${begun[$1]:-}" ] || wait "${begun[$1]}"
	status=255 left= # where it came to no end
	[ ! -f "$(end_of "$1")" ] || read -r status left <"$(end_of "$1")"
}

# suite NAME COMMAND...: a program that follows the protocol above, alone.
suite() {
	run "$@"
	judge "$1"
}

# judge NAME: counts what a suite came to.
judge() {
	local name=$1 status left line ok=0 bad=0 why=
	ended "$name"
	line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$(log_of "$name")" | tail -n 1)
	[ -n "$line" ] && read -r ok _ bad _ <<<"${line//,/}"
	if [ -z "$line" ]; then
		bad=1 why="no closing line, exit status $status"
	elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 why="exit status $status though nothing failed"
	elif [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 why="ran nothing"
	elif [ -n "$left" ]; then
		bad=$((bad + 1)) why="left processes behind"
	elif [ "$bad" -gt 0 ]; then
		why="see below"
	fi
	[ "$status" -ne 124 ] || why="not done within ${limit_s[${name%%/*}]} s"
	count "$name" "$ok" "$bad" "$why"
	sed -n 's/^ *# *\(.*: not tested: \)/    \1/p' "$(log_of "$name")"
}

# not_run WHY NAME...
not_run() {
	local why=$1
	shift
	printf '%s not run: '"$why"'\n' "$@"
}

# single NAME COMMAND...: one test, good when the command's status is 0.
single() {
	local status left
	run "$@"
	ended "$1"
	if [ "$status" -eq 0 ]; then count "$1" 1 0 ""; else count "$1" 0 1 "exit status $status"; fi
}

build() {
	cmake --preset "$1" && cmake --build --preset "$1" -- -k 0
}
export -f build

size_fits() {
	local bytes
	bytes=$(stat -c %s "$MOONGATE") || return 1
	echo "stripped program: $bytes bytes, bar $size_bar_bytes"
	[ "$bytes" -le "$size_bar_bytes" ]
}

# What suites ask setup.sh for comes before, for their clocks run. One that lacks something then says so itself.
set_up() {
	local group
	for group in test cross-test; do
		bash toolchain/setup.sh $group || { printf '0 passed, 1 failed\n'; exit 1; }
	done
	for group in package bare ${MOONGATE_ALL:+analyze system bench container}; do
		bash toolchain/setup.sh "$group" || echo "setup.sh $group failed"
	done
}

set_up
for preset in linux check clang fuzz sim sim-check; do
	single "build/$preset" bash -c "build $preset"
done
export size_bar_bytes
export -f size_fits
single size bash -c size_fits
sed 's/^/    /' "$(log_of size)"
units=(test/unit/test_*.c)
units=("${units[@]#test/unit/test_}")
units=("${units[@]%.c}")
for name in "${units[@]}"; do
	[ ! -x "build/check/unit/test_$name" ] || begin "unit/$name" "build/check/unit/test_$name"
done
for name in "${units[@]}"; do
	if [ -x "build/check/unit/test_$name" ]; then judge "unit/$name"; else count "unit/$name" 0 1 "not built"; fi
done
# What comes from outside, in every shape: the corpus, and some seconds of new inputs (test/fuzz).
suite fuzz test/fuzz/run.sh
# What must be quick is timed without sanitizers.
for name in json_rules json_outline; do
	suite "speed/$name" "build/clang/unit/test_$name"
	grep together "$(log_of "speed/$name")" | sed 's/^/    /'
done
# The whole daemon in simulated worlds (test/sim): a seed each, and some of them under ASan and UBSan.
# A seed that fails is told in full by build/sim/world SEED.
suite sim/kept build/sim/world --kept test/sim/kept.txt
suite sim/worlds build/sim/world --from 1 --count 20000 --jobs 2
suite sim/tls build/sim/world --tls --from 1 --count 500 --jobs 2
for kind in worlds tls; do sed -n '/^in so many worlds/,/^[0-9n]/s/^[i ]/    &/p' "$(log_of "sim/$kind")"; done
suite sim/day build/sim/world --day --from 1 --count 2 --jobs 2
suite sim/day-tls build/sim/world --day --tls --from 3 --count 2 --jobs 2
suite sim/checked build/sim-check/world --from 20001 --count 500 --jobs 2
suite sim/checked-tls build/sim-check/world --tls --from 501 --count 50 --jobs 2
# A seed comes to the same whatever was before it, or it could not be told.
single sim/replay bash -c 'cmp <(build/sim/world --tls --marks --from 1 --count 40 | sed -n 21,40p) \
	<(build/sim/world --tls --marks --from 21 --count 20 | sed -n 1,20p)'
# Without sanitizers, what valgrind sees: a sample, or with --all every unit test and most of test/e2e.
begin valgrind toolchain/valgrind.sh ${MOONGATE_ALL:+--all}
# What ten exchanges cost, in instructions: a tenth of a percent is seen, where a clock sees nothing.
begin sim/instructions python3 test/bench/guard.py
begin tidy test/tidy/run.sh build/linux
judge sim/instructions
sed -n 's/^not compared/    &/p' "$(log_of sim/instructions)"
judge tidy
judge valgrind
sed -n 's/^\(unit\|e2e\): /    &/p' "$(log_of valgrind)"
if [ -n "${MOONGATE_ALL:-}" ]; then
	suite analyze toolchain/analyze.sh
	suite coverage toolchain/coverage.sh
	sed -n 's/^  \(core\|together\)/    \1/p' "$(log_of coverage)"
else
	not_run "$later" analyze coverage
fi
for script in test/e2e/*.sh; do
	[ -x "$script" ] || continue
	suite "e2e/$(basename "$script" .sh)" "$script"
done

# The same from outside with ASan and UBSan watching, but for what measures time and memory, or asks the kernel
# about the program. Beside it the programs for other processors, and the unit tests on two kinds of them (with
# --all on all five).
boards=(openwrt-{armhf-basic,armhf,arm64,mipsel,mips} raspberrypi-{arm64,armhf,armv6})
archs=(armhf mips ${MOONGATE_ALL:+armv6 arm64 mipsel})
MOONGATE=$MOONGATE_CHECKED begin e2e/checked test/e2e/run.sh --but \
	beside clickhouse files flood guard life load memory service small
for board in "${boards[@]}"; do begin "target/$board" toolchain/test-target.sh "$board"; done
for arch in "${archs[@]}"; do begin "target/unit-$arch" toolchain/test-target.sh unit "$arch"; done
judge e2e/checked
for board in "${boards[@]}"; do
	judge "target/$board"
	sed -n 's/.* ok .*its size/    size/p' "$(log_of "target/$board")"
done
for arch in "${archs[@]}"; do judge "target/unit-$arch"; done
[ -n "${MOONGATE_ALL:-}" ] || not_run "$later" target/unit-{armv6,arm64,mipsel} system/{armhf,malta,raspi3b}

# Whole systems: a kernel, a network, 64 MiB.
for name in ${MOONGATE_ALL:+armhf malta raspi3b}; do
	suite "system/$name" toolchain/test-system.sh "$name"
	sed -n 's/^  ok    \(from power\|resident\|the most\)/    \1/p' "$(log_of "system/$name")"
done

suite package test/package/run.sh
suite bare test/bare/run.sh # its times are part of what it tests
# Whether the bench works, where setup.sh has brought what it compares with; what it measures is no test.
if [ -n "${MOONGATE_ALL:-}" ] || { [ -x /usr/sbin/nginx ] && [ -x /usr/sbin/haproxy ]; }; then
	suite bench test/bench/smoke.sh
else
	not_run "nginx or haproxy is not here: toolchain/setup.sh bench, or --all" bench
fi
# Containers need root; what is missing for them only --all installs.
if [ "$(id -u)" != 0 ]; then
	not_run "it needs root" container
elif [ -z "${MOONGATE_ALL:-}" ] && ! { hash podman && hash docker-compose; } 2>/dev/null; then
	not_run "podman or docker-compose is not here: toolchain/setup.sh container, or --all" container
else
	suite container test/container/run.sh
	sed -n '/^    the image/p' "$(log_of container)"
fi
# What must hold on the boards, as README has it.
suite figures test/figures.py "$logs"
grep -vE '^(not ok|[0-9]+ passed)' "$(log_of figures)" | sed 's/^/    /'

# show NAME: what failed in a log, each with the indented lines that explain it; or the log's end.
show() {
	local log picked
	log=$(log_of "$1")
	picked=$(awk '/^ *(not ok|FAIL) |error: |ERROR: |runtime error|undefined reference/ { print; next_ones = 1; next }
		next_ones && /^(    |\t)/ { print; next }
		{ next_ones = 0 }' "$log" | head -n 40)
	if [ -n "$picked" ]; then echo "$picked"; else tail -n 30 "$log"; fi
}

for entry in "${broken[@]}"; do
	printf '\n==== %s: %s\n' "${entry%%|*}" "${entry#*|}"
	[ ! -f "$(log_of "${entry%%|*}")" ] || show "${entry%%|*}"
done
[ ${#broken[@]} -eq 0 ] || echo
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
