// SPDX-License-Identifier: BSD-3-Clause
#include "../../pmd/sq.h"
#include "../../pmd/tx_frame.h"
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <string.h>

#define BUFFERS 2047u
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define DESCRIPTORS 256u

static struct an_txq *txq;

static void open_with(uint64_t offloads)
{
	struct rte_eth_txconf conf = { .offloads = offloads };

	CU_ASSERT_EQUAL_FATAL(an_txq_setup(&device.dev, 0, DESCRIPTORS, 0, &conf), 0);
	txq = device.data.tx_queues[0];
	CU_ASSERT_EQUAL_FATAL(an_txq_attach(txq, &device.vf), 0);
	txq->on_vf = true;
	device_doorbells();
}

static void setup(void)
{
	device_open(BUFFERS, ROOM);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
	CU_ASSERT_EQUAL_FATAL(an_mr_add_all(&device.vf.memory), 0);
}

static void teardown(void)
{
	if (device.data.tx_queues[0] != NULL)
		an_txq_release(&device.dev, 0);
	device_close();
}

static bool frame_is(const struct device_frame *frame, size_t len, unsigned int seed)
{
	if (frame->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (frame->bytes[i] != device_byte(seed, i))
			return false;
	return true;
}

static uint16_t send_one(struct rte_mbuf *frame)
{
	return an_tx_burst(txq, &frame, 1);
}

/* What the device was told last: the first eight bytes of the last WQE. */
static bool doorbell_is_of(uint16_t index)
{
	uint32_t mask = (1u << device.sq_log) - 1;

	return memcmp(device.uar, device.sq + (index & mask) * 64, 8) == 0;
}

static void burst_rings_one_doorbell(void)
{
	for (unsigned int mpw = 0; mpw < 2; mpw++) {
		struct rte_mbuf *frames[32];

		device.vf.mpw = mpw;
		open_with(0);
		for (unsigned int i = 0; i < 32; i++)
			frames[i] = device_mbuf(60 + i, 0, i);
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 32), 32);
		CU_ASSERT_EQUAL(device_doorbells(), 1);
		CU_ASSERT_TRUE(doorbell_is_of(mpw ? 0 : 31));
		CU_ASSERT_EQUAL(device_send(), mpw ? 1 : 32);
		CU_ASSERT_EQUAL(device.multi, mpw);
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 32);
		for (unsigned int i = 0; i < 32; i++)
			CU_ASSERT_TRUE(frame_is(&device.frames[i], 60 + i, i));
		CU_ASSERT_EQUAL(device.cqs[0].producer, 1);
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 32);
		/* Nothing to send is still a moment to take completions, and rings nothing. */
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 0), 0);
		CU_ASSERT_EQUAL(device_doorbells(), 0);
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
		CU_ASSERT_EQUAL(txq->vf.packets, 32);
		CU_ASSERT_EQUAL(txq->vf.bytes, 32 * 60 + 31 * 16);
		device_forget();
		an_txq_release(&device.dev, 0);
	}
}

/* Bursts of all sizes over many rounds of the ring, with frames of every shape. */
static void rings_wrap_with_every_shape(void)
{
	static const uint8_t pieces[] = { 0, 0, 0, 0, 0, 100, 0, 33, 0, 0, 0 };
	unsigned int seed = 0;

	for (unsigned int mode = 0; mode < 8; mode++) {
		device.vf.mpw = mode & 1;
		device.vf.inline_bytes = mode & 2 ? 18 : 0;
		open_with(mode & 4 ? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE : 0);
		for (unsigned int round = 0; round < 400; round++) {
			unsigned int n = round % 64 + 1, at = seed, done;
			struct rte_mbuf *frames[64];

			for (unsigned int i = 0; i < n; i++, seed++)
				frames[i] = device_mbuf(60 + seed % 400, pieces[seed % 11], seed);
			done = an_tx_burst(txq, frames, n);
			CU_ASSERT_EQUAL(device_doorbells(), done > 0);
			rte_pktmbuf_free_bulk(frames + done, n - done);
			if (round % 3 != 0)
				device_send();
			device_forget();
			seed = at + done;
			CU_ASSERT_TRUE(done > 0 || round % 3 == 1);
		}
		device_send();
		CU_ASSERT_FALSE(device.broken);
		device_forget();
		an_txq_release(&device.dev, 0);
		seed = 0;
	}
}

