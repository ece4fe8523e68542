// SPDX-License-Identifier: GPL-2.0-or-later
/* file= and format= of -drive: which are ours, and what the server is told of the others. */
#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/list.h"
#include "cli/values.h"

#define IMAGE "image"
#define DISK  "disk"

static bool is_format(const char *name)
{
	static const char *const formats[] = {
		"qcow2", "qcow", "qed",	  "vmdk",      "vdi", "vpc",
		"vhdx",	 "luks", "bochs", "parallels", "dmg", "cloop",
	};

	for (u32 i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(name, formats[i]))
			return true;
	return false;
}

/* --- addresses --- */
/* The older form: nbd:HOST:PORT or nbd:unix:PATH, with :exportname=NAME behind. */
static char *old_nbd_uri(const char *name)
{
	char *rest = g_strdup(name + 4), *export = strstr(rest, ":exportname="), *uri;

	if (export) {
		*export = 0;
		export += strlen(":exportname=");
	}
	if (g_str_has_prefix(rest, "unix:"))
		uri = g_strdup_printf("nbd+unix:///%s?socket=%s", export ? export : "", rest + 5);
	else
		uri = g_strdup_printf("nbd://%s/%s", rest, export ? export : "");
	g_free(rest);
	return uri;
}

static bool has_scheme(const char *name, const char *const *schemes)
{
	for (; *schemes; schemes++)
		if (g_str_has_prefix(name, *schemes))
			return true;
	return false;
}

static char *nbd_uri_of(const char *name)
{
	static const char *const uris[] = {"nbd://", "nbds://", "nbd+unix://", "nbds+unix://",
					   NULL};

	if (has_scheme(name, uris))
		return g_strdup(name);
	return g_str_has_prefix(name, "nbd:") ? old_nbd_uri(name) : NULL;
}

static bool is_web(const char *name)
{
	static const char *const uris[] = {"http://", "https://", "ftp://", "ftps://", NULL};

	return has_scheme(name, uris);
}

/* --- nodes for the server --- */
static json_t *nbd_node(const char *text, struct error *e)
{
	GUri *uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	const char *path = uri ? g_uri_get_path(uri) : "",
		   *query = uri ? g_uri_get_query(uri) : NULL;
	const char *export = *path == '/' ? path + 1 : path;
	json_t *server = NULL, *node = NULL;
	GHashTable *params =
		g_uri_parse_params(query ? query : "", -1, "&", G_URI_PARAMS_NONE, NULL);
	const char *socket = params ? g_hash_table_lookup(params, "socket") : NULL;
	char port[12] = "10809";

	if (uri && g_uri_get_port(uri) > 0)
		g_snprintf(port, sizeof(port), "%d", g_uri_get_port(uri));
	if (socket)
		server = json_pack("{ss ss}", "type", "unix", "path", socket);
	else if (uri && g_uri_get_host(uri) && !strcmp(g_uri_get_scheme(uri), "nbd"))
		server = json_pack("{ss ss ss}", "type", "inet", "host", g_uri_get_host(uri),
				   "port", port);
	if (server)
		node = json_pack("{ss so ss}", "driver", "nbd", "server", server, "export", export);
	else
		error_set(e, -EINVAL, "'%s' cannot have another format than raw", text);
	if (params)
		g_hash_table_unref(params);
	if (uri)
		g_uri_unref(uri);
	return node;
}

static json_t *file_node(const struct cli_drive *d)
{
	const struct block_options *b = &d->options;
	struct stat st;
	json_t *node;

	if (is_web(b->filename)) {
		char *scheme = g_uri_parse_scheme(b->filename);

		node = json_pack("{ss ss}", "driver", scheme, "url", b->filename);
		g_free(scheme);
		return node;
	}
	node = json_pack("{ss ss s{sb}}", "driver",
			 !stat(b->filename, &st) && S_ISBLK(st.st_mode) ? "host_device" : "file",
			 "filename", b->filename, "cache", "direct", (int)b->direct);
	if (node && b->no_lock)
		json_object_set_new(node, "locking", json_string("off"));
	return node;
}

static void add_node(struct cli_options *o, struct cli_drive *d, json_t *node)
{
	char *text = json_dumps(node, JSON_COMPACT);

	d->nodes = g_renew(const char *, d->nodes, d->nr_nodes + 1);
	d->nodes[d->nr_nodes++] = cli_own(o, g_strdup(text));
	json_decref(node);
	free(text);
}

static void set_common(const struct cli_drive *d, json_t *node, const char *name)
{
	bool read_only = d->options.read_only || d->options.snapshot;

	json_object_set_new(node, "node-name", json_string(name));
	json_object_set_new(node, "read-only", json_boolean(read_only));
	json_object_set_new(node, "discard", json_string(d->options.discard ? "unmap" : "ignore"));
}

static int serve(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	const char *format = d->format ? d->format : "raw";
	json_t *image = d->options.uri ? nbd_node(d->options.uri, e) : file_node(d), *disk;

	if (!image)
		return error_set(e, -EINVAL, "'%s' is no name of a file",
				 d->options.uri ? d->options.uri : d->options.filename);
	set_common(d, image, IMAGE);
	add_node(o, d, image);
	disk = json_pack("{ss ss s{sb}}", "driver", format, "file", IMAGE, "cache", "direct",
			 (int)d->options.direct);
	set_common(d, disk, DISK);
	add_node(o, d, disk);
	d->options.uri = NULL;
	d->options.node = DISK;
	d->options.nodes = d->nodes;
	d->options.nr_nodes = d->nr_nodes;
	return 0;
}

int images_finish(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	const char *name = d->options.filename;
	bool raw = !d->format || !strcmp(d->format, "raw");
	char *uri = name ? nbd_uri_of(name) : NULL;
	int err = 0;

	/* -blockdev said it all */
	if (!name || d->nr_nodes) {
		g_free(uri);
		return 0;
	}
	if (uri)
		d->options.uri = cli_own(o, uri);
	if (!raw && !is_format(d->format))
		err = error_set(e, -EINVAL, "format cannot be '%s'", d->format);
	else if (!raw || is_web(name))
		err = serve(o, d, e);
	if (err)
		error_prefix(e, "-drive");
	return err;
}
