/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine that translates: PowerPC on any host. Options (--engine translator,KEY=VALUE,…):
 * cache=MIB, insns=N of a region, passes-off=MASK, records=on, verify=on, icount=on: time
 * follows the instruction count, tick=N instructions to a tick of the time base, stop-at=N: end the
 * VM soon after N instructions and print a hash of registers and RAM, backend=interp|x86_64,
 * host=v1|v2|v3: use no more of an x86-64 host than that level. */
#ifndef ENGINE_TRANSLATOR_H
#define ENGINE_TRANSLATOR_H

#include "vm/engine.h"

extern const struct engine_ops engine_translator;

#endif