/* The same, and every byte is looked at. */
static void what_is_sent_is_what_was_given(void)
{
	for (unsigned int mode = 0; mode < 4; mode++) {
		unsigned int given = 0;

		device.vf.mpw = mode & 1;
		device.vf.inline_bytes = mode & 2 ? 18 : 0;
		open_with(RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
		while (given < 3000) {
			unsigned int n = given % 37 + 1, base = device.frame_count, done;
			struct rte_mbuf *frames[37];

			for (unsigned int i = 0; i < n; i++)
				frames[i] = device_mbuf(14 + (given + i) * 7 % 1500,
							(given + i) % 5 ? 0 : 301, given + i);
			done = an_tx_burst(txq, frames, n);
			rte_pktmbuf_free_bulk(frames + done, n - done);
			device_send();
			CU_ASSERT_EQUAL_FATAL(device.frame_count - base, done);
			for (unsigned int i = 0; i < done; i++)
				CU_ASSERT_TRUE(frame_is(&device.frames[base + i],
							14 + (given + i) * 7 % 1500, given + i));
			given += done;
		}
		device_forget();
		an_txq_release(&device.dev, 0);
	}
}

static void a_full_ring_takes_what_fits(void)
{
	for (unsigned int mpw = 0; mpw < 2; mpw++) {
		struct rte_mbuf *frames[512];
		unsigned int done;

		device.vf.mpw = mpw;
		open_with(0);
		for (unsigned int i = 0; i < 512; i++)
			frames[i] = device_mbuf(64, 0, i);
		done = an_tx_burst(txq, frames, 512);
		CU_ASSERT_EQUAL(done, DESCRIPTORS);
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames + done, 512 - done), 0);
		device_send();
		/* All but a tail that nobody asked a completion for yet. */
		done += an_tx_burst(txq, frames + done, 512 - done);
		CU_ASSERT_TRUE(done > 512 - AN_TX_MARK_EVERY);
		device_send();
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames + done, 512 - done), 512 - done);
		device_send();
		CU_ASSERT_EQUAL(device.frame_count, 512);
		device_forget();
		an_txq_release(&device.dev, 0);
	}
}

/* Completions are asked for by the queue's rule: the first burst, then each 32 frames. */
static void few_completions_are_asked_for(void)
{
	open_with(0);
	for (unsigned int i = 0; i < 65; i++)
		CU_ASSERT_EQUAL(send_one(device_mbuf(64, 0, i)), 1);
	device_send();
	CU_ASSERT_EQUAL(device.cqs[0].producer, 3);
	/* With all of them taken nothing is outstanding: the next one asks. */
	CU_ASSERT_EQUAL(send_one(device_mbuf(64, 0, 0)), 1);
	device_send();
	CU_ASSERT_EQUAL(device.cqs[0].producer, 4);
}

