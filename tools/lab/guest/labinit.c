// SPDX-License-Identifier: BSD-3-Clause
/*
 * Process 1 of a lab guest. Mounts, asks the VMM through the lab port how the run was asked for,
 * loads the drivers, names and configures the NICs, runs the command, and reports its exit
 * status, at which the VMM ends the VM. What fails here fails the run with status 125 and a line
 * on its standard error.
 */
#include "command.h"
#include "nic.h"
#include "parameters.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXIT_LAB        125 /* the lab failed, not the command */
#define NICS_WAIT       60  /* s until the NICs the host offered are there */
#define PAIR_WAIT       60  /* s until the VFs are paired */
#define WAIT_STEP       100 /* ms: a change that no link event tells is seen after this */
#define MODULES_MAX     32
#define SYSFS           "/sys"

static struct lab_port port;
static struct rtnl rtnl;
static struct parameters parameters;

/* Ends the VM with that exit status. */
_Noreturn static void end(int status)
{
	struct lab_port_call call = { .op = LAB_PORT_EXIT, .arg = (uint32_t)status };

	if (port.page != NULL)
		lab_port_call(&port, &call);
	sync();
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

__attribute__((format(printf, 1, 2)))
static void warn(const char *format, ...)
{
	char line[1024] = "labinit: ";
	size_t prefix = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, args);
	va_end(args);
	memcpy(line + strlen(line), "\n", 2);
	if (port.page == NULL || lab_port_output(&port, STDERR_FILENO, line, strlen(line)) < 0)
		fputs(line, stderr);
}

#define fatal(...) do { warn(__VA_ARGS__); end(EXIT_LAB); } while (0)

/* --------------------------------------------------------------------------- file systems -- */

static void mount_all(void)
{
	static const struct {
		const char *type, *at, *data;
		bool needed;
	} row[] = {
		{ "devtmpfs", "/dev", "mode=0755", true },
		{ "proc", "/proc", NULL, true },
		{ "sysfs", SYSFS, NULL, true },
		{ "tmpfs", "/run", "mode=0755", true },
		{ "tmpfs", "/tmp", "mode=1777", true },
		{ "devpts", "/dev/pts", "mode=0620,ptmxmode=0666", false },
		{ "tmpfs", "/dev/shm", "mode=1777", false },
		{ "hugetlbfs", "/dev/hugepages", NULL, false },
		{ "tracefs", "/sys/kernel/tracing", NULL, false },
		{ "debugfs", "/sys/kernel/debug", NULL, false },
	};
	static const char *const link[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		mkdir(row[i].at, 0755);
		/* EBUSY: the kernel (CONFIG_DEVTMPFS_MOUNT) was first. */
		if (mount(row[i].type, row[i].at, row[i].type, 0, row[i].data) < 0 &&
		    errno != EBUSY && row[i].needed)
			fatal("cannot mount %s on %s: %s", row[i].type, row[i].at, strerror(errno));
	}
	for (size_t i = 0; i < sizeof(link) / sizeof(link[0]); i++)
		if (symlink(link[i][0], link[i][1]) < 0 && errno != EEXIST)
			warn("cannot make %s: %s", link[i][1], strerror(errno));
}

static void set_identity(void)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "vm%u",
			 parameters_number(&parameters, "VM", UCHAR_MAX, 0));

	if (sethostname(name, (size_t)n) < 0)
		warn("cannot set the host name: %s", strerror(errno));
	clearenv();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	if (chdir("/root") < 0)
		warn("no /root: %s", strerror(errno));
}

/* -------------------------------------------------------------------------------- modules -- */

/* Loads the modules in one go; the list ends in NULL. */
static void load(const char *const *modules)
{
	const char *argv[MODULES_MAX + 3] = { "modprobe", "-a" };
	unsigned int n = 2;
	int status;

	for (unsigned int i = 0; i < MODULES_MAX && modules[i] != NULL; i++)
		argv[n++] = modules[i];
	lab_port_progress(&port, "load %s%s", modules[0], n > 3 ? " and others" : "");
	status = command_run(&port, (char *const *)argv);
	if (status < 0)
		fatal("cannot run modprobe: %s", strerror(-status));
	if (status != 0)
		fatal("modprobe %s%s failed with status %d", modules[0], n > 3 ? " ..." : "",
		      status);
}

static void load_extra(void)
{
	const char *text = parameters_get(&parameters, "MODULES");
	const char *modules[MODULES_MAX + 1];
	unsigned int n = 0;
	char *names;

	if (text == NULL)
		return;
	names = strdup(text);
	if (names == NULL)
		fatal("out of memory");
	for (char *name = strtok(names, " ,"); name != NULL; name = strtok(NULL, " ,")) {
		if (n == MODULES_MAX)
			fatal("more than %d extra modules", MODULES_MAX);
		modules[n++] = name;
	}
	modules[n] = NULL;
	if (n > 0)
		load(modules);
	free(names);
}

/* ----------------------------------------------------------------------------------- NICs -- */

static bool still_before(const struct timespec *start, int seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec < seconds;
}

