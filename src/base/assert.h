/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assertions about our own bugs; never about what a guest, a file or a peer does. Present in every
 * build. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#define pv_assert(cond)                                                                            \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			__builtin_trap();                                                          \
	} while (0)

#endif
