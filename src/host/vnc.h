/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VNC server (RFC 6143) for the first picture of a display hub, also over WebSocket; keys and
 * pointer go to an input hub. It has a thread of its own, which alone talks to viewers: a slow one
 * keeps nobody from anything but other viewers.
 */
#ifndef HOST_VNC_H
#define HOST_VNC_H

#include "base/error.h"
#include "base/types.h"

struct display_hub;
struct input_hub;
struct vnc;

enum { VNC_PORT = 5900, VNC_WEBSOCKET_PORT = 5700, VNC_MAX_CLIENTS = 16, VNC_PASSWORD_MAX = 8 };

struct vnc_options {
	const char *host; /* NULL: all addresses */
	const char *path; /* a UNIX socket instead; NULL = none */
	u32 port;
	u32 websocket; /* port, 0 = none */
	bool password; /* nobody gets in before there is one */
};

/* Both hubs outlive it. */
int vnc_open(const struct vnc_options *o, struct display_hub *displays, struct input_hub *input,
	     struct vnc **v, struct error *e);
void vnc_close(struct vnc *v);
/* Of what is longer than VNC_PASSWORD_MAX only that counts, as the protocol has it. Any thread. */
void vnc_set_password(struct vnc *v, const char *password);

/* The key of X's keyboard symbol on an American keyboard (Linux's KEY_*); 0: there is none. */
u16 vnc_key(u32 keysym);

#endif
