// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

static struct world_rx rx;
static struct world_tx tx;

static void setup(void)
{
	world_setup();
	world.machine->replay = true;
	world_tx_create(&tx);
	world_rx_create(&rx);
}

static void teardown(void)
{
	world_rx_destroy(&rx);
	world_tx_destroy(&tx);
	world_teardown();
}

static void receives_complete_untouched(void)
{
	const struct mlx5_cqe64 *cqe;
	const uint8_t *frame;

	memset(rx.buffer, 0x5a, sizeof(rx.buffer));
	for (unsigned int i = 0; i < 3 * WORLD_RING; i++) {
		world_poll();
		cqe = world_rx_next(&rx, &frame);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_PTR_EQUAL(frame, rx.buffer[i % WORLD_RING]);
		CU_ASSERT_EQUAL(be32toh(cqe->byte_cnt), 64);
		CU_ASSERT_EQUAL(cqe->op_own >> 4, MLX5_CQE_RESP_SEND);
		CU_ASSERT_EQUAL(frame[0], 0x5a);
		CU_ASSERT_EQUAL(frame[63], 0x5a);
		world_rx_post(&rx, 1);
	}
}

static void sends_complete_unsent(void)
{
	struct frame_spec spec = world_udp(1, 2);
	const struct mlx5_cqe64 *cqe;
	const uint8_t *frame;
	size_t len = 0;

	for (unsigned int i = 0; i < 2 * WORLD_RING; i++)
		len = world_tx_send(&tx, &spec);
	CU_ASSERT_EQUAL(fabric_counters(world.machine->port, FABRIC_VF, FABRIC_TX)->packets, 0);
	/* What is received from now on is as long as what was sent. */
	while (world_rx_next(&rx, &frame) != NULL)
		;
	world_rx_post(&rx, 1);
	world_poll();
	cqe = world_rx_next(&rx, &frame);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(be32toh(cqe->byte_cnt), len);
}

static void no_doorbell_no_completion(void)
{
	struct frame_spec spec = world_udp(1, 2);
	uint64_t doorbell = world_tx_write(&tx, frames_build(tx.frame, &spec));

	world_poll();
	CU_ASSERT_PTR_NULL(world_cqe(&tx.dcq, 0));
	world_tx_ring(&tx, doorbell);
	world_poll();
	CU_ASSERT_PTR_NOT_NULL(world_cqe(&tx.dcq, 0));
}

static void nothing_reaches_the_kernel(void)
{
	for (unsigned int i = 0; i < 10; i++)
		world_poll();
	CU_ASSERT_EQUAL(world_kernel_frames(NULL, 0), 0);
}

static CU_TestInfo tests[] = {
	{ "receives complete, untouched", receives_complete_untouched },
	{ "sends complete, unsent", sends_complete_unsent },
	{ "no doorbell, no completion", no_doorbell_no_completion },
	{ "nothing reaches the kernel", nothing_reaches_the_kernel },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/replay", setup, teardown, tests);
