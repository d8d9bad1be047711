// SPDX-License-Identifier: BSD-3-Clause
/* The judge of the traffic tests sees each thing that can go wrong with a stream. */
#include "../pmd/check.h"
#include "unit.h"

#include <string.h>

static const uint8_t own_mac[STREAM_MAC_LEN] = { 2, 0, 0, 0, 0, 0x0a };
static const uint8_t peer_mac[STREAM_MAC_LEN] = { 2, 0x77, 0, 0, 0, 1 };

static struct stream stream;
static struct check check;
static uint8_t frame[STREAM_FRAME_MAX];

static void setup(void)
{
	stream = (struct stream){ .seed = 7, .flows = 8, .least = 60, .most = 300 };
	memcpy(stream.mac, own_mac, sizeof(own_mac));
	memcpy(stream.peer_mac, peer_mac, sizeof(peer_mac));
	CU_ASSERT_EQUAL_FATAL(stream_init(&stream), 0);
	CU_ASSERT_EQUAL_FATAL(check_create(&check, &stream), 0);
	for (unsigned int flow = 0; flow < stream.flows; flow++)
		check_sending(&check, flow, 100);
}

static void teardown(void)
{
	check_destroy(&check);
}

static enum check_verdict take(unsigned int flow, uint32_t sequence)
{
	unsigned int length = stream_frame(&stream, flow, sequence, true, frame);

	return check_frame(&check, frame, length, 0);
}

static void all_good(void)
{
	struct check_sum sum;

	for (uint32_t sequence = 0; sequence < 100; sequence++)
		for (unsigned int flow = 0; flow < stream.flows; flow++)
			CU_ASSERT_EQUAL(take(flow, sequence), CHECK_GOOD);
	check_sum(&check, &sum);
	CU_ASSERT_EQUAL(sum.sent, 800);
	CU_ASSERT_EQUAL(sum.received, 800);
	CU_ASSERT_EQUAL(sum.lost, 0);
	CU_ASSERT_EQUAL(sum.errors, 0);
	CU_ASSERT_EQUAL(sum.moved, 0);
	CU_ASSERT_EQUAL(check.gaps, 0);
}

static void as_sent(void)
{
	unsigned int length = stream_frame(&stream, 3, 0, false, frame);

	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_GOOD);
}

/* Every single bit of a frame of each kind, but for the source's MAC address. */
static void flipped_bit(void)
{
	for (unsigned int flow = 0; flow < STREAM_KINDS; flow++) {
		unsigned int length = stream_frame(&stream, flow, 5, true, frame);

		for (unsigned int bit = 0; bit < length * 8; bit++) {
			enum check_verdict verdict;

			if (bit / 8 >= 6 && bit / 8 < 12)
				continue;
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			verdict = check_frame(&check, frame, length, 0);
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			/* Another address or protocol makes it a stranger's: a loss. */
			CU_ASSERT_NOT_EQUAL(verdict, CHECK_GOOD);
		}
	}
}

static void wrong_content(void)
{
	unsigned int length = stream_frame(&stream, 1, 5, true, frame);

	frame[length - 1] ^= 0x10;
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_BAD_CONTENT);
	frame[length - 1] ^= 0x10;
	frame[22] ^= 1; /* IPv4's TTL */
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_BAD_HEADER);
	frame[22] ^= 1;
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_GOOD);
}

static void wrong_checksum(void)
{
	for (unsigned int flow = 0; flow < STREAM_KINDS; flow++) {
		const struct stream_layout *layout = stream_layout(stream_kind(&stream, flow));
		unsigned int length = stream_frame(&stream, flow, 5, true, frame);
		unsigned int field = layout->l4 + (layout->tcp ? 16 : 6);

		CU_ASSERT(stream_checksums_ok(frame, length, layout));
		frame[field] ^= 1;
		CU_ASSERT(!stream_checksums_ok(frame, length, layout));
		CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_BAD_CHECKSUM);
		frame[field] ^= 1;
		if (layout->ipv6)
			continue;
		frame[layout->l3 + 10] ^= 1;
		CU_ASSERT(!stream_checksums_ok(frame, length, layout));
		CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_BAD_CHECKSUM);
	}
}

