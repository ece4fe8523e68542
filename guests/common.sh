# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# common.sh: what the scripts that make guests have in common; sourced by them, after `set -eu` and with $here.
# Debian's ppc64el packages come from the host's own Debian sources into a private apt root (debian-apt.py), which needs
# python3 and apt.

die() { echo "${0##*/}: $*" >&2; exit 1; }

have() { compgen -G "$1" >/dev/null; }

# lock FILE: until the script ends; parallel test runs share what it makes
lock() {
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	flock 9
}

# apt_begin ROOT [TYPE]: a private apt root with today's package indexes for the functions below, with TYPE deb-src also
# those of sources
apt_begin() {
	apt_root=$1
	shift
	apt_conf=$(python3 "$here/debian-apt.py" "$apt_root" ppc64el "$@") || die "no apt root"
	# an index that fails its checks is ignored by apt; what matters is that the packages are found in the others
	apt-get -q -c "$apt_conf" update >"$apt_root/update.log" 2>&1 ||
		echo "${0##*/}: note: not every package index could be used, see $apt_root/update.log" >&2
}

# apt_download FOLDER PACKAGE...: FOLDER then holds these packages and nothing else
apt_download() {
	local folder=$1
	shift
	rm -rf "$folder.new"
	mkdir "$folder.new"
	(cd "$folder.new" && apt-get -qq -c "$apt_conf" download "$@") >"$apt_root/download.log" 2>&1 ||
		die "packages could not be downloaded, see $apt_root/download.log"
	rm -rf "$folder"
	mv "$folder.new" "$folder"
}

# apt_download_needed FOLDER PACKAGE...: the same with all that these packages depend on
apt_download_needed() {
	local folder=$1
	shift
	# apt believes that nothing is installed, so this names all of it
	apt-get -qq -y -c "$apt_conf" --no-install-recommends --download-only install "$@" >"$apt_root/install.log" 2>&1 ||
		die "packages could not be downloaded, see $apt_root/install.log"
	# a run that did not come to its end may have left versions that have gone since
	apt-get -qq -c "$apt_conf" autoclean >>"$apt_root/install.log" 2>&1
	rm -rf "$folder.new"
	mkdir "$folder.new"
	mv "$apt_root"/archives/*.deb "$folder.new"
	rm -rf "$folder"
	mv "$folder.new" "$folder"
}

# apt_download_sources FOLDER PACKAGE...: their sources, beside what FOLDER holds
apt_download_sources() {
	local folder=$1
	shift
	(cd "$folder" && apt-get -qq -c "$apt_conf" --download-only source "$@") >"$apt_root/source.log" 2>&1 ||
		die "sources could not be downloaded, see $apt_root/source.log"
}

# unpack_all FOLDER ROOT: ROOT then holds what the packages in FOLDER have
unpack_all() {
	local deb
	rm -rf "$2"
	mkdir "$2"
	for deb in "$1"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$2" -x --keep-directory-symlink
	done
}
