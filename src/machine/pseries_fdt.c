// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of a pseries guest (LoPAPR 1.1, appendices B and C; Linux Documentation/devicetree/
 * booting). Before negotiation /chosen says what the machine offers, afterwards what was agreed
 * on; a guest that is entered by flattened tree meets the second at once.
 */
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "isa/model.h"
#include "machine/pseries.h"

/* A tree under construction: the first failure sticks. */
struct tree {
	void *fdt;
	int err;
};

static int add_node(struct tree *t, int parent, const char *name)
{
	int node = t->err ? -1 : fdt_add_subnode(t->fdt, parent, name);

	if (!t->err && node < 0)
		t->err = node;
	return node;
}

static void prop(struct tree *t, int node, const char *name, const void *value, size_t len)
{
	if (!t->err)
		t->err = fdt_setprop(t->fdt, node, name, value, (int)len);
}

static void prop_string(struct tree *t, int node, const char *name, const char *value)
{
	prop(t, node, name, value, strlen(value) + 1);
}

static void prop_u32(struct tree *t, int node, const char *name, u32 value)
{
	fdt32_t v = cpu_to_fdt32(value);

	prop(t, node, name, &v, sizeof(v));
}

static void prop_cells(struct tree *t, int node, const char *name, const u32 *cells, u32 count)
{
	fdt32_t v[32];

	for (u32 i = 0; i < count; i++)
		v[i] = cpu_to_fdt32(cells[i]);
	prop(t, node, name, v, count * sizeof(v[0]));
}
#define PROP_CELLS(t, node, name, ...)                                                             \
	prop_cells(t, node, name, (const u32[]){__VA_ARGS__},                                      \
		   sizeof((const u32[]){__VA_ARGS__}) / 4)

static void prop_empty(struct tree *t, int node, const char *name)
{
	prop(t, node, name, NULL, 0);
}

/* ibm,pa-features (LoPAPR Table 243): two bytes of length and type, then bytes of features; bit 0
 * of a byte is its most significant. No transactional
 * memory: byte 22 is clear. */
static const u8 pa_features_2_07[] = {
	24,   0,    0xf6, 0x3f, 0xc7, 0xc0,
	0x80, 0xf0,			    /* 0: MMU, FPU, caches …; 5: little-endian, DFP … */
	0x80, 0x00, 0x00, 0x00, 0x00, 0x00, /* 6 */
	0x00, 0x00, 0x00, 0x00, 0x80, 0x00, /* 16: VMX */
	0x80, 0x00, 0x80, 0x00, 0x00, 0x00, /* 18: VSX, 20: vector XOR, 22: no TM */
};
static const u8 pa_features_3_0[] = {
	66,   0,    0xf6, 0x3f, 0xc7, 0xc0, 0x80, 0xf0, /* 0: as above */
	0x80, 0x00, 0x00, 0x00, 0x00, 0x00,		/* 6 */
	0x00, 0x00, 0x00, 0x00, 0x80, 0x00,		/* 16: VMX */
	0x80, 0x00, 0x80, 0x00, 0x00, 0x00,		/* 18: VSX, 20: vector XOR, 22: no TM */
	0x80, 0x00, 0x80, 0x00, 0x80, 0x00,		/* 24: external DEC, 26: 64 bits, 28: PMU */
	0x80, 0x00, 0x80, 0x00, 0xc0, 0x00, /* 30: MMR, 32: LE atomics, 34: EBB, extended EBB */
	0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 36: SPR-SO, 38: copy and paste, 40: radix */
	0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 42: PM, 44: PC-relative, 46: scv */
	0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 48: SIMD, 50: quad precision, 52: string */
	0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 54: decimal FP, 56: decimal integers, 58: SHA */
	0x80, 0x00, 0x80, 0x00, 0x00, 0x00, /* 60: no-memory atomics, 62: darn */
};
enum { PA_RADIX = 2 + 40 };

static void cpu_pa_features(struct tree *t, struct pseries *p, int node)
{
	u8 f[sizeof(pa_features_3_0)];

	if (p->agreed.level < PSERIES_LEVEL_3_00) {
		prop(t, node, "ibm,pa-features", pa_features_2_07, sizeof(pa_features_2_07));
		return;
	}
	memcpy(f, pa_features_3_0, sizeof(f));
	if (!p->can_radix || (p->agreed.done && !p->agreed.radix))
		f[PA_RADIX] = 0;
	prop(t, node, "ibm,pa-features", f, sizeof(f));
}

/* Per segment base page size: shift, SLB encoding, then (page shift, PTE encoding) pairs. Linux
 * maps memory by the largest page there is, beyond its end if need be; such an entry is refused. */
