# shellcheck shell=bash
# OpenWrt's init script and first-run script, in a shell where UCI is a file and procd writes down what it
# is told (openwrt.sh).
init=board/openwrt/files/moongate.init
first=board/openwrt/files/moongate.defaults

# box: a fresh router in $TMP/box. UCI is its file `uci`, the calls that were made are in `calls`.
box() {
	rm -rf "$TMP/box"
	mkdir -p "$TMP/box/uci"
	cat >"$TMP/box/uci/moongate"
}

# service SHELL COMMAND...: the init script's functions, in the box; RUNNING=1 when the daemon runs.
service() {
	local shell=$1 status
	shift
	: >"$TMP/box/calls"
	# shellcheck disable=SC2086,SC2016
	UCI_DIR=$TMP/box/uci CALLS=$TMP/box/calls BOX=$TMP/box RENDER_FROM=$PWD/board/openwrt/files/moongate.render \
		$shell -c '
		. "$0"
		. "$1"
		PROG=$MOONGATE RENDER=$RENDER_FROM INI=$BOX/var/etc/moongate.ini ZONE=$BOX/zone
		shift
		for step; do "$step"; done' ./test/package/openwrt.sh "./$init" "$@"
	status=$?
	sed -i "s|$TMP/box|BOX|g; s|<$MOONGATE>|<PROG>|" "$TMP/box/calls"
	return $status
}

called() {
	grep -qxF -- "$1" "$TMP/box/calls" || { cat "$TMP/box/calls"; return 1; }
}

lan_box() {
	box <<-UCI
		config gateway 'main'
			list listen '127.0.0.1:3000'
			list listen '192.168.1.1:3100'
			option base_path '/llm'
			option state_dir '$TMP/box/state'
			option ca_file '$TMP/box/uci/moongate'
			list wan 'wan'
			list wan 'wan6'
		config key 'k'
			option secret '0123456789abcdef'
		config provider 'p'
			option type 'loopback'
	UCI
}

# The whole of what procd is told.
starts() {
	lan_box
	service "$1" start_service service_triggers || return 1
	same - "$TMP/box/calls" <<-'CALLS'
		<chown> <moongate:moongate> <BOX/state>
		<chown> <moongate:moongate> <BOX/var/etc/moongate.ini.new>
		<open_instance>
		<set_param> <command> <PROG> <-c> <BOX/var/etc/moongate.ini>
		<set_param> <file> <BOX/var/etc/moongate.ini>
		<set_param> <respawn> <3600> <5> <0>
		<set_param> <user> <moongate>
		<set_param> <group> <moongate>
		<set_param> <limits> <core=0 0> <nofile=1024 1024> <as=67108864 67108864>
		<set_param> <term_timeout> <10>
		<set_param> <stderr> <1>
		<add_jail> <moongate> <ronly>
		<add_jail_mount> <BOX/var/etc/moongate.ini>
		<add_jail_mount> </etc/hosts>
		<add_jail_mount> </etc/ssl/certs/ca-certificates.crt>
		<add_jail_mount> <BOX/uci/moongate>
		<add_jail_mount_rw> <BOX/state>
		<set_param> <capabilities> </etc/capabilities/moongate.json>
		<set_param> <no_new_privs> <1>
		<add_mdns> <http> <tcp> <3100> <daemon=moongate> <path=/llm/v1>
		<close_instance>
		<add_reload_trigger> <moongate>
		<add_interface_trigger> <interface.*.up> <wan> </etc/init.d/moongate> <reload>
		<add_interface_trigger> <interface.*.up> <wan6> </etc/init.d/moongate> <reload>
	CALLS
}

# The file has keys in it.
hidden() {
	starts dash || return 1
	local ini=$TMP/box/var/etc/moongate.ini
	[ "$(stat -c %a "$ini")" = 600 ] && [ ! -e "$ini.new" ] && [ "$(stat -c %a "$TMP/box/state")" = 700 ] &&
		grep -qF 'bind_address = ["127.0.0.1:3000", "192.168.1.1:3100"]' "$ini"
}

# What is said goes to the log, and there is no instance.
refuses() {
	lan_box
	sed -i "s/config gateway 'main'/&\n\toption log_level 'loud'/" "$TMP/box/uci/moongate"
	not service dash start_service 2>&1 && grep -q '^<logger>.*log_level takes one of' "$TMP/box/calls" &&
		lacks "$TMP/box/calls" open_instance && [ ! -e "$TMP/box/var/etc/moongate.ini" ]
}

keeps_the_good() {
	lan_box
	service dash start_service && cp "$TMP/box/var/etc/moongate.ini" "$TMP/good"
	sed -i "s/config gateway 'main'/&\n\toption log_level 'loud'/" "$TMP/box/uci/moongate"
	RUNNING=1 service dash start_service 2>&1 || return 1
	grep -q '^<logger>' "$TMP/box/calls" && called '<open_instance>' &&
		same "$TMP/good" "$TMP/box/var/etc/moongate.ini" && not service dash stop_service start_service
}

