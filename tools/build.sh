#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh NAME [MESON-OPTION...]: configures build/NAME if needed and builds it.
#   meson        gcc, optimised with debug information and assertions: build/powervisor
#   meson-clang  the same with clang
#   meson-asan   clang, AddressSanitizer and UndefinedBehaviorSanitizer
#   meson-tsan   clang, ThreadSanitizer
#   meson-fuzz   clang, the libFuzzer targets with the sanitizers of meson-asan
set -eu
cd "$(dirname "$0")/.."
name=$1
shift
cc=gcc
case $name in
meson) ;;
meson-clang) cc=clang ;;
meson-asan)
	cc=clang
	set -- -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all "$@"
	;;
meson-tsan)
	cc=clang
	set -- -Db_sanitize=thread -Db_lundef=false "$@"
	;;
meson-fuzz)
	cc=clang
	set -- -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=enabled \
		-Dc_args=-fno-sanitize-recover=all "$@"
	;;
*)
	echo "build.sh: unknown configuration '$name'" >&2
	exit 1
	;;
esac

dir=build/$name
setup() {
	CC=$cc meson setup "$@" >"build/$name.log" 2>&1 || {
		cat "build/$name.log" >&2
		exit 1
	}
	mv "build/$name.log" "$dir/setup.log"
}
# one at a time: stages of tests run beside each other
mkdir -p build
exec 9>"build/.lock-$name"
flock 9
if [ ! -e "$dir/build.ninja" ]; then
	rm -rf "$dir"
	setup "$dir" "$@"
	echo "$*" >"$dir/.options"
elif [ $# -gt 0 ] && [ "$*" != "$(cat "$dir/.options" 2>/dev/null)" ]; then
	setup --reconfigure "$dir" "$@"
	echo "$*" >"$dir/.options"
fi
ninja -C "$dir" --quiet
# left alone where it is right: somebody may be starting it
program=meson/src/cli/powervisor
[ "$name" != meson ] || [ "$(readlink build/powervisor)" = $program ] || ln -sfn $program build/powervisor
