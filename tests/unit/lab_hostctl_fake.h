/* SPDX-License-Identifier: BSD-3-Clause */
/* NICs, a switch and synthetic NICs that only take note of what hostctl asks of them. */
#ifndef LAB_HOSTCTL_FAKE_H
#define LAB_HOSTCTL_FAKE_H

#include "../../tools/lab/guest/port.h"
#include "../../tools/lab/host/host.h"

#define NICS 2

struct lab_hostctl_fake {
	char calls[512]; /* their names and arguments, in order */
	int ret;         /* of those that may fail */
	enum fabric_path path[NICS];
	struct netvsp_faults faults;
};

extern struct lab_hostctl_fake did;

#endif
