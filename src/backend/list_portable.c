// SPDX-License-Identifier: GPL-2.0-or-later
/* Back ends on a host that has no back end of its own. */
#include "backend/backend.h"

const struct backend_ops *const backend_list[] = {&backend_interp};
const u32 backend_count = ARRAY_SIZE(backend_list);
