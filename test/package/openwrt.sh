# shellcheck shell=dash
# A stand-in for what OpenWrt gives an init script: the functions that read UCI, and procd's, which only
# write down that they were called. UCI_DIR holds the files of UCI, CALLS is where the calls go.

# ---- UCI: `uci export` prints commands for a shell, and a file of UCI looks the same ----

package() { :; }

config() {
	uci_sections=$((uci_sections + 1))
	uci_section=${2:-cfg$uci_sections}
	uci_list="$uci_list $uci_section"
	eval "uci_type_$uci_section=\$1"
}

option() {
	eval "uci_${uci_section}_$1=\$2"
	uci_set="$uci_set uci_${uci_section}_$1"
}

list() {
	local count
	eval "count=\$((\${uci_${uci_section}_${1}_count:-0} + 1))"
	eval "uci_${uci_section}_${1}_count=\$count"
	eval "uci_${uci_section}_${1}_$count=\$2"
	eval "uci_${uci_section}_$1=\"\${uci_${uci_section}_$1:+\${uci_${uci_section}_$1} }\$2\""
	uci_set="$uci_set uci_${uci_section}_${1}_count uci_${uci_section}_$1"
}

config_load() {
	# shellcheck disable=SC2086
	[ -z "$uci_set" ] || unset $uci_set
	uci_sections=0 uci_list='' uci_set=''
	# shellcheck disable=SC1090
	[ ! -f "$UCI_DIR/$1" ] || . "$UCI_DIR/$1"
}

# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() {
	eval "$1=\${uci_${2}_$3:-\$4}"
}

config_get_bool() {
	config_get "$@"
	eval "case \$$1 in
		1 | on | true | yes | enabled) $1=1 ;;
		0 | off | false | no | disabled) $1=0 ;;
		*) $1=\$4 ;;
	esac"
}

# config_foreach FUNCTION TYPE
config_foreach() {
	local each_section each_type
	for each_section in $uci_list; do
		eval "each_type=\$uci_type_$each_section"
		[ "$each_type" != "$2" ] || "$1" "$each_section"
	done
}

# config_list_foreach SECTION OPTION FUNCTION
config_list_foreach() {
	local each_count each_value each=1
	eval "each_count=\${uci_${1}_${2}_count:-0}"
	while [ "$each" -le "$each_count" ]; do
		eval "each_value=\$uci_${1}_${2}_$each"
		"$3" "$each_value"
		each=$((each + 1))
	done
}

# ---- what is only written down ----

call() {
	local word line=
	for word; do line="$line${line:+ }<$word>"; done
	printf '%s\n' "$line" >>"$CALLS"
}

for name in open_instance close_instance set_param append_param add_jail add_jail_mount \
	add_jail_mount_rw add_mdns add_reload_trigger add_interface_trigger running; do
	eval "procd_$name() { call $name \"\$@\"; }"
done
procd_running() { [ -n "$RUNNING" ]; }
logger() { call logger "$@"; }
chown() { call chown "$@"; }
user_exists() { call user_exists "$@" && return 1; }
user_add() { call user_add "$@"; }
group_add_next() { call group_add_next "$@" && echo 32768; }
