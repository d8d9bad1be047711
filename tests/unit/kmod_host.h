/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host at the other end of a NIC's primary channel, and the NIC: real queues and transactions
 * (channel.c, xact.c), and a script that says what the host answers.
 */
#ifndef KMOD_HOST_H
#define KMOD_HOST_H

#include "../../kmod/channel.h"
#include "../../kmod/nic.h"
#include "../../kmod/rndis_wire.h"

#define HOST_SENT_MAX 128

struct host_sent {
	struct an_nvsp_message msg;
	u64 id;
	u8 rndis[1024];		/* what an AN_NVSP_SEND_RNDIS message points to */
	u32 rndis_len;
	u64 us;
};

struct host {
	/* What came, in order. */
	struct host_sent sent[HOST_SENT_MAX];
	unsigned int count;
	/* Called for each that came, or NULL: a host that says nothing. */
	void (*hear)(const struct host_sent *sent);
	int full;		/* so many sends find the ring full; negative: all do */
	int send_error;		/* of all others, after `full` */
	u32 ring_max;		/* larger rings: -ENOMEM; 0: none is too large */
	int gpadl_error;
	int teardown_error;
	unsigned int gpadls;	/* shared now */
	unsigned int opens;
	unsigned int pci_kicks;
};

extern struct host host;
extern struct an_nic host_nic;		/* with queue 0 after host_setup() */
extern struct net_device host_net;
extern struct vmbus_channel host_channel;

/* CUnit's setup and teardown. */
void host_setup(void);
void host_teardown(void);

/* The host's completion of a packet: as rx.c hands it on. */
void host_complete(u64 id, const void *msg, u32 len);
/* The same with an NVSP message of that type, filled in. */
void host_answer(u64 id, struct an_nvsp_message msg, enum an_nvsp_type type);
/* An RNDIS answer to what was sent: body_len bytes behind the request's number. */
void host_answer_rndis(const struct host_sent *sent, enum an_rndis_type type, const void *body,
		       u32 body_len);
/* What a host that works does with a QUERY or a SET: it is done with the page, then it answers. */
void host_query_done(const struct host_sent *sent, const void *info, u32 len);
void host_set_done(const struct host_sent *sent, u32 status);
/* The last that came. */
const struct host_sent *host_last(void);

/* Of an RNDIS message: its type, request number and, of QUERY and SET, OID and information. */
u32 host_rndis_word(const struct host_sent *sent, unsigned int index);
#define HOST_RNDIS_TYPE 0
#define HOST_RNDIS_ID	2
#define HOST_RNDIS_OID	3
#define HOST_RNDIS_INFO (AN_RNDIS_HEADER + sizeof(struct an_rndis_oid_request))

#endif
