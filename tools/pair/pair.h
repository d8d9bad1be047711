/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One NIC and its virtual function: the look-up by interface, whether the interface carries a
 * route, and what changes. For programs that drive the VF themselves; compiled in, never installed.
 * Nothing here prints, exits or starts a thread. Functions return 0 or -errno.
 */
#ifndef AN_PAIR_H
#define AN_PAIR_H

#include "../../kmod/vf_state.h"

#include <stdbool.h>
#include <stdint.h>

#define AN_PAIR_IFNAME 16	/* IFNAMSIZ, the NUL included */
#define AN_PAIR_NAME   64
#define AN_PAIR_TEXT   256

/* How the VF was found, surest first. */
enum an_pair_how {
	AN_PAIR_NO_VF,
	AN_PAIR_BY_LOWER,	/* it is the NIC's lower device */
	AN_PAIR_BY_SERIAL,	/* accelnet.ko names its serial */
	AN_PAIR_BY_MAC,		/* an interface of the function has the NIC's MAC, permanent or not */
	AN_PAIR_BY_COUNT,	/* one NIC and one function are left: no more than likely */
};

struct an_pair_link {
	char name[AN_PAIR_IFNAME];	/* "": there is none */
	uint32_t ifindex;		/* 0: there is none */
	uint32_t mtu;			/* bytes; 0: unknown */
	uint8_t mac[6];			/* as it is now */
	bool has_mac;
	bool up;			/* by configuration */
	bool carrier;
};

struct an_pair {
	struct an_pair_link net;	/* the synthetic NIC's interface */
	char vmbus[AN_PAIR_NAME];	/* its VMBus instance, a GUID: also its name in devlink */
	char driver[AN_PAIR_NAME];	/* "hv_netvsc", "accelnet" */

	enum an_pair_how how;
	struct an_pair_link vf;		/* the VF's interface; may be missing when `pci` is known */
	char pci[AN_PAIR_NAME];		/* "0002:00:02.0"; "": no VF */
	uint16_t vendor;
	uint16_t device;
	char vf_driver[AN_PAIR_NAME];	/* "mlx5_core"; "": none */
	char rdma[AN_PAIR_NAME];	/* "mlx5_0"; "": none, or not yet: it comes after `vf` */
	int numa_node;			/* of the VF, else of the synthetic NIC; -1: unknown */

	enum an_vf_state state;
	bool reported;			/* the state is accelnet.ko's word, not inferred */
	/* After 0: why the state is not "active", or "". After an error: what is wrong. */
	char reason[AN_PAIR_TEXT];
};

/*
 * Looks a NIC up. iface: the synthetic NIC's interface by name, alternative name or index in
 * decimal digits; a name goes before an index.
 *
 * Without accelnet.ko's word, which takes CAP_NET_ADMIN to read, the state is inferred: "active" is
 * then a VF that is joined, up and has carrier, as hv_netvsc uses it.
 *
 * The environment's ACCELNET_SYSFS names a folder to read instead of /sys; the kernel is asked
 * nothing then, so alternative names are not known.
 *
 * Cheap enough to be called at each change: some tens of small files, a few netlink questions. Waits
 * for RTNL and, if the driver is accelnet.ko, for devlink; at most 3 s each.
 *
 * -EINVAL: no name; -ENODEV: there is no such interface in this network namespace; -ENOTSUP: it is
 * no synthetic NIC, so there is no pair; else what failed. `pair->reason` says it in words.
 */
int an_pair_find(const char *iface, struct an_pair *pair);

#endif
