// SPDX-License-Identifier: BSD-3-Clause
/* accelnet-lab: a simulated accelerated-networking host for any x86 Linux kernel. */
#define _GNU_SOURCE
#include "run.h"

#include "log.h"
#include "vmm/vmm.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
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
	char from[128], to[256];

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat st;

		snprintf(from, sizeof(from), "%s/out/%s", ws->dir, names[i]);
		if (stat(from, &st) < 0 || st.st_size == 0)
			continue;
		snprintf(to, sizeof(to), "%s-%s", ws->dir, names[i]);
		if (rename(from, to) == 0)
			fprintf(stderr, "accelnet-lab: log kept: %s\n", to);
	}
}

/* A nested run captures into its workspace; the user's directory is on this side. */
static int fetch_captures(const struct lab_workspace *ws, const char *dir)
{
	char pattern[128];
	glob_t found;
	int ret = 0;

	snprintf(pattern, sizeof(pattern), "%s/out/*.pcap", ws->dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && ret == 0; i++) {
		char to[1200];

		snprintf(to, sizeof(to), "%s/%s", dir, strrchr(found.gl_pathv[i], '/') + 1);
		ret = lab_file_copy(found.gl_pathv[i], to);
		if (ret < 0)
			lab_log(LAB_LOG_ERROR, "run", "%s: %s", to, strerror(-ret));
	}
	globfree(&found);
	return ret;
}

static int run_outside(struct lab_options *o, int argc, char *const argv[])
{
	char why[128], image[700], initrd[700];
	struct lab_workspace ws = { .dir = "" };
	bool direct = vmm_probe(why, sizeof(why));
	int status = LAB_EXIT_LAB;

	if (o->how || o->verbose)
		fprintf(o->how ? stdout : stderr, "%s: %s\n", direct ? "direct" : "nested", why);
	if (o->how)
		return 0;
	if (lab_workspace_create(&ws) < 0)
		return LAB_EXIT_LAB;
	if (lab_image_guest(&ws, o, image, initrd, sizeof(image)) == 0) {
		char out[128];

		snprintf(out, sizeof(out), "%s/out", ws.dir);
		o->out = out;
		status = direct ? lab_run_vms(o) : lab_run_nested(&ws, o, argc, argv);
	}
	if (status >= LAB_EXIT_GUEST && status <= LAB_EXIT_SETUP)
		keep_logs(&ws);
	if (!direct && o->pcap != NULL && fetch_captures(&ws, o->pcap) < 0 && status == 0)
		status = LAB_EXIT_LAB;
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
	if (!options.direct)
		return run_outside(&options, argc, argv);
	if (options.pcap != NULL)
		options.pcap = options.out; /* the user's directory is outside this machine */
	return lab_run_vms(&options);
}

int main(int argc, char *argv[])
{
	if (getpid() == 1)
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
