// SPDX-License-Identifier: GPL-2.0-or-later
/* Back ends on plain descriptors: stdio, mon:stdio, pty, file, null. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "host/char_private.h"

/* The one terminal of the process: its settings before us. Written before any signal handler or
 * thread can read it. */
static struct termios saved_terminal;
static volatile sig_atomic_t terminal_changed;

void char_restore_terminal(void)
{
	if (terminal_changed)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
}

static void raw_terminal(bool keep_signals)
{
	struct termios t;
	pid_t foreground;

	if (tcgetattr(STDIN_FILENO, &t))
		return;
	if (!terminal_changed)
		saved_terminal = t;
	t = saved_terminal;
	t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t.c_oflag |= OPOST;
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
	if (!keep_signals)
		t.c_lflag &= ~(tcflag_t)ISIG;
	t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	/* A background process of this terminal that asks would be stopped: then leave it alone. */
	foreground = tcgetpgrp(STDIN_FILENO);
	if (foreground != -1 && foreground != getpgrp())
		return;
	terminal_changed = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static int stdio_open(struct chardev *c, const char *arg, struct error *e)
{
	c->in = STDIN_FILENO;
	c->out = STDOUT_FILENO;
	raw_terminal(true);
	return 0;
}

static int mux_open(struct chardev *c, const char *arg, struct error *e)
{
	stdio_open(c, arg, e);
	raw_terminal(false);
	c->escapes_on = c->escapes.quit != NULL;
	return 0;
}

static void stdio_close(struct chardev *c)
{
	char_restore_terminal();
}

/* End of input: the guest may still write. */
static void stdio_hangup(struct chardev *c)
{
	c->in = -1;
}

const struct chardev_ops chardev_stdio_ops = {"stdio", false, stdio_open, stdio_close,
					      stdio_hangup};
const struct chardev_ops chardev_mux_ops = {"mon:stdio", false, mux_open, stdio_close,
					    stdio_hangup};

static void fd_close(struct chardev *c)
{
	if (c->out >= 0)
		close(c->out);
	if (c->in >= 0 && c->in != c->out)
		close(c->in);
	c->in = c->out = -1;
}

static int file_open(struct chardev *c, const char *arg, struct error *e)
{
	c->out = open(arg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->out < 0)
		return error_set(e, -errno, "cannot open %s: %s", arg, strerror(errno));
	return 0;
}

const struct chardev_ops chardev_file_ops = {"file:", true, file_open, fd_close, stdio_hangup};

static int null_open(struct chardev *c, const char *arg, struct error *e)
{
	return 0;
}

const struct chardev_ops chardev_null_ops = {"null", false, null_open, fd_close, stdio_hangup};

static int pty_open(struct chardev *c, const char *arg, struct error *e)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), peer;
	const char *name = NULL;
	struct termios t;

	if (fd >= 0 && !grantpt(fd) && !unlockpt(fd))
		name = ptsname(fd);
	peer = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (peer < 0) {
		error_set(e, -errno, "cannot make a pseudo terminal: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	if (!tcgetattr(peer, &t)) {
		cfmakeraw(&t);
		tcsetattr(peer, TCSANOW, &t);
	}
	fprintf(stderr, "char device redirected to %s (label %s)\n", name, c->label);
	/* Our own end of the peer stays open: the master sees no hang-up between users. */
	c->listener = peer;
	c->in = c->out = fd;
	return 0;
}

static void pty_close(struct chardev *c)
{
	close(c->listener);
	fd_close(c);
}

const struct chardev_ops chardev_pty_ops = {"pty", false, pty_open, pty_close, stdio_hangup};