static void checksums_are_asked_for_in_the_ethernet_segment(void)
{
	static const struct {
		uint64_t flags;
		uint8_t checksums;
	} rows[] = {
		{ 0, 0 },
		{ RTE_MBUF_F_TX_IPV4, 0 },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM, 0x40 },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM, 0xc0 },
		{ RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM, 0x80 },
	};

	for (unsigned int mpw = 0; mpw < 2; mpw++) {
		struct rte_mbuf *frames[RTE_DIM(rows) * 2];

		device.vf.mpw = mpw;
		open_with(0);
		for (unsigned int i = 0; i < RTE_DIM(frames); i++) {
			frames[i] = device_mbuf(100, 0, i);
			frames[i]->ol_flags |= rows[i / 2].flags;
		}
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames, RTE_DIM(frames)), RTE_DIM(frames));
		CU_ASSERT_EQUAL(device_doorbells(), 1);
		device_send();
		CU_ASSERT_EQUAL_FATAL(device.frame_count, RTE_DIM(frames));
		/* Flags that only describe do not part frames: rows 0 and 1 share a WQE. */
		if (mpw)
			CU_ASSERT_EQUAL(device.multi, RTE_DIM(rows) - 1);
		for (unsigned int i = 0; i < RTE_DIM(frames); i++) {
			CU_ASSERT_EQUAL(device.frames[i].checksums, rows[i / 2].checksums);
			CU_ASSERT_TRUE(frame_is(&device.frames[i], 100, i));
		}
		device_forget();
		an_txq_release(&device.dev, 0);
	}
}

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

	open_with(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	for (unsigned int i = 0; i < RTE_DIM(pieces); i++) {
		size_t len = pieces[i] != 0 && pieces[i] < 100 ? 45 * pieces[i] : 2000;

		CU_ASSERT_EQUAL(send_one(tso_mbuf(len, pieces[i], RTE_MBUF_F_TX_IPV4)), 1);
		CU_ASSERT_EQUAL(send_one(tso_mbuf(len, pieces[i], RTE_MBUF_F_TX_IPV6)), 1);
		device_send();
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 2);
		CU_ASSERT_EQUAL(device.frames[0].opcode, 0x0e);
		CU_ASSERT_EQUAL(device.frames[0].inlined, 54);
		CU_ASSERT_EQUAL(device.frames[0].mss, 1448);
		CU_ASSERT_EQUAL(device.frames[0].checksums, 0xc0);
		CU_ASSERT_TRUE(frame_is(&device.frames[0], len, 9));
		CU_ASSERT_EQUAL(device.frames[1].inlined, 74);
		CU_ASSERT_EQUAL(device.frames[1].checksums, 0x80);
		CU_ASSERT_TRUE(frame_is(&device.frames[1], len, 9));
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
		open_with(RTE_ETH_TX_OFFLOAD_VLAN_INSERT);
		for (unsigned int i = 0; i < RTE_DIM(pieces); i++) {
			struct rte_mbuf *frame = device_mbuf(200, pieces[i], 3);

			frame->ol_flags |= RTE_MBUF_F_TX_VLAN;
			frame->vlan_tci = 0xa123;
			CU_ASSERT_EQUAL(send_one(frame), 1);
			device_send();
			CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
			CU_ASSERT_EQUAL(device.frames[0].tagged, mode == 0);
			if (mode == 0)
				CU_ASSERT_EQUAL(device.frames[0].tci, 0xa123);
			if (mode != 0)
				CU_ASSERT_EQUAL(device.frames[0].inlined, 18);
			CU_ASSERT_TRUE(mode == 0 ? frame_is(&device.frames[0], 200, 3) :
				       frame_is_tagged(&device.frames[0], 200, 3, 0xa123));
			device_forget();
		}
		an_txq_release(&device.dev, 0);
	}
}

static void tso_with_a_tag_carries_it_inline(void)
{
	struct rte_mbuf *frame = tso_mbuf(2000, 0, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_VLAN);

	open_with(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	frame->vlan_tci = 5;
	CU_ASSERT_EQUAL(send_one(frame), 1);
	device_send();
	CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
	CU_ASSERT_EQUAL(device.frames[0].inlined, 58);
	CU_ASSERT_TRUE(frame_is_tagged(&device.frames[0], 2000, 9, 5));
}

static void segments_of_length_0_are_left_out(void)
{
	struct rte_mbuf *frame = device_mbuf(90, 30, 4), *empty = rte_pktmbuf_alloc(device.pool);

	open_with(0);
	empty->next = frame->next;
	frame->next = empty;
	frame->nb_segs++;
	CU_ASSERT_EQUAL(send_one(frame), 1);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
	CU_ASSERT_TRUE(frame_is(&device.frames[0], 90, 4));
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
		open_with(0);
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
			CU_ASSERT_TRUE(frame_is(&device.frames[0], 100, 1));
			CU_ASSERT_TRUE(frame_is(&device.frames[1], 100, 3));
			device_forget();
		}
		CU_ASSERT_EQUAL(txq->vf.packets, 2 * RTE_DIM(spoilers));
		an_txq_release(&device.dev, 0);
	}
}