static void cpu_pages(struct tree *t, struct pseries *p, int node)
{
	if (p->config.ram_size & ((16 << 20) - 1))
		PROP_CELLS(t, node, "ibm,segment-page-sizes", 12, 0, 2, 12, 0, 16, 7, /* 4K */
			   16, 0x110, 1, 16, 1);				      /* 64K */
	else
		PROP_CELLS(t, node, "ibm,segment-page-sizes", 12, 0, 3, 12, 0, 16, 7, 24, 0x38, 16,
			   0x110, 2, 16, 1, 24, 8, /* 64K */
			   24, 0x100, 1, 24, 0);   /* 16M */
	PROP_CELLS(t, node, "ibm,processor-segment-sizes", 28, 40, 0xffffffff, 0xffffffff);
}

static void cpu_caches(struct tree *t, const struct cpu_model *m, int node)
{
	bool p9 = m->isa >= ISA_3_0;

	prop_u32(t, node, "d-cache-block-size", m->dcache_line);
	prop_u32(t, node, "d-cache-line-size", m->dcache_line);
	prop_u32(t, node, "i-cache-block-size", m->icache_line);
	prop_u32(t, node, "i-cache-line-size", m->icache_line);
	prop_u32(t, node, "d-cache-size", p9 ? 32 << 10 : 64 << 10);
	prop_u32(t, node, "i-cache-size", 32 << 10);
}

/* Server numbers of the core's threads; all group queues are the first processor's. */
static void cpu_servers(struct tree *t, struct pseries *p, int node, u32 index)
{
	u32 servers[PSERIES_MAX_THREADS], queues[2 * PSERIES_MAX_THREADS];

	for (u32 i = 0; i < p->config.threads; i++) {
		servers[i] = queues[2 * i] = index + i;
		queues[2 * i + 1] = 0;
	}
	prop_cells(t, node, "ibm,ppc-interrupt-server#s", servers, p->config.threads);
	prop_cells(t, node, "ibm,ppc-interrupt-gserver#s", queues, 2 * p->config.threads);
}

/* A node is a core: LoPAPR C.6.4. */
static void cpu_node(struct tree *t, struct pseries *p, int cpus, u32 index)
{
	const struct cpu_model *m = p->config.model;
	bool p9 = m->isa >= ISA_3_0;
	const char *core = p9 ? "POWER9" : !strcmp(m->name, "power8") ? "POWER8" : "POWER8E";
	char name[32];
	int node;

	log_format(name, sizeof(name), "PowerPC,%s@%x", core, index);
	node = add_node(t, cpus, name);
	prop_u32(t, node, "reg", index);
	prop_string(t, node, "device_type", "cpu");
	prop_u32(t, node, "cpu-version", p->agreed.done ? p->agreed.level : m->pvr);
	prop_string(t, node, "status", "okay");
	cpu_caches(t, m, node);
	prop_u32(t, node, "timebase-frequency", PSERIES_TB_HZ);
	prop_u32(t, node, "clock-frequency", PSERIES_CPU_HZ);
	prop_empty(t, node, "64-bit");
	prop_u32(t, node, "slb-size", m->slb_entries);
	prop_u32(t, node, "ibm,slb-size", m->slb_entries);
	prop_u32(t, node, "ibm,purr", 1);
	prop_u32(t, node, "ibm,spurr", 1);
	cpu_pages(t, p, node);
	prop_u32(t, node, "ibm,vmx", 2); /* with VSX */
	prop_u32(t, node, "ibm,dfp", 1);
	cpu_pa_features(t, p, node);
	prop_u32(t, node, "ibm,chip-id", 0);
	PROP_CELLS(t, node, "ibm,pft-size", 0, p->hpt_order);
	cpu_servers(t, p, node, index);
	if (m->mmu == MMU_RADIX_OR_HASH64)
		/* AP << 29 | page shift: 4K, 64K, 2M, 1G */
		PROP_CELLS(t, node, "ibm,processor-radix-AP-encodings", 12, 5u << 29 | 16,
			   1u << 29 | 21, 2u << 29 | 30);
	if (m->dec_bits > 32)
		prop_u32(t, node, "ibm,dec-bits", m->dec_bits);
}

static void cpu_nodes(struct tree *t, struct pseries *p)
{
	int cpus = add_node(t, 0, "cpus");

	prop_u32(t, cpus, "#address-cells", 1);
	prop_u32(t, cpus, "#size-cells", 0);
	/* libfdt puts new nodes in front of their elder sisters. */
	for (u32 i = p->config.cpus; i; i -= p->config.threads)
		cpu_node(t, p, cpus, i - p->config.threads);
}

