#!/usr/bin/env bash
# The firmware for qemu-mps2, in QEMU: unit tests, faults, what it takes, how long it holds, and the same
# end-to-end tests as every board (test/e2e/small.test.mjs). Ends with "N passed, N failed".
# run.sh [PART...]: only those parts (of bare.mjs).
# MOONGATE_ALL=1: ten thousand chats in a row instead of some hundreds.
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p build
toolchain/build.sh qemu-mps2 >build/bare.log 2>&1 || { tail -n 30 build/bare.log; exit 1; }
cmake --build --preset qemu-mps2 --target unit_bare >build/bare.log 2>&1 || { tail -n 30 build/bare.log; exit 1; }

export UNIT_BARE=$PWD/build/qemu-mps2/unit_bare.elf
export MOONGATE=$PWD/board/qemu-mps2/run.sh
export UPSTREAM=${UPSTREAM:-$PWD/build/check/upstream}
out=$PWD/build/e2e
mkdir -p "$out"
if [ ! -x "$UPSTREAM" ]; then
	UPSTREAM=$out/upstream
	cc -std=c11 -O2 -I. test/upstream/*.c -o "$UPSTREAM" -lssl -lcrypto -pthread
fi
test/upstream/certs.sh "$out/certs"
exec node test/bare/bare.mjs "$@"
