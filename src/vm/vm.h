/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine: an engine's vm and vCPUs, one thread each, memory slots, the dispatch tables,
 * devices, the clock, and who may run when.
 *
 * Locks. vm->lock is the machine's lock: devices, hypercalls and RTAS run under it. vm->run_lock is
 * a leaf: it guards vCPU run states, pause and requests; it is taken with or without vm->lock held,
 * never the other way round. vm_pause(), vm_reset(), vm_destroy() wait for vCPUs, so their caller
 * holds neither.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "os/os.h"
#include "vm/call.h"
#include "vm/clock.h"
#include "vm/device.h"
#include "vm/engine.h"
#include "vm/irq.h"
#include "vm/memory.h"
#include "vm/mmio.h"
#include "vm/window.h"

enum {
	VM_MAX_VCPUS = 64,
	VM_MAX_DEVICES = 256,
	VM_MAX_STATES = 256,
	VM_MAX_SECTIONS = 8,
	VM_MAX_BUSES = 64,
	VM_MAX_LISTENERS = 64,
};

/* Why the vCPUs stopped and the owner (cli/) has to act. */
enum vm_request {
	VM_REQUEST_NONE,
	VM_REQUEST_RESET,
	VM_REQUEST_SHUTDOWN,
	VM_REQUEST_CRASH,    /* the guest reported a panic and asks for no restart */
	VM_REQUEST_DEBUG,    /* a vCPU stopped for the debugger */
	VM_REQUEST_ERROR,    /* the engine failed; vm->error says why */
	VM_REQUEST_IO_ERROR, /* a disk failed, and its requests wait for the vm to go on */
	VM_REQUEST_COUNT
};

enum vcpu_state { VCPU_STOPPED, VCPU_STARTING, VCPU_RUNNING };

struct vcpu {
	struct vm *vm;
	u32 index;
	struct engine_vcpu *engine;
	struct os_thread thread;
	struct os_cond cond;
	struct vm_exit exit;
	u64 exits[VM_EXIT_COUNT]; /* counters by reason */

	/* Under vm->run_lock. */
	enum vcpu_state state;
	bool parked; /* outside run() and staying there */
	bool quit;
	u64 start_pc, start_arg;
};

/* State that is not a device's: hypercall and RTAS state. */
struct vm_state {
	const struct state_table *table;
	u32 instance;
	void *obj;
	void (*reset)(void *obj);
	bool early; /* stands before memory and hash table in a saved stream */
};

/* State of no fixed size: the owner writes and reads sections of that name itself. */
struct vm_section {
	const char *name;
	void (*save)(void *opaque, struct state_writer *w);
	/* -ENOENT: the section's instance is none of its. */
	int (*load)(void *opaque, const struct state_head *h, struct state_reader *r,
		    struct error *e);
};

struct pci_system; /* bus/pci.h */
struct vm_balloon; /* vm/balloon.h */

/* Who works beside the vCPUs (disk and network queues): told after they stopped, and then does
 * not touch guest memory or registers before it is told that they go on. */
struct vm_listener {
	void (*run)(void *opaque, bool running);
	void *opaque;
};

struct vm {
	const char *name;
	const struct engine_ops *ops;
	struct engine_vm *engine;
	const struct cpu_model *model;
	u32 nr_vcpus;
	struct vcpu vcpus[VM_MAX_VCPUS];

	struct os_mutex lock, run_lock;
	struct os_cond parked_cond;
	bool paused;
	bool threads_running;
	enum vm_request request;
	enum vm_request stopped_by; /* the last request taken, until the vm goes on */
	struct error error;
	/* Called on any thread when request becomes something else than NONE. */
	void (*notify)(void *opaque);
	void *notify_opaque;
	/* Called on any thread when the guest has let go of a device: devices_reap() is due. NULL:
	 * nobody unplugs any. */
	void (*unplugged)(void *opaque);

