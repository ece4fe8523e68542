// SPDX-License-Identifier: GPL-2.0-or-later
/* -object: what other options name. throttle-group is in groups.c. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"
#include "host/rng.h"

/* A key of one type of object. */
struct object_key {
	const char *name;
	bool (*set)(struct cli_object *b, const char *value);
};

static bool set_data(struct cli_object *b, const char *value)
{
	b->data = value;
	return true;
}

static bool set_file(struct cli_object *b, const char *value)
{
	b->file = value;
	return *value;
}

static bool set_format(struct cli_object *b, const char *value)
{
	return !strcmp(value, "raw");
}

static bool set_size(struct cli_object *b, const char *value)
{
	return !cli_size(value, 1, &b->size) && b->size;
}

/* How the host holds the memory, which the guest cannot see. */
static bool set_switch(struct cli_object *b, const char *value)
{
	bool on;

	return cli_bool(value, &on);
}

static bool set_off(struct cli_object *b, const char *value)
{
	bool on;

	return cli_bool(value, &on) && !on;
}

/* How a thread waits, which is ours to know. */
static bool set_number(struct cli_object *b, const char *value)
{
	u64 n;

	return !cli_size(value, 1, &n);
}

static int secret_finish(struct cli_options *o, struct cli_object *b, struct error *e)
{
	GError *failed = NULL;
	char *data;
	gsize len;

	if (!b->data == !b->file)
		return error_set(e, -EINVAL, "a secret has one of data= and file=");
	if (b->data)
		return 0;
	if (!g_file_get_contents(b->file, &data, &len, &failed)) {
		error_set(e, -EINVAL, "cannot read %s: %s", b->file, failed->message);
		g_error_free(failed);
		return -EINVAL;
	}
	b->data = cli_own(o, data);
	return 0;
}

static int random_finish(struct cli_options *o, struct cli_object *b, struct error *e)
{
	return rng_open(b->file ? b->file : "/dev/urandom", &b->rng, e);
}

static int builtin_finish(struct cli_options *o, struct cli_object *b, struct error *e)
{
	return rng_open(NULL, &b->rng, e);
}

static int memory_finish(struct cli_options *o, struct cli_object *b, struct error *e)
{
	return b->size ? 0 : error_set(e, -EINVAL, "memory-backend-ram needs size=");
}

static int iothread_finish(struct cli_options *o, struct cli_object *b, struct error *e)
{
	return 0;
}

static const struct object_key secret_keys[] = {
	{"data", set_data}, {"file", set_file}, {"format", set_format}, {NULL, NULL}};
static const struct object_key random_keys[] = {{"filename", set_file}, {NULL, NULL}};
static const struct object_key memory_keys[] = {
	{"size", set_size},
	{"share", set_switch},
	{"merge", set_switch},
	{"dump", set_switch},
	{"prealloc", set_off},
	{"reserve", set_switch},
	{"x-use-canonical-path-for-ramblock-id", set_switch},
	{NULL, NULL}};
static const struct object_key iothread_keys[] = {{"poll-max-ns", set_number},
						  {"poll-grow", set_number},
						  {"poll-shrink", set_number},
						  {"aio-max-batch", set_number},
						  {"thread-pool-min", set_number},
						  {"thread-pool-max", set_number},
						  {NULL, NULL}};
static const struct object_key no_keys[] = {{NULL, NULL}};

static const struct {
	const char *name;
	const struct object_key *keys;
	int (*finish)(struct cli_options *o, struct cli_object *b, struct error *e);
} types[] = {
	[OBJECT_SECRET] = {"secret", secret_keys, secret_finish},
	[OBJECT_RNG_RANDOM] = {"rng-random", random_keys, random_finish},
	[OBJECT_RNG_BUILTIN] = {"rng-builtin", no_keys, builtin_finish},
	[OBJECT_MEMORY] = {"memory-backend-ram", memory_keys, memory_finish},
	[OBJECT_IOTHREAD] = {"iothread", iothread_keys, iothread_finish},
};

