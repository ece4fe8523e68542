#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian-ppc64el-mirror.sh [--update] OUT: a small Debian archive for the guest of debian-ppc64el-disk.sh.
#   OUT/mirror holds ppc64el packages that the disk does not have (tcl-dev and what it needs), the sources of hello and
#   sqlite3, and the indexes Packages and Sources: `deb [trusted=yes] http://HOST:PORT ./`
# Nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: debian-ppc64el-mirror.sh [--update] OUT}")
die() { echo "debian-ppc64el-mirror.sh: $*" >&2; exit 1; }
packages=(tcl-dev)
sources=(hello sqlite3)

mkdir -p "$out"
# one at a time: parallel test runs share the cache
exec 9>"$out/.mirror-lock"
flock 9
[ $update = yes ] || [ ! -e "$out/mirror/Sources" ] || exit 0

conf=$(python3 "$here/debian-apt.py" "$out/apt-mirror" ppc64el) || exit 1
sed -i 's/^types: deb$/types: deb deb-src/' "$out/apt-mirror/sources.d/debian.sources"
# an index that fails its checks is ignored by apt; what matters is that the packages are found in the others
apt-get -q -c "$conf" update >"$out/apt-mirror/update.log" 2>&1 ||
	echo "debian-ppc64el-mirror.sh: note: not every index could be used, see $out/apt-mirror/update.log" >&2
# apt believes that nothing is installed, so this names all that the packages need
apt-get -qq -y -c "$conf" --no-install-recommends --download-only install "${packages[@]}" \
	>"$out/apt-mirror/install.log" 2>&1 ||
	die "packages could not be downloaded, see $out/apt-mirror/install.log"
rm -rf "$out/mirror.new"
mkdir "$out/mirror.new"
cp "$out"/apt-mirror/archives/*.deb "$out/mirror.new"
(cd "$out/mirror.new" && apt-get -qq -c "$conf" --download-only source "${sources[@]}") \
	>"$out/apt-mirror/source.log" 2>&1 ||
	die "sources could not be downloaded, see $out/apt-mirror/source.log"
python3 "$here/debian-index.py" "$out/mirror.new" || die "no index could be written"
rm -rf "$out/mirror"
mv "$out/mirror.new" "$out/mirror"
