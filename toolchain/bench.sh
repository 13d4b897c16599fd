#!/usr/bin/env bash
# Measures the gateway beside nginx, haproxy and no proxy at all, in one run on one machine: a table, a line
# of ratios, and every single measurement as a line of JSON in build/bench/results.jsonl.
#   bench.sh           about a quarter of an hour
#   bench.sh --quick   about a minute and a half: one round, short ones
#   bench.sh --close   about seven minutes: twelve rounds of the rows that are close to nginx
#   bench.sh --smoke   only whether all of it works (test/bench/smoke.sh)
# A number behind that says how many rounds. MOONGATE names another executable than build/linux/moongate; nginx and
# haproxy: toolchain/setup.sh bench.
set -euo pipefail
cd "$(dirname "$0")/.."

export MOONGATE=${MOONGATE:-$PWD/build/linux/moongate}
export BENCH_OUT=$PWD/build/bench
if [ ! -x "$MOONGATE" ]; then
	echo "bench: no gateway at $MOONGATE: run toolchain/build.sh linux first" >&2
	exit 1
fi
PATH=$PATH:/usr/sbin:/sbin
for program in nginx haproxy; do
	command -v $program >/dev/null || { echo "bench: no $program: run toolchain/setup.sh bench" >&2 && exit 1; }
done

mkdir -p "$BENCH_OUT"
compile() {
	local name=$1
	shift
	cc -std=c11 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wconversion \
		-Werror -I. "test/bench/$name.c" test/bench/wire.c "$@" -o "$BENCH_OUT/$name" -lssl -lcrypto
}
compile upstream
compile load test/bench/reply.c test/bench/samples.c
test/upstream/certs.sh "$BENCH_OUT/certs"
cat "$BENCH_OUT/certs/server.pem" "$BENCH_OUT/certs/server.key" >"$BENCH_OUT/certs/both.pem"

ulimit -n "$(ulimit -Hn)"
exec python3 test/bench/bench.py "$@"
