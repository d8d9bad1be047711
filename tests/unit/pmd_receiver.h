/* SPDX-License-Identifier: BSD-3-Clause */
/* A receive queue on the small device, and what its tests share. */
#ifndef PMD_RECEIVER_H
#define PMD_RECEIVER_H

#include "../../pmd/rq.h"
#include "pmd_device.h"
#include "unit.h"

#include <string.h>

#define RECEIVER_BUFFERS 1023u
#define RECEIVER_ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define RECEIVER_DESCRIPTORS 128u

static struct an_rxq *rxq;
static const struct device_facts receiver_plain;

static inline void receiver_open(uint64_t offloads)
{
	struct rte_eth_rxconf conf = { .offloads = offloads };

	CU_ASSERT_EQUAL_FATAL(an_rxq_setup(&device.dev, 0, RECEIVER_DESCRIPTORS, 0, &conf,
					   device.pool), 0);
	rxq = device.data.rx_queues[0];
	CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
	rxq->on_vf = true;
}

static inline void receiver_setup_room(uint16_t room)
{
	device_open(RECEIVER_BUFFERS, room);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
}

static inline void receiver_setup(void)
{
	receiver_setup_room(RECEIVER_ROOM);
	device.vf.compression = true;
}

static inline void receiver_teardown(void)
{
	if (device.data.rx_queues[0] != NULL)
		an_rxq_release(&device.dev, 0);
	device_close();
}

static inline const uint8_t *receiver_bytes(unsigned int seed, size_t len)
{
	static uint8_t bytes[16384];

	for (size_t i = 0; i < len; i++)
		bytes[i] = device_byte(seed, i);
	return bytes;
}

static inline bool receiver_arrive(size_t len, unsigned int seed)
{
	return device_receive(receiver_bytes(seed, len), len, &receiver_plain);
}

/* The chain holds that frame, and is one that DPDK takes for sound. */
static inline bool receiver_mbuf_is(const struct rte_mbuf *frame, size_t len, unsigned int seed)
{
	static uint8_t room[16384];
	const char *reason;

	if (rte_mbuf_check(frame, 1, &reason) != 0 || frame->pkt_len != len || frame->port != 7)
		return false;
	return memcmp(rte_pktmbuf_read(frame, 0, (uint32_t)len, room), receiver_bytes(seed, len),
		      len) == 0;
}

#endif
