# shellcheck shell=bash
# The packages for OpenWrt: of each target that is built, the .ipk and the plain .tar.gz; and the feed's
# Makefile against a stand-in for the build system (sdk/).
ipk_bar_bytes=200000 # 200 KB: routers with 8 MB of flash take the basic one
version=$(sed -n 's/^project(moongate VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
made=$TMP/packages
declare -A arches=([openwrt-armhf-basic]=arm_cortex-a7_neon-vfpv4
	[openwrt-armhf]=arm_cortex-a7_neon-vfpv4 [openwrt-arm64]=aarch64_cortex-a53
	[openwrt-mipsel]=mipsel_24kc [openwrt-mips]=mips_24kc)

# package TARGET FOLDER
package() {
	MOONGATE_PROGRAM=build/$1/moongate MOONGATE_PACKAGES=$2 toolchain/package.sh "$1"
}

# The same bytes whenever, by whoever, wherever they are made.
again() {
	(umask 077 && export TZ=Asia/Tokyo LC_ALL=C.UTF-8 && package "$1" "$TMP/again") >/dev/null || return 1
	(cd "$TMP/again" && for file in *; do cmp "$file" "$made/$file" || exit 1; done)
}

fits() {
	local bytes
	bytes=$(stat -c %s "$1") || return 1
	echo "$bytes bytes, $((bytes - ipk_bar_bytes)) above $ipk_bar_bytes"
	[ "$bytes" -le $ipk_bar_bytes ]
}

other_arch() {
	OPENWRT_ARCH=arm_cortex-a9 package "$1" "$TMP/other" >/dev/null &&
		tar -xOzf "$TMP/other"/*.ipk ./control.tar.gz | tar -xOzf - ./control |
		grep -qx 'Architecture: arm_cortex-a9'
}

# As opkg does it: unpack, then postinst, which leaves all to OpenWrt's functions.
installs() {
	local root=$TMP/router
	mkdir -p "$root/lib" "$root/info"
	tar -xOzf "$1" ./data.tar.gz | tar -xzf - -C "$root" && tar -xOzf "$1" ./control.tar.gz |
		tar -xzf - -C "$root/info" || return 1
	# shellcheck disable=SC2016
	printf 'default_%s() { echo "%s $*" >>"$IPKG_INSTROOT/did"; }\n' postinst postinst prerm prerm \
		>"$root/lib/functions.sh"
	IPKG_INSTROOT=$root "$root/info/postinst" configure && IPKG_INSTROOT=$root "$root/info/prerm" remove
	same "$root/did" - <<-DID
		postinst $root/info/postinst configure
		prerm $root/info/prerm remove
	DID
}

# ---- the feed ----

feed() {
	make -s -C board/openwrt -f "$PWD/board/openwrt/Makefile" "TOPDIR=$PWD/test/package/sdk" "$@"
}

listing() {
	(cd "$1" && find . -printf '%P %m %s\n' | sort)
}

# The feed's packages and ours are the same files, and say the same of each other.
feed_installs() {
	mkdir -p "$TMP/built/usr/bin" && cp "$1" "$TMP/built/usr/bin/moongate" &&
		feed "install-$3" "DEST=$TMP/feed" "PKG_INSTALL_DIR=$TMP/built" || return 1
	mkdir -p "$TMP/ipk-tree" && chmod 755 "$TMP/feed" "$TMP/ipk-tree" &&
		tar -xOzf "$2" ./data.tar.gz | tar -xpzf - -C "$TMP/ipk-tree" || return 1
	diff <(listing "$TMP/feed") <(listing "$TMP/ipk-tree")
}

feed_agrees() {
	[ "$(feed print NAME=PKG_VERSION)" = "$version" ] && [ "$(feed packages)" = "moongate moongate-full" ] &&
		[ "$(feed conffiles-moongate)" = /etc/config/moongate ] &&
		[ "$(feed conffiles-moongate-full)" = /etc/config/moongate ] &&
		[ "$(feed board-basic)" = openwrt-basic ] && [ "$(feed board-full)" = openwrt ] &&
		grep -q "^moongate ($version)" board/raspberrypi/changelog
}

# configured TREE BUILD: prints the files that would be compiled.
configured() {
	cmake -G Ninja -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DMOONGATE_BOARD=openwrt \
		"-DMOONGATE_DEPS=$PWD/build/deps/src" -DMOONGATE_WERROR=OFF >&2 || return 1
	sed -n "s|^ *\"file\": \"$1/||p" "$2/compile_commands.json" | sort
	(cd "$2" && ninja -n install | tail -n 1) >&2
}

# The files that the feed takes are all that is compiled.
feed_configures() {
	mkdir -p "$TMP/dl" "$TMP/feed-source"
	feed prepare "PKG_BUILD_DIR=$TMP/feed-source" "DL_DIR=$TMP/dl" INSTALL_DIR=: TAR=: || return 1
	configured "$TMP/feed-source" "$TMP/feed-build" >"$TMP/feed-files" &&
		configured "$PWD" "$TMP/tree-build" | grep -v ^build/ >"$TMP/tree-files" || return 1
	[ "$(wc -l <"$TMP/tree-files")" -gt 100 ] && diff "$TMP/tree-files" "$TMP/feed-files"
}

# What OpenWrt's CI runs on the target, where this machine has the paths and the port that it names.
ci_runs() {
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir -p "$TMP/ci/bin" "$TMP/ci/uci" && ln -sf "$MOONGATE" "$TMP/ci/bin/moongate" &&
		ln -sf "$(command -v busybox)" "$TMP/ci/bin/wget" &&
		cp board/openwrt/files/moongate.config "$TMP/ci/uci/moongate" || return 1
	sed "s|/lib/functions.sh|$PWD/test/package/openwrt.sh|; s|127.0.0.1:3999|127.0.0.1:$port|g
		s|/usr/share/moongate/render.sh|$PWD/board/openwrt/files/moongate.render|" board/openwrt/test.sh >"$TMP/ci/test.sh"
	UCI_DIR=$TMP/ci/uci PATH=$TMP/ci/bin:$PATH busybox ash "$TMP/ci/test.sh" "$@"
}

scripts() {
	shellcheck -e SC1091 "$@"
}

first=
for target in openwrt-{armhf-basic,armhf,arm64,mipsel,mips}; do
	if [ ! -x "build/$target/moongate" ]; then
		echo "# build/$target/moongate is not built, so its packages are not looked at"
		continue
	fi
	arch=${arches[$target]}
	case $target in *-basic) name=moongate ;; *) name=moongate-full ;; esac
	ipk=$made/${name}_$version-r1_$arch.ipk
	check "ipk: $target is made" package "$target" "$made"
	check "ipk: $target, members, owners, modes, control" test/package/ipk.py "$ipk" "$arch" "$version" $name
	check "ipk: $target, the plain archive" \
		test/package/ipk.py "$made/$name-$version-${target%-basic}.tar.gz" plain "$version" $name
	[ "$target" != openwrt-armhf-basic ] || check "ipk: $target is at most 200 KB" fits "$ipk"
	echo "# $target: $(stat -c %s "build/$target/moongate") bytes of program, $(stat -c %s "$ipk") of .ipk"
	[ -n "$first" ] || first=$target first_ipk=$ipk
done
check "ipk: at least one target is built" [ -n "$first" ]
check "ipk: the same bytes again" again "$first"
check "ipk: another architecture" other_arch "$first"
check "ipk: opkg's steps" installs "$first_ipk"
check "ipk: the feed installs the same files" feed_installs "build/$first/moongate" "$first_ipk" moongate
check "ipk: the feed has the same version" feed_agrees
check "ipk: the feed's sources are enough" feed_configures
check "ipk: OpenWrt's test of the installed package" ci_runs moongate "$version-r1"
check "ipk: it refuses another version" not ci_runs moongate "0$version-r1"
check "ipk: shellcheck, OpenWrt's scripts" scripts -s dash board/openwrt/test.sh \
	board/openwrt/files/moongate.{init,defaults,render} test/package/openwrt.sh
check "ipk: shellcheck, ours" scripts -x toolchain/package.sh test/package/*.sh
