/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONTROL_MONITOR_QTREE_H
#define CONTROL_MONITOR_QTREE_H

struct monitor;
struct vm;

void monitor_print_qtree(struct monitor *m, struct vm *vm);

#endif
