/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of a USB bus that come and go between a guest's stores. */
#ifndef TEST_FUZZ_USB_PLUG_H
#define TEST_FUZZ_USB_PLUG_H

#include "fuzz.h"

enum { USB_STICK, USB_HUB, USB_MOUSE, USB_PLUGS };

/* [0] is there from the beginning. */
struct usb_plugs {
	struct device *devices[USB_PLUGS];
	struct block *block;
};

static inline void usb_plug_toggle(struct vm *vm, struct usb_plugs *p, u32 what)
{
	static const char *const classes[USB_PLUGS] = {"usb-storage", "usb-hub", "usb-mouse"};
	struct device **d = &p->devices[what];
	struct error e;

	/* what is behind the hub goes with it */
	if (what == USB_HUB && *d && p->devices[USB_MOUSE])
		usb_plug_toggle(vm, p, USB_MOUSE);
	vm_lock(vm);
	if (*d) {
		device_remove(*d);
		*d = NULL;
	} else {
		*d = usb_add(vm, classes[what], what == USB_STICK ? p->block : NULL, &e);
		if (!*d) /* no port of its speed is free */
			device_remove(vm->devices[vm->nr_devices - 1]);
	}
	vm_unlock(vm);
}

/* As it was in the beginning. */
static inline void usb_plug_restore(struct vm *vm, struct usb_plugs *p)
{
	for (u32 i = USB_PLUGS; i--;)
		if (!p->devices[i] == (i == USB_STICK))
			usb_plug_toggle(vm, p, i);
}

#endif
