/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic NIC as the host serves it: NVSP 1 to 6.1 and RNDIS over a VMBus channel and its
 * subchannels, offloads, RSS, VF association and the data-path switch. Source: docs/protocol.md
 * 4 and 5, hyperv_net.h, rndis.h. Single-threaded: the caller serialises.
 */
#ifndef LAB_NETVSP_H
#define LAB_NETVSP_H

#include "../fabric/fabric.h"
#include "../vmbus/vmbus.h"

#define NETVSP_QUEUES_MAX 8
#define NETVSP_VERSION_VF 0x50000u /* from here on drivers say that they can use a VF */

struct netvsp;

/* Faults on this NIC's control plane; but for `stalled`, data packets are completed nonetheless. */
struct netvsp_faults {
	bool drop_completion;     /* requests are carried out, their answers never sent */
	uint32_t delay_ms;        /* answers are sent this late */
	bool silent;              /* control requests are ignored */
	bool silent_rndis;        /* only those that are RNDIS messages */
	bool stalled;             /* the guest's rings are not read, data packets wait too */
};

struct netvsp_events {
	/* The guest (or, with by_host, the host) moved the data path. */
	void (*datapath)(void *ctx, enum fabric_path path, bool by_host);
	/* netvsp_has_negotiated() became true. */
	void (*negotiated)(void *ctx);
};

struct netvsp_config {
	struct vmbus *vmbus;
	const struct lab_mem *mem;
	const struct lab_clock *clock;
	struct lab_pending *pending;
	struct fabric_port *port;     /* its synthetic path is attached while the guest listens */
	const struct netvsp_events *events;
	void *events_ctx;
	uint32_t max_version;         /* 0x60001, 0x60000, 0x50000, 0x40000, 0x30002, 2 */
	struct vmbus_guid instance;
	uint8_t mac[6];
	unsigned int queues;          /* channels offered, 1..NETVSP_QUEUES_MAX */
	bool monitored;               /* the guest signals through the monitor page */
	unsigned int mtu;             /* largest; default 9000 */
	uint64_t link_speed;          /* bit/s */
	const char *name;             /* "nic0" */
};

/* Offers the channel. NULL: out of memory, of relids, or an impossible configuration. */
struct netvsp *netvsp_create(const struct netvsp_config *config);
/* Withdraws the channels, unless the bus is gone already; the port must still be there. */
void netvsp_destroy(struct netvsp *nic);

/* Sends VF_ASSOCIATION{allocated, serial}: now if the guest is ready for it, else once it has
 * sent its NDIS configuration with the SR-IOV bit (kept over a re-open of the channel). */
void netvsp_associate_vf(struct netvsp *nic, bool allocated, uint32_t serial);
/* The host moves the data path itself and tells the guest (SWITCH_DATA_PATH, host to guest). */
void netvsp_host_datapath(struct netvsp *nic, enum fabric_path path);
/* RNDIS media connect/disconnect. */
void netvsp_set_link(struct netvsp *nic, bool up);
void netvsp_set_faults(struct netvsp *nic, const struct netvsp_faults *faults);
/* Sends one malformed packet or message of that kind, for tests of what the guest survives. 0;
 * -ENOENT: no such kind; -ENOTCONN, -ENOBUFS: the guest has not set the NIC up; -EAGAIN, -EBUSY: no
 * room now. */
int netvsp_send_malformed(struct netvsp *nic, const char *kind);
const char *netvsp_malformed_kind(unsigned int i); /* NULL: no more */
/* Sends an association that the host does not stand by: netvsp_associate_vf()'s last one holds. */
int netvsp_claim_vf(struct netvsp *nic, bool allocated, uint32_t serial);
/* Removes the NIC (rescind). */
void netvsp_rescind(struct netvsp *nic);
/* Offers a removed NIC again: now, or once the guest has released it. */
void netvsp_offer(struct netvsp *nic);

/* Delayed answers, retries of full rings. Returns true if something moved. */
bool netvsp_poll(struct netvsp *nic);
/* When poll has something to do next, in clock ns; UINT64_MAX: nothing waits. */
uint64_t netvsp_deadline(const struct netvsp *nic);

uint32_t netvsp_version(const struct netvsp *nic); /* negotiated, 0: none */
/* Has the guest said what it can, for which there are no words before NVSP 2, and given both
 * buffers? */
bool netvsp_has_negotiated(const struct netvsp *nic);
/* It said that it can use a VF. */
bool netvsp_can_use_vf(const struct netvsp *nic);
bool netvsp_is_up(const struct netvsp *nic);       /* packet filter set */

#endif
