// SPDX-License-Identifier: BSD-3-Clause
/* accelnet-lab: a simulated accelerated-networking host for any x86 Linux kernel. */
#define _GNU_SOURCE
#include "run.h"

#include "../log.h"
#include "stop.h"
#include "../vmm/vmm.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void usage(FILE *out)
{
	fputs("usage: accelnet-lab run [options] -- CMD [ARG...]\n"
	      "       accelnet-lab run --how\n"
	      "       accelnet-lab --help | run --help\n",
	      out);
}

/* On failure the console log stays, and its name is said. */
static void keep_logs(const struct lab_workspace *ws)
{
	static const char *const names[] = { "console0.log", "console1.log", "host.log" };
	char from[PATH_MAX], to[PATH_MAX];

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat st;

		if (lab_path(from, sizeof(from), "%s/out/%s", ws->dir, names[i]) < 0 ||
		    lab_path(to, sizeof(to), "%s-%s", ws->dir, names[i]) < 0 ||
		    stat(from, &st) < 0 || st.st_size == 0)
			continue;
		if (rename(from, to) == 0)
			fprintf(stderr, "accelnet-lab: log kept: %s\n", to);
	}
}

/* Before minutes are spent: can captures go where they are wanted? */
static int captures_check(const char *dir)
{
	struct stat st;
	int ret = 0;

	if (stat(dir, &st) < 0)
		ret = -errno;
	else if (!S_ISDIR(st.st_mode))
		ret = -ENOTDIR;
	else if (access(dir, W_OK | X_OK) < 0)
		ret = -errno;
	if (ret < 0)
		lab_log(LAB_LOG_ERROR, "run", "--pcap %s: %s", dir, strerror(-ret));
	return ret;
}

static int is_capture(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".pcap") == 0;
}

/* All captures of one directory; one that is not there has none. */
static int captures_copy(const char *from_dir, const char *to_dir)
{
	struct dirent **found;
	int count = scandir(from_dir, &found, is_capture, alphasort), ret = 0;

	if (count < 0)
		return 0;
	if (count > 0 && mkdir(to_dir, 0777) < 0 && errno != EEXIST)
		ret = -errno;
	for (int i = 0; i < count; i++) {
		char from[PATH_MAX], to[PATH_MAX];

		if (ret == 0)
			ret = lab_path(from, sizeof(from), "%s/%s", from_dir, found[i]->d_name);
		if (ret == 0)
			ret = lab_path(to, sizeof(to), "%s/%s", to_dir, found[i]->d_name);
		if (ret == 0)
			ret = lab_file_copy(from, to);
		free(found[i]);
	}
	free(found);
	if (ret < 0)
		lab_log(LAB_LOG_ERROR, "run", "captures to %s: %s", to_dir, strerror(-ret));
	return ret;
}

/* A nested run captures into its workspace; the user's directory is on this side. */
static int captures_fetch(const char *out, const struct lab_options *o)
{
	char from[PATH_MAX], to[PATH_MAX];
	int ret = captures_copy(out, o->pcap);

	for (unsigned int vm = 0; vm < o->vms && o->vms > 1 && ret == 0; vm++) {
		ret = lab_path(from, sizeof(from), "%s/vm%u", out, vm);
		if (ret == 0)
			ret = lab_path(to, sizeof(to), "%s/vm%u", o->pcap, vm);
		if (ret == 0)
			ret = captures_copy(from, to);
	}
	return ret;
}

/* In its workspace: makes the guest's image, runs it, and brings home what is to stay. */
static int run_in(const struct lab_workspace *ws, struct lab_options *o, bool direct, int argc,
		  char *const argv[])
{
	char image[PATH_MAX], initrd[PATH_MAX], out[sizeof(ws->dir) + sizeof("/out")];
	int status = LAB_EXIT_LAB;

	snprintf(out, sizeof(out), "%s/out", ws->dir);
	o->out = out;
	lab_log(LAB_LOG_INFO, "run", "makes the guest's image in %s", ws->dir);
	if (lab_image_guest(ws, o, image, initrd, sizeof(image)) == 0) {
		lab_log(LAB_LOG_INFO, "run", "boots %s", image);
		status = direct ? lab_run_vms(o) : lab_run_nested(ws, o, argc, argv);
		if (!direct && o->pcap != NULL && captures_fetch(out, o) < 0 && status == 0)
			status = LAB_EXIT_LAB;
	}
	if (lab_stop_signal() != 0)
		status = LAB_EXIT_SIGNAL + lab_stop_signal();
	if (status >= LAB_EXIT_HOST && status <= LAB_EXIT_SETUP)
		keep_logs(ws);
	return status;
}

static int run_outside(struct lab_options *o, int argc, char *const argv[])
{
	struct lab_workspace ws;
	bool direct;
	char why[128];
	int status;

	if (o->pcap != NULL && captures_check(o->pcap) < 0)
		return LAB_EXIT_LAB;
	direct = vmm_probe(why, sizeof(why));
	if (o->how || o->verbose > 0)
		fprintf(o->how ? stdout : stderr, "%s: %s\n", direct ? "direct" : "nested", why);
	if (o->how)
		return 0;
	if (lab_stop_signal() != 0)
		return LAB_EXIT_SIGNAL + lab_stop_signal();
	if (lab_workspace_create(&ws) < 0)
		return LAB_EXIT_LAB;
	status = run_in(&ws, o, direct, argc, argv);
	lab_workspace_remove(&ws);
	return status;
}

static int run_command(int argc, char *const argv[])
{
	struct lab_options options;
	int ret = lab_options_parse(&options, argc, argv);

	if (ret == -ECANCELED)
		return 0;
	if (ret < 0)
		return LAB_EXIT_USAGE;
	lab_log_set_level(lab_options_log_level(&options));
	lab_stop_install();
	if (!options.direct)
		return run_outside(&options, argc, argv);
	if (options.pcap != NULL)
		options.pcap = options.out; /* the user's directory is outside this machine */
	return lab_run_vms(&options);
}

int main(int argc, char *argv[])
{
	/* As a container's process 1 we are the program; the nested host's kernel starts /init. */
	if (getpid() == 1 && argc > 0 && strcmp(argv[0], "/init") == 0)
		lab_nested_host();
	if (argc >= 2 && strcmp(argv[1], "run") == 0)
		return run_command(argc - 2, argv + 2);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		lab_options_usage(stdout);
		return 0;
	}
	usage(stderr);
	return LAB_EXIT_USAGE;
}
