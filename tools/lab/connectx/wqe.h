/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work queue entries: the layout of segments, and a send WQE copied out of its ring. Source:
 * docs/protocol.md 7.7, linux/mlx5/qp.h (struct mlx5_wqe_ctrl_seg, mlx5_wqe_eth_seg,
 * mlx5_wqe_data_seg).
 */
#ifndef LAB_CX_WQE_H
#define LAB_CX_WQE_H

#include "objects.h"

#define CX_WQE_DS 16u     /* bytes of a segment, the unit of a WQE's length */
#define CX_WQE_BLOCK 64u  /* bytes; the ring's unit */
#define CX_WQE_DS_MAX 63u /* the field has 6 bits */
#define CX_WQE_MAX 1024u  /* bytes, whole blocks */

enum cx_wqe_opcode {
	WQE_NOP = 0x00,
	WQE_SEND = 0x0a,
	WQE_LSO = 0x0e,
	WQE_UMR = 0x25,
	WQE_ENHANCED_MPW = 0x29, /* many packets: each data segment is one */
};

enum cx_wqe_field {
	/* control segment */
	WQE_OPMOD = 0x00,
	WQE_OPCODE = 0x03,
	WQE_DS = 0x07,
	WQE_FM_CE_SE = 0x0b,
	/* Ethernet segment, right behind it */
	WQE_CS_FLAGS = 0x14,
	WQE_MSS = 0x16,
	WQE_INLINE_SIZE = 0x1c, /* u16; or, with WQE_INSERT_VLAN in it, a tag to insert */
	WQE_INLINE_START = 0x1e,
	WQE_VLAN_TCI = 0x1e,
	WQE_ETH_END = 0x20,
	/* data segment */
	WQE_DATA_COUNT = 0x0,
	WQE_DATA_KEY = 0x4,
	WQE_DATA_ADDRESS = 0x8,
	WQE_INLINE_DATA = 0x4,
};

#define WQE_OPMOD_MPW 1 /* of WQE_LSO: not one large packet, but many of WQE_MSS bytes each */

#define WQE_CE_SHIFT 2 /* in WQE_FM_CE_SE */
#define WQE_CE_MASK 3
#define WQE_CE_ALWAYS 2 /* and 3: always, and an event */

#define WQE_CS_L3 0x40
#define WQE_CS_L4 0x80

#define WQE_INLINE_SIZE_MASK 0x03ff
#define WQE_INSERT_VLAN 0x8000 /* in WQE_INLINE_SIZE */
#define WQE_INSERT_SVLAN 0x0001

#define WQE_DATA_INLINE 0x80000000u /* in WQE_DATA_COUNT of a send segment */
#define WQE_DATA_COUNT_MASK 0x7fffffffu
#define WQE_INVALID_KEY 0x100u /* MLX5_INVALID_LKEY: ends an RQ's scatter list */

struct cx_wqe {
	uint8_t bytes[CX_WQE_MAX];
	unsigned int ds;     /* segments, 1 to CX_WQE_DS_MAX */
	unsigned int blocks; /* of the ring */
	uint8_t opcode, opmod;
	bool signalled;      /* asks for a CQE */
};

/* Copies `len` bytes from byte `offset` of the ring's slot for that counter. 0 or -EFAULT. */
int cx_wq_read(struct cx *cx, const struct cx_wq *wq, uint32_t counter, uint32_t offset, void *dst,
	       size_t len);

/* Copies the WQE at the consumer; `posted` blocks are there to be read. 0, -EFAULT (the ring is not
 * in memory) or -EINVAL (its length is impossible); opcode and blocks (then 1) are always set. */
int cx_wqe_fetch(struct cx *cx, const struct cx_sq *sq, unsigned int posted, struct cx_wqe *wqe);

/* Byte where the data segments start, behind the inline header. Beyond the WQE: impossible. */
unsigned int cx_wqe_data(const struct cx_wqe *wqe);

/* Copies the data segment at byte *at behind dst[*len] and moves both on; inline data fills whole
 * segments. 0, -EINVAL (runs over the WQE, or no length), -EMSGSIZE (over `room`), -EACCES,
 * -EFAULT. */
int cx_wqe_gather(struct cx *cx, const struct cx_wqe *wqe, unsigned int *at, uint8_t *dst,
		  size_t *len, size_t room);

#endif
