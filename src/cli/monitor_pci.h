/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the monitor about devices on PCI buses. */
#ifndef CLI_MONITOR_PCI_H
#define CLI_MONITOR_PCI_H

#include "control/monitor.h"

/* opaque: the struct vm */
extern const struct monitor_command monitor_pci_commands[];
extern const u32 monitor_nr_pci_commands;

#endif
