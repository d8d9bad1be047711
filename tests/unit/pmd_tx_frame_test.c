// SPDX-License-Identifier: BSD-3-Clause
#include "pmd_sender.h"

#include <errno.h>
#include <rte_errno.h>

static struct rte_mbuf *tso_mbuf(size_t len, size_t piece, uint64_t flags)
{
	struct rte_mbuf *frame = device_mbuf(len, piece, 9);

	frame->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | flags;
	frame->l2_len = 14;
	frame->l3_len = flags & RTE_MBUF_F_TX_IPV6 ? 40 : 20;
	frame->l4_len = 20;
	frame->tso_segsz = 1448;
	return frame;
}

static void tso_inlines_the_headers(void)
{
	static const size_t pieces[] = { 0, 1000, 20, 7 };

	sender_open(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	for (unsigned int i = 0; i < RTE_DIM(pieces); i++) {
		size_t len = pieces[i] != 0 && pieces[i] < 100 ? 45 * pieces[i] : 2000;

		CU_ASSERT_EQUAL(sender_give(tso_mbuf(len, pieces[i], RTE_MBUF_F_TX_IPV4)), 1);
		CU_ASSERT_EQUAL(sender_give(tso_mbuf(len, pieces[i], RTE_MBUF_F_TX_IPV6)), 1);
		device_send();
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 2);
		CU_ASSERT_EQUAL(device.frames[0].opcode, 0x0e);
		CU_ASSERT_EQUAL(device.frames[0].inlined, 54);
		CU_ASSERT_EQUAL(device.frames[0].mss, 1448);
		CU_ASSERT_EQUAL(device.frames[0].checksums, 0xc0);
		CU_ASSERT_TRUE(sender_frame_is(&device.frames[0], len, 9));
		CU_ASSERT_EQUAL(device.frames[1].inlined, 74);
		CU_ASSERT_EQUAL(device.frames[1].checksums, 0x80);
		CU_ASSERT_TRUE(sender_frame_is(&device.frames[1], len, 9));
		device_forget();
	}
	CU_ASSERT_EQUAL(txq->refused, 0);
}

/* The tag stands behind the MAC addresses. */
static bool frame_is_tagged(const struct device_frame *frame, size_t len, unsigned int seed,
			    uint16_t tci)
{
	if (frame->len != len + 4 || frame->bytes[12] != 0x81 || frame->bytes[13] != 0x00 ||
	    frame->bytes[14] != tci >> 8 || frame->bytes[15] != (tci & 0xff))
		return false;
	for (size_t i = 0; i < len; i++)
		if (frame->bytes[i < 12 ? i : i + 4] != device_byte(seed, i))
			return false;
	return true;
}

static void a_vlan_tag_is_inserted_by_device_or_copy(void)
{
	static const size_t pieces[] = { 0, 5, 13, 60 };

	for (unsigned int mode = 0; mode < 3; mode++) {
		device.vf.vlan_insert = mode == 0;
		device.vf.inline_bytes = mode == 2 ? 18 : 0;
		sender_open(RTE_ETH_TX_OFFLOAD_VLAN_INSERT);
		for (unsigned int i = 0; i < RTE_DIM(pieces); i++) {
			struct rte_mbuf *frame = device_mbuf(200, pieces[i], 3);

			frame->ol_flags |= RTE_MBUF_F_TX_VLAN;
			frame->vlan_tci = 0xa123;
			CU_ASSERT_EQUAL(sender_give(frame), 1);
			device_send();
			CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
			CU_ASSERT_EQUAL(device.frames[0].tagged, mode == 0);
			if (mode == 0)
				CU_ASSERT_EQUAL(device.frames[0].tci, 0xa123);
			if (mode != 0)
				CU_ASSERT_EQUAL(device.frames[0].inlined, 18);
			CU_ASSERT_TRUE(mode == 0 ? sender_frame_is(&device.frames[0], 200, 3) :
				       frame_is_tagged(&device.frames[0], 200, 3, 0xa123));
			device_forget();
		}
		an_txq_release(&device.dev, 0);
	}
}

