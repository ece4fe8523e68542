#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh OUT: pbench for this host and static pbench for the guests, with Debian's cross compilers
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=${1:?usage: build.sh OUT}; mkdir -p "$out"
f="-O2 -static -pthread -Wall -Wextra"
gcc $f -o "$out/pbench.native" "$here/pbench.c" -lm
powerpc64le-linux-gnu-gcc $f -mcpu=power8 -o "$out/pbench.ppc64le" "$here/pbench.c" -lm
powerpc64-linux-gnu-gcc $f -o "$out/pbench.ppc64be" "$here/pbench.c" -lm
powerpc-linux-gnu-gcc $f -o "$out/pbench.ppc32" "$here/pbench.c" -lm -latomic
