// SPDX-License-Identifier: GPL-2.0-or-later
/* Saved-state streams. Everything is big-endian:
 *   section:    'S' name u32 instance, fields, subsections, 'E'
 *   subsection: 'U' name, fields, 'E'
 *   field:      'F' name u8 type u8 flags u32 element-size u32 count, then the elements;
 *               of STATE_TABLE each element is fields, subsections and 'E'
 *   name:       u8 length, bytes
 * and 'Z' ends the stream. */
#include "base/savestate.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"

enum { MAX_DEPTH = 8, MAX_FIELDS = 128 };

void state_write(struct state_writer *w, const void *buf, size_t len)
{
	if (!w->err && len)
		w->err = w->write(w->opaque, buf, len);
}

static void write_u8(struct state_writer *w, u8 v)
{
	state_write(w, &v, 1);
}

static void write_u32(struct state_writer *w, u32 v)
{
	u8 b[4];

	st_be32(b, v);
	state_write(w, b, sizeof(b));
}

void state_write_u64(struct state_writer *w, u64 v)
{
	u8 b[8];

	st_be64(b, v);
	state_write(w, b, sizeof(b));
}

static void write_name(struct state_writer *w, const char *name)
{
	write_u8(w, (u8)strlen(name));
	state_write(w, name, strlen(name));
}

static u32 stream_size(const struct state_field *f)
{
	return f->type == STATE_BOOL ? 1 : f->size;
}

static void write_element(struct state_writer *w, const struct state_field *f, const u8 *p)
{
	u8 b[8];

	switch (f->type) {
	case STATE_U16:
		st_be16(b, *(const u16 *)p);
		break;
	case STATE_U32:
		st_be32(b, *(const u32 *)p);
		break;
	case STATE_U64:
		st_be64(b, *(const u64 *)p);
		break;
	case STATE_BOOL:
		b[0] = *(const bool *)p;
		break;
	default:
		state_write(w, p, f->size);
		return;
	}
	state_write(w, b, stream_size(f));
}

static void write_body(struct state_writer *w, const struct state_table *t, void *obj);

static void write_field(struct state_writer *w, const struct state_field *f, void *obj)
{
	u8 *p = (u8 *)obj + f->offset;

	if (f->type == STATE_DERIVED)
		return;
	write_u8(w, 'F');
	write_name(w, f->name);
	write_u8(w, f->type);
	write_u8(w, f->flags);
	write_u32(w, stream_size(f));
	write_u32(w, f->count);
	if (f->type == STATE_U8 || f->type == STATE_BYTES) {
		state_write(w, p, (size_t)f->size * f->count);
		return;
	}
	for (u32 i = 0; i < f->count; i++, p += f->size) {
		if (f->type == STATE_TABLE)
			write_body(w, f->table, p);
		else
			write_element(w, f, p);
	}
}

static void write_body(struct state_writer *w, const struct state_table *t, void *obj)
{
	if (t->pre_save)
		t->pre_save(obj);
	for (u32 i = 0; i < t->nr_fields; i++)
		write_field(w, &t->fields[i], obj);
	for (u32 i = 0; t->subsections && t->subsections[i]; i++) {
		const struct state_table *sub = t->subsections[i];

		if (sub->needed && !sub->needed(obj))
			continue;
		write_u8(w, 'U');
		write_name(w, sub->name);
		write_body(w, sub, obj);
	}
	write_u8(w, 'E');
}

void state_save_raw(struct state_writer *w, const char *name, u32 instance)
{
	write_u8(w, 'S');
	write_name(w, name);
	write_u32(w, instance);
}

void state_save(struct state_writer *w, const struct state_table *t, u32 instance, void *obj)
{
	state_save_raw(w, t->name, instance);
	write_body(w, t, obj);
}

void state_write_end(struct state_writer *w)
{
	write_u8(w, 'Z');
}

static int read_u8(struct state_reader *r, u8 *v)
{
	return r->read(r->opaque, v, 1);
}

static int read_u32(struct state_reader *r, u32 *v)
{
	u8 b[4];
	int err = r->read(r->opaque, b, sizeof(b));

	*v = err ? 0 : ld_be32(b);
	return err;
}

int state_read_u64(struct state_reader *r, u64 *v)
{
	u8 b[8];
	int err = r->read(r->opaque, b, sizeof(b));

	*v = err ? 0 : ld_be64(b);
	return err;
}

static int read_name(struct state_reader *r, char name[64])
{
	u8 len;
	int err = read_u8(r, &len);

	if (!err && len > 63)
		err = -EINVAL;
	if (!err)
		err = r->read(r->opaque, name, len);
	name[err ? 0 : len] = 0;
	return err;
}

int state_read_head(struct state_reader *r, struct state_head *h, struct error *e)
{
	u8 tag;
	int err = read_u8(r, &tag);

	h->name[0] = 0;
	h->instance = 0;
	if (!err && tag == 'Z')
		return 0;
	if (!err && tag != 'S')
		err = -EINVAL;
	if (!err)
		err = read_name(r, h->name);
	if (!err)
		err = read_u32(r, &h->instance);
	return err ? error_set(e, err, "saved state is truncated or damaged") : 0;
}

