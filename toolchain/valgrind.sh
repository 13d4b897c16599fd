#!/usr/bin/env bash
# Lets valgrind watch what is read before it is written, and what is lost: in clang's build, without sanitizers.
#   valgrind.sh           a sample: the unit tests of what comes from outside, and the gateway in a chat
#   valgrind.sh --all     every unit test, and the gateway in all of test/e2e that does not measure time or memory
# What it says is in build/valgrind. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

bash toolchain/setup.sh test || { printf '0 passed, 1 failed\n'; exit 1; }
export out=$PWD/build/valgrind
rm -rf "$out"
mkdir -p "$out"
cmake --preset clang >"$out/build.log" && cmake --build --preset clang >>"$out/build.log" ||
	{ tail -n 20 "$out/build.log"; printf '0 passed, 1 failed\n'; exit 1; }

units=(http_parse json_tokens settings rope tls_client)
chats=(small)
if [ "${1:-}" = --all ]; then
	units=()
	for source in test/unit/test_*.c; do units+=("$(basename "$source" .c)"); done
	units=("${units[@]#test_}")
	chats=(anthropic cli curl dialects fault_table faults health http https json keys logs messages metrics models names openai
		records reload routing small smuggling tls)
fi
# A thread that still waits at the end has memory of its own, "possibly lost".
export watch="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"

# What valgrind says goes to its own log, which stays empty where all is well.
one() {
	local log=$out/$1
	# shellcheck disable=SC2086
	timeout -k 5 600 $watch --log-file="$log.said" "build/clang/unit/test_$1" >"$log.log" 2>&1
	local status=$?
	if [ $status -eq 0 ] && [ ! -s "$log.said" ]; then
		echo "  ok    $1"
	else
		echo "  FAIL  $1: exit status $status"
		{ cat "$log.said"; grep -a FAIL "$log.log"; } | head -n 20 | sed 's/^/        /'
	fi
}
export -f one
said=$(printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one {}')
grep -v '^  ok' <<<"$said"
passed=$(grep -c '^  ok ' <<<"$said")
failed=$(grep -c '^  FAIL ' <<<"$said")
echo "unit: $passed programs without a finding"

cat >"$out/moongate" <<GATEWAY
#!/bin/sh
exec $watch --log-file=$out/gateway.%p.said $PWD/build/clang/moongate "\$@"
GATEWAY
chmod +x "$out/moongate"
MOONGATE=$out/moongate test/e2e/run.sh "${chats[@]}" >"$out/e2e.log" 2>&1
read -r ok _ bad _ <<<"$(tail -n 1 "$out/e2e.log" | tr -d ,)"
found=$(find "$out" -name 'gateway.*.said' -size +0 | wc -l)
echo "e2e: $ok passed, $bad failed, with $(find "$out" -name 'gateway.*.said' | wc -l) gateways, $found of them with findings"
grep -aA8 '^ *\(not ok\|FAIL\) ' "$out/e2e.log"
find "$out" -name 'gateway.*.said' -size +0 -exec head -n 20 {} +
passed=$((passed + ok))
failed=$((failed + bad + found))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