	struct vm_clock clock;
	const struct input_source *input;
	u64 tb_hz;
	struct vm_memory memory;
	struct vm_window *windows[VM_MAX_WINDOWS]; /* NULL: free */
	struct mmio_table mmio;
	struct hcall_table hcalls;
	struct rtas_table rtas;
	const struct irqchip_ops *irqchip_ops;
	struct irqchip *irqchip;
	u32 nr_devices;
	struct device *devices[VM_MAX_DEVICES];
	const struct device_backends *backends; /* NULL: there are none */
	u32 nr_buses;
	struct device_bus buses[VM_MAX_BUSES];
	u32 nr_states;
	struct vm_state states[VM_MAX_STATES];
	u32 nr_sections;
	struct {
		const struct vm_section *section;
		void *opaque;
	} sections[VM_MAX_SECTIONS];
	const struct vm_balloon *balloon; /* vm/balloon.h; NULL: there is none */
	struct pci_system *pci;		  /* NULL: the machine has no PCI */
	u32 nr_listeners;
	struct vm_listener listeners[VM_MAX_LISTENERS];

	/* The machine's: initial registers of a started vCPU, and everything of a reset that is no
	 * device's (load images, start vCPU 0). */
	void (*vcpu_setup)(void *machine, struct vcpu *v, u64 pc, u64 arg);
	int (*machine_reset)(void *machine, struct error *e);
	/* Ask the guest to power off; under the machine's lock. NULL: it has no ear for that. */
	void (*machine_powerdown)(void *machine);
	void *machine;
};

struct vm_config {
	const char *name;
	const struct engine_ops *engine;
	const char *engine_options;
	const struct cpu_model *model;
	const struct input_source *input; /* NULL: the host */
	u32 nr_vcpus;
	u32 threads; /* of a core, a power of two; 0 = 1 */
	u64 tb_hz;
	bool papr;
	bool icount;
	bool stats;
	const struct code_log *code_log;	/* NULL: nobody asks */
	const struct device_backends *backends; /* NULL: there are none */
};

/* The vm is paused and its vCPUs stopped. */
int vm_create(const struct vm_config *config, struct vm **vm, struct error *e);
void vm_destroy(struct vm *vm);

void vm_add_state(struct vm *vm, const struct state_table *table, u32 instance, void *obj,
		  void (*reset)(void *obj));
/* For what comes and goes while the vm lives. */
void vm_remove_state(struct vm *vm, const void *obj);
void vm_add_section(struct vm *vm, const struct vm_section *section, void *opaque);

/* State that memory and hash table depend on. */
void vm_add_early_state(struct vm *vm, const struct state_table *table, u32 instance, void *obj,
			void (*reset)(void *obj));

static inline void vm_lock(struct vm *vm)
{
	os_mutex_lock(&vm->lock);
}
static inline void vm_unlock(struct vm *vm)
{
	os_mutex_unlock(&vm->lock);
}

/* Before the vm runs; the listener is called without locks held. */
void vm_listen(struct vm *vm, void (*run)(void *opaque, bool running), void *opaque);
/* The vm may run. */
void vm_unlisten(struct vm *vm, void *opaque);

/* Returns when no vCPU runs and listeners are quiet. */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);
/* Only while paused: devices, interrupt controller, vCPUs, then machine_reset(). */
int vm_reset(struct vm *vm, struct error *e);
/* From any thread: stop all vCPUs and tell the owner. The first request wins. */
void vm_ask(struct vm *vm, enum vm_request request);
/* Ask the guest to power itself off, as a power button does; -ENOTSUP where it cannot be asked. Any
 * thread, running or paused. */
int vm_powerdown(struct vm *vm);
/* The request that stopped the vCPUs; clears it, and leaves the vm paused if there was one. */
enum vm_request vm_take_request(struct vm *vm);

/* 0, or -EBUSY when it is not stopped. */
int vcpu_start(struct vcpu *v, u64 pc, u64 arg);
/* From the vCPU's own thread: it will not run again before vcpu_start(). */
void vcpu_stop_self(struct vcpu *v);
enum vcpu_state vcpu_get_state(struct vcpu *v);

/* One register as a 64-bit value; the vCPU is outside run(). */
u64 vcpu_get(struct vcpu *v, u64 reg);
void vcpu_set(struct vcpu *v, u64 reg, u64 value);

#endif
