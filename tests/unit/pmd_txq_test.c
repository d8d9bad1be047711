// SPDX-License-Identifier: BSD-3-Clause
#include "../../pmd/sq.h"
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>

#define BUFFERS 1023u
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define MS 1000000ull
#define LIMIT (80 * MS)

static struct an_txq *txq;

static void setup(void)
{
	struct rte_eth_txconf conf = { 0 };

	device_open(BUFFERS, ROOM);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
	CU_ASSERT_EQUAL_FATAL(an_mr_add_all(&device.vf.memory), 0);
	CU_ASSERT_EQUAL_FATAL(an_txq_setup(&device.dev, 0, 256, 0, &conf), 0);
	txq = device.data.tx_queues[0];
}

static void teardown(void)
{
	an_txq_release(&device.dev, 0);
	an_txq_release(&device.dev, 0); /* one that is not there: nothing */
	device_close();
}

static void attach(void)
{
	CU_ASSERT_EQUAL_FATAL(an_txq_attach(txq, &device.vf), 0);
	txq->on_vf = true;
}

static void give(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *frame = device_mbuf(60, 0, i);

		CU_ASSERT_EQUAL_FATAL(an_tx_burst(txq, &frame, 1), 1);
	}
}

static void descriptors_are_checked(void)
{
	struct rte_eth_txconf conf = { 0 };

	an_txq_release(&device.dev, 0);
	CU_ASSERT_EQUAL(an_txq_setup(&device.dev, 0, 0, 0, &conf), -EINVAL);
	CU_ASSERT_EQUAL(an_txq_setup(&device.dev, 0, 32769, 0, &conf), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(an_txq_setup(&device.dev, 0, 100, 0, &conf), 0);
	txq = device.data.tx_queues[0];
	CU_ASSERT_EQUAL(txq->sq.mbuf_mask, 127);
}

/* Each call that can fail does; nothing stays, and the next attempt works. */
static void a_failed_attach_leaves_nothing(void)
{
	int err = -1;

	for (int at = 1; err != 0; at++) {
		device.fail_at = at;
		device.fail_errno = ENOSPC;
		err = an_txq_attach(txq, &device.vf);
		CU_ASSERT_TRUE(at < 7 ? err == (at == 6 ? -ENOTSUP : -ENOSPC) : err == 0);
		CU_ASSERT_EQUAL(device.objects, at < 7 ? 0 : 2);
		CU_ASSERT_TRUE_FATAL(at < 10);
	}
	device.fail_at = 0;
	CU_ASSERT_EQUAL(an_txq_attach(txq, &device.vf), -EBUSY);
	txq->on_vf = true;
	give(1);
	CU_ASSERT_EQUAL(device_send(), 1);
}

static void what_never_completed_is_lost(void)
{
	attach();
	give(40);
	CU_ASSERT_EQUAL(device_send_some(10), 10);
	txq->on_vf = false;
	an_txq_detach(txq, &device.vf);
	/* The first burst's completion was asked for and taken, no other. */
	CU_ASSERT_EQUAL(txq->lost, 39);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	CU_ASSERT_EQUAL(device.objects, 0);
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 39);
}

static void chains_are_lost_as_frames(void)
{
	struct rte_mbuf *frames[] = { device_mbuf(100, 10, 0), device_mbuf(100, 30, 0) };

	attach();
	CU_ASSERT_EQUAL(an_tx_burst(txq, frames, 2), 2);
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 2);
}

static void a_thousand_lives_leak_nothing(void)
{
	for (unsigned int i = 0; i < 1000; i++) {
		attach();
		give(i % 70);
		device_send_some(i % 50);
		device_forget();
		txq->on_vf = false;
		an_txq_detach(txq, &device.vf);
		CU_ASSERT_EQUAL_FATAL(rte_mempool_in_use_count(device.pool), 0);
		CU_ASSERT_EQUAL_FATAL(device.objects, 0);
	}
}

/* A device that is gone answers EIO: the frames come back, it cannot read them. */
static void a_device_that_is_gone_is_left(void)
{
	attach();
	give(5);
	device.destroy_errno = EIO;
	device.modify_errno = EIO;
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 5);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	device_abandon();
}

/* A QP that is neither destroyed nor reset may still read: its buffers are not given back. */
static void buffers_a_device_may_read_are_kept(void)
{
	struct rte_mbuf *kept[5];

	attach();
	for (unsigned int i = 0; i < 5; i++) {
		kept[i] = device_mbuf(60, 0, i);
		CU_ASSERT_EQUAL(an_tx_burst(txq, &kept[i], 1), 1);
	}
	device.destroy_errno = EBUSY;
	device.modify_errno = EINVAL;
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 5);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 5);
	rte_pktmbuf_free_bulk(kept, 5);
	device_abandon();
}

static void drain_waits_for_the_device(void)
{
	CU_ASSERT_TRUE(an_txq_drain(txq)); /* nothing there: nothing to wait for */
	attach();
	CU_ASSERT_TRUE(an_txq_drain(txq));
	give(10);
	CU_ASSERT_FALSE(an_txq_drain(txq));
	device_send();
	/* Nine wait behind no mark: it has to ask for the last one. */
	CU_ASSERT_FALSE(an_txq_drain(txq));
	CU_ASSERT_EQUAL(device_send(), 1);
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_TRUE(an_txq_drain(txq));
	an_txq_detach(txq, &device.vf);
	CU_ASSERT_EQUAL(txq->lost, 0);
}