disabled() {
	lan_box
	sed -i "s/config gateway 'main'/&\n\toption enabled '0'/" "$TMP/box/uci/moongate"
	service dash start_service service_triggers && lacks "$TMP/box/calls" open_instance &&
		called '<add_reload_trigger> <moongate>'
}

jail_off() {
	lan_box
	sed -i "s/config gateway 'main'/&\n\toption jail '0'/" "$TMP/box/uci/moongate"
	service dash start_service && lacks "$TMP/box/calls" jail && called '<set_param> <user> <moongate>'
}

# procd would take each word of a path as a path.
jail_stays_shut() {
	lan_box
	sed -i "s|option ca_file.*|option ca_file '/etc/hosts /'|; s|option state_dir.*|option state_dir '/'|" \
		"$TMP/box/uci/moongate"
	service dash start_service 2>/dev/null
	sed -i "s|option ca_file.*||" "$TMP/box/uci/moongate"
	service dash start_service && lacks "$TMP/box/calls" '</>' && lacks "$TMP/box/calls" chown\>\ \<moongate:moongate\>\ \</
}

# The daemon reckons hours as the box does.
time_zone() {
	lan_box
	printf 'CET-1CEST,M3.5.0,M10.5.0/3\n' >"$TMP/box/zone"
	service dash start_service && called '<set_param> <env> <TZ=CET-1CEST,M3.5.0,M10.5.0/3>'
}

silent_on_loopback() {
	lan_box
	sed -i "/192.168/d" "$TMP/box/uci/moongate"
	service dash start_service && lacks "$TMP/box/calls" mdns
}

own_file() {
	printf '[models.m.providers.p]\ntype = "loopback"\n' >"$TMP/own.toml"
	box <<<"config gateway 'main'
	option config_file '$TMP/own.toml'
	option state_dir '$TMP/box/state'"
	service dash start_service && called "<set_param> <command> <PROG> <-c> <$TMP/own.toml>" &&
		called "<add_jail_mount> <$TMP/own.toml>" && [ ! -e "$TMP/box/var/etc/moongate.ini" ]
}

# ---- the first run ----

# first_run SHELL: in a root that is $TMP/root.
first_run() {
	# shellcheck disable=SC2016
	CALLS=$TMP/calls IPKG_INSTROOT=$TMP/root "$1" "$first"
}

new_root() {
	rm -rf "$TMP/root"
	mkdir -p "$TMP"/root/{lib,etc/config,usr/share/moongate}
	cp test/package/openwrt.sh "$TMP/root/lib/functions.sh"
	cp board/openwrt/files/moongate.config "$TMP/root/usr/share/moongate/config"
}

makes_a_key() {
	local config=$TMP/root/etc/config/moongate
	new_root
	first_run dash && first_run dash && [ "$(grep -c '^config key' "$config")" = 1 ] &&
		[ "$(stat -c %a "$config")" = 600 ] && grep -q '^# moongate: one LLM' "$config" &&
		grep -qE "secret '[0-9a-f]{48}'" "$config" && cp "$config" "$TMP/made.uci" &&
		rendered dash "$TMP/made.uci" >"$TMP/made.ini" && checked "$TMP/made.ini" &&
		new_root && first_run dash && not cmp "$config" "$TMP/made.uci"
}

keeps_the_administrators() {
	local config=$TMP/root/etc/config/moongate
	new_root
	printf "config gateway 'main'\nconfig key 'mine'\n\toption secret '0123456789abcdef'\n" >"$config"
	cp "$config" "$TMP/mine"
	first_run dash && same "$TMP/mine" "$config"
}

makes_the_user() {
	new_root
	: >"$TMP/calls"
	first_run dash && grep -qxF '<user_add> <moongate> <> <32768> <moongate> </etc/moongate>' "$TMP/calls"
}

for shell in dash 'busybox ash' 'bash --posix'; do
	check "init: start, by ${shell%% *}" starts "$shell"
done
check "init: the rendered file is the daemon's alone" hidden
check "init: a bad configuration does not start, and the log says why" refuses
check "init: after a bad change the last good configuration stays" keeps_the_good
check "init: disabled" disabled
check "init: without the jail" jail_off
check "init: the time zone" time_zone
check "init: a strange path opens nothing" jail_stays_shut
check "init: no mDNS for loopback" silent_on_loopback
check "init: the daemon's own file in place of UCI" own_file
check "first run: a key of the box's own, once" makes_a_key
check "first run: what is there stays" keeps_the_administrators
check "first run: a user" makes_the_user
