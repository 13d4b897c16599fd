#!/usr/bin/env bash
# run.sh [-c FILE] [WORD...]: the firmware in QEMU, used as the program moongate is on a box. It listens
# where FILE says on this machine, and reaches this machine as `localhost`. The log is on standard error.
#   SIGTERM stops it in order, SIGHUP is ^R at its console, SIGUSR1 has it log what memory it uses.
#   clock=none            a board that does not know the time; time=HOST: which asks a time server
# In the environment: FIRMWARE, another one; MOONGATE_WORDS, further words for it; MOONGATE_HOST, what
# `localhost` leads to; MOONGATE_NET, more of QEMU's network (,hostfwd=...); QEMU_MORE, further words for
# QEMU (-icount shift=5, -object filter-dump,...).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
firmware=${FIRMWARE:-$here/../../build/qemu-mps2/moongate.elf}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The firmware's network is one behind QEMU's: what is to be 127.0.0.1 here is any address there, and
# QEMU lets in what comes to 127.0.0.1.
inside() {
	local wide="bind_address = \"0.0.0.0:$2\""
	grep -q '^[[:space:]]*allow_anonymous' "$1" || wide+="\\nallow_anonymous = true"
	sed -E '/^[[:space:]]*bind_address[[:space:]]*=/d; s/^[[:space:]]*\[gateway\].*/&\n'"$wide/" "$1"
	grep -q '^[[:space:]]*\[gateway\]' "$1" || printf '[gateway]\n%b\n' "$wide"
}

words=(arg=fw "arg=host=${MOONGATE_HOST:-localhost=10.0.2.2}")
for word in ${MOONGATE_WORDS:-}; do words+=("arg=$word"); done
port=
while [ $# -gt 0 ]; do
	words+=("arg=$1")
	if [ "$1" = -c ] && [ $# -gt 1 ] && [ -r "$2" ]; then
		port=$(sed -nE 's/^[[:space:]]*bind_address[[:space:]]*=.*:([0-9]+)".*/\1/p' "$2" | head -n 1)
		port=${port:-3000}
		inside "$2" "$port" >"$work/moongate.ini"
		words+=("arg=$work/moongate.ini")
		shift
	fi
	shift
done
printf -v semihosting ',%s' "${words[@]}"

# Passes on what the firmware prints. The port is opened here when it says that it is ready: what came before
# would be lost, and QEMU waits long until it tries again.
follow() {
	local line
	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line != ready* ]] ||
			printf 'hostfwd_add n0 tcp:127.0.0.1:%s-:%s\n' "$port" "$port" >"$work/monitor.in"
	done
}

mkfifo "$work/keys" "$work/printed" "$work/monitor.in" "$work/monitor.out"
exec 3<>"$work/keys" 4<>"$work/monitor.out"
follow <"$work/printed" &
# shellcheck disable=SC2086
setpriv --pdeathsig KILL qemu-system-arm -M mps2-an385 -display none -serial stdio \
	-chardev "pipe,id=m0,path=$work/monitor" -mon chardev=m0,mode=readline \
	-semihosting-config "enable=on,target=native$semihosting" \
	-netdev "user,id=n0${MOONGATE_NET:-}" -net nic,netdev=n0,model=lan9118 ${QEMU_MORE:-} \
	-kernel "$firmware" <&3 >"$work/printed" &
qemu=$!
trap 'printf "\003" >&3' TERM INT
trap 'printf "\022" >&3' HUP
trap 'printf m >&3' USR1
status=0
while kill -0 "$qemu" 2>/dev/null; do
	status=0
	wait "$qemu" || status=$?
done
wait
exit "$status"
