#!/usr/bin/env bash
# soak.sh [N [FROM]]: what test.sh has no time for.
# - N simulated worlds (100,000) from the seed FROM on (the seconds since 1970), some more of them with TLS and under
#   sanitizers. Each one that fails is told with its seed; build/sim/world [--tls] SEED tells all of it.
# - 100,000 TLS handshakes with one gateway, whose memory stays flat.
# - a minute of new inputs for each fuzz target (MOONGATE_FUZZ_S: other seconds); see test/fuzz/run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${1:-100000}
from=${2:-$(date +%s)000000}
bash toolchain/setup.sh fuzz
bash toolchain/setup.sh test
for preset in sim sim-check fuzz linux check; do
	cmake --preset "$preset" >/dev/null
	cmake --build --preset "$preset" >/dev/null
done
status=0
echo "seeds from $from on"
build/sim/world --from "$from" --count "$count" --jobs "$(nproc)" || status=1
build/sim/world --tls --from "$from" --count "$((count / 40 + 1))" --jobs "$(nproc)" || status=1
build/sim-check/world --from "$((from + count))" --count "$((count / 10 + 1))" --jobs "$(nproc)" || status=1
MOONGATE_HANDSHAKES=100000 test/e2e/run.sh https || status=1
test/fuzz/run.sh "${MOONGATE_FUZZ_S:-60}" 0 || status=1
exit $status
