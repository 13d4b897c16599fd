#!/usr/bin/env bash
# run.sh: builds everything, starts the stand-in for the service (TLS) and the gateway in front of it
# with config/tensorzero-rustproxy.toml, says how to try it, and waits. PORT=N: another port than 3000.
# run.sh --once: does one chat instead of waiting, and exits with its status.
set -euo pipefail
cd "$(dirname "$0")/.."

port=${PORT:-3000}
once=
case "${1:-}" in
"") ;;
--once) once=1 ;;
*) echo "usage: [PORT=N] toolchain/run.sh [--once]" >&2 && exit 2 ;;
esac
run=$PWD/build/run
gateway=$PWD/build/linux/moongate
base=http://127.0.0.1:$port

started=()
stop_all() {
	local pid
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT
trap 'exit 130' INT TERM HUP

fail() {
	printf 'run: %s\n' "$1" >&2
	[ -z "${2:-}" ] || tail -n 20 "$2" >&2
	exit 1
}

# until_true SECONDS PID COMMAND...: asks again until it holds; fails early when PID has ended.
until_true() {
	local end=$((SECONDS + $1)) pid=$2
	shift 2
	until "$@"; do
		if [ $SECONDS -ge $end ] || ! kill -0 "$pid" 2>/dev/null; then return 1; fi
		sleep 0.05
	done
}

quiet() {
	local log=$run/build.log
	"$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}

# The shipped file names the vendor's address; a copy of it names ours. What it says about the
# places that we set at its end is left out of the copy.
write_config() {
	sed -e "s|^\( *api_endpoint *= *\)\"[^\"]*\"|\1\"https://localhost:$1/api/v1/stream/chat\"|" \
		-e '/^ *\(bind_address\|state_dir\|ca_file\) *=/d' config/tensorzero-rustproxy.toml
	cat <<-END

		[gateway]
		bind_address = "127.0.0.1:$port"
		state_dir = "$run/state"

		[gateway.upstream]
		ca_file = "$run/certs/ca.pem"
	END
}

start_upstream() {
	local pid
	build/check/upstream --listen 127.0.0.1:0 --cert "$run/certs/server.pem" \
		--key "$run/certs/server.key" >"$run/upstream.log" 2>&1 &
	pid=$!
	started+=("$pid")
	until_true 5 "$pid" grep -q '^listening ' "$run/upstream.log" ||
		fail "the stand-in did not start:" "$run/upstream.log"
	upstream_port=$(sed -n 's/^listening //p' "$run/upstream.log")
}

start_gateway() {
	local pid
	"$gateway" -c "$run/moongate.toml" >"$run/moongate.log" 2>&1 &
	pid=$!
	started+=("$pid")
	until_true 10 "$pid" curl -fsS -m 2 -o /dev/null "$base/health" 2>/dev/null ||
		fail "the gateway did not start on port $port:" "$run/moongate.log"
	kill -0 "$pid" 2>/dev/null || fail "the gateway did not stay:" "$run/moongate.log"
	gateway_pid=$pid
}

bash toolchain/setup.sh
mkdir -p "$run/state"
echo "run: building"
quiet bash toolchain/build.sh linux
quiet cmake --preset check
quiet cmake --build --preset check --target upstream
quiet sh test/upstream/certs.sh "$run/certs"
start_upstream
write_config "$upstream_port" >"$run/moongate.toml"
start_gateway

chat='{"model":"rust-proxy","messages":[{"role":"user","content":"Hello, moon"}]}'
if [ -n "$once" ]; then
	status=0
	curl -fsS -m 30 "$base/v1/chat/completions" -H 'Content-Type: application/json' -d "$chat" || status=$?
	echo
	[ $status = 0 ] || tail -n 20 "$run/moongate.log" >&2
	exit $status
fi
cat <<END
run: the gateway is at $base (log: build/run/moongate.log), the stand-in behind it at
run: https://localhost:$upstream_port; Ctrl-C ends both. Try:

curl -N $base/v1/chat/completions -H 'Content-Type: application/json' -d \\
  '{"model":"rust-proxy","stream":true,"messages":[{"role":"user","content":"Hello, moon"}]}'

END
wait "$gateway_pid" || fail "the gateway ended:" "$run/moongate.log"
