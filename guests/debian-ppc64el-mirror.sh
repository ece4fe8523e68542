#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian-ppc64el-mirror.sh [--update] OUT: a small Debian archive for the guest of debian-ppc64el-disk.sh.
#   OUT/mirror holds ppc64el packages that the disk does not have (tcl-dev and what it needs), the sources of hello and
#   sqlite3, and the indexes Packages and Sources: `deb [trusted=yes] http://HOST:PORT ./`
# Nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: debian-ppc64el-mirror.sh [--update] OUT}")
packages=(tcl-dev)
sources=(hello sqlite3)

lock "$out/.mirror-lock"
[ $update = yes ] || [ ! -e "$out/mirror/Sources" ] || exit 0

apt_begin "$out/apt-mirror" deb-src
apt_download_needed "$out/mirror.new" "${packages[@]}"
apt_download_sources "$out/mirror.new" "${sources[@]}"
python3 "$here/debian-index.py" "$out/mirror.new" || die "no index could be written"
rm -rf "$out/mirror"
mv "$out/mirror.new" "$out/mirror"
