// SPDX-License-Identifier: BSD-3-Clause
#include "../../pmd/rq.h"
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>

#define BUFFERS 1023u
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)

static const struct device_facts plain;
static struct an_rxq *rxq;

static void setup(void)
{
	struct rte_eth_rxconf conf = { 0 };

	device_open(BUFFERS, ROOM);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
	CU_ASSERT_EQUAL_FATAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, device.pool), 0);
	rxq = device.data.rx_queues[0];
}

static void teardown(void)
{
	an_rxq_release(&device.dev, 0);
	an_rxq_release(&device.dev, 0); /* one that is not there: nothing */
	device_close();
}

static void descriptors_and_buffers_are_checked(void)
{
	struct rte_eth_rxconf conf = { 0 };
	struct rte_mempool *small;

	an_rxq_release(&device.dev, 0);
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 0, 0, &conf, device.pool), -EINVAL);
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 32769, 0, &conf, device.pool), -EINVAL);
	/* An MTU that takes two buffers is the scatter offload's, one that takes 17 nobody's. */
	device.data.mtu = 2048 - 22;
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, device.pool), 0);
	an_rxq_release(&device.dev, 0);
	device.data.mtu = 2048 - 21;
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, device.pool), -EINVAL);
	conf.offloads = RTE_ETH_RX_OFFLOAD_SCATTER;
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, device.pool), 0);
	an_rxq_release(&device.dev, 0);
	small = rte_pktmbuf_pool_create("small", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 127,
					SOCKET_ID_ANY);
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, small), -EINVAL);
	rte_mempool_free(small);
	small = rte_pktmbuf_pool_create("small", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 128,
					SOCKET_ID_ANY);
	device.data.mtu = 9000;
	CU_ASSERT_EQUAL(an_rxq_setup(&device.dev, 0, 128, 0, &conf, small), -EINVAL);
	rte_mempool_free(small);
	device.data.mtu = 1500;
}

/* Each call that can fail does; nothing stays, and the next attempt works. */
static void a_failed_attach_leaves_nothing(void)
{
	int err = -1;

	CU_ASSERT_EQUAL(an_mr_add_all(&device.vf.memory), 0);
	for (int at = 1; err != 0; at++) {
		device.fail_at = at;
		device.fail_errno = ENOSPC;
		err = an_rxq_attach(rxq, &device.vf);
		CU_ASSERT_TRUE(at < 5 ? err == (at == 3 ? -ENOTSUP : -ENOSPC) : err == 0);
		CU_ASSERT_EQUAL(device.objects, at < 5 ? 0 : 2);
		CU_ASSERT_TRUE_FATAL(at < 10);
	}
	device.fail_at = 0;
	CU_ASSERT_EQUAL(device_room(), 128);
	CU_ASSERT_EQUAL(an_rxq_attach(rxq, &device.vf), -EBUSY);
}

static void a_pool_without_buffers_is_refused(void)
{
	struct rte_mbuf *held[BUFFERS];

	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_alloc_bulk(device.pool, held, BUFFERS), 0);
	CU_ASSERT_EQUAL(an_rxq_attach(rxq, &device.vf), -ENOMEM);
	CU_ASSERT_EQUAL(device.objects, 0);
	rte_pktmbuf_free_bulk(held, BUFFERS);
	CU_ASSERT_EQUAL(an_rxq_attach(rxq, &device.vf), 0);
}

static void a_thousand_lives_leak_nothing(void)
{
	uint8_t bytes[64] = { 0 };

	for (unsigned int i = 0; i < 1000; i++) {
		struct rte_mbuf *frames[32];
		uint16_t got;

		device.data.mtu = i % 2 ? 1500 : 1400;
		CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
		rxq->on_vf = true;
		for (unsigned int n = 0; n < i % 100; n++)
			device_receive(bytes, sizeof(bytes), &plain);
		got = an_rx_burst(rxq, frames, 32);
		CU_ASSERT_EQUAL(got, RTE_MIN(i % 100, 32));
		rte_pktmbuf_free_bulk(frames, got);
		rxq->on_vf = false;
		an_rxq_detach(rxq, &device.vf);
		CU_ASSERT_EQUAL_FATAL(rte_mempool_in_use_count(device.pool), 0);
		CU_ASSERT_EQUAL_FATAL(device.objects, 0);
	}
	/* 0 to 67 of 100 were left in each round of a hundred. */
	CU_ASSERT_EQUAL(rxq->lost, 10 * (67 * 68 / 2));
}

/* A device that is gone answers EIO: the buffers come back, it cannot write to them. */
static void a_device_that_is_gone_is_left(void)
{
	CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
	device.destroy_errno = EIO;
	device.modify_errno = EIO;
	an_rxq_detach(rxq, &device.vf);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	device_abandon();
}

/* A WQ that is neither destroyed nor stopped may still write: its buffers are not given back. */
static void buffers_a_device_may_write_are_kept(void)
{
	struct rte_mbuf *kept[128];

	CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
	memcpy(kept, rxq->rq.mbufs, sizeof(kept));
	device.destroy_errno = EBUSY;
	device.modify_errno = EINVAL;
	an_rxq_detach(rxq, &device.vf);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 128);
	rte_mempool_put_bulk(device.pool, (void **)kept, 128);
	device_abandon();
}

/* A WQ that cannot be destroyed but stopped writes no more. */
static void buffers_of_a_stopped_queue_come_back(void)
{
	CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
	device.destroy_errno = EBUSY;
	an_rxq_detach(rxq, &device.vf);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	device_abandon();
}

static CU_TestInfo tests[] = {
	{ "descriptors and buffers are checked", descriptors_and_buffers_are_checked },
	{ "a failed attach leaves nothing", a_failed_attach_leaves_nothing },
	{ "a pool without buffers is refused", a_pool_without_buffers_is_refused },
	{ "a thousand lives leak nothing", a_thousand_lives_leak_nothing },
	{ "a device that is gone is left", a_device_that_is_gone_is_left },
	{ "buffers a device may write are kept", buffers_a_device_may_write_are_kept },
	{ "buffers of a stopped queue come back", buffers_of_a_stopped_queue_come_back },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/rxq", setup, teardown, tests);
