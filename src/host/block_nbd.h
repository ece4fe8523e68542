/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by block_nbd.c, the client, and block_server.c, which starts a server for images whose
 * format we do not read ourselves. */
#ifndef HOST_BLOCK_NBD_H
#define HOST_BLOCK_NBD_H

#include "host/block_private.h"

#define BLOCK_SERVER_EXPORT "disk"

struct block_server;

/* Start qemu-storage-daemon over o->nodes; fd is a connection to it, the caller's. The server ends
 * with us, whatever ends us. Only from the main thread. */
int block_server_start(const struct block_options *o, struct block_server **s, int *fd,
		       struct error *e);
/* Its last word, or that it is gone; until the next call. */
const char *block_server_said(struct block_server *s);
/* Waits until it has written everything; NULL does nothing. */
void block_server_stop(struct block_server *s);

#endif
