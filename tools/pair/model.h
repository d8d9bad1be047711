/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known about this machine's accelerated NICs. The readers (nic.c, function.c, devlink.c,
 * address.c, ethtool_stats.c) fill it in, attribute.c draws conclusions from it. tools/accelnet
 * adds its verdict and prints it; for others pair.h has the look-up of one NIC. A fact that could
 * not be read is unknown, never "no", and `failed` says why.
 */
#ifndef MODEL_H
#define MODEL_H

#include "pciids.h"
#include "state.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AN_NICS_MAX      64
#define AN_FUNCTIONS_MAX 64
#define AN_NAME          64
#define AN_TEXT          256

enum an_fact { AN_UNKNOWN, AN_NO, AN_YES };

enum an_path { AN_PATH_UNKNOWN, AN_PATH_SYNTHETIC, AN_PATH_VF };

/* How a state or a path is known. */
enum an_source {
	AN_SOURCE_NONE,
	AN_SOURCE_INFERRED,	/* from what is joined and up */
	AN_SOURCE_MEASURED,	/* from the counters of a sampling window */
	AN_SOURCE_REPORTED,	/* by accelnet.ko */
};

/* The verdict on a NIC, or on the machine. */
enum an_result {
	AN_ELSEWHERE,		/* in another network namespace: judged there, not here */
	AN_FOREIGN,		/* another driver has the NIC, for DPDK for example */
	AN_DOWN,		/* nobody has brought the NIC up */
	AN_OK,
	AN_NOT_ACCELERATED,	/* no VF, or kept from using it by configuration */
	AN_CANNOT_TELL,
	AN_DEGRADED,		/* a VF is present but unused or misconfigured */
};

/* How a NIC came by its function. */
enum an_claim {
	AN_CLAIM_NONE,
	AN_CLAIM_JOINED,	/* the function's interface is the NIC's lower device */
	AN_CLAIM_SERIAL,	/* accelnet.ko names its serial */
	AN_CLAIM_MAC,		/* an interface of the function has the NIC's MAC */
	AN_CLAIM_ONLY,		/* one function and one NIC are left */
	AN_CLAIM_SHARED,	/* no fewer functions than NICs are left, none has a driver */
	AN_CLAIM_UNSURE,	/* a function is left that may be this NIC's */
};

struct an_link {
	char name[IFNAMSIZ];	/* "": there is none */
	uint32_t ifindex;	/* 0: unknown */
	uint32_t mtu;		/* 0: unknown */
	uint8_t mac[6];
	bool has_mac;
	uint8_t permanent[6];	/* read for pair.c only */
	bool has_permanent;
	enum an_fact up;	/* by configuration */
	enum an_fact carrier;	/* unknown while it is down */
};

struct an_function {
	struct an_pciid id;		/* .module is "" where the kind is not known */
	char address[AN_NAME];		/* "0002:00:02.0" */
	char driver[AN_NAME];		/* "": none, or unknown */
	char override[AN_NAME];		/* its driver_override, or "" */
	enum an_fact bound;
	enum an_fact loaded;		/* is the driver it should have known to the kernel */
	enum an_fact available;		/* has the kernel such a module; read by the tool only */
	uint32_t serial;		/* the host's, from the name of the PCI slot */
	bool has_serial;
	enum an_fact hidden;		/* its interfaces are in another network namespace */
	bool claimed;			/* by a NIC that it surely belongs to */
	bool away;			/* must be a NIC's that another driver or namespace has */
	size_t ports;
	struct an_link *port;		/* its interfaces; a MANA function has one for each NIC */
	char failed[AN_TEXT];
};

/* What the health reporter of accelnet.ko says about a NIC. */
struct an_module {
	bool there;		/* the NIC has such a reporter */
	bool elsewhere;		/* accelnet.ko has the NIC, but devlink shows it elsewhere only */
	bool denied;		/* its diagnosis needs CAP_NET_ADMIN */
	bool diagnosed;		/* what follows holds */
	enum an_fact healthy;
	enum an_vf_state state;
	uint32_t serial;	/* 0: no VF is associated */
	uint64_t since_us;	/* time in this state */
	uint64_t moves;		/* of the state, since the driver took the NIC */
	char state_name[AN_NAME];
	char reason[AN_TEXT];		/* for people */
	char reason_code[AN_NAME];	/* for programs: an_vf_reason_code() */
};

struct an_counters {
	bool has_vf;		/* the driver counts the VF's packets */
	uint64_t vf_rx;
	uint64_t vf_tx;
	uint64_t synthetic_rx;
	uint64_t synthetic_tx;
};

struct an_sample {
	bool taken;
	unsigned int ms;	/* length of the window */
	struct an_counters first;
	struct an_counters last;
};

struct an_verdict {
	enum an_vf_state state;
	enum an_source state_source;
	enum an_path path;
	enum an_source path_source;
	enum an_result result;
	const char *code;	/* the reason as one word, or NULL */
	char reason[AN_TEXT];	/* "" when there is nothing to explain */
	char next[AN_TEXT];	/* the next command to run, or "" */
};

struct an_nic {
	char guid[AN_NAME];		/* VMBus instance: its name in sysfs and in devlink */
	char driver[AN_NAME];
	char override[AN_NAME];
	enum an_fact override_loaded;	/* is that driver known to the kernel */
	enum an_fact override_available; /* has the kernel such a module; read by the tool only */
	enum an_fact bound;
	enum an_fact hidden;		/* its interface is in another network namespace */
	struct an_link net;
	struct an_link vf;		/* the lower device */
	char vf_address[AN_NAME];	/* PCI address of the lower device */
	struct an_function *function;
	/* The interface of `function` that should be the lower one. */
	const struct an_link *vf_candidate;
	enum an_claim claim;
	enum an_fact vf_has_ip;
	char vf_ip[AN_NAME];
	/* Of the VF's interface, read by the tool only; "" where there is none. */
	char vf_manager[AN_NAME];	/* the network manager that configures it */
	char vf_qdisc[AN_NAME];		/* a queueing discipline that somebody gave it */
	char vf_hook[AN_NAME];		/* "clsact" or "ingress": what its filters hang on */
	char vf_filter[AN_NAME];	/* the kind of its first filter */
	struct an_module module;
	struct an_sample sample;
	char failed[AN_TEXT];		/* the first read that failed, "" if none did */
	struct an_verdict verdict;
};

struct an_host {
	size_t nics;
	struct an_nic nic[AN_NICS_MAX];
	size_t functions;
	struct an_function function[AN_FUNCTIONS_MAX];
	size_t unused;			/* functions of NICs here that none of them uses */
	size_t idle_buses;		/* PCI buses offered on VMBus that no driver has taken */
	bool has_vmbus;
	bool azure;			/* the host is Azure's; read by the tool only */
	char failed[AN_TEXT];		/* concerns every NIC without a VF */
};

#endif
