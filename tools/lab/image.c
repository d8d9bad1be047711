// SPDX-License-Identifier: BSD-3-Clause
/* Kernel images and initramfs for a run; scripts/initramfs does the packing. */
#define _GNU_SOURCE
#include "run.h"

#include "log.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 128

struct args {
	const char *v[ARGS_MAX + 1];
	unsigned int n;
};

static void arg(struct args *a, const char *text)
{
	if (a->n < ARGS_MAX)
		a->v[a->n++] = text;
}

static int run_program(const struct args *a)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is the command's */
		execv(a->v[0], (char *const *)a->v);
		fprintf(stderr, "accelnet-lab: %s: %s\n", a->v[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* DIR/boot/vmlinuz-* of an unpacked Debian kernel package. */
static int image_find(const char *kernel, char *image, size_t size)
{
	char pattern[600];
	glob_t found;
	int ret = -ENOENT;

	snprintf(pattern, sizeof(pattern), "%s/boot/vmlinuz-*", kernel);
	if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0) {
		snprintf(image, size, "%s", found.gl_pathv[0]);
		ret = 0;
	} else {
		lab_log(LAB_LOG_ERROR, "run",
			"%s: no unpacked kernel there (boot/vmlinuz-*); scripts/deps fetches one",
			kernel);
	}
	globfree(&found);
	return ret;
}

static int initramfs(const struct lab_workspace *ws, const char *kernel, const char *role,
		     const char *out, const char *const *add, unsigned int add_count)
{
	char script[600];
	struct args a = { .n = 0 };

	snprintf(script, sizeof(script), "%s/scripts/initramfs", ws->root);
	arg(&a, script);
	arg(&a, "--kernel");
	arg(&a, kernel);
	arg(&a, "--role");
	arg(&a, role);
	arg(&a, "--out");
	arg(&a, out);
	for (unsigned int i = 0; i < add_count; i++) {
		arg(&a, "--add");
		arg(&a, add[i]);
	}
	return run_program(&a);
}

int lab_image_guest(const struct lab_workspace *ws, struct lab_options *o, char *image,
		    char *initrd, size_t size)
{
	const char *add[LAB_ADD_MAX + 1];
	char kernel[600], module[600];
	unsigned int n = 0;
	int ret;

	snprintf(kernel, sizeof(kernel), "%s/kernels/6.1", ws->root);
	if (o->kernel == NULL)
		o->kernel = kernel;
	ret = image_find(o->kernel, image, size);
	if (ret < 0)
		return ret;
	if (o->driver == LAB_DRIVER_ACCELNET) {
		snprintf(module, sizeof(module), "%s/kmod/accelnet.ko", ws->root);
		add[n++] = module;
	}
	for (unsigned int i = 0; i < o->add_count; i++)
		add[n++] = o->add[i];
	snprintf(initrd, size, "%s/guest.cpio", ws->dir);
	ret = initramfs(ws, o->kernel, "guest", initrd, add, n);
	o->image = image;
	o->initrd = initrd;
	if (o->kernel == kernel)
		o->kernel = NULL;
	return ret;
}

/* Made once per program and kernel: nothing in it depends on the run. */
static bool host_cached(const struct lab_workspace *ws, const char *image, const char *initrd)
{
	struct stat made, self, kernel;

	return stat(initrd, &made) == 0 && stat(ws->self, &self) == 0 &&
	       stat(image, &kernel) == 0 && made.st_mtime >= self.st_mtime &&
	       made.st_mtime >= kernel.st_mtime;
}

int lab_image_host(const struct lab_workspace *ws, char *image, char *initrd, size_t size)
{
	char kernel[600], self[600], build[600], fresh[700];
	const char *add[1] = { self };
	int ret;

	snprintf(kernel, sizeof(kernel), "%s/kernels/6.1", ws->root);
	ret = image_find(kernel, image, size);
	if (ret < 0)
		return ret;
	snprintf(build, sizeof(build), "%s/build", ws->root);
	mkdir(build, 0777);
	snprintf(initrd, size, "%s/lab-host.cpio", build);
	if (host_cached(ws, image, initrd))
		return 0;
	snprintf(self, sizeof(self), "%s:/init", ws->self);
	snprintf(fresh, sizeof(fresh), "%s/host.cpio", ws->dir);
	ret = initramfs(ws, kernel, "host", fresh, add, 1);
	if (ret == 0 && rename(fresh, initrd) < 0) {
		/* Another file system: use it from where it is. */
		snprintf(initrd, size, "%s", fresh);
	}
	return ret;
}
