// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of host code beside running it: names for perf (its map, and a jitdump as
 * tools/perf/Documentation/jitdump-specification.txt of Linux has it), text for the log.
 *
 * A name is "pN_PC": tier and guest address. The dump is mapped once, executable, as perf finds it
 * by that.
 */
#include "control/codelog.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "os/os.h"

struct codelog {
	struct code_log hook;
	struct os_mutex lock;
	FILE *map, *dump;
	void *marker;
	u64 index;
	csh capstone;
	bool disassemble;
};

struct dump_header {
	u32 magic, version, total_size, elf_mach, pad, pid;
	u64 timestamp, flags;
};

/* JIT_CODE_LOAD; the name and the code follow. */
struct dump_load {
	u32 id, total_size;
	u64 timestamp;
	u32 pid, tid;
	u64 vma, code_addr, code_size, code_index;
};

static void write_dump(struct codelog *l, const char *name, const void *code, size_t len)
{
	struct dump_load d = {
		.total_size = (u32)(sizeof(d) + strlen(name) + 1 + len),
		.timestamp = os_clock_ns(),
		.pid = (u32)getpid(),
		.tid = (u32)syscall(SYS_gettid),
		.vma = (u64)(uintptr_t)code,
		.code_addr = (u64)(uintptr_t)code,
		.code_size = len,
		.code_index = l->index++,
	};

	fwrite(&d, sizeof(d), 1, l->dump);
	fwrite(name, strlen(name) + 1, 1, l->dump);
	fwrite(code, len, 1, l->dump);
	fflush(l->dump);
}

static void disassemble(struct codelog *l, const struct code_piece *p)
{
	cs_insn *insn = cs_malloc(l->capstone);
	uint64_t at = (u64)(uintptr_t)p->code;
	const u8 *code = p->code;
	size_t len = p->len;

	log_printf(LOG_OUT_ASM, "OUT: %016llx tier %u, %zu hot bytes of %zu, %zu of data\n",
		   (unsigned long long)p->pc, p->tier, p->hot, p->len, p->all - p->len);
	while (len && insn) {
		/* Between instructions of cold code stand offsets: any byte must be shown. */
		if (cs_disasm_iter(l->capstone, &code, &len, &at, insn)) {
			log_printf(LOG_OUT_ASM, "%llx: %s %s\n", (unsigned long long)insn->address,
				   insn->mnemonic, insn->op_str);
			continue;
		}
		log_printf(LOG_OUT_ASM, "%llx: .byte 0x%02x\n", (unsigned long long)at, *code);
		code++;
		len--;
		at++;
	}
	if (insn)
		cs_free(insn, 1);
}

static void made(void *opaque, const struct code_piece *p)
{
	struct codelog *l = opaque;
	char name[40];

	snprintf(name, sizeof(name), "p%u_%llx", p->tier, (unsigned long long)p->pc);
	os_mutex_lock(&l->lock);
	if (l->map) {
		fprintf(l->map, "%llx %zx %s\n", (unsigned long long)(uintptr_t)p->code, p->len,
			name);
		fflush(l->map);
		write_dump(l, name, p->code, p->len);
	}
	if (l->disassemble && log_on(LOG_OUT_ASM))
		disassemble(l, p);
	os_mutex_unlock(&l->lock);
}

static int open_dump(struct codelog *l, struct error *e)
{
	const struct dump_header h = {
		.magic = 0x4a695444,
		.version = 1,
		.total_size = sizeof(h),
		.elf_mach = EM_X86_64,
		.pid = (u32)getpid(),
		.timestamp = os_clock_ns(),
	};
	char name[40];

	snprintf(name, sizeof(name), "/tmp/perf-%d.map", (int)getpid());
	l->map = fopen(name, "w");
	if (!l->map)
		return error_set(e, -errno, "-perf-map: %s: %s", name, strerror(errno));
	snprintf(name, sizeof(name), "jit-%d.dump", (int)getpid());
	l->dump = fopen(name, "w+");
	if (!l->dump)
		return error_set(e, -errno, "-perf-map: %s: %s", name, strerror(errno));
	fwrite(&h, sizeof(h), 1, l->dump);
	fflush(l->dump);
	l->marker = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_EXEC, MAP_PRIVATE,
			 fileno(l->dump), 0);
	return 0;
}

int codelog_open(bool perf, bool want_text, struct codelog **out, struct error *e)
{
	struct codelog *l = g_new0(struct codelog, 1);
	int ret = 0;

	l->hook = (struct code_log){.made = made, .opaque = l};
	l->marker = MAP_FAILED;
	os_mutex_init(&l->lock);
	if (perf)
		ret = open_dump(l, e);
	if (!ret && want_text) {
		l->disassemble = cs_open(CS_ARCH_X86, CS_MODE_64, &l->capstone) == CS_ERR_OK;
		if (!l->disassemble)
			ret = error_set(e, -ENOMEM, "-d out_asm: capstone does not open");
	}
	if (ret) {
		codelog_close(l);
		return ret;
	}
	*out = l;
	return 0;
}

void codelog_close(struct codelog *l)
{
	if (!l)
		return;
	if (l->marker != MAP_FAILED)
		munmap(l->marker, (size_t)sysconf(_SC_PAGESIZE));
	if (l->map)
		fclose(l->map);
	if (l->dump)
		fclose(l->dump);
	if (l->disassemble)
		cs_close(&l->capstone);
	os_mutex_destroy(&l->lock);
	g_free(l);
}

const struct code_log *codelog_hook(struct codelog *l)
{
	return l ? &l->hook : NULL;
}
