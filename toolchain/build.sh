#!/usr/bin/env bash
# build.sh [BOARD]: builds build/BOARD/moongate, stripped (moongate.elf for qemu-mps2). Without a board it is `linux`.
set -euo pipefail
cd "$(dirname "$0")/.."

board=${1:-linux}
if [ ! -f "toolchain/$board.cmake" ]; then
	echo "build: no such board: $board (there are:" \
		"$(cd toolchain && ls ./*.cmake | sed 's|^./||; s|\.cmake$||' | tr '\n' ' '))" >&2
	exit 2
fi
program=build/$board/moongate
case $board in
qemu-*)
	bash toolchain/setup.sh bare
	program=$program.elf
	;;
openwrt-* | raspberrypi-*)
	arch=${board#*-}
	bash toolchain/setup.sh cross "${arch%-basic}"
	;;
*) bash toolchain/setup.sh ;;
esac
cmake --preset "$board" >/dev/null
cmake --build --preset "$board"
ls -l "$program" | awk '{ printf "%s: %d bytes\n", $NF, $5 }'
