// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/iov.h"

#include <string.h>

u64 iov_to_buf(const struct iovec *iov, int niov, u64 skip, void *buf, u64 len)
{
	u64 done = 0;

	for (int i = 0; i < niov && done < len; i++) {
		u64 n = iov[i].iov_len;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n = n - skip < len - done ? n - skip : len - done;
		memcpy((u8 *)buf + done, (u8 *)iov[i].iov_base + skip, n);
		skip = 0;
		done += n;
	}
	return done;
}

u64 iov_from_buf(const struct iovec *iov, int niov, u64 skip, const void *buf, u64 len)
{
	u64 done = 0;

	for (int i = 0; i < niov && done < len; i++) {
		u64 n = iov[i].iov_len;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n = n - skip < len - done ? n - skip : len - done;
		if (buf)
			memcpy((u8 *)iov[i].iov_base + skip, (const u8 *)buf + done, n);
		else
			memset((u8 *)iov[i].iov_base + skip, 0, n);
		skip = 0;
		done += n;
	}
	return done;
}

int iov_cut(const struct iovec *iov, int niov, u64 skip, struct iovec *to)
{
	int count = 0;

	for (int i = 0; i < niov; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		to[count].iov_base = (u8 *)iov[i].iov_base + skip;
		to[count++].iov_len = iov[i].iov_len - skip;
		skip = 0;
	}
	return count;
}

int iov_slice(const struct iovec *iov, int niov, u64 skip, u64 len, struct iovec *to, int room)
{
	int count = 0;

	for (int i = 0; i < niov && len && count < room; i++) {
		u64 n = iov[i].iov_len;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n = n - skip < len ? n - skip : len;
		to[count].iov_base = (u8 *)iov[i].iov_base + skip;
		to[count++].iov_len = n;
		skip = 0;
		len -= n;
	}
	return count;
}
