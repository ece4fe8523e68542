# SPDX-License-Identifier: GPL-2.0-or-later
# The short way in; Meson does the building (tools/build.sh names its configurations).
GUESTS = build/guests
DEMO = $(GUESTS)/debian-ppc64el

all:
	@tools/deps.sh build
	@tools/build.sh meson

# a shell of Debian's ppc64el kernel on Powervisor; Ctrl-A x leaves
demo:
	@tools/deps.sh build guests
	@tools/build.sh meson
	@guests/debian-ppc64el.sh $(DEMO)
	@echo "(Ctrl-A x ends the machine, Ctrl-A h shows more)"
	@build/powervisor -M pseries -cpu power9 -m 1G -nographic -nodefaults -serial mon:stdio \
		-kernel $(DEMO)/vmlinux -initrd $(DEMO)/initrd.gz -append console=hvc0

# Debian on a disk, from firmware to a login (root, password powervisor), with a network; SSH=port for ssh to it
SSH = 2222
demo-debian:
	@tools/deps.sh build guests guests-disk
	@tools/build.sh meson
	@guests/debian-ppc64el-disk.sh $(DEMO)
	@echo "(ssh -i $(DEMO)/disk.key -p $(SSH) root@127.0.0.1; Ctrl-A x ends the machine)"
	@build/powervisor -M pseries -cpu power9 -smp 2 -m 2G -nographic -nodefaults -serial mon:stdio \
		-drive file=$(DEMO)/disk.img,if=none,id=d,format=raw -device virtio-blk-pci,drive=d,bootindex=0 \
		-netdev user,id=n,hostfwd=tcp:127.0.0.1:$(SSH)-:22 -device virtio-net-pci,netdev=n -device virtio-rng-pci

guests:
	@tools/deps.sh guests guests-be
	@guests/debian-ppc64el.sh $(GUESTS)/debian-ppc64el
	@guests/pseries-be.sh $(GUESTS)/pseries-be

check:
	@tools/deps.sh build guests guests-be check
	@tools/check.py

check-full:
	@tools/deps.sh build guests guests-be guests-disk check
	@tools/check.py --full

# CASES=a,b CPU=power8 ROUNDS=n ENGINE=backend=interp SCALE=0.1 TIMEOUT=seconds
bench:
	@tools/deps.sh build guests bench
	@tools/build.sh meson
	@guests/debian-ppc64el.sh $(DEMO)
	@tools/bench.py $(if $(CASES),--cases $(CASES)) $(if $(CPU),--cpu $(CPU)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(ENGINE),--engine $(ENGINE)) $(if $(SCALE),--scale $(SCALE)) $(if $(TIMEOUT),--timeout $(TIMEOUT))

# CPU ENGINE ROUNDS as for bench
bench-boot:
	@tools/deps.sh build guests bench
	@tools/build.sh meson
	@guests/debian-ppc64el.sh $(DEMO)
	@tools/bench_boot.py $(if $(CPU),--cpu $(CPU)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ENGINE),--engine $(ENGINE))

bench-smp:
	@tools/deps.sh build guests bench
	@tools/build.sh meson
	@guests/debian-ppc64el.sh $(DEMO)
	@tools/bench_smp.py $(if $(CPU),--cpu $(CPU)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(ENGINE),--engine $(ENGINE)) $(if $(SCALE),--scale $(SCALE))

# MINUTES=10 ENGINE=cache=8 EVICTIONS=100
stress:
	@tools/deps.sh build guests bench stress
	@tools/build.sh meson
	@guests/debian-ppc64el.sh $(DEMO)
	@guests/stress-ppc64el.sh $(GUESTS)/stress-ppc64el
	@test/guest/stress.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ENGINE),--engine $(ENGINE)) \
		$(if $(EVICTIONS),--evictions $(EVICTIONS)) $(if $(CPU),--cpu $(CPU))

format:
	@tools/deps.sh format
	@tools/format.sh

# the guests took a download or minutes of building: they stay
clean:
	@rm -rf build/meson build/meson-* build/log build/powervisor

help:
	@echo "make            build/powervisor"
	@echo "make demo       boot Debian ppc64el to a shell"
	@echo "make demo-debian boot a whole Debian from a disk, with ssh on port SSH=2222"
	@echo "make check      the tests that every change must pass"
	@echo "make check-full all tests in their full sizes, under all sanitizers"
	@echo "make bench      30 kinds of work beside qemu and native; CASES=a,b CPU=power9|power8 ROUNDS=n"
	@echo "make bench-boot time to init's first line beside qemu, resident memory"
	@echo "make bench-smp  what a second processor gives, beside the host"
	@echo "make stress     two processors under load for MINUTES=10, compared with qemu"
	@echo "make guests     fetch and build the guests that the tests boot"
	@echo "make format     clang-format"
	@echo "make clean      removes what was built, but not the guests"

.PHONY: all demo demo-debian guests check check-full bench bench-boot bench-smp stress format clean help