/* Waits until that many NICs are there, and names them. */
static void find_nics(struct nic nics[NIC_MAX], unsigned int count)
{
	struct timespec start;
	unsigned int found;
	int err;

	lab_port_progress(&port, "wait for %u NIC%s", count, count == 1 ? "" : "s");
	clock_gettime(CLOCK_MONOTONIC, &start);
	while ((found = nic_scan(SYSFS, nics)) < count && still_before(&start, NICS_WAIT))
		rtnl_wait_change(&rtnl, WAIT_STEP);
	if (found < count)
		fatal("%u of %u NICs are there after %d s", found, count, NICS_WAIT);
	err = nic_name_all(&rtnl, SYSFS, nics, count);
	if (err < 0)
		fatal("cannot name the NICs: %s", strerror(-err));
}

static void configure_nics(const struct nic *nics, unsigned int count)
{
	unsigned int vm = parameters_number(&parameters, "VM", UCHAR_MAX, 0);

	for (unsigned int i = 0; i < count; i++) {
		int err = nic_configure(&rtnl, SYSFS, &nics[i], i, vm);

		if (err < 0)
			fatal("cannot configure %s: %s", nics[i].name, strerror(-err));
	}
}

static void wait_paired(const struct nic *nics, unsigned int count)
{
	const char *vf = parameters_get(&parameters, "VF");
	struct timespec start;

	if (vf == NULL || strcmp(vf, "on") != 0)
		return;
	lab_port_progress(&port, "wait for the VF%s", count == 1 ? "" : "s");
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned int i = 0; i < count; i++) {
		while (!nic_is_paired(SYSFS, &nics[i]) && still_before(&start, PAIR_WAIT))
			rtnl_wait_change(&rtnl, WAIT_STEP);
		if (!nic_is_paired(SYSFS, &nics[i]))
			warn("%s has no VF that is up after %d s: going on without", nics[i].name,
			     PAIR_WAIT);
	}
}

static void hand_over(struct nic nics[NIC_MAX], unsigned int count, const char *driver)
{
	for (unsigned int i = 0; i < count; i++) {
		int err;

		lab_port_progress(&port, "hand %s over to %s", nics[i].name, driver);
		err = nic_hand_over(SYSFS, &nics[i], driver);
		if (err < 0)
			fatal("cannot hand %s (%s) over to %s: %s", nics[i].name, nics[i].device,
			      driver, strerror(-err));
	}
}

/*
 * The NICs are named before anything that could bring a VF's interface is loaded, so that eth0
 * to ethN are the synthetic ones. accelnet takes over a running system, as an administrator would.
 */
static void set_up_drivers(const char *driver)
{
	static const char *const synthetic[] = { "hv_vmbus", "hv_netvsc", NULL };
	static const char *const accelerated[] = { "pci_hyperv", "mlx5_core", NULL };
	static const char *const ours[] = { "accelnet", NULL };
	bool net = parameters_number(&parameters, "NET", 1, 1) == 1;
	unsigned int count = parameters_number(&parameters, "NICS", NIC_MAX, 1);
	bool accelnet = strcmp(driver, "accelnet") == 0;
	struct nic nics[NIC_MAX];

	load(synthetic);
	if (net || accelnet)
		find_nics(nics, count);
	if (net)
		configure_nics(nics, count);
	load(accelerated);
	if (net)
		wait_paired(nics, count);
	if (!accelnet)
		return;
	load(ours);
	hand_over(nics, count, "accelnet");
	find_nics(nics, count);
	if (net) {
		configure_nics(nics, count);
		wait_paired(nics, count);
	}
}

/* ----------------------------------------------------------------------------------- main -- */

int main(void)
{
	char *argv[PARAMETERS_ARGS_MAX + 1];
	const char *driver;
	int status;

	if (getpid() != 1) {
		fputs("labinit: meant to be process 1 of a lab guest\n", stderr);
		return EXIT_FAILURE;
	}
	mount_all();
	status = lab_port_open(&port, LAB_PORT_LOCK);
	if (status < 0)
		fatal("no lab port at 0x%x: %s", LAB_PORT_BASE, strerror(-status));
	status = parameters_ask(&parameters, &port);
	if (status < 0)
		fatal("the VMM does not tell how the run was asked for: %s", strerror(-status));
	if (parameters_argv(&parameters, argv) == 0)
		fatal("no command to run");
	set_identity();
	status = rtnl_open(&rtnl);
	if (status == 0)
		status = rtnl_set_up(&rtnl, if_nametoindex("lo"), true);
	if (status < 0)
		fatal("cannot bring lo up: %s", strerror(-status));

	driver = parameters_get(&parameters, "DRIVER");
	if (driver == NULL)
		driver = "stock";
	if (strcmp(driver, "stock") == 0 || strcmp(driver, "accelnet") == 0)
		set_up_drivers(driver);
	else if (strcmp(driver, "none") != 0)
		fatal("DRIVER=%s: stock, accelnet and none are known", driver);
	load_extra();

	lab_port_progress(&port, "run %s", argv[0]);
	status = command_run(&port, argv);
	if (status < 0)
		fatal("cannot run %s: %s", argv[0], strerror(-status));
	end(status);
}