struct cli_object *objects_find(struct cli_options *o, const char *id)
{
	for (u32 i = 0; i < o->nr_objects; i++)
		if (!strcmp(o->objects[i].id, id))
			return &o->objects[i];
	return NULL;
}

static int set_key(struct cli_object *b, const char *key, const char *value, struct error *e)
{
	const struct object_key *k = types[b->type].keys;

	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	if (!strcmp(key, "id")) {
		b->id = value;
		return cli_check_id(value, e);
	}
	while (k->name && strcmp(k->name, key))
		k++;
	if (!k->name)
		return error_set(e, -EINVAL, "%s has no '%s'", types[b->type].name, key);
	return k->set(b, value) ? 0 : error_set(e, -EINVAL, "%s cannot be '%s'", key, value);
}

static int parse(struct cli_options *o, struct list *l, struct cli_object *b, struct error *e)
{
	u32 t = 0;
	int err = 0;

	while (t < ARRAY_SIZE(types) && strcmp(types[t].name, l->value))
		t++;
	if (t == ARRAY_SIZE(types))
		return error_set(e, -EINVAL, "there is no object '%s'", l->value);
	b->type = t;
	while (!err && list_next(l))
		err = set_key(b, l->key, l->value, e);
	if (!err && !b->id)
		err = error_set(e, -EINVAL, "%s needs id=", types[t].name);
	if (!err && objects_find(o, b->id))
		err = error_set(e, -EEXIST, "there are two '%s'", b->id);
	return err ? err : types[t].finish(o, b, e);
}

int value_object(struct cli_options *o, const char *arg, struct error *e)
{
	struct cli_object b = {0};
	struct list l = list_of(o, arg, "qom-type");
	int err;

	if (!list_next(&l) || !l.value || strcmp(l.key, "qom-type"))
		return error_set(e, -EINVAL, "-object: the first word has to be an object's type");
	if (!strcmp(l.value, "throttle-group"))
		return value_throttle_group(o, &l, e);
	err = parse(o, &l, &b, e);
	if (err) {
		error_prefix(e, "-object");
		return err;
	}
	o->objects = g_renew(struct cli_object, o->objects, o->nr_objects + 1);
	o->objects[o->nr_objects++] = b;
	return 0;
}

/* A rng-*, or the object itself: that an iothread is there is all that there is to it. */
void *objects_claim(struct cli_options *o, u32 prop, const char *id, struct error *e)
{
	struct cli_object *b = objects_find(o, id);

	if (prop == PROP_IOTHREAD && b && b->type == OBJECT_IOTHREAD)
		return (void *)b->id;
	if (prop == PROP_RNG && b && b->rng)
		return b->rng;
	error_set(e, -ENOENT, "there is no -object %s with id=%s",
		  prop == PROP_RNG ? "rng-random or rng-builtin" : "iothread", id);
	return NULL;
}

const char *objects_name(const struct cli_options *o, const void *claimed)
{
	for (u32 i = 0; i < o->nr_objects; i++)
		if (o->objects[i].rng == claimed || o->objects[i].id == claimed)
			return o->objects[i].id;
	return NULL;
}

/* -machine memory-backend=: the guest's memory, whose size -m may repeat. */
int objects_finish(struct cli_options *o, struct error *e)
{
	const struct cli_object *b;

	if (!o->memory_backend)
		return 0;
	b = objects_find(o, o->memory_backend);
	if (!b || b->type != OBJECT_MEMORY)
		return error_set(e, -ENOENT,
				 "-machine: there is no -object memory-backend-ram with id=%s",
				 o->memory_backend);
	if (o->has_memory)
		return o->config.ram_size == b->size
			       ? 0
			       : error_set(e, -EINVAL, "-m has another size than -object %s",
					   b->id);
	return values_set_memory(o, b->size, e);
}

void objects_close(struct cli_options *o)
{
	for (u32 i = 0; i < o->nr_objects; i++)
		rng_close(o->objects[i].rng);
	g_free(o->objects);
	o->objects = NULL;
	o->nr_objects = 0;
}
