// SPDX-License-Identifier: BSD-3-Clause
#include "pmd_sender.h"

#include <errno.h>
#include <rte_malloc.h>
#include <string.h>

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
		sender_open(0);
		for (unsigned int i = 0; i < 32; i++)
			frames[i] = device_mbuf(60 + i, 0, i);
		CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 32), 32);
		CU_ASSERT_EQUAL(device_doorbells(), 1);
		CU_ASSERT_TRUE(doorbell_is_of(mpw ? 0 : 31));
		CU_ASSERT_EQUAL(device_send(), mpw ? 1 : 32);
		CU_ASSERT_EQUAL(device.multi, mpw);
		CU_ASSERT_EQUAL_FATAL(device.frame_count, 32);
		for (unsigned int i = 0; i < 32; i++)
			CU_ASSERT_TRUE(sender_frame_is(&device.frames[i], 60 + i, i));
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
		sender_open(mode & 4 ? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE : 0);
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
		sender_open(RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
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
				CU_ASSERT_TRUE(sender_frame_is(&device.frames[base + i],
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
		sender_open(0);
		for (unsigned int i = 0; i < 512; i++)
			frames[i] = device_mbuf(64, 0, i);
		done = an_tx_burst(txq, frames, 512);
		CU_ASSERT_EQUAL(done, SENDER_DESCRIPTORS);
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
	sender_open(0);
	for (unsigned int i = 0; i < 65; i++)
		CU_ASSERT_EQUAL(sender_give(device_mbuf(64, 0, i)), 1);
	device_send();
	CU_ASSERT_EQUAL(device.cqs[0].producer, 3);
	/* With all of them taken nothing is outstanding: the next one asks. */
	CU_ASSERT_EQUAL(sender_give(device_mbuf(64, 0, 0)), 1);
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
		sender_open(0);
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
			CU_ASSERT_TRUE(sender_frame_is(&device.frames[i], 100, i));
		}
		device_forget();
		an_txq_release(&device.dev, 0);
	}
}

/* Shared buffers: the queue gives up its reference only. */
static void a_referenced_buffer_stays(void)
{
	struct rte_mbuf *frame = device_mbuf(100, 0, 1);

	sender_open(0);
	rte_mbuf_refcnt_update(frame, 1);
	CU_ASSERT_EQUAL(sender_give(frame), 1);
	device_send();
	CU_ASSERT_EQUAL(an_tx_done_cleanup(txq, 0), 1);
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(frame), 1);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 1);
	rte_pktmbuf_free(frame);
}

static void an_error_cqe_stops_the_queue(void)
{
	struct rte_mbuf *frames[3];

	sender_open(0);
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
	sender_open(0);
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
	sender_open(0);
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

	sender_open(0);
	CU_ASSERT_EQUAL(an_path_take(&txq->path, 10), 0);
	CU_ASSERT_EQUAL(an_tx_burst(txq, &frame, 1), 0);
	CU_ASSERT_EQUAL(an_tx_done_cleanup(txq, 0), 0);
	an_path_give(&txq->path);
	CU_ASSERT_EQUAL(an_tx_burst(txq, &frame, 1), 1);
}

static void status_tells_what_room_there_is(void)
{
	struct rte_mbuf *frames[16];

	sender_open(0);
	for (unsigned int i = 0; i < 16; i++)
		frames[i] = device_mbuf(64, 0, i);
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 16), 16);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, 0), RTE_ETH_TX_DESC_DONE);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, SENDER_DESCRIPTORS - 17),
			RTE_ETH_TX_DESC_DONE);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, SENDER_DESCRIPTORS - 16),
			RTE_ETH_TX_DESC_FULL);
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, SENDER_DESCRIPTORS), -EINVAL);
	device_send();
	CU_ASSERT_EQUAL(an_tx_descriptor_status(txq, SENDER_DESCRIPTORS - 1), RTE_ETH_TX_DESC_DONE);
}

static CU_TestInfo tests[] = {
	{ "a burst rings one doorbell, with the last WQE's first bytes", burst_rings_one_doorbell },
	{ "rings wrap with frames of every shape", rings_wrap_with_every_shape },
	{ "what is sent is what was given", what_is_sent_is_what_was_given },
	{ "a full ring takes what fits", a_full_ring_takes_what_fits },
	{ "few completions are asked for", few_completions_are_asked_for },
	{ "checksums", checksums_are_asked_for_in_the_ethernet_segment },
	{ "a referenced buffer stays", a_referenced_buffer_stays },
	{ "an error CQE stops the queue", an_error_cqe_stops_the_queue },
	{ "memory without a key is asked for", memory_without_a_key_is_asked_for },
	{ "memory that has no key is refused", memory_that_has_no_key_is_refused },
	{ "control at work means no burst", control_at_work_means_no_burst },
	{ "descriptor status", status_tells_what_room_there_is },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/tx", sender_setup, sender_teardown, tests);
