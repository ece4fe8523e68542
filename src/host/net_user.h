/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_NET_USER_H
#define HOST_NET_USER_H

#include <slirp/libslirp.h>

#include "host/net.h"

/* All but the names to search (vdnssearch); strings are o's. -EINVAL: an address is wrong. */
int net_user_config(const struct net_options *o, SlirpConfig *c, struct error *e);

#endif
