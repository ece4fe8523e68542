// SPDX-License-Identifier: GPL-2.0-or-later
/* The services of the client interface by name (IEEE 1275-1994, 6.3.2; LoPAPR B.6.2 for the
 * methods). */
#include "machine/of_service.h"

#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"

enum {
	/* of services, methods and properties, NUL included: IEEE 1275, 3.2.2.1 says 32, LoPAPR has
	 * longer ones and Linux room for them */
	MAX_NAME = 64,
	MAX_CELLS = 12,
	MAX_IO = 4096, /* of one read or write */
	ERROR_CELL = -1,
};

struct call {
	struct of_client *c;
	struct vcpu *vcpu;
	u32 nargs, nrets;
	u32 args[MAX_CELLS], rets[MAX_CELLS];
};

/* A string of the guest's, NUL included; false when it is longer than size or nowhere. */
static bool get_string(struct of_client *c, u32 gpa, char *buf, u32 size)
{
	for (u32 i = 0; i < size; i++) {
		if (vm_mem_read(c->vm, (u64)gpa + i, buf + i, 1))
			return false;
		if (!buf[i])
			return true;
	}
	return false;
}

static u32 put(struct of_client *c, u32 gpa, const void *data, u32 len, u32 size)
{
	u32 n = len < size ? len : size;

	return n && vm_mem_write(c->vm, gpa, data, n) ? OF_ERROR : len;
}

static struct of_node *node(struct call *k, u32 arg)
{
	return of_by_handle(&k->c->tree, k->args[arg]);
}

static u32 handle(const struct of_node *n)
{
	return n ? n->handle : 0;
}

/* --- device tree --- */
static u32 svc_finddevice(struct call *k)
{
	char path[OF_MAX_PATH];
	struct of_node *n;

	if (!get_string(k->c, k->args[0], path, sizeof(path)))
		return OF_ERROR;
	n = of_find(&k->c->tree, path);
	return n ? n->handle : OF_ERROR;
}

static u32 svc_peer(struct call *k)
{
	struct of_node *n = k->args[0] ? node(k, 0) : NULL;

	if (!k->args[0])
		return handle(k->c->tree.nodes);
	return n ? handle(n->peer) : 0;
}

static u32 svc_child(struct call *k)
{
	struct of_node *n = node(k, 0);

	return n ? handle(n->child) : 0;
}

static u32 svc_parent(struct call *k)
{
	struct of_node *n = node(k, 0);

	return n ? handle(n->parent) : 0;
}

/* "name" is a node's name without its unit address, and no property of the flattened tree. */
static bool find_prop(struct call *k, struct of_prop *out)
{
	struct of_node *n = node(k, 0);
	char name[MAX_NAME];
	struct of_prop *p;

	if (!n || !get_string(k->c, k->args[1], name, sizeof(name)))
		return false;
	p = of_prop(n, name);
	if (p) {
		*out = *p;
		return true;
	}
	if (strcmp(name, "name"))
		return false;
	*out = (struct of_prop){.data = (const u8 *)n->name};
	while (n->name[out->len] && n->name[out->len] != '@')
		out->len++;
	return true;
}

static u32 svc_getproplen(struct call *k)
{
	struct of_prop p;

	if (!find_prop(k, &p))
		return OF_ERROR;
	return p.name ? p.len : p.len + 1;
}

static u32 svc_getprop(struct call *k)
{
	struct of_prop p;
	u32 room = k->args[3];

	if (!find_prop(k, &p))
		return OF_ERROR;
	if (p.name)
		return put(k->c, k->args[2], p.data, p.len, room);
	if (put(k->c, k->args[2], p.data, p.len, room) == OF_ERROR ||
	    (room > p.len && vm_mem_fill(k->c->vm, (u64)k->args[2] + p.len, 0, 1)))
		return OF_ERROR;
	return p.len + 1;
}

static u32 svc_nextprop(struct call *k)
{
	struct of_node *n = node(k, 0);
	char before[MAX_NAME] = "";
	struct of_prop *p;

	if (!n || (k->args[1] && !get_string(k->c, k->args[1], before, sizeof(before))))
		return OF_ERROR;
	p = n->props;
	if (before[0]) {
		p = of_prop(n, before);
		if (!p)
			return OF_ERROR;
		p = p->next;
	}
	/* a longer name could not be asked for */
	while (p && strlen(p->name) >= MAX_NAME)
		p = p->next;
	if (!p)
		return put(k->c, k->args[2], "", 1, 1) == OF_ERROR ? OF_ERROR : 0;
	if (put(k->c, k->args[2], p->name, (u32)strlen(p->name) + 1, MAX_NAME) == OF_ERROR)
		return OF_ERROR;
	return 1;
}

