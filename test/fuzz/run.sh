#!/usr/bin/env bash
# Every fuzz target: its corpus, then new inputs for some seconds. Ends with "N passed, N failed", a test
# a target.
#   run.sh [SECONDS [SEED]]    3 seconds each, always the same inputs; SEED 0: each time other ones
# No names of new functions: the program that finds them outlives the target (print_funcs).
# An input that fails is kept in build/fuzz/found; build/fuzz/fuzz/fuzz_FORMAT FILE runs it again.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

export seconds=${1:-3} seed=${2:-1}
export UBSAN_OPTIONS=print_stacktrace=1
out=$PWD/build/fuzz/found
export out
rm -rf "$out"
mkdir -p "$out"

# one FORMAT
one() {
	local new=$out/corpus-$1
	mkdir "$new"
	if "build/fuzz/fuzz/fuzz_$1" "-max_total_time=$seconds" "-seed=$seed" -timeout=10 -max_len=8192 \
		-print_funcs=0 -print_final_stats=1 "-artifact_prefix=$out/$1-" "$new" "test/fuzz/corpus/$1" \
		>"$out/$1.log" 2>&1; then
		echo "  ok    $1 ($(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$1.log") inputs)"
		rm -rf "$new"
	else
		echo "  FAIL  $1"
		grep -aE 'ERROR|runtime error|^    #[0-9]+ .*(core|test)/|Test unit written' "$out/$1.log" |
			head -n 12 | sed 's/^ */        /'
	fi
}
export -f one

said=$(find test/fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs -P 2 -I{} bash -c 'one {}')
echo "$said"
passed=$(grep -c '^  ok ' <<<"$said")
failed=$(grep -c '^  FAIL ' <<<"$said")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
