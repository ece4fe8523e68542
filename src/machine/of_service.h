/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the client interface. */
#ifndef MACHINE_OF_SERVICE_H
#define MACHINE_OF_SERVICE_H

#include "machine/of_client.h"

enum { OF_FIRST_INSTANCE = 0x20000001 };

/* Tree of the moment, with what the guest set; 0 or -errno, then there is none. */
int of_client_make_tree(struct of_client *c);
/* setprop: len, or OF_ERROR. */
u32 of_journal_add(struct of_client *c, struct of_node *n, const char *name, u64 gpa, u32 len);

#endif