static void tso_with_a_tag_carries_it_inline(void)
{
	struct rte_mbuf *frame = tso_mbuf(2000, 0, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_VLAN);

	sender_open(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	frame->vlan_tci = 5;
	CU_ASSERT_EQUAL(sender_give(frame), 1);
	device_send();
	CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
	CU_ASSERT_EQUAL(device.frames[0].inlined, 58);
	CU_ASSERT_TRUE(frame_is_tagged(&device.frames[0], 2000, 9, 5));
}

static void segments_of_length_0_are_left_out(void)
{
	struct rte_mbuf *frame = device_mbuf(90, 30, 4), *empty = rte_pktmbuf_alloc(device.pool);

	sender_open(0);
	empty->next = frame->next;
	frame->next = empty;
	frame->nb_segs++;
	CU_ASSERT_EQUAL(sender_give(frame), 1);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
	CU_ASSERT_TRUE(sender_frame_is(&device.frames[0], 90, 4));
}

/* Breaks a frame of 100 bytes in two buffers, or asks for what there is not. */
static void spoil_segments_0(struct rte_mbuf *f) { f->nb_segs = 0; }
static void spoil_segments_more(struct rte_mbuf *f) { f->nb_segs = 3; }
static void spoil_segments_fewer(struct rte_mbuf *f) { f->nb_segs = 1; }
static void spoil_segments_many(struct rte_mbuf *f) { f->nb_segs = 60000; }
static void spoil_len_0(struct rte_mbuf *f)
{
	f->pkt_len = 0;
	f->data_len = 0;
	f->next->data_len = 0;
}
static void spoil_len_13(struct rte_mbuf *f)
{
	f->pkt_len = 13;
	f->data_len = 6;
	f->next->data_len = 7;
}
static void spoil_len_more(struct rte_mbuf *f) { f->pkt_len = 101; }
static void spoil_len_huge(struct rte_mbuf *f) { f->pkt_len = UINT32_MAX; }
static void spoil_len_jumbo(struct rte_mbuf *f)
{
	f->pkt_len = AN_TX_FRAME_MAX + 1;
	f->next->data_len = (uint16_t)(AN_TX_FRAME_MAX + 1 - f->data_len);
}
static void spoil_sctp(struct rte_mbuf *f) { f->ol_flags |= RTE_MBUF_F_TX_SCTP_CKSUM; }
static void spoil_qinq(struct rte_mbuf *f) { f->ol_flags |= RTE_MBUF_F_TX_QINQ; }
static void spoil_tunnel(struct rte_mbuf *f) { f->ol_flags |= RTE_MBUF_F_TX_TUNNEL_VXLAN; }
static void spoil_tso(struct rte_mbuf *f)
{
	f->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
	f->l2_len = 14;
	f->l3_len = 20;
	f->l4_len = 20;
	f->tso_segsz = 1000;
}
static void spoil_tso_mss_0(struct rte_mbuf *f) { spoil_tso(f); f->tso_segsz = 0; }
static void spoil_tso_mss_huge(struct rte_mbuf *f) { spoil_tso(f); f->tso_segsz = 65535; }
static void spoil_tso_no_l4(struct rte_mbuf *f) { spoil_tso(f); f->l4_len = 0; }
static void spoil_tso_no_l2(struct rte_mbuf *f) { spoil_tso(f); f->l2_len = 0; }
static void spoil_tso_header(struct rte_mbuf *f) { spoil_tso(f); f->l3_len = 66; }
static void spoil_tso_header_long(struct rte_mbuf *f) { spoil_tso(f); f->l3_len = 500; }

static const struct {
	void (*spoil)(struct rte_mbuf *frame);
	int err;
} spoilers[] = {
	{ spoil_segments_0, EINVAL }, { spoil_segments_more, EINVAL },
	{ spoil_segments_fewer, EINVAL }, { spoil_segments_many, EINVAL },
	{ spoil_len_0, EINVAL }, { spoil_len_13, EINVAL }, { spoil_len_more, EINVAL },
	{ spoil_len_huge, EINVAL }, { spoil_len_jumbo, EINVAL }, { spoil_sctp, ENOTSUP },
	{ spoil_qinq, ENOTSUP }, { spoil_tunnel, ENOTSUP }, { spoil_tso_mss_0, EINVAL },
	{ spoil_tso_mss_huge, EINVAL }, { spoil_tso_no_l4, EINVAL }, { spoil_tso_no_l2, EINVAL },
	{ spoil_tso_header, EINVAL }, { spoil_tso_header_long, EINVAL },
};

/* Freed, counted, and their neighbours are sent; the device never sees them. */
static void malformed_frames_are_refused_alone(void)
{
	for (unsigned int mpw = 0; mpw < 2; mpw++) {
		device.vf.mpw = mpw;
		sender_open(0);
		for (unsigned int i = 0; i < RTE_DIM(spoilers); i++) {
			struct rte_mbuf *frames[] = { device_mbuf(100, 0, 1),
						      device_mbuf(100, 50, 2),
						      device_mbuf(100, 0, 3) };

			spoilers[i].spoil(frames[1]);
			CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 3), 3);
			CU_ASSERT_EQUAL(txq->refused, i + 1);
			CU_ASSERT_EQUAL(device_doorbells(), 1);
			device_send();
			CU_ASSERT_FALSE_FATAL(device.broken);
			CU_ASSERT_EQUAL_FATAL(device.frame_count, 2);
			CU_ASSERT_TRUE(sender_frame_is(&device.frames[0], 100, 1));
			CU_ASSERT_TRUE(sender_frame_is(&device.frames[1], 100, 3));
			device_forget();
		}
		CU_ASSERT_EQUAL(txq->vf.packets, 2 * RTE_DIM(spoilers));
		an_txq_release(&device.dev, 0);
	}
}

