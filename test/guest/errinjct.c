// SPDX-License-Identifier: GPL-2.0-or-later
/* In a pseries guest: arms an error on the bus of a PCI function by RTAS (LoPAPR 7.3.17), as the
 * errinjct program of powerpc-utils does. errinjct CONFIG-ADDRESS FUNCTION [ADDRESS MASK] */
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct rtas_args {
	uint32_t token, nargs, nret, args[16];
	uint64_t rets;
};

static uint32_t token(const char *name)
{
	char path[96];
	uint32_t v = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/device-tree/rtas/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, &v, 4) != 4) {
		perror(path);
		exit(1);
	}
	close(fd);
	return v;
}

static void call(struct rtas_args *a, const char *name, uint32_t nargs, uint32_t nret)
{
	a->token = token(name);
	a->nargs = htobe32(nargs);
	a->nret = htobe32(nret);
	if (syscall(SYS_rtas, a)) {
		perror(name);
		exit(1);
	}
}

/* The memory that user programs may hand to RTAS; *real is where it is. */
static void *user_buffer(unsigned long *real)
{
	FILE *f = fopen("/proc/powerpc/rtas/rmo_buffer", "r");
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	void *p;

	if (!f || fd < 0 || fscanf(f, "%lx", real) != 1) {
		perror("/dev/mem");
		exit(1);
	}
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)*real);
	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

int main(int argc, char **argv)
{
	struct rtas_args a = {0};
	unsigned long real;
	uint32_t *w = user_buffer(&real), session;
	uint64_t addr = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
	uint64_t mask = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;

	if (argc < 3)
		return 2;
	call(&a, "ibm,open-errinjct", 0, 2);
	session = a.args[0];
	if (a.args[1])
		return 1;
	w[0] = htobe32((uint32_t)(addr >> 32));
	w[1] = htobe32((uint32_t)addr);
	w[2] = htobe32((uint32_t)(mask >> 32));
	w[3] = htobe32((uint32_t)mask);
	w[4] = htobe32((uint32_t)strtoul(argv[1], NULL, 0));
	w[5] = htobe32(0x8000000);
	w[6] = htobe32(0x20000000);
	w[7] = htobe32((uint32_t)strtoul(argv[2], NULL, 0));
	w[8] = 0;
	memset(&a, 0, sizeof(a));
	a.args[0] = htobe32(15);
	a.args[1] = session;
	a.args[2] = htobe32((uint32_t)real);
	call(&a, "ibm,errinjct", 3, 1);
	printf("errinjct: %d\n", (int)be32toh(a.args[3]));
	memset(&a, 0, sizeof(a));
	a.args[0] = session;
	call(&a, "ibm,close-errinjct", 1, 1);
	return 0;
}