static void prepare_says_what_the_burst_would_refuse(void)
{
	open_with(0);
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

	open_with(RTE_ETH_TX_OFFLOAD_TCP_TSO);
	for (unsigned int i = 0; i < 500; i++) {
		struct rte_mbuf *frame = tso_mbuf(200, 0, RTE_MBUF_F_TX_IPV4);

		frame->l4_len = 100; /* 30 + 134 bytes of head: 3 blocks with the data segment */
		if (i % 3 == 0)
			frame->ol_flags = 0; /* 1 block */
		if (send_one(frame) == 1) {
			taken++;
			continue;
		}
		rte_pktmbuf_free(frame);
		if (taken % 7 == 0)
			device_send_some(taken % 5 + 1);
	}
	CU_ASSERT_TRUE(taken > DESCRIPTORS / 3);
	CU_ASSERT_TRUE(taken < 500);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_EQUAL(device.frame_count, taken);
}

/* A chain that just fits, over the ring's end too, and one that is longer. */
static void chains_are_as_long_as_a_wqe(void)
{
	open_with(0);
	for (unsigned int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(send_one(device_mbuf(58 * 3, 3, i)), 1);
		device_send();
		CU_ASSERT_FALSE_FATAL(device.broken);
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 1);
		CU_ASSERT_TRUE(frame_is(&device.frames[0], 58 * 3, i));
		device_forget();
	}
	CU_ASSERT_EQUAL(txq->refused, 0);
	CU_ASSERT_EQUAL(send_one(device_mbuf(59 * 3, 3, 0)), 1);
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

		while (send_one(frame) == 0 && tries++ < 3)
			device_send();
		CU_ASSERT_TRUE_FATAL(tries < 3);
	}
	device_send();
	CU_ASSERT_EQUAL(device.frame_count, 200);
}

/* Shared buffers: the queue gives up its reference only. */
static void a_referenced_buffer_stays(void)
{
	struct rte_mbuf *frame = device_mbuf(100, 0, 1);

	open_with(0);
	rte_mbuf_refcnt_update(frame, 1);
	CU_ASSERT_EQUAL(send_one(frame), 1);
	device_send();
	CU_ASSERT_EQUAL(an_tx_done_cleanup(txq, 0), 1);
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(frame), 1);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 1);
	rte_pktmbuf_free(frame);
}

static void an_error_cqe_stops_the_queue(void)
{
	struct rte_mbuf *frames[3];

	open_with(0);
	for (unsigned int i = 0; i < 3; i++)
		frames[i] = device_mbuf(100, 0, i);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 2), 2);
	device_fail(0, 13);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames + 2, 1), 0);
	CU_ASSERT_TRUE(txq->sq.failed);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames + 2, 1), 0);
	rte_pktmbuf_free(frames[2]);
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 2);
}

static void memory_without_a_key_is_asked_for(void)
{
	static struct rte_mbuf_ext_shared_info shinfo;
	struct rte_mbuf *frames[] = { device_mbuf(100, 0, 1), rte_pktmbuf_alloc(device.pool),
				      device_mbuf(100, 0, 2) };
	uint8_t *data = rte_zmalloc("unit", 256, 0);

	rte_mbuf_ext_refcnt_set(&shinfo, 2);
	rte_pktmbuf_attach_extbuf(frames[1], data, RTE_BAD_IOVA, 256, &shinfo);
	rte_pktmbuf_append(frames[1], 100);
	device.vf.mpw = true;
	open_with(0);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 3), 1);
	CU_ASSERT_EQUAL(device.vf.memory.wanted, rte_pktmbuf_mtod(frames[1], uintptr_t));
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames + 1, 2), 0);
	CU_ASSERT_EQUAL(an_mr_serve(&device.vf.memory), 0);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames + 1, 2), 2);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_EQUAL(device.frame_count, 3);
	an_txq_release(&device.dev, 0);
	rte_free(data);
}

