#!/usr/bin/env bash
# The packages: what renders UCI, the init script, the .ipk and .deb, and all that is in them, without a
# router or a Raspberry Pi. Ends with "N passed, N failed". run.sh [PART...] runs only render, init, ipk, deb.
# MOONGATE names another program than build/linux/moongate. MOONGATE_ALL=1 runs lintian over every .deb.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

bash toolchain/setup.sh package >&2 || exit 1
export MOONGATE=${MOONGATE:-$PWD/build/linux/moongate}
TMP=$(mktemp -d)
export TMP
trap 'rm -rf "$TMP"' EXIT

. test/package/check.sh
[ $# -gt 0 ] || set -- render init ipk deb
for part; do
	# shellcheck disable=SC1090
	. "test/package/$part.sh"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