static u32 svc_setprop(struct call *k)
{
	struct of_node *n = node(k, 0);
	char name[MAX_NAME];

	if (!n || !get_string(k->c, k->args[1], name, sizeof(name)) || !name[0])
		return OF_ERROR;
	return of_journal_add(k->c, n, name, k->args[2], k->args[3]);
}

static u32 put_path(struct call *k, const struct of_node *n)
{
	char path[OF_MAX_PATH];
	u32 len = n ? of_path(n, path, sizeof(path)) : 0;

	if (!n || len >= sizeof(path))
		return OF_ERROR;
	return put(k->c, k->args[1], path, len + 1, k->args[2]) == OF_ERROR ? OF_ERROR : len;
}

static u32 svc_package_to_path(struct call *k)
{
	return put_path(k, node(k, 0));
}

static u32 svc_canon(struct call *k)
{
	char path[OF_MAX_PATH];

	if (!get_string(k->c, k->args[0], path, sizeof(path)))
		return OF_ERROR;
	return put_path(k, of_find(&k->c->tree, path));
}

/* --- instances --- */
static u32 *instance(struct call *k, u32 arg)
{
	u32 i = k->args[arg] - OF_FIRST_INSTANCE;

	return i < OF_MAX_INSTANCES && k->c->state.instances[i] ? &k->c->state.instances[i] : NULL;
}

static struct of_node *instance_node(struct call *k, u32 arg)
{
	u32 *i = instance(k, arg);

	return i ? of_by_handle(&k->c->tree, *i) : NULL;
}

static u32 svc_instance_to_package(struct call *k)
{
	struct of_node *n = instance_node(k, 0);

	return n ? n->handle : OF_ERROR;
}

static u32 svc_instance_to_path(struct call *k)
{
	return put_path(k, instance_node(k, 0));
}

static u32 svc_open(struct call *k)
{
	u32 *instances = k->c->state.instances, found = svc_finddevice(k);

	if (found == OF_ERROR)
		return 0;
	for (u32 i = 0; i < OF_MAX_INSTANCES; i++)
		if (!instances[i]) {
			instances[i] = found;
			return OF_FIRST_INSTANCE + i;
		}
	return 0;
}

static u32 svc_close(struct call *k)
{
	u32 *i = instance(k, 0);

	if (i)
		*i = OF_NO_NODE;
	return 0;
}

static bool is_console(struct call *k)
{
	const char *console = k->c->ops->console;
	struct of_node *n = instance_node(k, 0);

	return n && console && n == of_find(&k->c->tree, console);
}

static u32 svc_write(struct call *k)
{
	u32 len = k->args[2] < MAX_IO ? k->args[2] : MAX_IO;
	u8 buf[MAX_IO];

	if (!is_console(k) || vm_mem_read(k->c->vm, k->args[1], buf, len))
		return OF_ERROR;
	k->c->ops->write(k->c->opaque, buf, len);
	return len;
}

static u32 svc_read(struct call *k)
{
	u32 len = k->args[2] < MAX_IO ? k->args[2] : MAX_IO;
	u8 buf[MAX_IO];

	if (!is_console(k) || !vm_mem_ptr(k->c->vm, k->args[1], len))
		return OF_ERROR;
	return put(k->c, k->args[1], buf, k->c->ops->read(k->c->opaque, buf, len), len);
}

/* --- memory --- */
static u32 svc_claim(struct call *k)
{
	return of_claim(k->c, k->args[0], k->args[1], k->args[2]);
}

static u32 svc_release(struct call *k)
{
	return of_release(k->c, k->args[0], k->args[1]) ? 0 : OF_ERROR;
}

/* --- methods --- */
static bool support(struct call *k)
{
	struct of_client *c = k->c;
	s64 ret = c->ops->support(c->opaque, k->vcpu, k->args[2]);

	if (!ret && of_client_make_tree(c))
		ret = -1;
	k->rets[1] = ret ? OF_ERROR : 0;
	return true;
}

static bool instantiate_rtas(struct call *k)
{
	k->rets[1] = k->c->ops->instantiate_rtas(k->c->opaque, k->args[2]);
	return k->rets[1];
}

/* args: method, instance, the method's arguments (the last one first); rets: 0 or an error, the
 * method's results. */
static u32 svc_call_method(struct call *k)
{
	static const struct {
		const char *path, *method;
		u32 nargs;
		bool (*fn)(struct call *k);
	} methods[] = {
		{"/", "ibm,client-architecture-support", 3, support},
		{"/rtas", "instantiate-rtas", 3, instantiate_rtas},
	};
	struct of_node *n = instance_node(k, 1);
	char method[MAX_NAME];

	if (!n || !get_string(k->c, k->args[0], method, sizeof(method)))
		return OF_ERROR;
	for (u32 i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(method, methods[i].method) && k->nargs >= methods[i].nargs &&
		    n == of_find(&k->c->tree, methods[i].path))
			return methods[i].fn(k) ? 0 : OF_ERROR;
	log_printf(LOG_HCALL | LOG_UNIMP, "client interface: no method %s of %s\n", method,
		   n->name);
	return OF_ERROR;
}

