// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures as PNG files. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "host/display.h"
#include "os/os.h"

struct copy {
	u32 width, height;
	u8 *pixels; /* three bytes each */
};

/* Compressing takes its time, which is not the hub's. */
static void take(void *opaque, const struct display_frame *f)
{
	struct copy *c = opaque;
	size_t n = (size_t)f->width * f->height;

	c->width = f->width;
	c->height = f->height;
	c->pixels = os_alloc(n * 3);
	for (size_t i = 0; c->pixels && i < n; i++) {
		c->pixels[3 * i] = (u8)(f->pixels[i] >> 16);
		c->pixels[3 * i + 1] = (u8)(f->pixels[i] >> 8);
		c->pixels[3 * i + 2] = (u8)f->pixels[i];
	}
}

int display_png(struct display_hub *h, u32 index, const char *path, struct error *e)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB};
	struct copy c = {0};
	int err = 0;

	if (!h || !display_look(h, index, take, &c))
		return error_set(e, -ENODEV, "there is no picture");
	if (!c.pixels)
		return error_set(e, -ENOMEM, "out of memory");
	image.width = c.width;
	image.height = c.height;
	if (!png_image_write_to_file(&image, path, 0, c.pixels, 0, NULL))
		err = error_set(e, -EIO, "cannot write %s: %s", path, image.message);
	os_free(c.pixels);
	return err;
}
