#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh [--check]: clang-format over all C files
set -eu
cd "$(dirname "$0")/.."
mode=-i
[ "${1:-}" != --check ] || mode='--dry-run -Werror'
folders=
for d in src include bare test guests bench; do
	[ ! -d "$d" ] || folders="$folders $d"
done
# shellcheck disable=SC2086
find $folders -name '*.[ch]' -print0 | xargs -0 clang-format-14 $mode