/* 0 and 0xffff are the same sum; which of them is sent is the sender's choice. */
static void other_zero(void)
{
	unsigned int found = 0;

	for (uint32_t sequence = 0; found == 0 && sequence < 1000000; sequence++) {
		unsigned int length = stream_frame(&stream, 1, sequence, true, frame);

		if (frame[50] != 0 || frame[51] != 0)
			continue;
		check_sending(&check, 1, sequence + 1);
		frame[50] = frame[51] = 0xff;
		CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_GOOD);
		found++;
	}
	CU_ASSERT_EQUAL(found, 1);
}

static void wrong_length(void)
{
	unsigned int length = stream_frame(&stream, 1, 5, true, frame);

	CU_ASSERT_EQUAL(check_frame(&check, frame, length - 1, 0), CHECK_BAD_LENGTH);
	CU_ASSERT_EQUAL(check_frame(&check, frame, length + 1, 0), CHECK_BAD_LENGTH);
	CU_ASSERT_EQUAL(check_frame(&check, frame, 50, 0), CHECK_UNSENT);
	CU_ASSERT_EQUAL(check_frame(&check, frame, 10, 0), CHECK_FOREIGN);
}

static void swapped_pair(void)
{
	struct check_sum sum;

	CU_ASSERT_EQUAL(take(2, 0), CHECK_GOOD);
	CU_ASSERT_EQUAL(take(2, 2), CHECK_GOOD);
	CU_ASSERT_EQUAL(check.gaps, 1);
	CU_ASSERT_EQUAL(take(2, 1), CHECK_DISORDER);
	CU_ASSERT_EQUAL(check.gaps, 0);
	CU_ASSERT_EQUAL(take(2, 3), CHECK_GOOD);
	check_sum(&check, &sum);
	CU_ASSERT_EQUAL(sum.received, 4);
	CU_ASSERT_EQUAL(sum.errors, 1);
}

static void duplicate(void)
{
	struct check_sum sum;

	CU_ASSERT_EQUAL(take(2, 0), CHECK_GOOD);
	CU_ASSERT_EQUAL(take(2, 0), CHECK_DUPLICATE);
	CU_ASSERT_EQUAL(take(2, 9), CHECK_GOOD);
	CU_ASSERT_EQUAL(take(2, 0), CHECK_DUPLICATE);
	check_sum(&check, &sum);
	CU_ASSERT_EQUAL(sum.received, 2);
	CU_ASSERT_EQUAL(sum.errors, 2);
}

static void loss(void)
{
	struct check_sum sum;

	CU_ASSERT_EQUAL(take(0, 10), CHECK_GOOD);
	CU_ASSERT_EQUAL(check.gaps, 10);
	check_sum(&check, &sum);
	CU_ASSERT_EQUAL(sum.lost, 799);
	CU_ASSERT_EQUAL(sum.errors, 0);
}

static void never_sent(void)
{
	CU_ASSERT_EQUAL(take(0, 100), CHECK_UNSENT);
	check_not_sent(&check, 1, 1);
	CU_ASSERT_EQUAL(take(1, 98), CHECK_GOOD);
	CU_ASSERT_EQUAL(take(1, 99), CHECK_UNSENT);
}

static void moved_flow(void)
{
	struct check_sum sum;
	unsigned int length;

	take(4, 0);
	length = stream_frame(&stream, 4, 1, true, frame);
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 3), CHECK_GOOD);
	check_sum(&check, &sum);
	CU_ASSERT_EQUAL(sum.moved, 1);
}

static void stranger(void)
{
	unsigned int length = stream_frame(&stream, 0, 0, true, frame);

	frame[26] = 11; /* IPv4's source */
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_FOREIGN);
	length = stream_frame(&stream, 0, 0, true, frame);
	frame[0] ^= 4; /* another port's MAC address */
	CU_ASSERT_EQUAL(check_frame(&check, frame, length, 0), CHECK_BAD_HEADER);
}

static CU_TestInfo tests[] = {
	{ "a whole stream is good", all_good },
	{ "a frame that comes as it was sent is good", as_sent },
	{ "any flipped bit is seen", flipped_bit },
	{ "content and header are told apart", wrong_content },
	{ "a wrong checksum is seen", wrong_checksum },
	{ "zero has two representations", other_zero },
	{ "a wrong length is seen", wrong_length },
	{ "a swapped pair is seen", swapped_pair },
	{ "a duplicate is seen", duplicate },
	{ "a loss is counted", loss },
	{ "a frame that was never sent is seen", never_sent },
	{ "a flow that changes its queue is seen", moved_flow },
	{ "a stranger's frame is told from one for another address", stranger },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("traffic/check", setup, teardown, tests);
