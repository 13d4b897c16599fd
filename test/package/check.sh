# shellcheck shell=bash
# The protocol of the tests here. A test is a command: it passes when its status is 0; what it prints
# is shown, indented, when it does not.
passed=0
failed=0

# check NAME COMMAND...
check() {
	local name=$1 status=0
	shift
	"$@" >"$TMP/said" 2>&1 </dev/null || status=$?
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) $name"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) $name: exit status $status"
		sed 's/^/    /' "$TMP/said" | head -n 40
	fi
}

# rendered SHELL UCI-FILE: what the renderer of OpenWrt's package makes of it, to standard output.
rendered() {
	# shellcheck disable=SC2086,SC2016
	UCI_DIR=$(dirname "$2") $1 -c '. "$0"; . "$1"; config_load "$2"; moongate_render' \
		./test/package/openwrt.sh ./board/openwrt/files/moongate.render "$(basename "$2")"
}

# checked INI-FILE: the daemon accepts it. Only the owner may read what has secrets in it; so there is no
# reason to warn.
checked() {
	(umask 077 && cp "$1" "$TMP/checked.ini") && "$MOONGATE" --check -c "$TMP/checked.ini"
}

# same EXPECTED ACTUAL: two files, with their difference.
same() {
	diff -u "$1" "$2"
}

# lacks FILE TEXT: a file without that text.
lacks() {
	! grep -nF -- "$2" "$1"
}

# not COMMAND...: passes when the command does not.
not() {
	! "$@"
}
