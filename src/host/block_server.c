// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * qemu-storage-daemon as the server of one disk. Nobody but us can reach it: its socket stands in a
 * folder of our own, we are connected before it starts, and then the path is removed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/block_nbd.h"

#define PROGRAM "qemu-storage-daemon"

enum { SERVER_FD = 3, SAID = 200, WORDS = 65536, END_MS = 20000 };

struct block_server {
	GPid pid;
	int words; /* its standard error: a file in memory */
	char said[SAID + 1];
};

/* A listening socket, and one that is connected to it. */
static int make_sockets(int *listener, int *fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char *folder = g_dir_make_tmp("powervisor-XXXXXX", NULL);
	int err = 0;

	*listener = *fd = -1;
	if (!folder)
		return -EACCES;
	if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/disk", folder) >=
	    sizeof(a.sun_path))
		err = -ENAMETOOLONG;
	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!err &&
	    (*listener < 0 || *fd < 0 || bind(*listener, (struct sockaddr *)&a, sizeof(a)) ||
	     listen(*listener, 1) || connect(*fd, (struct sockaddr *)&a, sizeof(a))))
		err = -errno;
	unlink(a.sun_path);
	rmdir(folder);
	g_free(folder);
	return err;
}

/* In the new process: it ends with us, but not by a key at our terminal. */
static void child_setup(gpointer unused)
{
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int spawn(struct block_server *s, const struct block_options *o, int listener,
		 struct error *e)
{
	GPtrArray *argv = g_ptr_array_new();
	char *export = g_strdup_printf("type=nbd,id=e,node-name=%s,name=" BLOCK_SERVER_EXPORT
				       ",writable=%s",
				       o->node, o->read_only ? "off" : "on");
	int target = SERVER_FD, err = 0;
	GError *ge = NULL;

	g_ptr_array_add(argv, (gpointer)PROGRAM);
	for (u32 i = 0; i < o->nr_nodes; i++) {
		g_ptr_array_add(argv, (gpointer) "--blockdev");
		g_ptr_array_add(argv, (gpointer)o->nodes[i]);
	}
	g_ptr_array_add(argv, (gpointer) "--nbd-server");
	g_ptr_array_add(argv, (gpointer) "addr.type=fd,addr.str=3");
	g_ptr_array_add(argv, (gpointer) "--export");
	g_ptr_array_add(argv, export);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_async_with_pipes_and_fds(NULL, (const gchar *const *)argv->pdata, NULL,
					      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
						      G_SPAWN_STDOUT_TO_DEV_NULL,
					      child_setup, NULL, -1, -1, s->words, &listener,
					      &target, 1, &s->pid, NULL, NULL, NULL, &ge)) {
		bool missing = g_error_matches(ge, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);

		err = error_set(e, -ENOENT, "this disk needs " PROGRAM ": %s",
				missing ? "it is not installed" : ge->message);
		g_error_free(ge);
	}
	g_ptr_array_free(argv, TRUE);
	g_free(export);
	return err;
}

int block_server_start(const struct block_options *o, struct block_server **out, int *fd,
		       struct error *e)
{
	struct block_server *s = g_new0(struct block_server, 1);
	int listener, err = make_sockets(&listener, fd);

	if (err)
		error_set(e, err, "no socket for a disk's server: %s", strerror(-err));
	s->words = memfd_create("words", MFD_CLOEXEC);
	if (!err)
		err = spawn(s, o, listener, e);
	if (listener >= 0)
		close(listener);
	if (!err) {
		*out = s;
		return 0;
	}
	if (*fd >= 0)
		close(*fd);
	if (s->words >= 0)
		close(s->words);
	g_free(s);
	return err;
}

/* What follows the server's name and our argument to it, which says nothing to the user. */
static const char *message(const char *line)
{
	const char *rest = line;

	if (g_str_has_prefix(rest, PROGRAM ": "))
		rest += strlen(PROGRAM ": ");
	if (g_str_has_prefix(rest, "--blockdev "))
		rest += strlen("--blockdev ");
	if (*rest == '{' && strstr(rest, "}: "))
		rest = strstr(rest, "}: ") + 3;
	return rest;
}

/* All its lines: the first may be the reason of the last. Our argument in them is as long as the
 * names of files, so that what it wrote is longer than what the user is told. */
const char *block_server_said(struct block_server *s)
{
	char *text = g_malloc(WORDS + 1), **lines;
	ssize_t n = pread(s->words, text, WORDS, 0);

	text[n > 0 ? n : 0] = 0;
	lines = g_strsplit(g_strstrip(text), "\n", -1);
	*s->said = 0;
	for (u32 i = 0; lines[i]; i++) {
		if (*s->said)
			g_strlcat(s->said, " ", sizeof(s->said));
		g_strlcat(s->said, message(lines[i]), sizeof(s->said));
	}
	g_strfreev(lines);
	g_free(text);
	return *s->said ? s->said : "its server ended";
}

void block_server_stop(struct block_server *s)
{
	bool ended = false;

	if (!s)
		return;
	kill(s->pid, SIGTERM);
	/* it ends when it has flushed; what does not end has hung */
	for (u32 i = 0; i < END_MS && !ended; i++) {
		ended = waitpid(s->pid, NULL, WNOHANG) != 0;
		if (!ended)
			g_usleep(1000);
	}
	if (!ended) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	g_spawn_close_pid(s->pid);
	if (s->words >= 0)
		close(s->words);
	g_free(s);
}
