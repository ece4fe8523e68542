// SPDX-License-Identifier: GPL-2.0-or-later
/* Back ends on an x86-64 host. */
#include "backend/backend.h"

const struct backend_ops *const backend_list[] = {&backend_x86_64, &backend_interp};
const u32 backend_count = ARRAY_SIZE(backend_list);
