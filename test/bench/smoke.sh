#!/usr/bin/env bash
# Whether toolchain/bench.sh works: it runs through, nothing fails, each row is there and each line is JSON.
# Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

passed=0
failed=0
told=$(mktemp)
trap 'rm -f "$told"' EXIT

# check WHAT COMMAND...
check() {
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok $what"
		sed 's/^/    /' "$told"
	fi
}

# A row with a figure for nginx and one for the gateway (the third and the fifth column from the right are
# theirs in five).
row() { awk -v row="$1" 'index($0, row) == 1 { n = NF; found = $(n - 3) ~ /^-?[0-9.]+$/ && $(n - 1) ~ /^-?[0-9.]+$/ } END { exit !found }' "$told"; }
nothing_failed() { ! grep -E '[0-9]+ failed' "$told" && ! grep -E '^failures.*kB.* [1-9]' "$told"; }
all_json() { python3 -c 'import json, sys; assert len([json.loads(line) for line in open(sys.argv[1])]) > 100' "$1"; }

check "it runs" bash -c "toolchain/bench.sh --smoke >$told 2>&1"
for name in "start to ready" "memory, idle" "added latency p50, plain" "added latency p99, plain" \
	"added latency p50, tls" "added latency p99, tls" "CPU a request, plain, small" "CPU a request, plain, 1 KB" \
	"CPU a request, plain, 10 KB" "CPU a request, plain, 150 KB" "CPU a request, tls, small" \
	"requests a second, plain" "requests a second, tls" "added first byte p50, 1 plain stream" \
	"added first byte p50, 64 plain streams" "added first byte p50, 512 plain streams" \
	"added first byte p50, 1000 plain streams" "CPU an event, 1000 plain streams" "memory, 64 tls streams" \
	"memory, 512 plain streams" "memory, 1000 plain streams" "failures, 40 clients" "memory, 40 clients" \
	"new TLS clients a second" "CPU a new TLS client" "memory, after all"; do
	check "the row $name" row "$name"
done
for name in "added gap p99, 1 plain stream" "the upstream's own CPU" "resumed TLS clients a second" "moongate / nginx: "; do
	check "the line $name" grep -q "^$name" "$told"
done
check "nothing failed" nothing_failed
check "each line is JSON" all_json "${BENCH_OUT:-build/bench}/results.jsonl"
check "what is close to nginx" bash -c "toolchain/bench.sh --close 1 >$told 2>&1"
for name in "CPU a request, plain, small" "added latency p50, plain" "added latency p50, tls" \
	"added first byte p50, 1 plain stream" "added first byte p50, 64 plain streams"; do
	check "closely, the row $name" row "$name"
done
check "nothing failed there" nothing_failed
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