/* Option vector 5 (LoPAPR B.6.2.3) as it was agreed on: byte 0 is the length of what
 * follows less one, then the vector's bytes by their numbers. */
static void chosen_vector5(struct tree *t, struct pseries *p, int node)
{
	enum {
		FORM1_AFFINITY = 0x80, /* byte 5 */
		XIVE_EXPLOIT = 0x40,   /* byte 23 */
		MMU_RADIX = 0x40,      /* byte 24 */
		RADIX_GTSE = 0x40,     /* byte 26 */
		VECTOR_BYTES = 26,
	};
	const struct pseries_agreed *a = &p->agreed;
	u8 v[VECTOR_BYTES + 1] = {[0] = VECTOR_BYTES - 1};

	v[5] = a->form1 ? FORM1_AFFINITY : 0;
	v[23] = a->xive ? XIVE_EXPLOIT : 0;
	v[24] = a->radix ? MMU_RADIX : 0;
	v[26] = a->radix ? RADIX_GTSE : 0;
	prop(t, node, "ibm,architecture-vec-5", v, a->done ? sizeof(v) : 2);
}

/* What the guest may ask for: pairs of a byte of vector 5 and its value, both modes as QEMU says
 * it (either: 0x80 of byte 23, 0xc0 of byte 24). */
static void chosen_platform_support(struct tree *t, struct pseries *p, int node)
{
	u8 v[8] = {23, 0, 24, 0, 25, 0, 26, 0};

	if (p->can_xive)
		v[1] = p->can_xics ? 0x80 : 0x40;
	if (p->can_radix) {
		v[3] = p->can_hash ? 0xc0 : 0x40;
		v[7] = 0x40;
	}
	prop(t, node, "ibm,arch-vec-5-platform-support", v, sizeof(v));
}

/* Firmware merges the tree after negotiation into its own: /chosen says what was agreed on and
 * leaves alone the rest, which the guest or firmware may have set meanwhile. */
static bool first_tree(const struct pseries *p)
{
	return p->start != PSERIES_START_FIRMWARE || !p->agreed.done;
}

static void chosen_node(struct tree *t, struct pseries *p)
{
	const struct input_source *in = p->vm->input;
	bool offer = first_tree(p);
	int node = add_node(t, 0, "chosen");
	u8 seed[32];

	if (pseries_has_graphics(p)) {
		/* what firmware makes of the card; without a path it takes screen and keyboard for
		 * its console */
		prop_u32(t, node, "qemu,graphic-width", 800);
		prop_u32(t, node, "qemu,graphic-height", 600);
		prop_u32(t, node, "qemu,graphic-depth", 32);
	}
	if (p->vty && offer && !(pseries_has_graphics(p) && p->start == PSERIES_START_FIRMWARE)) {
		prop_string(t, node, "stdout-path", p->console);
		prop_string(t, node, "linux,stdout-path", p->console);
	}
	in->random(in->opaque, seed, sizeof(seed));
	prop(t, node, "rng-seed", seed, sizeof(seed));
	/* the guest may move what stands in assigned-addresses */
	prop_u32(t, node, "linux,pci-probe-only", 0);
	chosen_vector5(t, p, node);
	if (offer && p->start != PSERIES_START_FDT)
		chosen_platform_support(t, p, node);
}

/* Pairs of a name, as a string, and a token (LoPAPR B.6.3.1). */
static void rtas_errinjct(struct tree *t, int node)
{
	u8 buf[256], *p = buf;

	for (u32 i = 0; i < SPAPR_ERRINJCT_TOKENS; i++) {
		size_t n = strlen(spapr_errinjct_tokens[i].name) + 1;

		memcpy(p, spapr_errinjct_tokens[i].name, n);
		st_be32(p + n, spapr_errinjct_tokens[i].token);
		p += n + 4;
	}
	prop(t, node, "ibm,errinjct-tokens", buf, (size_t)(p - buf));
}

