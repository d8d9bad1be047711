// SPDX-License-Identifier: BSD-3-Clause
/* Kernel images and initramfs for a run; scripts/initramfs does the packing. */
#define _GNU_SOURCE
#include "run.h"

#include "../log.h"
#include "stop.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KERNEL_DEFAULT "kernels/6.1" /* below the repository's root */

/* scripts/initramfs --kernel K --role R --out O, sets, and a module and the user's files to add. */
#define SETS_MAX 3
#define ARGS_MAX (7 + 2 * SETS_MAX + 2 * (LAB_ADD_MAX + 1))

struct args {
	const char *v[ARGS_MAX + 1];
	unsigned int n;
};

static void arg(struct args *a, const char *text)
{
	if (a->n < ARGS_MAX)
		a->v[a->n++] = text;
}

_Noreturn static void program_child(const struct args *a)
{
	dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is the command's */
	execv(a->v[0], (char *const *)a->v);
	fprintf(stderr, "accelnet-lab: %s: %s\n", a->v[0], strerror(errno));
	_exit(127);
}

/* Runs a program to its end, which a signal to us hastens. 0 or -errno. */
static int run_program(const struct args *a)
{
	pid_t pid = lab_stop_fork(SIGTERM), ended; /* at which it removes its temporary files */
	bool told = false;
	int status;

	if (pid == 0)
		program_child(a);
	if (pid < 0) {
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", a->v[0], strerror(errno));
		return -EAGAIN;
	}
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		if (lab_stop_signal() != 0 && !told)
			told = kill(-pid, SIGTERM) == 0;
		usleep(10000);
	}
	if (lab_stop_signal() != 0)
		return -EINTR;
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int is_image(const struct dirent *entry)
{
	static const char prefix[] = "vmlinuz-";

	return strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0;
}

/* DIR/boot/vmlinuz-* of an unpacked Debian kernel package. */
static int image_find(const char *kernel, char *image, size_t size)
{
	char boot[PATH_MAX];
	struct dirent **found;
	int ret = lab_path(boot, sizeof(boot), "%s/boot", kernel), count;

	if (ret < 0)
		return ret;
	count = scandir(boot, &found, is_image, alphasort);
	if (count <= 0) {
		ret = count < 0 ? -errno : -ENOENT;
		lab_log(LAB_LOG_ERROR, "run",
			"%s: no unpacked kernel there (boot/vmlinuz-*); scripts/deps fetches one",
			kernel);
	} else {
		ret = lab_path(image, size, "%s/%s", boot, found[0]->d_name);
	}
	for (int i = 0; i < count; i++)
		free(found[i]);
	if (count >= 0)
		free(found);
	return ret;
}

static int initramfs(const struct lab_workspace *ws, const char *kernel, const char *role,
		     const char *out, unsigned int with, const char *const *add,
		     unsigned int add_count)
{
	static const struct {
		enum lab_with bit;
		const char *name;
	} set[SETS_MAX] = { { LAB_WITH_RDMA, "rdma" },
			    { LAB_WITH_DPDK, "dpdk" },
			    { LAB_WITH_STACK, "stack" } };
	char script[PATH_MAX];
	struct args a = { .n = 0 };
	int ret = lab_path(script, sizeof(script), "%s/scripts/initramfs", ws->root);

	if (ret < 0)
		return ret;
	arg(&a, script);
	arg(&a, "--kernel");
	arg(&a, kernel);
	arg(&a, "--role");
	arg(&a, role);
	arg(&a, "--out");
	arg(&a, out);
	for (unsigned int i = 0; i < SETS_MAX; i++) {
		if ((with & set[i].bit) == 0)
			continue;
		arg(&a, "--with");
		arg(&a, set[i].name);
	}
	for (unsigned int i = 0; i < add_count; i++) {
		arg(&a, "--add");
		arg(&a, add[i]);
	}
	return run_program(&a);
}

/* The user's kernel or ours, in `path` if it is ours. NULL: logged. */
static const char *kernel_of(const struct lab_workspace *ws, const char *wanted, char *path,
			     size_t size)
{
	if (wanted != NULL)
		return wanted;
	return lab_path(path, size, "%s/" KERNEL_DEFAULT, ws->root) == 0 ? path : NULL;
}