/* Memory that DPDK does not know: dropped and counted once control has tried. */
static void memory_that_has_no_key_is_refused(void)
{
	static struct rte_mbuf_ext_shared_info shinfo;
	static uint8_t data[256];
	struct rte_mbuf *frames[] = { rte_pktmbuf_alloc(device.pool), device_mbuf(100, 0, 2) };

	rte_mbuf_ext_refcnt_set(&shinfo, 2);
	rte_pktmbuf_attach_extbuf(frames[0], data, RTE_BAD_IOVA, sizeof(data), &shinfo);
	rte_pktmbuf_append(frames[0], 100);
	open_with(0);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 2), 0);
	CU_ASSERT_EQUAL(an_mr_serve(&device.vf.memory), -EFAULT);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 2), 2);
	CU_ASSERT_EQUAL(txq->refused, 1);
	device_send();
	CU_ASSERT_EQUAL(device.frame_count, 1);
}

static void control_at_work_means_no_burst(void)
{
	struct rte_mbuf *frame = device_mbuf(100, 0, 1);

	open_with(0);
	CU_ASSERT_EQUAL(an_path_take(&txq->path, 10), 0);
	CU_ASSERT_EQUAL(an_tx_burst(txq, &frame, 1), 0);
	CU_ASSERT_EQUAL(an_tx_done_cleanup(txq, 0), 0);
	an_path_give(&txq->path);
	CU_ASSERT_EQUAL(an_tx_burst(txq, &frame, 1), 1);
}

static void status_tells_what_room_there_is(void)
{
	struct rte_mbuf *frames[16];

	open_with(0);
	for (unsigned int i = 0; i < 16; i++)
		frames[i] = device_mbuf(64, 0, i);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 16), 16);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, 0), RTE_ETH_TX_DESC_DONE);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, DESCRIPTORS - 17), RTE_ETH_TX_DESC_DONE);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, DESCRIPTORS - 16), RTE_ETH_TX_DESC_FULL);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, DESCRIPTORS), -EINVAL);
	device_send();
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, DESCRIPTORS - 1), RTE_ETH_TX_DESC_DONE);
}

static CU_TestInfo tests[] = {
	{ "a burst rings one doorbell, with the last WQE's first bytes", burst_rings_one_doorbell },
	{ "rings wrap with frames of every shape", rings_wrap_with_every_shape },
	{ "what is sent is what was given", what_is_sent_is_what_was_given },
	{ "a full ring takes what fits", a_full_ring_takes_what_fits },
	{ "few completions are asked for", few_completions_are_asked_for },
	{ "checksums", checksums_are_asked_for_in_the_ethernet_segment },
	{ "TSO inlines the headers", tso_inlines_the_headers },
	{ "a VLAN tag is inserted by the device or by copy", a_vlan_tag_is_inserted_by_device_or_copy },
	{ "TSO with a tag carries it inline", tso_with_a_tag_carries_it_inline },
	{ "segments of length 0 are left out", segments_of_length_0_are_left_out },
	{ "malformed frames are refused alone", malformed_frames_are_refused_alone },
	{ "prepare says what the burst would refuse", prepare_says_what_the_burst_would_refuse },
	{ "blocks run out first", blocks_run_out_first },
	{ "chains are as long as a WQE", chains_are_as_long_as_a_wqe },
	{ "long chains do not lock a small queue", long_chains_do_not_lock_a_small_queue },
	{ "a referenced buffer stays", a_referenced_buffer_stays },
	{ "an error CQE stops the queue", an_error_cqe_stops_the_queue },
	{ "memory without a key is asked for", memory_without_a_key_is_asked_for },
	{ "memory that has no key is refused", memory_that_has_no_key_is_refused },
	{ "control at work means no burst", control_at_work_means_no_burst },
	{ "descriptor status", status_tells_what_room_there_is },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/tx", setup, teardown, tests);