static void prepare_says_what_the_burst_would_refuse(void)
{
	sender_open(0);
	for (unsigned int i = 0; i < RTE_DIM(spoilers); i++) {
		struct rte_mbuf *frames[] = { device_mbuf(100, 0, 1), device_mbuf(100, 50, 2) };

		CU_ASSERT_EQUAL(an_tx_prepare(txq, frames, 2), 2);
		spoilers[i].spoil(frames[1]);
		CU_ASSERT_EQUAL(an_tx_prepare(txq, frames, 2), 1);
		CU_ASSERT_EQUAL(rte_errno, spoilers[i].err);
		rte_pktmbuf_free_bulk(frames, 2);
	}
}

/* Frames of several blocks fill the ring of blocks before that of buffers. */
static void blocks_run_out_first(void)
{
	unsigned int taken = 0;

	sender_open(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	for (unsigned int i = 0; i < 500; i++) {
		struct rte_mbuf *frame = tso_mbuf(200, 0, RTE_MBUF_F_TX_IPV4);

		frame->l4_len = 100; /* 30 + 134 bytes of head: 3 blocks with the data segment */
		if (i % 3 == 0)
			frame->ol_flags = 0; /* 1 block */
		if (sender_give(frame) == 1) {
			taken++;
			continue;
		}
		rte_pktmbuf_free(frame);
		if (taken % 7 == 0)
			device_send_some(taken % 5 + 1);
	}
	CU_ASSERT_TRUE(taken > SENDER_DESCRIPTORS / 3);
	CU_ASSERT_TRUE(taken < 500);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_EQUAL(device.frame_count, taken);
}

/* A chain that just fits, over the ring's end too, and one that is longer. */
static void chains_are_as_long_as_a_wqe(void)
{
	sender_open(0);
	for (unsigned int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(sender_give(device_mbuf(58 * 3, 3, i)), 1);
		device_send();
		CU_ASSERT_FALSE_FATAL(device.broken);
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
		CU_ASSERT_TRUE(sender_frame_is(&device.frames[0], 58 * 3, i));
		device_forget();
	}
	CU_ASSERT_EQUAL(txq->refused, 0);
	CU_ASSERT_EQUAL(sender_give(device_mbuf(59 * 3, 3, 0)), 1);
	CU_ASSERT_EQUAL(txq->refused, 1);
}

/* A queue full of chains is never one that waits for a completion nobody asked for. */
static void long_chains_do_not_lock_a_small_queue(void)
{
	struct rte_eth_txconf conf = { 0 };

	CU_ASSERT_EQUAL_FATAL(an_txq_setup(&device.dev, 0, 64, 0, &conf), 0);
	txq = device.data.tx_queues[0];
	CU_ASSERT_EQUAL_FATAL(an_txq_attach(txq, &device.vf), 0);
	txq->on_vf = true;
	for (unsigned int i = 0; i < 200; i++) {
		struct rte_mbuf *frame = device_mbuf(58 * 2, i % 3 ? 2 : 0, i);
		unsigned int tries = 0;

		while (sender_give(frame) == 0 && tries++ < 3)
			device_send();
		CU_ASSERT_TRUE_FATAL(tries < 3);
	}
	device_send();
	CU_ASSERT_EQUAL(device.frame_count, 200);
}

static CU_TestInfo tests[] = {
	{ "TSO inlines the headers", tso_inlines_the_headers },
	{ "a VLAN tag is inserted by device or copy", a_vlan_tag_is_inserted_by_device_or_copy },
	{ "TSO with a tag carries it inline", tso_with_a_tag_carries_it_inline },
	{ "segments of length 0 are left out", segments_of_length_0_are_left_out },
	{ "malformed frames are refused alone", malformed_frames_are_refused_alone },
	{ "prepare says what the burst would refuse", prepare_says_what_the_burst_would_refuse },
	{ "blocks run out first", blocks_run_out_first },
	{ "chains are as long as a WQE", chains_are_as_long_as_a_wqe },
	{ "long chains do not lock a small queue", long_chains_do_not_lock_a_small_queue },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/tx_frame", sender_setup, sender_teardown, tests);
