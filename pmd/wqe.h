/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Send work queue entries, as 64-bit words in the order they lie in the ring. The segments'
 * structures are mlx5dv.h's; here is only how they are put together. A WQE is a control segment,
 * an Ethernet segment with the inlined head of the frame behind it, and data segments, 16 bytes
 * each; the ring's unit is a block of 64 bytes. Source: mlx5dv.h, drivers/common/mlx5/mlx5_prm.h of
 * DPDK 22.11 (what mlx5dv.h does not name), linux/mlx5/qp.h.
 */
#ifndef AN_WQE_H
#define AN_WQE_H

#include <infiniband/mlx5dv.h>
#include <rte_byteorder.h>
#include <stddef.h>
#include <stdint.h>

#if RTE_BYTE_ORDER != RTE_LITTLE_ENDIAN
#error "WQEs are put together for little-endian machines"
#endif

#define AN_WQE_BLOCK 64u     /* bytes; the unit of the send queue's indices */
#define AN_WQE_SEGMENT 16u   /* bytes; the unit of a WQE's length (DS) */
#define AN_WQE_BLOCK_SEGMENTS (AN_WQE_BLOCK / AN_WQE_SEGMENT)
/* The length field has 6 bits; whole blocks of that, as net_mlx5 limits itself too. */
#define AN_WQE_BLOCKS_MAX 15u
#define AN_WQE_SEGMENTS_MAX (AN_WQE_BLOCKS_MAX * AN_WQE_BLOCK_SEGMENTS)
/* Control and Ethernet segment without an inlined head. */
#define AN_WQE_TITLE_SEGMENTS 2u
/* Byte of a WQE where the inlined head starts: the last two of the Ethernet segment's first 16. */
#define AN_WQE_INLINE_START \
	(sizeof(struct mlx5_wqe_ctrl_seg) + offsetof(struct mlx5_wqe_eth_seg, inline_hdr_start))

#define AN_OPCODE_ENHANCED_MPW 0x29u /* MLX5_OPCODE_ENHANCED_MPSW, not in mlx5dv.h */
#define AN_ETH_INSERT_VLAN 0x8000u   /* in inline_hdr_sz; the tag is in inline_hdr_start */
#define AN_ETH_INLINE_MAX 0x3ffu     /* inline_hdr_sz has 10 bits */

_Static_assert(sizeof(struct mlx5_wqe_ctrl_seg) == 16, "one segment");
_Static_assert(sizeof(struct mlx5_wqe_data_seg) == 16, "one segment");
_Static_assert(offsetof(struct mlx5_wqe_ctrl_seg, fm_ce_se) == 11, "in the control's second word");
_Static_assert(offsetof(struct mlx5_wqe_eth_seg, mss) == 6, "in the segment's first word");
_Static_assert(offsetof(struct mlx5_wqe_eth_seg, inline_hdr_sz) == 12, "in its second word");
_Static_assert(AN_WQE_INLINE_START == 30, "the inlined head starts two bytes before a segment");

/* First word of the control segment; its copy is what the doorbell takes. */
static inline uint64_t an_wqe_control(uint8_t opcode, uint16_t index, uint32_t number,
				      uint32_t segments)
{
	return rte_cpu_to_be_32((uint32_t)index << 8 | opcode) |
	       (uint64_t)rte_cpu_to_be_32(number << 8 | segments) << 32;
}

/* Second word of the control segment: whether a CQE is asked for. */
#define AN_WQE_ASK_CQE ((uint64_t)MLX5_WQE_CTRL_CQ_UPDATE << 24)

/* First word of the Ethernet segment; mss is 0 where nothing is segmented. */
static inline uint64_t an_wqe_ethernet(uint8_t cs_flags, uint16_t mss)
{
	return (uint64_t)cs_flags << 32 | (uint64_t)rte_cpu_to_be_16(mss) << 48;
}

/* Second word: size of the inlined head, whose first two bytes are the word's last two. */
static inline uint64_t an_wqe_inline(uint16_t size)
{
	return (uint64_t)rte_cpu_to_be_16(size) << 32;
}

/* Second word: the device inserts this tag; there is no inlined head. */
static inline uint64_t an_wqe_vlan(uint16_t tci)
{
	return (uint64_t)rte_cpu_to_be_16(AN_ETH_INSERT_VLAN) << 32 |
	       (uint64_t)rte_cpu_to_be_16(tci) << 48;
}

/* A data segment's words. The key is big endian; a length of 0 would mean 2 GiB. */
static inline uint64_t an_wqe_data(uint32_t len, uint32_t key)
{
	return rte_cpu_to_be_32(len) | (uint64_t)key << 32;
}

static inline uint64_t an_wqe_address(uintptr_t address)
{
	return rte_cpu_to_be_64(address);
}

/* Segments of control, Ethernet segment and an inlined head of `size` bytes. */
static inline uint32_t an_wqe_head_segments(uint32_t size)
{
	uint32_t end = AN_WQE_INLINE_START + size;

	if (end <= AN_WQE_TITLE_SEGMENTS * AN_WQE_SEGMENT)
		return AN_WQE_TITLE_SEGMENTS;
	return (end + AN_WQE_SEGMENT - 1) / AN_WQE_SEGMENT;
}

static inline uint32_t an_wqe_blocks(uint32_t segments)
{
	return (segments + AN_WQE_BLOCK_SEGMENTS - 1) / AN_WQE_BLOCK_SEGMENTS;
}

#endif
