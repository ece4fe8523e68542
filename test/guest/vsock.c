// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's end of sockets between guest and host.
 *   vsock serve PORT          listens; does what it is told on each connection
 *   vsock call PORT [COUNT]   connects to the host, as often at once, and does what it is told
 * It is told by a line:
 *   sink        reads to the end; answers BYTES CRC WRONG of a stream that repeats its first PERIOD
 *               bytes: CRC is that of these, WRONG how many of the others differ
 *   source N    says CRC, a newline, and sends so many of such bytes; then waits for the end
 *   echo        sends back what comes, up to the end
 *   deaf        reads no more; says "deaf", and what it is asked never to send is not read
 *   flood       writes until that fails, and prints why
 *   wait        reads until that fails or ends, and prints which
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

enum { PERIOD = 1048573, PIECE = 65536, BACKLOG = 256 };

static uint8_t pattern[PERIOD], buffer[PIECE];

static void say(const char *what, const char *value)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "virtio: %s %s\n", what, value);

	/* whole, where many say something at once */
	if (write(1, line, (size_t)n) != n)
		exit(1);
}

static uint32_t crc_of(size_t len)
{
	uint32_t table[256], crc = ~0u;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
	}
	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(uint8_t)(crc ^ pattern[i])];
	return ~crc;
}

static void send_all(int fd, const void *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			exit(1);
		p = (const uint8_t *)p + n;
		len -= (size_t)n;
	}
}

static void sink(int fd)
{
	unsigned long long got = 0, wrong = 0;
	ssize_t n;

	while ((n = read(fd, buffer, PIECE)) > 0) {
		for (size_t done = 0; done < (size_t)n;) {
			size_t at = got % PERIOD, some = (size_t)n - done;

			some = some < PERIOD - at ? some : PERIOD - at;
			if (got < PERIOD)
				memcpy(pattern + at, buffer + done, some);
			else if (memcmp(pattern + at, buffer + done, some))
				wrong++;
			done += some;
			got += some;
		}
	}
	n = snprintf((char *)buffer, PIECE, "%llu %u %llu\n", got,
		     crc_of(got < PERIOD ? got : PERIOD), wrong);
	send_all(fd, buffer, (size_t)n);
}

static void source(int fd, unsigned long long len)
{
	uint64_t x = 88172645463325252ull;
	unsigned long long sent = 0;
	char line[32];

	for (size_t i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		pattern[i] = (uint8_t)(x >> 32);
	}
	send_all(fd, line, (size_t)snprintf(line, sizeof(line), "%u\n", crc_of(PERIOD)));
	while (sent < len) {
		size_t at = sent % PERIOD, some = PERIOD - at;

		some = some < len - sent ? some : len - sent;
		some = some < PIECE ? some : PIECE;
		send_all(fd, pattern + at, some);
		sent += some;
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, buffer, PIECE) > 0)
		;
}

static void echo(int fd)
{
	ssize_t n;

	while ((n = read(fd, buffer, PIECE)) > 0)
		send_all(fd, buffer, (size_t)n);
}

static void obey(int fd)
{
	char line[64];
	size_t n = 0;

	while (n < sizeof(line) - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = 0;
	if (!strcmp(line, "sink")) {
		sink(fd);
	} else if (!strncmp(line, "source ", 7)) {
		source(fd, strtoull(line + 7, NULL, 0));
	} else if (!strcmp(line, "echo")) {
		echo(fd);
	} else if (!strcmp(line, "deaf")) {
		shutdown(fd, SHUT_RD);
		send_all(fd, "deaf\n", 5);
		sleep(1);
	} else if (!strcmp(line, "flood")) {
		while (write(fd, buffer, PIECE) > 0)
			;
		say("flood", strerrorname_np(errno));
	} else if (!strcmp(line, "wait")) {
		ssize_t got = read(fd, buffer, 1);

		say("waited", got < 0 ? strerrorname_np(errno) : "end");
	}
	close(fd);
}

static int open_socket(unsigned cid, unsigned port, struct sockaddr_vm *a)
{
	*a = (struct sockaddr_vm){.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int serve(unsigned port)
{
	struct sockaddr_vm a;
	int fd = open_socket(VMADDR_CID_ANY, port, &a);

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)) || listen(fd, BACKLOG))
		return 1;
	signal(SIGCHLD, SIG_IGN);
	say("listens", "yes");
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0)
			return 1;
		if (!fork()) {
			close(fd);
			obey(peer);
			exit(0);
		}
		close(peer);
	}
}

static int call(unsigned port, unsigned count)
{
	int status, failed = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!fork()) {
			struct sockaddr_vm a;
			int fd = open_socket(VMADDR_CID_HOST, port, &a);

			if (fd < 0 || connect(fd, (void *)&a, sizeof(a))) {
				say("refused", strerrorname_np(errno));
				exit(1);
			}
			obey(fd);
			exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	return !!failed;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(argv[1], "serve"))
		return serve((unsigned)atoi(argv[2]));
	return call((unsigned)atoi(argv[2]), argc > 3 ? (unsigned)atoi(argv[3]) : 1);
}
