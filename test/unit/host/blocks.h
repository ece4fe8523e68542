/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image of the host's and a server of it that comes and goes, for tests of host/block.h. */
#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "host/block.h"

/* setup() makes a file of it, on a file system that knows holes and O_DIRECT. */
static char path[] = "/var/tmp/pvblockXXXXXX";

static inline int teardown(void **state)
{
	return unlink(path);
}

static inline struct block *open_with(struct block_options o)
{
	struct error e = {""};
	struct block *b = NULL;

	o.filename = path;
	if (block_open(&o, &b, &e))
		fail_msg("%s", e.text);
	return b;
}

/* --- qemu-nbd at a socket of its own --- */
struct nbd {
	char socket[64], uri[128];
	GPid pid;
};

/* As it was before nbd_end(), too. */
static inline void nbd_serve(struct nbd *s)
{
	char *argv[] = {"qemu-nbd", "-t", "-f", "raw", "-k", s->socket, path, NULL};

	snprintf(s->socket, sizeof(s->socket), "/tmp/pvnbd%d", getpid());
	snprintf(s->uri, sizeof(s->uri), "nbd+unix:///?socket=%s", s->socket);
	assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
				  NULL, NULL, &s->pid, NULL));
	for (u32 i = 0; i < 3000 && access(s->socket, F_OK); i++)
		g_usleep(10000);
}

static inline void nbd_end(struct nbd *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	unlink(s->socket);
}

#endif
