/* SPDX-License-Identifier: BSD-3-Clause */
/* A transmit queue on the small device, and what its tests share. */
#ifndef PMD_SENDER_H
#define PMD_SENDER_H

#include "../../pmd/txq.h"
#include "pmd_device.h"
#include "unit.h"

#define SENDER_BUFFERS 2047u
#define SENDER_ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define SENDER_DESCRIPTORS 256u

static struct an_txq *txq;

static inline void sender_open(uint64_t offloads)
{
	struct rte_eth_txconf conf = { .offloads = offloads };

	CU_ASSERT_EQUAL_FATAL(an_txq_setup(&device.dev, 0, SENDER_DESCRIPTORS, 0, &conf), 0);
	txq = device.data.tx_queues[0];
	CU_ASSERT_EQUAL_FATAL(an_txq_attach(txq, &device.vf), 0);
	txq->on_vf = true;
	device_doorbells();
}

static inline void sender_setup(void)
{
	device_open(SENDER_BUFFERS, SENDER_ROOM);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
	CU_ASSERT_EQUAL_FATAL(an_mr_add_all(&device.vf.memory), 0);
}

static inline void sender_teardown(void)
{
	if (device.data.tx_queues[0] != NULL)
		an_txq_release(&device.dev, 0);
	device_close();
}

static inline bool sender_frame_is(const struct device_frame *frame, size_t len, unsigned int seed)
{
	if (frame->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (frame->bytes[i] != device_byte(seed, i))
			return false;
	return true;
}

static inline uint16_t sender_give(struct rte_mbuf *frame)
{
	return an_tx_burst(txq, &frame, 1);
}

#endif