/* accelnet.ko for the guest's kernel: of build/kmod-NAME for kernels/NAME, if it was built. */
static int module_find(const struct lab_workspace *ws, const char *kernel, char *module,
		       size_t size)
{
	size_t end = strlen(kernel), start;
	int ret;

	while (end > 0 && kernel[end - 1] == '/')
		end--;
	for (start = end; start > 0 && kernel[start - 1] != '/'; start--)
		;
	ret = lab_path(module, size, "%s/build/kmod-%.*s/accelnet.ko", ws->root,
		       (int)(end - start), kernel + start);
	if (ret == 0 && access(module, R_OK) < 0)
		ret = lab_path(module, size, "%s/kmod/accelnet.ko", ws->root);
	if (ret == 0 && access(module, R_OK) < 0) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "run", "%s: %s: make kmod builds it", module,
			strerror(-ret));
	}
	return ret;
}

int lab_image_guest(const struct lab_workspace *ws, struct lab_options *o, char *image,
		    char *initrd, size_t size)
{
	const char *add[LAB_ADD_MAX + 1], *kernel;
	char ours[PATH_MAX], module[PATH_MAX];
	unsigned int n = 0;
	int ret;

	kernel = kernel_of(ws, o->kernel, ours, sizeof(ours));
	if (kernel == NULL)
		return -ENAMETOOLONG;
	ret = image_find(kernel, image, size);
	if (ret < 0)
		return ret;
	if (o->driver == LAB_DRIVER_ACCELNET) {
		ret = module_find(ws, kernel, module, sizeof(module));
		if (ret < 0)
			return ret;
		add[n++] = module;
	}
	for (unsigned int i = 0; i < o->add_count; i++)
		add[n++] = o->add[i];
	ret = lab_path(initrd, size, "%s/guest.cpio", ws->dir);
	if (ret == 0)
		ret = initramfs(ws, kernel, "guest", initrd, o->with, add, n);
	o->image = image;
	o->initrd = initrd;
	return ret;
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Is what was made of both there, and newer? */
static bool is_made(const char *made, const char *of, const char *and_of)
{
	struct stat product, one, other;

	return stat(made, &product) == 0 && stat(of, &one) == 0 && stat(and_of, &other) == 0 &&
	       is_newer(&product.st_mtim, &one.st_mtim) &&
	       is_newer(&product.st_mtim, &other.st_mtim);
}

/* The kernel unpacked, which saves QEMU's machine the work; if that does not go, as it is. */
static int host_kernel(const struct lab_workspace *ws, const char *build, char *image, size_t size)
{
	char script[PATH_MAX], unpacked[PATH_MAX];
	struct args a = { .n = 0 };
	int ret = lab_path(unpacked, sizeof(unpacked), "%s/lab-host.vmlinux", build);

	if (ret == 0)
		ret = lab_path(script, sizeof(script), "%s/scripts/vmlinux", ws->root);
	if (ret < 0)
		return ret;
	if (!is_made(unpacked, image, script)) {
		if (access(build, W_OK | X_OK) < 0)
			return 0;
		arg(&a, script);
		arg(&a, image);
		arg(&a, unpacked);
		ret = run_program(&a);
		if (ret < 0)
			return ret == -EINTR ? ret : 0;
	}
	return lab_path(image, size, "%s", unpacked);
}

/* Both are made once per program and kernel: nothing in them depends on the run. */
int lab_image_host(const struct lab_workspace *ws, char *image, char *initrd, size_t size)
{
	char kernel[PATH_MAX], self[PATH_MAX], build[PATH_MAX];
	const char *add[1] = { self };
	int ret;

	if (kernel_of(ws, NULL, kernel, sizeof(kernel)) == NULL)
		return -ENAMETOOLONG;
	ret = image_find(kernel, image, size);
	if (ret == 0)
		ret = lab_path(build, sizeof(build), "%s/build", ws->root);
	if (ret == 0)
		ret = lab_path(initrd, size, "%s/lab-host.cpio", build);
	if (ret == 0)
		ret = lab_path(self, sizeof(self), "%s:/init", ws->self);
	if (ret < 0)
		return ret;
	mkdir(build, 0777);
	if (!is_made(initrd, image, ws->self)) {
		if (access(build, W_OK | X_OK) < 0) /* somebody else's: not kept then */
			ret = lab_path(initrd, size, "%s/host.cpio", ws->dir);
		lab_log(LAB_LOG_INFO, "run", "makes the nested host's image: %s", initrd);
		if (ret == 0)
			ret = initramfs(ws, kernel, "host", initrd, 0, add, 1);
	}
	return ret < 0 ? ret : host_kernel(ws, build, image, size);
}