/* --- processors, the end --- */
static u32 svc_start_cpu(struct call *k)
{
	struct of_node *n = node(k, 0);
	struct of_prop *p = n ? of_prop(n, "reg") : NULL;
	u32 cpu = p && p->len == 4 ? ld_be32(p->data) : OF_ERROR;

	if (cpu >= k->c->vm->nr_vcpus || !n->parent || strcmp(n->parent->name, "cpus"))
		return OF_ERROR;
	return vcpu_start(&k->c->vm->vcpus[cpu], k->args[1], k->args[2]) ? OF_ERROR : 0;
}

static u32 svc_milliseconds(struct call *k)
{
	return (u32)(vm_clock_ns(&k->c->vm->clock) / 1000000);
}

static u32 svc_exit(struct call *k)
{
	vm_ask(k->c->vm, VM_REQUEST_CRASH);
	return 0;
}

static u32 svc_boot(struct call *k)
{
	vm_ask(k->c->vm, VM_REQUEST_RESET);
	return 0;
}

/* Devices do nothing that would have to be stopped. */
static u32 svc_quiesce(struct call *k)
{
	return 0;
}

static u32 svc_test(struct call *k);

static const struct service {
	const char *name;
	u32 nargs; /* at least */
	u32 (*fn)(struct call *k);
} services[] = {
	{"getprop", 4, svc_getprop},
	{"nextprop", 3, svc_nextprop},
	{"getproplen", 2, svc_getproplen},
	{"peer", 1, svc_peer},
	{"child", 1, svc_child},
	{"parent", 1, svc_parent},
	{"finddevice", 1, svc_finddevice},
	{"setprop", 4, svc_setprop},
	{"package-to-path", 3, svc_package_to_path},
	{"instance-to-path", 3, svc_instance_to_path},
	{"instance-to-package", 1, svc_instance_to_package},
	{"canon", 3, svc_canon},
	{"write", 3, svc_write},
	{"read", 3, svc_read},
	{"open", 1, svc_open},
	{"close", 1, svc_close},
	{"claim", 3, svc_claim},
	{"release", 2, svc_release},
	{"call-method", 2, svc_call_method},
	{"test", 1, svc_test},
	{"milliseconds", 0, svc_milliseconds},
	{"start-cpu", 3, svc_start_cpu},
	{"quiesce", 0, svc_quiesce},
	{"boot", 1, svc_boot},
	{"exit", 0, svc_exit},
};

static const struct service *find_service(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(services[i].name, name))
			return &services[i];
	return NULL;
}

static u32 svc_test(struct call *k)
{
	char name[MAX_NAME];

	return get_string(k->c, k->args[0], name, sizeof(name)) && find_service(name) ? 0
										      : OF_ERROR;
}

/* --- the argument block: name, numbers of arguments and results, both --- */
static bool load_block(struct call *k, u64 gpa, char *name)
{
	u8 block[4 * (3 + MAX_CELLS)];

	if (vm_mem_read(k->c->vm, gpa, block, 12))
		return false;
	k->nargs = ld_be32(block + 4);
	k->nrets = ld_be32(block + 8);
	if (k->nargs > MAX_CELLS || k->nrets > MAX_CELLS - k->nargs ||
	    vm_mem_read(k->c->vm, gpa + 12, block + 12, 4 * (u64)(k->nargs + k->nrets)))
		return false;
	for (u32 i = 0; i < k->nargs; i++)
		k->args[i] = ld_be32(block + 12 + 4 * i);
	return get_string(k->c, ld_be32(block), name, MAX_NAME);
}

s64 of_client_call(struct of_client *c, struct vcpu *vcpu, u64 gpa)
{
	struct call k = {.c = c, .vcpu = vcpu};
	const struct service *s;
	u8 results[4 * MAX_CELLS];
	char name[MAX_NAME];

	if (!c->tree.nr_nodes || !load_block(&k, gpa, name))
		return ERROR_CELL;
	s = find_service(name);
	if (!s || k.nargs < s->nargs) {
		log_printf(LOG_HCALL | LOG_UNIMP, "client interface: no service %s of %u\n", name,
			   k.nargs);
		return ERROR_CELL;
	}
	k.rets[0] = s->fn(&k);
	log_printf(LOG_HCALL, "client interface: %s(0x%x, 0x%x, 0x%x) = 0x%x\n", name, k.args[0],
		   k.args[1], k.args[2], k.rets[0]);
	for (u32 i = 0; i < k.nrets; i++)
		st_be32(results + 4 * i, k.rets[i]);
	if (k.nrets && vm_mem_write(c->vm, gpa + 12 + 4 * (u64)k.nargs, results, 4 * (u64)k.nrets))
		return ERROR_CELL;
	return 0;
}
