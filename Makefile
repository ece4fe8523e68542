# SPDX-License-Identifier: GPL-2.0-or-later
all:
	@test -d build/meson || meson setup build/meson
	@ninja -C build/meson
	@ln -sfn meson/src/cli/powervisor build/powervisor
.PHONY: all
