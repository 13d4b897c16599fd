#!/usr/bin/env bash
# The end-to-end tests: the real gateway against the stand-in over TLS. Ends with "N passed, N failed".
#   run.sh [NAME...]     only the files NAME.test.mjs
#   run.sh --but NAME... all the others
# MOONGATE and UPSTREAM name other executables than build/linux/moongate and build/check/upstream.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=test/e2e
out=$PWD/build/e2e
mkdir -p "$out"

export MOONGATE=${MOONGATE:-$PWD/build/linux/moongate}
export UPSTREAM=${UPSTREAM:-$PWD/build/check/upstream}
if [ ! -x "$MOONGATE" ]; then
	echo "e2e: no gateway at $MOONGATE: run toolchain/build.sh first" >&2
	exit 1
fi
if [ ! -x "$UPSTREAM" ]; then
	UPSTREAM=$out/upstream
	cc -std=c11 -O2 -I. test/upstream/*.c -o "$UPSTREAM" -lssl -lcrypto -pthread
fi

# The packages, exactly as locked; again only when the lock changed.
if ! cmp -s $here/package-lock.json "$out/installed.json"; then
	cp $here/package.json $here/package-lock.json $here/.npmrc "$out/"
	(cd "$out" && npm ci --silent --no-progress)
	cp $here/package-lock.json "$out/installed.json"
fi
test/upstream/certs.sh "$out/certs"

exec node $here/main.mjs "$@"
