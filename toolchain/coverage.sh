#!/usr/bin/env bash
# Prints how much of core the unit tests, the corpus of each fuzz target and some hundred simulated worlds run: lines
# and branches, of each folder and of all. Fails where a function is never run and toolchain/coverage.answers has no
# reason for it (a line each: file, function, why), or has one for a function that is run.
# What was not run stands in build/coverage/lines.txt. Ends with "N passed, N failed", a test a function.
#   coverage.sh --e2e     counts the end-to-end tests too, only to see: it fails for answers that these make untrue
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

bash toolchain/setup.sh test || { printf '0 passed, 1 failed\n'; exit 1; }
out=$PWD/build/coverage
mkdir -p "$out"
for preset in cover sim-cover; do
	cmake --preset $preset && cmake --build --preset $preset
done >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log"; printf '0 passed, 1 failed\n'; exit 1; }
find build/cover build/sim-cover -name '*.gcda' -delete

# Whether they pass is not asked here (some must be quick), but what did not run to its end did not count.
run() {
	timeout -k 5 120 "$@" >>"$out/run.log" 2>&1
	local status=$?
	[ $status -le 1 ] || echo "  ended with status $status: $*"
}
export -f run
export out
: >"$out/run.log"
for source in test/unit/test_*.c; do
	echo "build/cover/unit/$(basename "$source" .c)"
done | xargs -P "$(nproc)" -I{} bash -c 'run {}'
for corpus in test/fuzz/corpus/*; do
	run "build/cover/fuzz/fuzz_$(basename "$corpus")" "$corpus"/*
done
world=build/sim-cover/world
run $world --from 1 --count 300 --jobs "$(nproc)"
run $world --tls --from 1 --count 30 --jobs "$(nproc)"
[ "${1:-}" != --e2e ] || MOONGATE=$PWD/build/cover/moongate test/e2e/run.sh | tail -n 1
python3 -B toolchain/coverage.py toolchain/coverage.answers "$out/lines.txt" build/cover build/sim-cover
