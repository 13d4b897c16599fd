#!/usr/bin/env bash
# The container image, built by buildah and by podman and run by podman, and the composition. Needs root.
# Ends with "N passed, N failed". MOONGATE and UPSTREAM name other programs than those of build/.
# Nothing of it has a network: a container has its own loopback, in which the tests ask.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

bash toolchain/setup.sh container >&2 || exit 1
export MOONGATE_PROGRAM=${MOONGATE:-$PWD/build/linux/moongate}
upstream=${UPSTREAM:-$PWD/build/check/upstream}
key="key-of-the-container-tests"
session="session-of-the-container-tests"
image=localhost/moongate:test

# podman wants a short path. vfs needs nothing of the kernel, and it alone works in a container of its own.
TMP=$(mktemp -d /tmp/moongate.XXXXXX)
export TMP STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
place=(--root "$TMP/store" --runroot "$TMP/run")
podman=(podman "${place[@]}" --cgroup-manager=cgroupfs --runtime runc)
trap 'clean_up' EXIT
clean_up() {
	timeout -s KILL 20 "${podman[@]}" rm -f -a -t 1 >/dev/null 2>&1
	[ -z "${stand_in:-}" ] || kill -KILL "$stand_in" && wait "$stand_in" 2>/dev/null
	rm -rf "$TMP"
}

passed=0 failed=0
. test/package/check.sh

# engine ARGUMENTS...: podman without its complaints about a systemd that is not here.
engine() {
	timeout -s KILL 20 "${podman[@]}" "$@" 2> >(grep -v ' level=error msg=.*healthcheck' >&2)
}

# run_image NAME OPTIONS...: as compose.yaml has it.
run_image() {
	local name=$1
	shift
	engine run -d --name "$name" --network=none --read-only --cap-drop ALL --security-opt no-new-privileges \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 -v state:/var/lib/moongate "$@" $image >/dev/null
}

pid_of() { engine inspect "$1" --format '{{.State.Pid}}'; }
state_of() { engine inspect "$1" --format '{{.State.Status}} {{.State.ExitCode}}'; }
inside() { nsenter -t "$pid" -n "$@"; }

