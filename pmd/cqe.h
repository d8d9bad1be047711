/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completion queue entries: who owns one, what it says, and compressed ones. The layout is
 * mlx5dv.h's struct mlx5_cqe64; what that keeps under reserved names is read here by its offset.
 *
 * Ownership: the device writes the lowest bit of op_own as the round's parity, last of the entry.
 * The consumer counts freely, so the expected bit is the counter's bit above the index. Before the
 * first round every entry must carry the other parity (an_cqe_disown_all).
 *
 * A compressed session: a title entry of format 3 tells in byte_cnt how many frames it stands for,
 * and each of them takes one slot. What differs from frame to frame is in mini CQEs, 8 bytes each,
 * 8 in a slot: the first array in the slot behind the title, the next in the title's slot + 8, + 16
 * and so on. The device does not write the other slots, whose owner bits are then two rounds old,
 * so the consumer gives each slot of a session the present round's parity, by which it is not ready
 * in the next. Source: core/en_rx.c (mlx5e_decompress_cqes_start, mlx5e_cqes_update_owner).
 */
#ifndef AN_CQE_H
#define AN_CQE_H

#include <infiniband/mlx5dv.h>
#include <rte_byteorder.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AN_CQE_SIZE 64u
#define AN_CQE_FORMAT_SHIFT 2
#define AN_CQE_FORMAT_MASK (3u << AN_CQE_FORMAT_SHIFT)
#define AN_CQE_COMPRESSED (3u << AN_CQE_FORMAT_SHIFT)
#define AN_CQE_OPCODE_SHIFT 4
#define AN_CQE_FRAME ((uint8_t)(MLX5_CQE_RESP_SEND << AN_CQE_OPCODE_SHIFT)) /* and nothing else */
#define AN_CQE_INDEX_MASK 0xffffffu /* of consumer indices in doorbell records */
#define AN_CQE_MINIS 8u             /* mini CQEs in a slot */

_Static_assert(sizeof(struct mlx5_cqe64) == AN_CQE_SIZE, "as asked for");
_Static_assert(offsetof(struct mlx5_cqe64, op_own) == AN_CQE_SIZE - 1, "the entry's last byte");
_Static_assert(offsetof(struct mlx5_cqe64, rsvd4) == 0x04, "the hash is at 0x0c");
_Static_assert(offsetof(struct mlx5_cqe64, hds_ip_ext) == 0x1c, "a word of header facts");

typedef uint32_t an_cqe_word __attribute__((may_alias));

/* The word at 0x1c: hds_ip_ext, l4_hdr_type_etc, VLAN tag (big endian), from its lowest byte up. */
#define AN_CQE_L3_OK ((uint32_t)MLX5_CQE_L3_OK)
#define AN_CQE_L4_OK ((uint32_t)MLX5_CQE_L4_OK)
#define AN_CQE_VLAN_STRIPPED (1u << 8)
#define AN_CQE_TYPE_SHIFT 10 /* to layer 3 (2 bits), layer 4 (3 bits) and fragment (1 bit) */
#define AN_CQE_TYPE_MASK 0x3fu
#define AN_CQE_VLAN_SHIFT 16

/* Of a mini CQE in the format MLX5DV_CQE_RES_FORMAT_HASH. */
struct an_mini {
	uint32_t hash;       /* big endian, as the next */
	uint32_t byte_count;
};

static inline uint32_t an_cqe_hash(const volatile struct mlx5_cqe64 *cqe)
{
	return rte_be_to_cpu_32(*(const volatile an_cqe_word *)&cqe->rsvd4[8]);
}

static inline uint32_t an_cqe_header(const volatile struct mlx5_cqe64 *cqe)
{
	return *(const volatile an_cqe_word *)&cqe->hds_ip_ext;
}

/* The parity that a CQE of consumer index `counter` has when it is the device's last word. */
static inline uint8_t an_cqe_parity(uint32_t counter, uint32_t mask)
{
	return (counter & (mask + 1)) != 0;
}

/* The entry was written in this round: everything in it may be read behind a read barrier. */
static inline bool an_cqe_is_ready(uint8_t op_own, uint32_t counter, uint32_t mask)
{
	return (op_own & MLX5_CQE_OWNER_MASK) == an_cqe_parity(counter, mask);
}

static inline uint8_t an_cqe_opcode(uint8_t op_own)
{
	return op_own >> AN_CQE_OPCODE_SHIFT;
}

static inline bool an_cqe_is_compressed(uint8_t op_own)
{
	return (op_own & AN_CQE_FORMAT_MASK) == AN_CQE_COMPRESSED;
}

/* op_own of a slot that is not ready in the round after that of `counter`. */
static inline uint8_t an_cqe_disowned(uint32_t counter, uint32_t mask)
{
	return (uint8_t)(MLX5_CQE_INVALID << AN_CQE_OPCODE_SHIFT) | an_cqe_parity(counter, mask);
}

/* Before the first round, while the device cannot write yet. */
static inline void an_cqe_disown_all(volatile struct mlx5_cqe64 *cqes, uint32_t mask)
{
	for (uint32_t i = 0; i <= mask; i++)
		cqes[i].op_own = an_cqe_disowned(mask + 1, mask);
}

#endif
