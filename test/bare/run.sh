#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh POWERVISOR MACHINE OPTION IMAGE: the image says that all is well and the machine ends with 0.
# PV_BACKEND: the translator's back end.
set -eu
said=$(timeout 60 "$1" ${PV_BACKEND:+--engine "translator,backend=$PV_BACKEND"} -M "$2" -nographic -no-reboot "$3" "$4" </dev/null)
printf '%s\n' "$said"
test "$said" = "$(printf 'bare: hello\nbare: all is well')"
echo "ok - $2 $3"
