/* SPDX-License-Identifier: BSD-3-Clause */
/* What accelnet.ko's devlink health reporter "vf" says about a NIC. */
#ifndef DEVLINK_H
#define DEVLINK_H

#include "model.h"

#include <libmnl/libmnl.h>

/* enum devlink_health_reporter_state of the kernel's <net/devlink.h>; whatever else is not. */
#define AN_DEVLINK_HEALTHY 0

/* Asks about every NIC; hv_netvsc's have no such reporter, which is no failure. */
void an_devlink_read_all(struct an_host *host);

/* Asks about one. What fails is noted in nic->failed. */
void an_devlink_read(struct an_nic *nic);

/*
 * What it means for a NIC that the kernel has answered the questions about it with `ret`: 0, what
 * it means is noted; else -errno, and nothing more can be asked on that socket. -ENODEV is no
 * failure: devlink shows a device in one network namespace only, mostly the initial one.
 */
int an_devlink_judge(struct an_nic *nic, int ret);

/* How far the answer to a diagnosis, which may span several messages, has been read. */
struct an_diagnosis {
	struct an_module *module;
	char key[AN_NAME];
	uint8_t type;
};

/* Callbacks for mnl_cb_run(); they take any bytes, and MNL_CB_ERROR sets errno. */
int an_devlink_parse_family(const struct nlmsghdr *message, void *id);		/* uint16_t */
int an_devlink_parse_reporter(const struct nlmsghdr *message, void *module);	/* an_module */
int an_devlink_parse_diagnosis(const struct nlmsghdr *message, void *diagnosis);

/* Is what was parsed a diagnosis? -EBADMSG if not. */
int an_devlink_finish(struct an_module *module);

#endif
