/* SPDX-License-Identifier: BSD-3-Clause */
/* One run of a VM: directly on this machine's KVM, or inside a nested host. */
#ifndef LAB_RUN_H
#define LAB_RUN_H

#include "options.h"

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* Exit statuses of `accelnet-lab run` that are not the command's. */
enum lab_exit {
	LAB_EXIT_USAGE = 64,
	LAB_EXIT_HOST = 121,    /* the nested host died, or did not come up */
	LAB_EXIT_GUEST = 122,   /* the guest ended by itself */
	LAB_EXIT_LAB = 123,     /* the lab failed */
	LAB_EXIT_TIMEOUT = 124,
	LAB_EXIT_SETUP = 125,   /* labinit's own */
	LAB_EXIT_SIGNAL = 128,  /* plus the signal that stopped the run */
};

/* A temporary directory and the repository's place, for one run. */
struct lab_workspace {
	char root[PATH_MAX]; /* of the repository: scripts/, kernels/ */
	char self[PATH_MAX]; /* this program */
	char dir[96];        /* temporary, removed at the end; console.log is kept on failure */
};

/* workspace.c */
int lab_workspace_create(struct lab_workspace *ws); /* 0 or -errno, logged */
void lab_workspace_remove(struct lab_workspace *ws);
/* Copies a file, whole or not at all. 0 or -errno. */
int lab_file_copy(const char *from, const char *to);
/* A path from a format. 0, or -ENAMETOOLONG, logged. */
int lab_path(char *path, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Shows the end of a console log on stderr, if there is any. */
void lab_log_tail(const char *path);

/* image.c: guest initramfs and kernel image into the workspace; fills in options->image and
 * ->initrd. host initramfs for the nested host at `path`. 0 or -errno, logged. */
int lab_image_guest(const struct lab_workspace *ws, struct lab_options *options, char *image,
		    char *initrd, size_t size);
int lab_image_host(const struct lab_workspace *ws, char *image, char *initrd, size_t size);

/* direct.c: runs the VM in this process; peer: the process of another VM on this one's fabric,
 * which is kept until that has ended, or 0. Returns an exit status. */
int lab_run_direct(const struct lab_options *options, pid_t peer);
/* vms.c: runs --vms VMs, a process each, on one fabric. Returns an exit status. */
int lab_run_vms(const struct lab_options *options);
/* nested.c: runs it inside QEMU; argv is `run`'s own argument vector. Returns an exit status. */
int lab_run_nested(const struct lab_workspace *ws, const struct lab_options *options, int argc,
		   char *const argv[]);
/* nested_host.c: PID 1 of the nested host. Does not return. */
void lab_nested_host(void);

#endif