# soon COMMAND...: within five seconds.
soon() {
	local end=$((SECONDS + 5))
	while [ $SECONDS -lt $end ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	"$@"
}

says() { # TEXT COMMAND...: prints it
	local text=$1
	shift
	"$@" 2>&1 | tee "$TMP/output"
	grep -qF -- "$text" "$TMP/output"
}

chat() { # MODEL STREAM
	inside curl -sS -m 5 http://127.0.0.1:3000/v1/chat/completions -H 'Content-Type: application/json' \
		-H "Authorization: Bearer $key" \
		-d "{\"model\":\"$1\",\"messages\":[{\"role\":\"user\",\"content\":\"words-of-the-container-tests\"}],\"stream\":$2}"
}

# ---- the image ----

for name in buildah podman; do
	check "$name builds the image" env MOONGATE_ENGINE="$name ${place[*]}" MOONGATE_IMAGE=$image-$name toolchain/image.sh
done
engine tag $image-buildah $image

# What is in it, without the folders and what podman mounts itself.
contents() {
	engine create --name files --network=none $image >/dev/null && engine export files >"$TMP/files.tar" || return
	tar -tf "$TMP/files.tar" | grep -v '/$' | grep -vE '^(dev|proc|sys|run)/|^etc/(hosts|hostname|resolv.conf|mtab)$' | sort
}
image_is() { # FORMAT WANTED
	says "$2" engine image inspect $image --format "$1"
}
size_fits() {
	local bytes
	bytes=$(engine image inspect "$1" --format '{{.Size}}')
	echo "    the image: $bytes bytes" >&3
	[ "$bytes" -le 1000000 ]
}
exec 3>&1
check 'it has less than 1 MB' size_fits $image
check 'and no more by podman' size_fits $image-podman
contents >"$TMP/contents"
printf '%s\n' etc/moongate/moongate.ini etc/ssl/certs/ca-certificates.crt moongate >"$TMP/wanted"
check 'it holds three files' same "$TMP/wanted" "$TMP/contents"
check 'it is nobody of the host' image_is '{{.User}}' 10001:10001
check 'its state is a volume' image_is '{{json .Config.Volumes}}' '"/var/lib/moongate"'
check 'it asks itself how it is' image_is '{{json .HealthCheck.Test}}' \
	'["CMD","/moongate","--health","http://127.0.0.1:3000"]'
check 'an image for a Pi' env MOONGATE_ENGINE="buildah ${place[*]}" MOONGATE_IMAGE=$image-pi \
	toolchain/image.sh raspberrypi-armhf
check 'says its processor' says 'arm v7' buildah "${place[@]}" inspect --type image \
	--format '{{.OCIv1.Architecture}} {{.OCIv1.Variant}}' $image-pi
check 'there is none for a router' not toolchain/image.sh openwrt-armhf

# ---- a run ----

run_image keyless
check 'without a key it ends' soon says 'exited 2' state_of keyless
check 'and says which variable is missing' says 'MOONGATE_KEY is not set' engine logs keyless

endpoint=http://127.0.0.1:4010/api/v1/stream/chat
check 'with a key it starts' run_image first -e MOONGATE_KEY=$key -e SID=$session -e API_ENDPOINT=$endpoint
pid=$(pid_of first)
nsenter -t "$pid" -n "$upstream" --listen 127.0.0.1:4010 --plain >"$TMP/upstream" 2>&1 &
stand_in=$!
soon grep -q listening "$TMP/upstream"
check 'it is well' soon engine healthcheck run first
check 'a chat with itself' says '"finish_reason":"stop"' chat hello false
check 'a chat with a service' says '"finish_reason":"stop"' chat rust-proxy false
check 'a stream' says 'data: [DONE]' chat rust-proxy true
check 'a stranger gets a 401' says 401 inside curl -sS -m 5 -o /dev/null -w '%{http_code}' http://127.0.0.1:3000/v1/models

process_is() { says "$1" grep -E "^${1%%:*}:" "/proc/$pid/status"; }
check 'it runs as its own user' process_is $'Uid:\t10001\t10001\t10001\t10001'
check 'and group' process_is $'Gid:\t10001\t10001\t10001\t10001'
check 'without any capability' process_is $'CapEff:\t0000000000000000'
check 'without new privileges' process_is $'NoNewPrivs:\t1'
check 'shut in all the same' says 'folders=yes system_calls=yes' engine logs first

kill -STOP "$pid"
check 'one that stands is not well' not engine healthcheck run first
kill -CONT "$pid"
check 'one that goes on is' engine healthcheck run first
check 'a URL where nobody listens' not engine exec first /moongate --health http://127.0.0.1:4000

ends_at_once() {
	local begun=$SECONDS
	engine stop -t 8 first && [ $((SECONDS - begun)) -lt 4 ] && says 'exited 0' state_of first
}
check 'it ends when it is told to' ends_at_once
engine logs first >"$TMP/log" 2>&1
for secret in $key $session words-of-the-container-tests; do
	check "the log has no $secret" lacks "$TMP/log" "$secret"
done

volume=$(engine volume inspect state --format '{{.Mountpoint}}')
same_state() {
	cp "$volume/identity" "$TMP/identity" && run_image second -e MOONGATE_KEY=$key && sleep 1 &&
		cmp "$volume/identity" "$TMP/identity" && engine stop -t 8 second
}
check 'the volume is its own' says 10001:10001 stat -c %u:%g "$volume"
check 'the next one goes on with its state' same_state

# ---- the composition ----

compose=(docker-compose -f board/linux/compose.yaml)
check 'compose.yaml is good' env MOONGATE_KEY=$key "${compose[@]}" config -q
keyless() { ! env -u MOONGATE_KEY "${compose[@]}" config -q >"$TMP/compose" 2>&1; }
check 'without a key it is not' keyless
check 'and says what to set' says MOONGATE_KEY cat "$TMP/compose"
for part in ports order keys state shut_in health starts; do
	check "compose.yaml: $part" python3 test/container/compose.py $part
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
