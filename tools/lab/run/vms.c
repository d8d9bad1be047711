// SPDX-License-Identifier: BSD-3-Clause
/*
 * Several VMs on one switch: a process each. Their fabrics are joined by a socket per NIC; the
 * peers hang on VM 0's, so its process outlives the other.
 */
#define _GNU_SOURCE
#include "run.h"

#include "../log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Their files have the same names: a directory for each VM. */
static int captures_split(struct lab_options *o, char *dir, size_t size)
{
	int ret;

	if (o->pcap == NULL)
		return 0;
	ret = lab_path(dir, size, "%s/vm%u", o->pcap, o->vm);
	if (ret < 0)
		return ret;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", dir, strerror(-ret));
		return ret;
	}
	o->pcap = dir;
	return 0;
}

static void uplinks_close(const struct lab_options *o)
{
	for (unsigned int i = 0; i < o->nics; i++)
		if (o->uplink[i] >= 0)
			close(o->uplink[i]);
}

static int uplinks_create(struct lab_options *mine, struct lab_options *other)
{
	for (unsigned int i = 0; i < mine->nics; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
			return -errno;
		mine->uplink[i] = pair[0];
		other->uplink[i] = pair[1];
	}
	return 0;
}

int lab_run_vms(const struct lab_options *options)
{
	struct lab_options mine = *options, other = *options;
	char pcap[2][PATH_MAX];
	pid_t pid, self = getpid();
	int ret;

	if (options->vms == 1)
		return lab_run_direct(options, 0);
	other.vm = 1;
	if (captures_split(&mine, pcap[0], sizeof(pcap[0])) < 0 ||
	    captures_split(&other, pcap[1], sizeof(pcap[1])) < 0)
		return LAB_EXIT_LAB;
	ret = uplinks_create(&mine, &other);
	if (ret < 0)
		goto err_close_uplinks;
	pid = fork();
	if (pid < 0) {
		ret = -errno;
		goto err_close_uplinks;
	}
	uplinks_close(pid == 0 ? &mine : &other);
	if (pid > 0)
		return lab_run_direct(&mine, pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(LAB_EXIT_LAB); /* it died before it could be watched */
	_exit(lab_run_direct(&other, 0));

err_close_uplinks:
	uplinks_close(&mine);
	uplinks_close(&other);
	lab_log(LAB_LOG_ERROR, "run", "a second VM: %s", strerror(-ret));
	return LAB_EXIT_LAB;
}
