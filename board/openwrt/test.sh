#!/bin/sh
# What OpenWrt's CI runs after it has installed the package on the target: test.sh PACKAGE VERSION.
# shellcheck shell=dash
set -e # not -u: what OpenWrt sources here reads variables that nobody has set

package=${1:-$PKG_NAME}
version=${2:-$PKG_VERSION}
case $package in moongate | moongate-full) ;; *) exit 0 ;; esac

# The version comes with or without the package's release.
moongate --version | grep -qxF "moongate ${version%-*}"
moongate --limits | grep -q 'the whole, worst case'

# What the package ships is a good configuration, and one that is not is refused.
. /lib/functions.sh
. /usr/share/moongate/render.sh
ini=$(mktemp)
trap 'rm -f "$ini"' EXIT
config_load moongate
moongate_render >"$ini"
moongate --check -c "$ini"
echo "nonsense = 1" >"$ini"
if moongate --check -c "$ini"; then exit 1; fi

# It runs and answers.
printf '[gateway]\nbind_address = "127.0.0.1:3999"\nstate_dir = "%s"\n[models.m.providers.p]\ntype = "loopback"\n' "$ini.d" >"$ini"
mkdir -p "$ini.d"
moongate -c "$ini" &
daemon=$!
trap 'kill "$daemon"; rm -rf "$ini" "$ini.d"' EXIT
tries=10
while [ $((tries -= 1)) -ge 0 ]; do
	wget -q -O - http://127.0.0.1:3999/v1/models | grep -q '"id":"m"' && exit 0
	sleep 1
done
echo "no answer" >&2
exit 1
