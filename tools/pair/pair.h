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
	AN_PAIR_BY_MAC,		/* an interface of the function has the NIC's MAC */
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
 * Cheap enough to be called at each change: some tens of small files, a few netlink questions. It
 * waits for RTNL and for the NIC's devlink instance, which others may hold for seconds.
 *
 * -EINVAL: no name; -ENODEV: there is no such interface in this network namespace; -ENOTSUP: it is
 * no synthetic NIC, so there is no pair; else what failed. `pair->reason` says it in words.
 */
int an_pair_find(const char *iface, struct an_pair *pair);

/* The same for an interface that is known by its index already; no name can be mistaken for it. */
int an_pair_find_index(uint32_t ifindex, struct an_pair *pair);

/*
 * Would taking the interface cut somebody off? 1: it carries a route, 0: it does not, or -errno
 * (-ENODEV: no such interface in this network namespace). Asks the kernel, whatever ACCELNET_SYSFS
 * says.
 *
 * What counts is a unicast route, IPv4 or IPv6, in any table but "local", whose next hop or one of
 * whose next hops is the interface, or one that stands on it: VLAN, macvlan, bridge, bond, VRF and
 * what stands on those. The subnet of an address counts, since its neighbours are reached by it.
 * Not counted without a gateway: link-local and multicast destinations (fe80::/10, ff00::/8,
 * 169.254.0.0/16, 224.0.0.0/4), which come with every interface. An address whose subnet is a
 * single host (/32) has no such route.
 */
int an_pair_has_route(uint32_t ifindex);

/* ------------------------------------------------------------------------------ what changes -- */

enum an_pair_what {
	AN_PAIR_APPEARED,	/* of the VF: an interface that may be it is there, not joined */
	AN_PAIR_JOINED,		/* the VF is the NIC's lower device now */
	AN_PAIR_LEFT,		/* it is no longer */
	AN_PAIR_UP,
	AN_PAIR_DOWN,		/* by configuration */
	AN_PAIR_CARRIER,
	AN_PAIR_NO_CARRIER,
	AN_PAIR_RENAMED,
	AN_PAIR_MTU,
	AN_PAIR_MAC,
	AN_PAIR_MOVED,		/* to another network namespace */
	AN_PAIR_DELETED,
	AN_PAIR_LEAVING,	/* accelnet.ko: the VF is not in use, and nobody asked for that */
	AN_PAIR_SETTLED,	/* accelnet.ko: active, or absent, or synthetic as configured */
	AN_PAIR_RESYNC,		/* messages were lost: anything may have changed */
};

struct an_pair_event {
	enum an_pair_what what;
	bool vf;			/* the VF or its interface; false: the synthetic NIC's */
	bool vf_is_lost;		/* from here on the VF carries no traffic */
	struct an_pair_link link;	/* as it is now; empty with the last three */
};

struct an_pair_watch;

/*
 * Watches a NIC and its VF. ifindex: of the synthetic NIC's interface; vf_ifindex: of the VF's, or
 * 0; vmbus: the NIC's name in devlink, or NULL. A VF that comes later is found by its upper link or
 * its MAC address. What the kernel sends about another network namespace is not seen, so devlink
 * tells only in the initial one. Needs no privilege. Waits for RTNL, as an_pair_find() does.
 */
int an_pair_watch_create(struct an_pair_watch **watch, uint32_t ifindex, uint32_t vf_ifindex,
			 const char *vmbus);
void an_pair_watch_destroy(struct an_pair_watch *watch);	/* NULL: nothing is done */

/* Readable when there is something to read. The watch keeps it. */
int an_pair_watch_fd(const struct an_pair_watch *watch);

/* The VF's interface as the caller has found it, by serial for example; 0: none. Never waits. */
void an_pair_watch_set_vf(struct an_pair_watch *watch, uint32_t vf_ifindex);

typedef void (*an_pair_notify)(const struct an_pair_event *event, void *ctx);

/*
 * Calls `notify` for each change, in order. Never waits. Returns how many there were, or -errno if
 * the kernel can be heard no more. `notify` may call an_pair_watch_set_vf(), nothing else of these.
 */
int an_pair_watch_read(struct an_pair_watch *watch, an_pair_notify notify, void *ctx);

#endif
