/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading RNDIS messages that lie in memory the host can still write, and building the header of
 * those sent. Pure functions, also built into the unit tests: everything is copied once, then
 * checked, then used.
 */
#ifndef AN_RNDIS_PARSE_H
#define AN_RNDIS_PARSE_H

#include "ndis_wire.h"
#include "rndis_wire.h"

#define AN_RNDIS_PPI_MAX 256	/* bytes of per-packet information that are looked at */

struct an_rndis_rx {
	u32 type;		/* enum an_rndis_type */
	union {
		struct {		/* AN_RNDIS_PACKET */
			u32 data_offset;	/* from the start of the message */
			u32 data_len;
			u32 csum;		/* AN_NDIS_RX_ bits, 0: not said */
			u32 hash;
			u16 vlan;		/* tag control information */
			bool has_hash;
			bool has_vlan;
		};
		struct {		/* the answers */
			u32 id;
			u32 len;		/* of the whole message */
		};
		struct {		/* AN_RNDIS_INDICATE */
			u32 status;
			u32 speed;		/* AN_RNDIS_LINK_SPEED_CHANGE: in 100 bit/s */
		};
	};
};

/* What arrived in one range of the receive buffer. 0, -EBADMSG, or -ENOMSG (unknown type). */
int an_rndis_parse(const void *message, u32 len, struct an_rndis_rx *rx);

/*
 * The information in a QUERY answer of len bytes, already copied out. At most max bytes are
 * accepted. 0, -EBADMSG, or -EOPNOTSUPP (the host says no).
 */
int an_rndis_query_info(const void *answer, u32 len, u32 max, const void **info, u32 *info_len);
/* The status in an INIT or SET answer: 0, -EBADMSG, or -EOPNOTSUPP. */
int an_rndis_status(const void *answer, u32 len);

struct an_rndis_tx {
	u32 data_len;
	u32 hash;		/* 0: none */
	u32 csum;		/* AN_NDIS_PPI_CHECKSUM, 0: none */
	u32 lso;		/* AN_NDIS_PPI_LSO, 0: none */
	u16 vlan;
	bool has_vlan;
};

#define AN_RNDIS_TX_PPI (sizeof(struct an_rndis_ppi) + sizeof(u32))
#define AN_RNDIS_TX_HEADER_MAX \
	(AN_RNDIS_HEADER + sizeof(struct an_rndis_packet) + 4 * AN_RNDIS_TX_PPI)

/* Writes the header of a data message, AN_RNDIS_TX_HEADER_MAX at most; returns its length. */
u32 an_rndis_build(void *header, const struct an_rndis_tx *tx);

/* What the host's hardware capabilities come to. */
struct an_offload {
	bool tcp4;
	bool tcp6;
	bool udp4;
	bool udp6;
	u32 lso4_max;		/* bytes, 0: no segmentation offload */
	u32 lso6_max;
};

/* 0 or -EBADMSG. */
int an_rndis_parse_offload(const void *info, u32 len, struct an_offload *offload);
/* Receive queues and entries of the indirection table; queues 1: no RSS. 0 or -EBADMSG. */
int an_rndis_parse_rss(const void *info, u32 len, u32 *queues, u32 *entries);

#endif
