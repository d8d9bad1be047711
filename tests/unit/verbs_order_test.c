// SPDX-License-Identifier: BSD-3-Clause
/* A program that changes paths: what it sent first arrives first, though both wait at once. */
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#define KEPT 8

static struct world_tx tx;
static unsigned int arrived;
static uint16_t order[KEPT]; /* source ports, as they came */

static enum fabric_drop note(void *ctx, const uint8_t *frame, size_t len)
{
	(void)ctx;
	if (len > 36 && wire_get16(frame + ETHER_TYPE) == ETHER_TYPE_IPV4)
		order[arrived++ % KEPT] = wire_get16(frame + 34);
	return FABRIC_DELIVERED;
}

static const struct fabric_path_ops note_ops = { .deliver = note };

static void setup(void)
{
	world_setup();
	fabric_attach(world.other, FABRIC_SYNTHETIC, &note_ops, NULL);
	world_tx_create(&tx);
	arrived = 0;
}

static void teardown(void)
{
	world_tx_destroy(&tx);
	world_teardown();
}

static struct frame_spec to_other(uint16_t port)
{
	struct frame_spec spec = world_udp(port, 9);

	spec.dst_mac = world_other_mac;
	return spec;
}

/* Rung, but the device has not looked yet: one at a time, there is one buffer. */
static void on_vf(uint16_t port)
{
	struct frame_spec spec = to_other(port);

	world_tx_ring(&tx, world_tx_write(&tx, frames_build(tx.frame, &spec)));
}

static void on_eth0(uint16_t port)
{
	struct frame_spec spec = to_other(port);
	uint8_t frame[WORLD_FRAME];
	size_t len = frames_build(frame, &spec);

	CU_ASSERT_EQUAL(send(world.kernel, frame, len, 0), (ssize_t)len);
}

static void expect_order(unsigned int count)
{
	world_poll();
	CU_ASSERT_EQUAL_FATAL(arrived, count);
	for (unsigned int i = 0; i < count; i++)
		CU_ASSERT_EQUAL(order[i], i);
}

static void to_eth0_and_back(void)
{
	on_vf(0);
	expect_order(1); /* the VF is in use */
	on_vf(1);
	on_eth0(2);
	on_eth0(3);
	expect_order(4);
	on_eth0(4);
	on_vf(5);
	expect_order(6);
	on_vf(6);
	on_eth0(7);
	expect_order(8);
}

static CU_TestInfo tests[] = {
	{ "to eth0 and back", to_eth0_and_back },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/order", setup, teardown, tests);
