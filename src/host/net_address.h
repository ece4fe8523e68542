/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of sockets, as text: HOST:PORT, [HOST]:PORT, or unix:PATH. */
#ifndef HOST_NET_ADDRESS_H
#define HOST_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/types.h"

struct addrinfo;

struct net_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* HOST:PORT or [HOST]:PORT, which is taken apart; the list is the caller's. ip4: no IPv6. 0 or
 * -EINVAL. */
int net_address_resolve(char *text, bool ip4, int type, bool listening, struct addrinfo **list);
/* type is SOCK_STREAM or SOCK_DGRAM; without a host: any address of this host (listening), or its
 * own. */
int net_address_parse(const char *text, int type, bool listening, struct net_address *a,
		      struct error *e);
bool net_address_is_multicast(const struct net_address *a);
/* A socket of that kind that does not block; -1 with errno. */
int net_address_socket(const struct net_address *a, int type);
/* Bind fd, in place of what another process left behind. */
int net_address_bind(int fd, const struct net_address *a);
/* The file of a unix socket goes. */
void net_address_forget(const struct net_address *a);

#endif
