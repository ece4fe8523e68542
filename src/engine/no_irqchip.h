/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slot of engines that leave interrupt controllers to whoever is above them. */
#ifndef ENGINE_NO_IRQCHIP_H
#define ENGINE_NO_IRQCHIP_H

#include "vm/engine.h"

extern const struct engine_irqchip_ops engine_no_irqchip;

#endif
