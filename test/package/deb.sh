# shellcheck shell=bash
# The Debian packages: of amd64, and of the Raspberry Pis that are built.
version=$(sed -n 's/^project(moongate VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
debs=$TMP/debs
declare -A deb_names=([linux]=amd64 [raspberrypi-arm64]=arm64 [raspberrypi-armhf]=armhf
	[raspberrypi-armv6]=armhf-armv6)
declare -A memories=([linux]=512M [raspberrypi-arm64]=128M [raspberrypi-armhf]=128M [raspberrypi-armv6]=128M)

# made TARGET FOLDER: the program is the one that is built.
deb_made() {
	MOONGATE_PROGRAM=build/$1/moongate MOONGATE_PACKAGES=$2 toolchain/package.sh "$1"
}

deb_again() {
	(umask 077 && export TZ=Asia/Tokyo && deb_made linux "$TMP/deb-again") >/dev/null || return 1
	cmp "$TMP/deb-again/$(basename "$1")" "$1"
}

# Modes, owners and names of all files.
deb_files() {
	dpkg-deb -c "$1" | awk '{ sub(/^\.\//, "/", $6); print $1, $2, $6 }' | grep -v '^d' |
		same - <(cat <<-FILES
			-rw-r--r-- root/root /etc/moongate/moongate.toml
			-rwxr-xr-x root/root /usr/bin/moongate
			-rw-r--r-- root/root /usr/lib/systemd/system/moongate.service
			-rw-r--r-- root/root /usr/lib/sysusers.d/moongate.conf
			-rw-r--r-- root/root /usr/lib/tmpfiles.d/moongate.conf
			-rw-r--r-- root/root /usr/share/doc/moongate/changelog.gz
			-rw-r--r-- root/root /usr/share/doc/moongate/copyright
			-rw-r--r-- root/root /usr/share/lintian/overrides/moongate
			-rw-r--r-- root/root /usr/share/man/man8/moongate.8.gz
		FILES
		) && not grep -v '^drwxr-xr-x root/root' <(dpkg-deb -c "$1" | grep '^d')
}

# deb_control FILE TARGET
deb_control() {
	local arch=${deb_names[$2]%%-*} field
	for field in "Package moongate" "Version $version" "Architecture $arch" "Section net" \
		"Priority optional" "Depends ca-certificates, systemd"; do
		[ "$(dpkg-deb -f "$1" "${field%% *}")" = "${field#* }" ] ||
			{ echo "${field%% *}: $(dpkg-deb -f "$1" "${field%% *}")" && return 1; }
	done
	[ "$(dpkg-deb -I "$1" conffiles)" = /etc/moongate/moongate.toml ] &&
		dpkg-deb --fsys-tarfile "$1" | tar -xOf - ./usr/lib/systemd/system/moongate.service >"$TMP/unit" &&
		grep -qx "MemoryMax=${memories[$2]}" "$TMP/unit" && grep -qx Type=notify "$TMP/unit" &&
		grep -q '^WatchdogSec=[1-9]' "$TMP/unit"
}

deb_program() {
	dpkg-deb --fsys-tarfile "$1" | tar -xOf - ./usr/bin/moongate | cmp - "build/$2/moongate"
}

deb_lintian() {
	lintian --allow-root --no-tag-display-limit --fail-on error,warning "$1"
}

# Into an empty folder, with the maintainer's scripts run on this machine: they have to keep to the folder.
deb_installs() {
	local root=$TMP/debian dpkg
	mkdir -p "$root"/var/lib/dpkg/{updates,info} "$root/etc"
	: >"$root/var/lib/dpkg/status"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
	dpkg=(dpkg "--root=$root" --force-depends --force-architecture --force-script-chrootless --log=/dev/null)
	"${dpkg[@]}" -i "$1" && grep '^moongate:' "$root/etc/passwd" &&
		"$root/usr/bin/moongate" --check -c "$root/etc/moongate/moongate.toml" || return 1
	deb_rights "$root" && [ -L "$root/etc/systemd/system/multi-user.target.wants/moongate.service" ] || return 1
	echo '# mine' >>"$root/etc/moongate/moongate.toml"
	mkdir -p "$root/var/lib/moongate" && "${dpkg[@]}" --force-confold -i "$1" &&
		grep -q '# mine' "$root/etc/moongate/moongate.toml" && deb_rights "$root" || return 1
	"${dpkg[@]}" -r moongate && [ -e "$root/etc/moongate/moongate.toml" ] && [ ! -e "$root/usr/bin/moongate" ] ||
		return 1
	"${dpkg[@]}" --purge moongate && [ ! -e "$root/etc/moongate" ] && [ ! -e "$root/var/lib/moongate" ] &&
		[ ! -e /etc/systemd/system/multi-user.target.wants/moongate.service ]
}

# deb_rights ROOT: the configuration is root's, and the daemon may read it.
deb_rights() {
	local group
	group=$(sed -n 's/^moongate:[^:]*:\([0-9]*\):.*/\1/p' "$1/etc/group")
	stat -c '%n %a %u:%g' "$1"/etc/moongate{,/moongate.toml} | tee /dev/stderr |
		same - <(printf '%s 750 0:%s\n%s 640 0:%s\n' "$1/etc/moongate" "$group" \
			"$1/etc/moongate/moongate.toml" "$group")
}

# ---- the unit ----

unit() {
	dpkg-deb --fsys-tarfile "$debs/moongate_${version}_amd64.deb" |
		tar -xOf - ./usr/lib/systemd/system/moongate.service
}

unit_is_good() {
	unit | sed "s|/usr/bin/moongate|$MOONGATE|; /^Documentation=/d" >"$TMP/moongate.service" || return 1
	systemd-analyze --man=no verify "$TMP/moongate.service" 2>&1 | tee "$TMP/verify"
	[ ! -s "$TMP/verify" ] && systemd-analyze security --offline=yes --threshold=15 "$TMP/moongate.service" |
		tail -n 1
}

# Every system call of a start, a chat and a stop is one that the unit's filter lets pass.
allowed_calls() {
	local named
	named=$(sed -n 's/^SystemCallFilter=@system-service //p' board/raspberrypi/moongate.service.in)
	# shellcheck disable=SC2086
	systemd-analyze syscall-filter 2>/dev/null | python3 -c '
import re, sys
sets, name = {}, None
for line in sys.stdin:
    word = re.fullmatch(r"( *)([@a-z]\w*(?:-\w+)*)\n", line)
    if word and not word[1]:
        name = word[2]
    elif word:
        sets.setdefault(name, set()).add(word[2])
def calls(name):
    return set().union(*(calls(x) if x[0] == "@" else {x} for x in sets[name]))
print(*sorted(calls("@system-service") - calls("@privileged") - calls("@resources")), *sys.argv[1:], sep="\n")' $named
}

calls_made() {
	local ini=$TMP/calls.ini daemon
	printf '[gateway]\nbind_address = "127.0.0.1:3998"\nstate_dir = "%s"\n[models.m.providers.p]\ntype = "loopback"\n' \
		"$TMP/calls-state" >"$ini"
	mkdir -p "$TMP/calls-state"
	strace -f -o "$TMP/trace" "$MOONGATE" -c "$ini" 2>"$TMP/calls.log" &
	daemon=$!
	curl -s --retry 20 --retry-connrefused --retry-delay 1 -m 20 http://127.0.0.1:3998/v1/chat/completions \
		-H 'Content-Type: application/json' \
		-d '{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}' | grep -q DONE
	kill "$(pgrep -P "$daemon")"
	wait "$daemon"
	sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$TMP/trace" | sort -u
}

filter_lets_pass() {
	allowed_calls >"$TMP/allowed" && calls_made >"$TMP/made-calls" || return 1
	[ "$(wc -l <"$TMP/made-calls")" -gt 20 ] && [ "$(wc -l <"$TMP/allowed")" -gt 100 ] &&
		not grep -vxF -f "$TMP/allowed" "$TMP/made-calls"
}

manual_is_clean() {
	local lint
	lint=$(mandoc -Tlint -Wwarning board/raspberrypi/moongate.8 | grep -v 'outdated mandoc.db')
	[ -z "$lint" ] || { echo "$lint" && return 1; }
}

manual_has_options() {
	local option
	for option in $("$MOONGATE" --help | grep -oE -- '--[a-z-]+' | sort -u); do
		grep -qF -- "Fl \\-${option#--}" board/raspberrypi/moongate.8 || { echo "lacks $option" && return 1; }
	done
}

for target in linux raspberrypi-{arm64,armhf,armv6}; do
	if [ ! -x "build/$target/moongate" ] || [ ! -f "build/$target/CPackConfig.cmake" ]; then
		echo "# build/$target is not built, so its package is not looked at"
		continue
	fi
	deb=$debs/moongate_${version}_${deb_names[$target]}.deb
	check "deb: $target is made" deb_made "$target" "$debs"
	check "deb: $target, files, owners, modes" deb_files "$deb"
	check "deb: $target, control" deb_control "$deb" "$target"
	check "deb: $target, the program is the one that was built" deb_program "$deb" "$target"
	if [ "$target" = linux ] || [ -n "${MOONGATE_ALL:-}" ]; then
		check "deb: $target, lintian" deb_lintian "$deb"
	fi
	echo "# $target: $(stat -c %s "$deb") bytes of .deb"
done
deb=$debs/moongate_${version}_amd64.deb
check "deb: the same bytes again" deb_again "$deb"
check "deb: install, upgrade, remove, purge, in an empty folder" deb_installs "$deb"
if command -v systemd-analyze >/dev/null; then
	check "deb: systemd takes the unit, and finds it closed" unit_is_good
	check "deb: the unit's filter lets pass what the daemon does" filter_lets_pass
else
	echo "# no systemd-analyze here, so the unit is not looked at"
fi
check "deb: the manual has no faults" manual_is_clean
check "deb: the manual has all keys and no others" test/package/keys.py man board/raspberrypi/moongate.8
check "deb: the manual has all options" manual_has_options
check "deb: shellcheck" shellcheck -s sh board/raspberrypi/{postinst,prerm,postrm}
