// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /init for guests without a Debian userland (big-endian and 32-bit kernels): a shell of a few
 * commands, static and built with the cross compiler.  What the commands print is what test/guest
 * expects.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS     32
#define MAX_THREADS   16
#define THREAD_ROUNDS 100000

struct command {
	const char *name;
	const char *help;
	void (*run)(int argc, char **argv);
};

static volatile sig_atomic_t interrupted;
static unsigned long shared_count;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void complain(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
}

static void cmd_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s%s", i > 1 ? " " : "", argv[i]);
	printf("\n");
}

static void cmd_cat(int argc, char **argv)
{
	char buf[4096];
	ssize_t n;

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0) {
			complain(argv[i]);
			continue;
		}
		fflush(stdout);
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			if (write(STDOUT_FILENO, buf, n) != n)
				break;
		}
		close(fd);
	}
}

static void cmd_ls(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		complain(path);
		return;
	}
	while ((entry = readdir(dir)))
		printf("%s\n", entry->d_name);
	closedir(dir);
}

static void cmd_uname(int argc, char **argv)
{
	struct utsname u;

	(void)argc;
	(void)argv;
	uname(&u);
	printf("%s %s %s %s\n", u.sysname, u.release, u.machine,
	       *(const char *)&(int){1} ? "little-endian" : "big-endian");
}

static void cmd_nproc(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
}

static void cmd_dmesg(int argc, char **argv)
{
	static char buf[1 << 18];
	long n = syscall(SYS_syslog, 3, buf, sizeof(buf));

	(void)argc;
	(void)argv;
	if (n < 0)
		complain("dmesg");
	else
		fwrite(buf, 1, n, stdout);
}

/* the exact bits of a sum of square roots: any rounding slip shows */
static void cmd_float(int argc, char **argv)
{
	double sum = 0;
	unsigned long long bits;

	(void)argc;
	(void)argv;
	for (volatile int i = 1; i <= 1000; i++)
		sum += sqrt((double)i) / (i + 1);
	memcpy(&bits, &sum, sizeof(bits));
	printf("float %016llx\n", bits);
}

static void *count_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < THREAD_ROUNDS; i++)
		__atomic_fetch_add(&shared_count, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void cmd_threads(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t thread[MAX_THREADS];

	if (n < 1 || n > MAX_THREADS)
		n = MAX_THREADS;
	shared_count = 0;
	for (int i = 0; i < n; i++) {
		if (pthread_create(&thread[i], NULL, count_up, NULL)) {
			complain("pthread_create");
			exit(1);
		}
	}
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("threads %lu\n", shared_count);
}

static void cmd_fork(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10, sum = 0;

	fflush(stdout);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(i & 1);
		if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
			sum += WEXITSTATUS(status);
	}
	printf("fork %d\n", sum);
}

static void cmd_sleep(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};

	nanosleep(&t, NULL);
}

static void cmd_poweroff(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sync();
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
}

static void cmd_reboot(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sync();
	reboot(LINUX_REBOOT_CMD_RESTART);
}

static void cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{"help", "this list", cmd_help},
	{"echo", "[WORD...]", cmd_echo},
	{"cat", "FILE...", cmd_cat},
	{"ls", "[FOLDER]", cmd_ls},
	{"uname", "kernel, machine and byte order", cmd_uname},
	{"nproc", "number of CPUs online", cmd_nproc},
	{"dmesg", "kernel log", cmd_dmesg},
	{"float", "a floating point sum, as bits", cmd_float},
	{"threads", "[N]: N threads count together", cmd_threads},
	{"fork", "[N]: N processes exit with 0 and 1 in turn", cmd_fork},
	{"sleep", "SECONDS", cmd_sleep},
	{"poweroff", "ends the machine", cmd_poweroff},
	{"reboot", "starts it again", cmd_reboot},
};

static void cmd_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("%-10s %s\n", commands[i].name, commands[i].help);
}

/* options such as "-f" of the real commands are accepted and mean nothing here */
static void run_line(char *line)
{
	char *argv[MAX_WORDS + 1], *save = NULL;
	int argc = 0;

	for (char *w = strtok_r(line, " \t\n", &save); w && argc < MAX_WORDS;
	     w = strtok_r(NULL, " \t\n", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	if (!argc)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(argv[0], commands[i].name)) {
			commands[i].run(argc, argv);
			return;
		}
	}
	printf("%s: not found\n", argv[0]);
}

static void own_console(void)
{
	int fd;

	setsid();
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		return;
	ioctl(fd, TIOCSCTTY, 1);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void mount_at(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		complain(where);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	char line[1024], uptime[64] = "?";
	const char *test = getenv("test");
	struct utsname u;
	FILE *f;

	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	own_console();
	sigaction(SIGINT, &action, NULL);
	uname(&u);
	f = fopen("/proc/uptime", "r");
	if (f && fscanf(f, "%63s", uptime) != 1)
		strcpy(uptime, "?");
	if (f)
		fclose(f);
	printf("guest: %s %s %s, up after %s s\n", u.sysname, u.release, u.machine, uptime);
	if (test) {
		snprintf(line, sizeof(line), "%s", test);
		run_line(line);
	}
	for (;;) {
		printf("guest# ");
		fflush(stdout);
		interrupted = 0;
		if (fgets(line, sizeof(line), stdin)) {
			run_line(line);
		} else {
			/* an interrupted read or a hang-up; init must not end */
			clearerr(stdin);
			printf("\n");
			if (!interrupted)
				sleep(1);
		}
	}
}