static const struct state_field *find_field(const struct state_table *t, const char *name)
{
	for (u32 i = 0; i < t->nr_fields; i++)
		if (!strcmp(t->fields[i].name, name) && t->fields[i].type != STATE_DERIVED)
			return &t->fields[i];
	return NULL;
}

static int read_element(struct state_reader *r, const struct state_field *f, u8 *p)
{
	u8 b[8];
	int err;

	if (f->type == STATE_U8 || f->type == STATE_BYTES)
		return r->read(r->opaque, p, f->size);
	err = r->read(r->opaque, b, stream_size(f));
	if (err)
		return err;
	if (f->type == STATE_U16)
		*(u16 *)p = ld_be16(b);
	else if (f->type == STATE_U32)
		*(u32 *)p = ld_be32(b);
	else if (f->type == STATE_U64)
		*(u64 *)p = ld_be64(b);
	else
		*(bool *)p = b[0] != 0;
	return 0;
}

static int skip_bytes(struct state_reader *r, u64 n)
{
	u8 buf[256];
	int err = 0;

	for (; n && !err; n -= n < sizeof(buf) ? n : sizeof(buf))
		err = r->read(r->opaque, buf, n < sizeof(buf) ? n : sizeof(buf));
	return err;
}

static int read_body(struct state_reader *r, const struct state_table *t, void *obj, int depth,
		     struct error *e);

static int read_field(struct state_reader *r, const struct state_table *t, void *obj, int depth,
		      bool *seen, struct error *e)
{
	const struct state_field *f;
	char name[64];
	u8 type = 0, flags = 0;
	u32 size = 0, count = 0;
	int err = read_name(r, name);

	if (!err)
		err = read_u8(r, &type);
	if (!err)
		err = read_u8(r, &flags);
	if (!err)
		err = read_u32(r, &size);
	if (!err)
		err = read_u32(r, &count);
	if (err)
		return error_set(e, err, "saved state of %s is truncated", t->name);
	f = find_field(t, name);
	if (!f && (flags & STATE_SKIPPABLE) && type != STATE_TABLE)
		return skip_bytes(r, (u64)size * count);
	if (!f)
		return error_set(e, -EINVAL, "saved state of %s has an unknown field %s", t->name,
				 name);
	if (f->type != type || f->count != count || (type != STATE_TABLE && stream_size(f) != size))
		return error_set(e, -EINVAL, "saved state of %s: field %s has another shape",
				 t->name, name);
	seen[f - t->fields] = true;
	for (u32 i = 0; i < count && !err; i++) {
		u8 *p = (u8 *)obj + f->offset + (size_t)i * f->size;

		err = type == STATE_TABLE ? read_body(r, f->table, p, depth + 1, e)
					  : read_element(r, f, p);
	}
	if (err && type != STATE_TABLE)
		error_set(e, err, "saved state of %s is truncated in %s", t->name, name);
	return err;
}

static int read_subsection(struct state_reader *r, const struct state_table *t, void *obj,
			   int depth, struct error *e)
{
	char name[64];
	int err = read_name(r, name);

	if (err)
		return error_set(e, err, "saved state of %s is truncated", t->name);
	for (u32 i = 0; t->subsections && t->subsections[i]; i++)
		if (!strcmp(t->subsections[i]->name, name))
			return read_body(r, t->subsections[i], obj, depth + 1, e);
	return error_set(e, -EINVAL, "saved state of %s has an unknown part %s", t->name, name);
}

static int read_body(struct state_reader *r, const struct state_table *t, void *obj, int depth,
		     struct error *e)
{
	bool seen[MAX_FIELDS] = {false};
	u8 tag = 0;
	int err = 0;

	if (depth > MAX_DEPTH || t->nr_fields > MAX_FIELDS)
		return error_set(e, -EINVAL, "saved state of %s nests too deep", t->name);
	while (!err) {
		err = read_u8(r, &tag);
		if (err)
			return error_set(e, err, "saved state of %s is truncated", t->name);
		if (tag == 'E')
			break;
		if (tag == 'F')
			err = read_field(r, t, obj, depth, seen, e);
		else if (tag == 'U')
			err = read_subsection(r, t, obj, depth, e);
		else
			err = error_set(e, -EINVAL, "saved state of %s is damaged", t->name);
	}
	for (u32 i = 0; !err && i < t->nr_fields; i++)
		if (!seen[i] && t->fields[i].type != STATE_DERIVED &&
		    !(t->fields[i].flags & STATE_DEFAULT))
			err = error_set(e, -EINVAL, "saved state of %s lacks field %s", t->name,
					t->fields[i].name);
	if (!err && t->post_load)
		err = t->post_load(obj, e);
	return err;
}

int state_load(struct state_reader *r, const struct state_table *t, void *obj, struct error *e)
{
	return read_body(r, t, obj, 0, e);
}

static u32 covered_by(const struct state_table *t, u32 offset)
{
	u32 n = 0;

	for (u32 i = 0; i < t->nr_fields; i++) {
		const struct state_field *f = &t->fields[i];

		n += offset >= f->offset && offset - f->offset < f->size * f->count;
	}
	for (u32 i = 0; t->subsections && t->subsections[i]; i++)
		n += covered_by(t->subsections[i], offset);
	return n;
}

u32 state_table_check(const struct state_table *t)
{
	for (u32 offset = 0; offset < t->size; offset++)
		if (covered_by(t, offset) != 1)
			return offset;
	return ~0u;
}
