// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/net_address.h"

#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int parse_unix(const char *path, struct net_address *a, struct error *e)
{
	struct sockaddr_un *un = (void *)&a->addr;

	if (!*path || strlen(path) >= sizeof(un->sun_path))
		return error_set(e, -EINVAL, "'%s' cannot be the name of a socket", path);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	a->len = sizeof(*un);
	return 0;
}

int net_address_resolve(char *text, bool ip4, int type, bool listening, struct addrinfo **list)
{
	struct addrinfo hints = {.ai_socktype = type,
				 .ai_family = ip4 ? AF_INET : AF_UNSPEC,
				 .ai_flags = listening ? AI_PASSIVE : 0};
	char *port = strrchr(text, ':');
	size_t n;

	*list = NULL;
	if (!port || !port[1])
		return -EINVAL;
	*port++ = 0;
	/* getaddrinfo() takes any number */
	if (strspn(port, "0123456789") == strlen(port) && strtoul(port, NULL, 10) > 65535)
		return -EINVAL;
	n = strlen(text);
	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text[n - 1] = 0;
		text++;
	}
	return getaddrinfo(*text ? text : NULL, port, &hints, list) || !*list ? -EINVAL : 0;
}

int net_address_parse(const char *text, int type, bool listening, struct net_address *a,
		      struct error *e)
{
	struct addrinfo *list;
	char *copy;
	int err;

	memset(a, 0, sizeof(*a));
	if (g_str_has_prefix(text, "unix:"))
		return parse_unix(text + 5, a, e);
	copy = g_strdup(text);
	err = net_address_resolve(copy, type == SOCK_DGRAM && *text == ':', type, listening, &list);
	if (err) {
		error_set(e, err, "'%s' is no address and port", text);
	} else {
		memcpy(&a->addr, list->ai_addr, list->ai_addrlen);
		a->len = list->ai_addrlen;
	}
	if (!err)
		freeaddrinfo(list);
	g_free(copy);
	return err;
}

bool net_address_is_multicast(const struct net_address *a)
{
	const struct sockaddr_in *in = (const void *)&a->addr;

	return in->sin_family == AF_INET && IN_MULTICAST(ntohl(in->sin_addr.s_addr));
}

int net_address_socket(const struct net_address *a, int type)
{
	return socket(a->addr.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int net_address_bind(int fd, const struct net_address *a)
{
	int on = 1;

	if (a->addr.ss_family == AF_UNIX)
		net_address_forget(a);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (const void *)&a->addr, a->len) ? -errno : 0;
}

void net_address_forget(const struct net_address *a)
{
	const struct sockaddr_un *un = (const void *)&a->addr;
	struct stat st;

	if (un->sun_family == AF_UNIX && !stat(un->sun_path, &st) && S_ISSOCK(st.st_mode))
		unlink(un->sun_path);
}