static void rtas_node(struct tree *t, struct pseries *p)
{
	static const char functions[] =
		"hcall-pft\0hcall-term\0hcall-dabr\0hcall-interrupt\0"
		"hcall-tce\0hcall-multi-tce\0hcall-vio\0hcall-splpar\0hcall-bulk\0hcall-set-mode\0"
		"hcall-sprg0\0hcall-copy\0hcall-debug\0hcall-vphn";
	int node = add_node(t, 0, "rtas");

	prop(t, node, "ibm,hypertas-functions", functions, sizeof(functions));
	PROP_CELLS(t, node, "ibm,associativity-reference-points", 4, 4, 2);
	PROP_CELLS(t, node, "ibm,max-associativity-domains", 4, 0, 0, 0, 1);
	/* Highest address of memory that may be added (none), granule, most cores. */
	PROP_CELLS(t, node, "ibm,lrdr-capacity", 0, 0, 0, 256 << 20,
		   p->config.max_cpus / p->config.threads);
	prop_u32(t, node, "rtas-version", 1);
	prop_u32(t, node, "rtas-size", PSERIES_RTAS_SIZE);
	if (p->start == PSERIES_START_FDT) {
		prop_u32(t, node, "linux,rtas-base", (u32)p->rtas_base);
		prop_u32(t, node, "linux,rtas-entry", (u32)p->rtas_base);
	} else if (p->start == PSERIES_START_FIRMWARE) {
		prop_string(t, node, "qemu,hypertas-functions", "hcall-memop1");
	}
	prop_u32(t, node, "rtas-error-log-max", 2048);
	prop_u32(t, node, "rtas-event-scan-rate", 1);
	prop_empty(t, node, "ibm,extended-os-term");
	prop_empty(t, node, "ibm,change-msix-capable");
	rtas_errinjct(t, node);
	for (u32 i = 0; i < p->vm->rtas.count; i++)
		prop_u32(t, node, p->vm->rtas.calls[i].name, RTAS_TOKEN_BASE + i);
}

static void event_node(struct tree *t, struct pseries *p)
{
	int node = add_node(t, 0, "event-sources"), sub;

	prop_empty(t, node, "interrupt-controller");
	prop_u32(t, node, "#interrupt-cells", 2);
	PROP_CELLS(t, node, "interrupt-ranges", PSERIES_IRQ_EPOW, 1, PSERIES_IRQ_HOTPLUG, 1);
	sub = add_node(t, node, "epow-events");
	PROP_CELLS(t, sub, "interrupts", p->epow.irq, 0);
	sub = add_node(t, node, "hot-plug-events");
	PROP_CELLS(t, sub, "interrupts", p->hotplug.irq, 1);
}

static void memory_node(struct tree *t, struct pseries *p)
{
	u64 size = p->config.ram_size;
	int node = add_node(t, 0, "memory@0");

	prop_string(t, node, "device_type", "memory");
	PROP_CELLS(t, node, "reg", 0, 0, (u32)(size >> 32), (u32)size);
	PROP_CELLS(t, node, "ibm,associativity", 4, 0, 0, 0, 0);
}

static void root_node(struct tree *t, struct pseries *p)
{
	char uuid[40];
	const u8 *u = p->config.uuid;

	prop_string(t, 0, "device_type", "chrp");
	prop_string(t, 0, "model", "IBM pSeries (emulated by powervisor)");
	prop_string(t, 0, "compatible", "qemu,pseries");
	log_format(uuid, sizeof(uuid),
		   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
		   u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13],
		   u[14], u[15]);
	prop_string(t, 0, "vm,uuid", uuid);
	if (p->config.guest_name)
		prop_string(t, 0, "ibm,partition-name", p->config.guest_name);
	prop_u32(t, 0, "#address-cells", 2);
	prop_u32(t, 0, "#size-cells", 2);
}

int pseries_build_fdt(struct pseries *p, void *buf, u32 size, struct error *e)
{
	struct tree t = {.fdt = buf};
	u32 phandle = 0;

	t.err = fdt_create_empty_tree(buf, (int)size);
	if (!t.err && p->start == PSERIES_START_FDT)
		t.err = fdt_add_mem_rsv(buf, p->rtas_base, PSERIES_RTAS_SIZE);
	root_node(&t, p);
	memory_node(&t, p);
	if (!t.err)
		t.err = vio_bus_dt(&p->vio, buf);
	if (!t.err)
		t.err = devices_dt(p->vm, buf);
	cpu_nodes(&t, p);
	event_node(&t, p);
	rtas_node(&t, p);
	chosen_node(&t, p);
	if (!t.err)
		t.err = p->vm->irqchip_ops->dt(p->vm->irqchip, buf, &phandle);
	if (!t.err && phandle)
		prop_u32(&t, 0, "interrupt-parent", phandle);
	if (!t.err && first_tree(p))
		t.err = p->boot_method->fix_tree(&p->boot, &p->config, buf);
	if (!t.err && p->start == PSERIES_START_FIRMWARE)
		t.err = boot_list_dt(p->vm, p->config.boot_strict, buf);
	/* firmware knows where its tree stands */
	if (!t.err && p->start == PSERIES_START_FDT)
		t.err = fdt_add_mem_rsv(buf, p->boot.fdt_addr, size);
	if (!t.err)
		t.err = fdt_pack(buf);
	if (t.err)
		return error_set(e, -EINVAL, "cannot build the device tree: %s",
				 fdt_strerror(t.err));
	fdt_set_boot_cpuid_phys(buf, 0);
	return 0;
}
