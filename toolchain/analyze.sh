#!/usr/bin/env bash
# Looks over core, port/posix and board/linux with gcc's -fanalyzer, clang-tidy (clang-tidy.yaml says for what) and
# cppcheck. Ends with "N passed, N failed", a test a tool. Findings that are wrong are answered in
# toolchain/analyze.answers, a line each: file, finding, why.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

bash toolchain/setup.sh analyze || { printf '0 passed, 1 failed\n'; exit 1; }
out=$PWD/build/analyze
mkdir -p "$out"
deps=build/deps/src
flags=('-DMOONGATE_VERSION="0"' '-DMOONGATE_BOARD="linux"' -DMOONGATE_BUILT_S=0
	'-DMBEDTLS_CONFIG_FILE="config/mbedtls_config.h"' -I.)
gcc_flags=(-std=c11 "${flags[@]}" -isystem "$deps/mbedtls/include" -isystem "$deps/inih" -isystem "$deps/jsmn")
export gcc_text="${gcc_flags[*]@Q}"

analyze_one() {
	eval "gcc $gcc_text -O2 -fanalyzer -c -o /dev/null $1"
}
export -f analyze_one

sources() {
	ls core/*.c core/*/*.c port/*.c port/posix/*.c board/linux/*.c
}
run_gcc() {
	sources | xargs -P "$(nproc)" -I{} bash -c 'analyze_one {}'
}
run_clang-tidy() {
	sources | xargs -P "$(nproc)" -n 8 bash -c 'eval "clang-tidy --quiet --config-file=toolchain/clang-tidy.yaml \
		$* -- $gcc_text"' tidy | sed "s|^$PWD/||; s|^\./||"
}
run_cppcheck() {
	cppcheck --quiet --std=c11 -j "$(nproc)" --enable=warning,portability --suppress=missingInclude \
		--template='{file}:{line}: warning: {message} [{id}]' "${flags[@]}" \
		core port/*.c port/posix board/linux
}

# Of a log's findings those that have no answer.
unanswered() {
	local line file kind
	grep -E '(warning|error):' "$1" | while read -r line; do
		file=${line%%:*}
		kind=$(sed -n 's/.*\[\([^]]*\)\]$/\1/p' <<<"$line")
		grep -q "^$file $kind " toolchain/analyze.answers || echo "$line"
	done
}

passed=0
failed=0
for tool in gcc clang-tidy cppcheck; do
	"run_$tool" >"$out/$tool.log" 2>&1
	status=$?
	left=$(unanswered "$out/$tool.log")
	[ "$status" -eq 0 ] || left="exit status $status; see $out/$tool.log $left"
	if [ -z "$left" ]; then
		passed=$((passed + 1)) && echo "  ok    $tool ($(grep -c 'warning:' "$out/$tool.log") findings, all answered)"
	else
		failed=$((failed + 1)) && printf '  FAIL  %s\n%s\n' "$tool" "$left"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
