// SPDX-License-Identifier: BSD-3-Clause
/* Commands given without a command queue, as a driver in this process gives them. */
#include "connectx_driver.h"

#include <errno.h>

static struct cx *cx;
static uint8_t in[4096], out[4096];

static void setup(void)
{
	driver_setup(0);
	cx = driver.cx;
	cx_reset(cx); /* forgets the queue driver_setup() announced */
	memset(in, 0, sizeof(in));
}

/* The status of the command in `in`, which is zeroed after. */
static unsigned int execute(uint16_t opcode, size_t in_len, size_t out_len)
{
	cx_set(in, CX_FIELD(0, 31, 16), opcode);
	memset(out, 0xee, sizeof(out));
	CU_ASSERT_EQUAL_FATAL(cx_execute(cx, in, in_len, out, out_len), 0);
	for (size_t i = out_len; i < sizeof(out); i++)
		CU_ASSERT_EQUAL_FATAL(out[i], 0xee);
	memset(in, 0, sizeof(in));
	return out[0];
}

static void up_without_a_queue(void)
{
	CU_ASSERT_EQUAL(execute(0x800, 16, 16), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(execute(0x104, 16, 16), 0);
	CU_ASSERT_EQUAL(execute(0x102, 16, 16), 0);
	CU_ASSERT_TRUE(cx->in_service);
	CU_ASSERT_EQUAL(execute(0x802, 16, 16), 0); /* a UAR */
	CU_ASSERT_EQUAL(cx_get32(out, 0x8), CX_UAR_FIRST);
	CU_ASSERT_EQUAL(execute(0x800, 16, 16), 0); /* a PD */
	CU_ASSERT_TRUE(cx_get32(out, 0x8) != 0);
	CU_ASSERT_EQUAL(cx_commands(cx), 5);
	CU_ASSERT_EQUAL(execute(0x103, 16, 16), 0);
	CU_ASSERT_FALSE(cx->in_service);
	CU_ASSERT_EQUAL(execute(0x105, 16, 16), 0);
}

static void refusals_look_as_they_do_to_the_kernel(void)
{
	execute(0x104, 16, 16);
	execute(0x102, 16, 16);
	CU_ASSERT_EQUAL(execute(0xfff, 16, 64), CX_BAD_OP);
	CU_ASSERT_EQUAL(cx_get32(out, 4), 0xfffu << 8 | CX_BAD_OP);
	CU_ASSERT_EQUAL(cx_get32(out, 60), 0);
	CU_ASSERT_EQUAL(execute(0x754, 8, 272), CX_BAD_INPUT_LEN);
	CU_ASSERT_EQUAL(execute(0x754, 16, 271), CX_BAD_OUTPUT_LEN);
	cx_set32(in, 8, 77);
	CU_ASSERT_EQUAL(execute(0x801, 16, 16), CX_BAD_RES);
	CU_ASSERT_EQUAL(cx_execute(cx, in, 7, out, 16), -EINVAL);
	CU_ASSERT_EQUAL(cx_execute(cx, in, 16, out, 7), -EINVAL);
	CU_ASSERT_EQUAL(cx_execute(cx, in, (16u << 20) + 1, out, 16), -EINVAL);
	CU_ASSERT_EQUAL(cx_execute(cx, in, 16, out, (1ull << 32) + 16), -EINVAL);
}

/* More than a handler may touch unasked. */
static void long_messages(void)
{
	static uint8_t big[0x6000];

	execute(0x104, 16, 16);
	execute(0x102, 16, 16);
	cx_set(big, CX_FIELD(0, 31, 16), 0x754);
	memset(out, 0, sizeof(out));
	CU_ASSERT_EQUAL(cx_execute(cx, big, sizeof(big), big, sizeof(big)), 0);
	CU_ASSERT_EQUAL(big[0], 0);
	CU_ASSERT_EQUAL(memcmp(big + 0x10 + 0xf6, driver.cx->config.mac, 6), 0);
}

static void a_dead_function_does_not_answer(void)
{
	execute(0x104, 16, 16);
	execute(0x102, 16, 16);
	cx_set_health(cx, 1);
	CU_ASSERT_EQUAL(cx_execute(cx, in, 16, out, 16), -EIO);
	cx_set_health(cx, 0); /* restarted, and disabled until a driver says otherwise */
	CU_ASSERT_EQUAL(cx_execute(cx, in, 16, out, 16), -EIO);
	cx_reset(cx);
	CU_ASSERT_EQUAL(execute(0x104, 16, 16), 0);
}

static CU_TestInfo tests[] = {
	{ "up without a queue", up_without_a_queue },
	{ "refusals look as they do to the kernel", refusals_look_as_they_do_to_the_kernel },
	{ "long messages", long_messages },
	{ "a dead function does not answer", a_dead_function_does_not_answer },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/execute", setup, driver_teardown, tests);
