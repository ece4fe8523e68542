#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# deps.sh PURPOSE...: installs the Debian packages that these purposes need, if any is missing.
#   build guests guests-disk guests-be check format bench stress
set -eu

packages_for() {
	case $1 in
	build) echo gcc libc6-dev meson ninja-build pkg-config python3 libglib2.0-dev libfdt-dev libcapstone-dev \
			liburing-dev libslirp-dev libvdeplug-dev libpng-dev libvncserver-dev \
			libnbd-dev libjansson-dev ;;
	guests) echo python3 xz-utils util-linux ;;
	guests-disk) echo python3 xz-utils e2fsprogs openssh-client qemu-system-data ;;
	guests-be)
		echo gcc libc6-dev linux-source-6.1 gcc-powerpc64-linux-gnu libc6-dev-ppc64-cross flex bison \
			bc libelf-dev libssl-dev xz-utils
		;;
	check)
		echo clang clang-format-14 libclang-rt-14-dev libcmocka-dev libmpfr-dev libgmp-dev git binutils \
			qemu-user qemu-system-ppc gcc-powerpc-linux-gnu gcc-powerpc64-linux-gnu \
			gcc-powerpc64le-linux-gnu libc6-dev-powerpc-cross libc6-dev-ppc64-cross \
			libc6-dev-ppc64el-cross device-tree-compiler e2fsprogs cpio iproute2 \
			qemu-utils qemu-system-common nbdkit grub-common xorriso iperf3 vde-switch
		;;
	format) echo clang-format-14 ;;
	bench)
		echo git python3 cpio util-linux qemu-system-ppc gcc libc6-dev gcc-powerpc-linux-gnu \
			gcc-powerpc64-linux-gnu gcc-powerpc64le-linux-gnu libc6-dev-powerpc-cross \
			libc6-dev-ppc64-cross libc6-dev-ppc64el-cross
		;;
	stress) echo python3 xz-utils binutils openssl gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross ;;
	*)
		echo "deps.sh: unknown purpose '$1'" >&2
		exit 1
		;;
	esac
}

wanted=
for purpose; do
	wanted="$wanted $(packages_for "$purpose")"
done

if ! command -v dpkg-query >/dev/null; then
	# not a Debian: Meson and the scripts say what they miss
	exit 0
fi
# shellcheck disable=SC2086
missing=$({
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p'
	echo
	printf '%s\n' $wanted
} | awk '/^$/ { rest = 1; next } !rest { have[$0] = 1; next } !have[$0]++')
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086
set -- $missing
if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	sudo=sudo
else
	echo "deps.sh: Debian packages are missing, and neither root nor sudo is there: apt install $*" >&2
	exit 1
fi
echo "installing Debian packages: $*" >&2
install="env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install"
# package lists may be absent or old
# shellcheck disable=SC2086
$sudo $install "$@" >/dev/null 2>&1 || {
	$sudo apt-get -qq update >&2 || true
	$sudo $install "$@" >/dev/null
}
