/* SPDX-License-Identifier: BSD-3-Clause */
/* One boot of a case, or one execution of a case that runs on this machine. */
#ifndef TESTS_LAB_RUN_H
#define TESTS_LAB_RUN_H

#include "case.h"

#include <stdbool.h>

#define RUN_LAB	   "tools/lab/accelnet-lab"
#define RUN_TOOL   "tools/accelnet/accelnet"
#define RUN_MODULE "build/kmod-%s/accelnet.ko" /* for a kernel of kernels/ */
#define RUN_KERNEL "6.1" /* the lab's default */
#define RUN_VERBS  "/usr/bin/ibv_devinfo" /* what --with rdma packs, and --with dpdk */
#define RUN_PROVIDER "/etc/libibverbs.d/mlx5.driver"
#define RUN_PMD	   "build/pmd/librte_net_accelnet.so"
#define RUN_PMD_PLACE ":/usr/lib/accelnet/librte_net_accelnet.so"
#define RUN_TRAFFIC "build/tests/pmd/traffic"
#define RUN_FORWARD "build/examples/l3fwd"
#define RUN_TESTPMD  "/usr/bin/dpdk-testpmd"
#define RUN_LOGS   "build/lab"

struct run {
	const struct lab_case *c;
	const char *options;
	char name[CASE_NAME_MAX + 12]; /* NAME-N */
	bool done;		       /* by a soak that was interrupted */
};

struct run_world {
	const char *kernel; /* "": the lab's default; else a folder of kernels/ */
	const char *tmp;    /* TMPDIR, in which nothing may stay */
};

enum run_outcome { RUN_PASSED, RUN_SKIPPED, RUN_FAILED };

struct run_result {
	enum run_outcome outcome;
	double seconds;
	int status; /* of the last execution */
	char log[160];
	char why[CASE_PATH_MAX + 128]; /* it was skipped or failed */
};

void run_execute(const struct run *r, const struct run_world *world, struct run_result *result);

#endif
