# shellcheck shell=bash
# UCI to INI: uci/NAME.uci has to become uci/NAME.ini, and the daemon accepts it; where there is a
# uci/NAME.says, it refuses it, and says each line of that.
renders() {
	rendered "$1" "$2" >"$TMP/ini" && same "${2%.uci}.ini" "$TMP/ini"
}

refused() {
	local line
	checked "$1" >"$TMP/faults" 2>&1 && return 1
	cat "$TMP/faults"
	while read -r line; do grep -qF -- "$line" "$TMP/faults" || return 1; done <"${1%.ini}.says"
}

# Every key of the daemon is reachable from UCI, and what the renderer writes is a key of the daemon.
all_keys() {
	checked test/package/uci/all.ini >"$TMP/faults" 2>&1
	test/package/keys.py ini test/package/uci/all.ini && lacks "$TMP/faults" 'unknown key'
}

# What UCI ships, rendered.
shipped() {
	cp board/openwrt/files/moongate.config "$TMP/shipped.uci" &&
		rendered dash "$TMP/shipped.uci" >"$TMP/shipped.ini" && checked "$TMP/shipped.ini"
}

for uci in test/package/uci/*.uci; do
	name=$(basename "$uci" .uci)
	for shell in dash 'busybox ash' 'bash --posix'; do
		check "render: $name, by ${shell%% *}" renders "$shell" "$uci"
	done
	if [ -f "${uci%.uci}.says" ]; then
		check "render: $name is refused" refused "${uci%.uci}.ini"
	elif [ "$name" != all ]; then
		check "render: $name is accepted" checked "${uci%.uci}.ini"
	fi
done
check "render: all the daemon's keys and no others" all_keys
check "render: what is shipped is accepted" shipped
check "render: any text comes out as it was, by dash" test/package/quote.py dash
check "render: any text comes out as it was, by busybox" test/package/quote.py busybox ash
