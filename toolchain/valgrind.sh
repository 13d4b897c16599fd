#!/usr/bin/env bash
# Lets valgrind watch what is read before it is written, and what is lost: in clang's build, without sanitizers.
#   valgrind.sh           a sample: some unit tests, and the gateway in a chat
#   valgrind.sh --all     every unit test, and the gateway in all of test/e2e that does not measure time or memory
# Only what valgrind finds counts: programs are thirty times slower here, and some tests have a clock. What it says is
# in build/valgrind. Ends with "N passed, N failed", a test a unit test's program, and one a gateway.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

bash toolchain/setup.sh test || { printf '0 passed, 1 failed\n'; exit 1; }
export out=$PWD/build/valgrind
rm -rf "$out"
mkdir -p "$out"
if ! { cmake --preset clang && cmake --build --preset clang; } >"$out/build.log" 2>&1; then
	tail -n 20 "$out/build.log"
	printf '0 passed, 1 failed\n'
	exit 1
fi

units=(http_parse json_tokens settings rope tls)
chats=(small)
if [ "${1:-}" = --all ]; then
	units=()
	for source in test/unit/test_*.c; do units+=("$(basename "$source" .c)"); done
	units=("${units[@]#test_}")
	chats=(anthropic cli curl dialects fault_table faults health http https json keys logs messages metrics models names
		openai records reload routing small smuggling tls)
fi

# What is known of others: a thread that still asks or waits at the end has memory of the C library.
cat >"$out/known" <<KNOWN
{
	a thread that asks the system's resolver
	Memcheck:Leak
	...
	fun:getaddrinfo
}
{
	mbedTLS has no memory for its half of Finished, and compares all the same: the handshake fails, as it must
	Memcheck:Cond
	fun:mbedtls_ssl_parse_finished
}
KNOWN
export watch="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
--errors-for-leak-kinds=definite --suppressions=$out/known"

# What valgrind says goes to its own log, which stays empty where all is well.
one() {
	local log=$out/$1
	# shellcheck disable=SC2086
	timeout -k 5 600 $watch --log-file="$log.said" "build/clang/unit/test_$1" >"$log.log" 2>&1
	local status=$?
	if [ $status -le 1 ] && [ -e "$log.said" ] && [ ! -s "$log.said" ]; then
		echo "  ok    $1"
	else
		echo "  FAIL  $1: exit status $status"
		head -n 20 "$log.said" | sed 's/^/        /'
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
gateways=$(find "$out" -name 'gateway.*.said' | wc -l)
found=$(find "$out" -name 'gateway.*.said' -size +0 | wc -l)
echo "e2e: $((gateways - found)) gateways without a finding, while tests $(tail -n 1 "$out/e2e.log")"
for log in $(find "$out" -name 'gateway.*.said' -size +0 | head -n 10); do
	echo "  FAIL  ${log##*/}"
	head -n 20 "$log" | sed 's/^/        /'
done
[ "$gateways" -gt 0 ] || found=1
passed=$((passed + gateways - found))
failed=$((failed + found))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
