#!/usr/bin/env bash
# image.sh [BOARD]: the container image localhost/moongate, of `linux` or a raspberrypi-*, by buildah, podman or
# docker, whichever is there (none for ARMv6: buildah marks it as ARMv7, which a Pi Zero does not run). It builds
# first, unless MOONGATE_PROGRAM names a program to take. MOONGATE_CA is the bundle of certificates to trust,
# MOONGATE_IMAGE another name, MOONGATE_ENGINE one of the three with its options.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "image: $*" >&2
	exit 2
}

# The processor, as images name it.
platform() {
	case $1 in
	linux) echo linux/amd64 ;;
	raspberrypi-arm64) echo linux/arm64 ;;
	raspberrypi-armhf) echo linux/arm/v7 ;;
	*) die "no image for $1 (there are: linux raspberrypi-arm64 raspberrypi-armhf)" ;;
	esac
}

engine() {
	local name
	for name in buildah podman docker; do
		if command -v "$name" >/dev/null; then
			echo "$name"
			return
		fi
	done
	die "none of buildah, podman and docker is here: toolchain/setup.sh container"
}

board=${1:-linux}
target=$(platform "$board")
read -ra with <<<"${MOONGATE_ENGINE:-$(engine)}"
bundle=${MOONGATE_CA:-/etc/ssl/certs/ca-certificates.crt}
[ -r "$bundle" ] || die "no certificates at $bundle: install ca-certificates, or set MOONGATE_CA"
program=${MOONGATE_PROGRAM:-}
if [ -z "$program" ]; then
	bash toolchain/build.sh "$board"
	program=build/$board/moongate
fi
[ -x "$program" ] || die "no program $program"

files=build/image/$board
rm -rf "$files"
install -D -m 755 "$program" "$files/moongate"
install -D -m 644 "$bundle" "$files/etc/ssl/certs/ca-certificates.crt"
install -D -m 644 config/moongate-container.ini "$files/etc/moongate/moongate.ini"
install -d -m 700 "$files/state/moongate"
stat -c '%n: %s bytes' "$files/moongate" "$files/etc/ssl/certs/ca-certificates.crt"

# Docker's form, because OCI's has no healthcheck.
case ${with[0]##*/} in
buildah) command=(bud --format docker) ;;
podman) command=(build --format docker) ;;
*) command=(build) ;;
esac
"${with[@]}" "${command[@]}" --platform "$target" -t "${MOONGATE_IMAGE:-localhost/moongate:latest}" \
	-f board/linux/Dockerfile "$files"
