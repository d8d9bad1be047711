// SPDX-License-Identifier: BSD-3-Clause
/*
 * Several VMs on one switch: a process each. Their fabrics are joined by a socket per NIC; the
 * peers hang on VM 0's, so its process outlives the other.
 */
#define _GNU_SOURCE
#include "run.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int lab_run_vms(const struct lab_options *options)
{
	struct lab_options mine = *options, other = *options;
	pid_t pid;

	if (options->vms == 1)
		return lab_run_direct(options, 0);
	other.vm = 1;
	for (unsigned int i = 0; i < options->nics; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
			lab_log(LAB_LOG_ERROR, "run", "uplink: %s", strerror(errno));
			return LAB_EXIT_LAB;
		}
		mine.uplink[i] = pair[0];
		other.uplink[i] = pair[1];
	}
	pid = fork();
	if (pid < 0) {
		lab_log(LAB_LOG_ERROR, "run", "fork: %s", strerror(errno));
		return LAB_EXIT_LAB;
	}
	for (unsigned int i = 0; i < options->nics; i++)
		close(pid == 0 ? mine.uplink[i] : other.uplink[i]);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(lab_run_direct(&other, 0));
	}
	return lab_run_direct(&mine, pid);
}