static void a_silent_device_is_stalled(void)
{
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, MS, LIMIT)); /* not attached */
	attach();
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, MS, LIMIT));
	give(1);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 10 * MS, LIMIT));
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 90 * MS, LIMIT));
	CU_ASSERT_TRUE(an_txq_is_stalled(txq, 91 * MS, LIMIT));
	/* It recovers: the CQE is there, fetched or not. */
	device_send();
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 92 * MS, LIMIT));
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 500 * MS, LIMIT));
	give(1);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 501 * MS, LIMIT));
	device_send();
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 900 * MS, LIMIT));
}

/* Completions that come, however late each, are progress. */
static void a_slow_device_is_not_stalled(void)
{
	uint64_t now = MS;

	attach();
	give(1);
	for (unsigned int i = 0; i < 20; i++) {
		give(32); /* asks for one more */
		CU_ASSERT_FALSE(an_txq_is_stalled(txq, now, LIMIT));
		now += 70 * MS;
		CU_ASSERT_FALSE(an_txq_is_stalled(txq, now, LIMIT));
		device_send_some(i == 0 ? 1 : 32);
		an_tx_burst(txq, NULL, 0);
	}
	/* 31 are left, the mark of 32 with them: without progress that is a stall. */
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, now, LIMIT));
	CU_ASSERT_TRUE(an_txq_is_stalled(txq, now + 81 * MS, LIMIT));
}

/* Frames behind no mark: a NOP asks, once, and its CQE frees them. */
static void frames_behind_no_mark_are_asked_for(void)
{
	attach();
	give(10);
	device_send();
	an_tx_burst(txq, NULL, 0);
	CU_ASSERT_EQUAL(txq->sq.mark_head, txq->sq.mark_tail);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 9);
	device_doorbells();
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, MS, LIMIT));
	CU_ASSERT_EQUAL(device_doorbells(), 1);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 2 * MS, LIMIT));
	CU_ASSERT_EQUAL(device_doorbells(), 0);
	CU_ASSERT_TRUE(an_txq_is_stalled(txq, 100 * MS, LIMIT));
	CU_ASSERT_EQUAL(device_send(), 1);
	CU_ASSERT_FALSE(device.broken);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 101 * MS, LIMIT));
	an_tx_burst(txq, NULL, 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, 102 * MS, LIMIT));
	CU_ASSERT_EQUAL(device_doorbells(), 0);
	give(3);
	device_send();
	CU_ASSERT_FALSE(device.broken);
}

/* The look does not wait for a burst that is at work. */
static void the_look_leaves_a_busy_queue_alone(void)
{
	attach();
	give(10);
	device_send();
	an_tx_burst(txq, NULL, 0);
	device_doorbells();
	CU_ASSERT_TRUE(an_path_enter(&txq->path));
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, MS, LIMIT));
	CU_ASSERT_EQUAL(device_doorbells(), 0);
	an_path_leave(&txq->path);
	/* A stopped queue is control's already. */
	txq->stopped = true;
	CU_ASSERT_EQUAL(an_path_take(&txq->path, 10), 0);
	CU_ASSERT_FALSE(an_txq_is_stalled(txq, MS, LIMIT));
	CU_ASSERT_EQUAL(device_doorbells(), 1);
}

/* A device with rings of another shape than was asked for is not driven. */
static void limits_of_the_device_are_kept(void)
{
	device.vf.max_wqe = 64;
	attach();
	CU_ASSERT_EQUAL(txq->sq.block_mask, 63);
	give(60);
	device_send();
	CU_ASSERT_FALSE(device.broken);
	an_txq_detach(txq, &device.vf);
	device.vf.max_wqe = 32;
	CU_ASSERT_EQUAL(an_txq_attach(txq, &device.vf), -ENOTSUP);
	CU_ASSERT_EQUAL(device.objects, 0);
}

static CU_TestInfo tests[] = {
	{ "descriptors are checked", descriptors_are_checked },
	{ "a failed attach leaves nothing", a_failed_attach_leaves_nothing },
	{ "what never completed is lost", what_never_completed_is_lost },
	{ "chains are lost as frames", chains_are_lost_as_frames },
	{ "a thousand lives leak nothing", a_thousand_lives_leak_nothing },
	{ "a device that is gone is left", a_device_that_is_gone_is_left },
	{ "buffers a device may read are kept", buffers_a_device_may_read_are_kept },
	{ "drain waits for the device", drain_waits_for_the_device },
	{ "a silent device is stalled", a_silent_device_is_stalled },
	{ "a slow device is not stalled", a_slow_device_is_not_stalled },
	{ "frames behind no mark are asked for", frames_behind_no_mark_are_asked_for },
	{ "the look leaves a busy queue alone", the_look_leaves_a_busy_queue_alone },
	{ "limits of the device are kept", limits_of_the_device_are_kept },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/txq", setup, teardown, tests);
