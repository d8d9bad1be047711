/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 64-byte completion queue entry: offsets and codes. Source: docs/protocol.md 7.8,
 * linux/mlx5/device.h (struct mlx5_cqe64, struct mlx5_err_cqe), linux/mlx5/cq.h.
 */
#ifndef LAB_CX_CQE_H
#define LAB_CX_CQE_H

#define CX_CQE_SIZE 64

enum cx_cqe_field {
	CQE_RSS_HASH = 0x0c,
	CQE_RSS_HASH_TYPE = 0x10,
	CQE_CHECKSUM = 0x14,    /* u16: one's complement sum of the IP datagram, not inverted */
	CQE_HDS_IP_EXT = 0x1c,
	CQE_L4_L3_TYPE = 0x1d,
	CQE_VLAN_TCI = 0x1e,    /* u16 */
	CQE_USER_INDEX = 0x20,  /* [23:0]; [31:24] is LRO's */
	CQE_BYTE_COUNT = 0x2c,
	CQE_TIMESTAMP = 0x30,   /* u64 */
	CQE_VENDOR_SYNDROME = 0x36, /* error entries only, as is the next */
	CQE_SYNDROME = 0x37,
	CQE_OPCODE_QPN = 0x38,  /* TX: WQE opcode << 24 | SQ; RX: flow tag */
	CQE_WQE_COUNTER = 0x3c, /* u16 */
	CQE_OP_OWN = 0x3f,      /* opcode << 4 | format << 2 | owner */
};

enum cx_cqe_opcode {
	CQE_REQUESTER = 0,
	CQE_RESPONDER_SEND = 2,
	CQE_REQUESTER_ERROR = 13,
	CQE_RESPONDER_ERROR = 14,
};
#define CQE_OPCODE_SHIFT 4
#define CQE_FORMAT_SHIFT 2
#define CQE_COMPRESSED 3 /* format: the title of a session, session.c */
#define CQE_OWNER 0x01

enum cx_cqe_syndrome {
	CQE_LOCAL_LENGTH = 0x01,
	CQE_LOCAL_OPERATION = 0x02,
	CQE_LOCAL_PROTECTION = 0x04,
	CQE_FLUSHED = 0x05,
};

/* CQE_HDS_IP_EXT */
#define CQE_L2_OK 0x01
#define CQE_L3_OK 0x02
#define CQE_L4_OK 0x04

/* CQE_L4_L3_TYPE */
#define CQE_VLAN_STRIPPED 0x01
#define CQE_L3_IPV6	  (1 << 2)
#define CQE_L3_IPV4	  (2 << 2)
#define CQE_L4_TCP	  (1 << 4)
#define CQE_L4_UDP	  (2 << 4)
#define CQE_L4_TCP_ACK	  (3 << 4) /* with ACK, without payload */
#define CQE_L4_TCP_DATA	  (4 << 4) /* with ACK and payload */

/* CQE_RSS_HASH_TYPE: two bits each: source IP, destination IP, source port, destination port. */
#define CQE_HASH_SRC_IP_SHIFT	0
#define CQE_HASH_DST_IP_SHIFT	2
#define CQE_HASH_SRC_PORT_SHIFT 4
#define CQE_HASH_DST_PORT_SHIFT 6
#define CQE_HASH_IPV4 1
#define CQE_HASH_IPV6 2
#define CQE_HASH_TCP  1
#define CQE_HASH_UDP  2

#endif
