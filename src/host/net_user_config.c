// SPDX-License-Identifier: GPL-2.0-or-later
/* What the options of a user network are to libslirp: its addresses, IPv4 and IPv6, by qemu's rules
 * where none are given. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/net_private.h"
#include "host/net_user.h"

/* What inet_aton's classes are to qemu where no mask is given. */
static u32 class_mask(u32 net)
{
	static const struct {
		u32 bits, value, mask;
	} classes[] = {
		{0x80000000, 0x00000000, 0xff000000}, {0xfff00000, 0xac100000, 0xfff00000},
		{0xc0000000, 0x80000000, 0xffff0000}, {0xffff0000, 0xc0a80000, 0xffff0000},
		{0xfffe0000, 0xc6120000, 0xfffe0000}, {0xe0000000, 0xe0000000, 0xffffff00},
	};

	for (u32 i = 0; i < ARRAY_SIZE(classes); i++)
		if ((net & classes[i].bits) == classes[i].value)
			return classes[i].mask;
	return 0xfffffff0;
}

/* BITS or a mask; 0: neither. */
static u32 parse_mask(const char *text)
{
	unsigned long bits;
	struct in_addr in;
	char *end;
	u32 mask;

	bits = strtoul(text, &end, 10);

	if (*text && !*end)
		return bits >= 4 && bits <= 29 ? ~0u << (32 - bits) : 0;
	if (inet_pton(AF_INET, text, &in) != 1)
		return 0;
	mask = ntohl(in.s_addr);
	return ~mask & (~mask + 1) || ~mask < 7 ? 0 : mask;
}

static int parse_network(const char *text, SlirpConfig *c, struct error *e)
{
	char **words = g_strsplit(text ? text : "10.0.2.0/24", "/", 2);
	u32 net = 0, mask = 0;

	if (words[0] && inet_pton(AF_INET, words[0], &c->vnetwork) == 1) {
		net = ntohl(c->vnetwork.s_addr);
		mask = words[1] ? parse_mask(words[1]) : class_mask(net);
	}
	g_strfreev(words);
	if (!mask)
		return error_set(e, -EINVAL, "'%s' is no ADDRESS/BITS of a network", text);
	net &= mask;
	c->vnetmask.s_addr = htonl(mask);
	c->vnetwork.s_addr = htonl(net);
	/* qemu's; there is none behind the 15th in the smallest networks */
	c->vhost.s_addr = htonl(net | (0x202 & ~mask));
	c->vnameserver.s_addr = htonl(net | (0x203 & ~mask));
	c->vdhcp_start.s_addr = htonl(net | ((~mask > 15 ? 0x20f : 4) & ~mask));
	return 0;
}

/* An address of the network's; unchanged if there is no text. */
static int parse_address(const char *text, const char *key, const SlirpConfig *c,
			 struct in_addr *addr, struct error *e)
{
	if (text && inet_pton(AF_INET, text, addr) != 1)
		return error_set(e, -EINVAL, "%s: '%s' is no address", key, text);
	if ((addr->s_addr & c->vnetmask.s_addr) != c->vnetwork.s_addr)
		return error_set(e, -EINVAL, "%s: %s is not in the network", key, text);
	return 0;
}

static int parse_ipv4(const struct net_options *o, SlirpConfig *c, struct error *e)
{
	int err = parse_network(o->network, c, e);

	if (!err)
		err = parse_address(o->host, "host", c, &c->vhost, e);
	if (!err)
		err = parse_address(o->dns, "dns", c, &c->vnameserver, e);
	if (!err)
		err = parse_address(o->dhcp_start, "dhcpstart", c, &c->vdhcp_start, e);
	if (!err &&
	    (c->vhost.s_addr == c->vnameserver.s_addr || c->vhost.s_addr == c->vdhcp_start.s_addr ||
	     c->vnameserver.s_addr == c->vdhcp_start.s_addr))
		err = error_set(e, -EINVAL, "host, dns and dhcpstart must differ");
	return err;
}

/* An address in the network's first 64 bits. */
static int parse_address6(const char *text, const char *key, u8 last, const SlirpConfig *c,
			  struct in6_addr *addr, struct error *e)
{
	*addr = c->vprefix_addr6;
	addr->s6_addr[15] = last;
	if (text && inet_pton(AF_INET6, text, addr) != 1)
		return error_set(e, -EINVAL, "%s: '%s' is no address", key, text);
	if (memcmp(addr, &c->vprefix_addr6, c->vprefix_len / 8))
		return error_set(e, -EINVAL, "%s: %s is not in the network", key, text);
	return 0;
}

/* Guests find their addresses by themselves in the network's first 64 bits, so it has no more. */
static int parse_ipv6(const struct net_options *o, SlirpConfig *c, struct error *e)
{
	char **words = g_strsplit(o->network6 ? o->network6 : "fec0::/64", "/", 2), *end = "";
	unsigned long bits = words[0] && words[1] ? strtoul(words[1], &end, 10) : 64;
	bool ok = words[0] && inet_pton(AF_INET6, words[0], &c->vprefix_addr6) == 1 && !*end &&
		  (bits == 64 || bits == 56 || bits == 48);
	int err;

	g_strfreev(words);
	if (!ok)
		return error_set(e, -EINVAL, "ipv6-net: '%s' is no ADDRESS/64 of a network",
				 o->network6);
	c->vprefix_len = (u8)bits;
	memset(c->vprefix_addr6.s6_addr + 8, 0, 8);
	err = parse_address6(o->host6, "ipv6-host", 2, c, &c->vhost6, e);
	if (!err)
		err = parse_address6(o->dns6, "ipv6-dns", 3, c, &c->vnameserver6, e);
	if (!err && !memcmp(&c->vhost6, &c->vnameserver6, sizeof(c->vhost6)))
		err = error_set(e, -EINVAL, "ipv6-host and ipv6-dns must differ");
	return err;
}

int net_user_config(const struct net_options *o, SlirpConfig *c, struct error *e)
{
	int err;

	*c = (SlirpConfig){
		.version = 4,
		.restricted = o->restricted,
		.in_enabled = !o->no_ipv4,
		.in6_enabled = !o->no_ipv6,
		.vhostname = o->hostname,
		.vdomainname = o->domain,
		.tftp_server_name = o->tftp_server,
		.tftp_path = o->tftp,
		.bootfile = o->bootfile,
	};
	if (o->no_ipv4 && o->no_ipv6)
		return error_set(e, -EINVAL, "neither ipv4 nor ipv6 is on");
	err = parse_ipv4(o, c, e);
	return err ? err : parse_ipv6(o, c, e);
}
