// SPDX-License-Identifier: BSD-3-Clause
/* The stream of the traffic tests: what it is made of, and that batches are frames in a row. */
#include "../pmd/stream.h"
#include "unit.h"

#include <string.h>

static struct stream stream;
static uint8_t frame[STREAM_FRAME_MAX], packet[STREAM_BATCH_MAX];

static void setup(void)
{
	stream = (struct stream){ .seed = 1 };
	CU_ASSERT_EQUAL_FATAL(stream_init(&stream), 0);
}

static void options(void)
{
	static const struct {
		struct stream stream;
		int result;
	} rows[] = {
		{ { .flows = STREAM_FLOWS_MAX }, 0 },
		{ { .flows = STREAM_FLOWS_MAX + 1 }, -22 },
		{ { .kinds = 16 }, -22 },
		{ { .least = 59 }, -22 },
		{ { .least = 100, .most = 99 }, -22 },
		{ { .most = STREAM_FRAME_MAX }, 0 },
		{ { .most = STREAM_FRAME_MAX + 1 }, -22 },
		{ { .batch = 40, .most = 1514 }, 0 },
		{ { .batch = 44, .most = 1514 }, -22 },
		{ { .batch = 4, .most = 100 }, -22 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream row = rows[i].stream;

		CU_ASSERT_EQUAL(stream_init(&row), rows[i].result);
	}
}

static void frames(void)
{
	unsigned int shortest = STREAM_FRAME_MAX, longest = 0, kinds = 0;

	for (unsigned int flow = 0; flow < 8; flow++) {
		enum stream_kind kind = stream_kind(&stream, flow);

		kinds |= 1u << kind;
		for (uint32_t sequence = 0; sequence < 100; sequence++) {
			unsigned int length = stream_frame(&stream, flow, sequence, true, frame);
			uint32_t found_sequence;
			unsigned int found;
			bool returned;

			CU_ASSERT_EQUAL(length, stream_length(&stream, flow, sequence));
			CU_ASSERT(stream_checksums_ok(frame, length, stream_layout(kind)));
			CU_ASSERT_EQUAL(stream_identify(&stream, frame, length, &found,
							&found_sequence, &returned), 0);
			CU_ASSERT_EQUAL(found, flow);
			CU_ASSERT_EQUAL(found_sequence, sequence);
			CU_ASSERT(returned);
			shortest = length < shortest ? length : shortest;
			longest = length > longest ? length : longest;
		}
	}
	CU_ASSERT_EQUAL(kinds, 15);
	CU_ASSERT_EQUAL(shortest, 60);
	CU_ASSERT_EQUAL(longest, 1514);
}

/* The seed decides: the same one gives the same bytes, another one others. */
static void seeded(void)
{
	static uint8_t again[STREAM_FRAME_MAX];
	unsigned int length = stream_frame(&stream, 1, 9, false, frame);

	CU_ASSERT_EQUAL(stream_frame(&stream, 1, 9, false, again), length);
	CU_ASSERT_EQUAL(memcmp(frame, again, length), 0);
	stream.seed = 2;
	stream_frame(&stream, 1, 9, false, again);
	CU_ASSERT_NOT_EQUAL(memcmp(frame + 60, again + 60, length - 60), 0);
}

/* Cut by hand, a batch is the frames that the receiver expects. */
static void batches(void)
{
	unsigned int flow = 1, segment, length;

	stream.batch = 5;
	CU_ASSERT(!stream_is_batched(&stream, 0));
	CU_ASSERT(stream_is_batched(&stream, flow));
	for (uint32_t first = 0; first < 15; first += 5) {
		const struct stream_layout *layout = stream_layout(stream_kind(&stream, flow));
		unsigned int at = layout->payload;

		length = stream_batch(&stream, flow, first, packet, &segment);
		for (uint32_t i = 0; i < 5; i++) {
			unsigned int bytes = stream_frame(&stream, flow, first + i, false, frame);
			unsigned int part = bytes - layout->payload;

			CU_ASSERT_EQUAL(memcmp(packet + at, frame + layout->payload, part), 0);
			if (i == 0)
				CU_ASSERT_EQUAL(memcmp(packet + 38, frame + 38, 4), 0);
			CU_ASSERT(i == 4 ? part < segment : part == segment);
			at += part;
		}
		CU_ASSERT_EQUAL(at, length);
	}
	/* The position in the TCP stream goes on where the batch before ended. */
	stream_frame(&stream, flow, 5, false, frame);
	CU_ASSERT_EQUAL(frame[38] << 24 | frame[39] << 16 | frame[40] << 8 | frame[41],
			(int)(5 * (1514 - 54) - 11));
}

static CU_TestInfo tests[] = {
	{ "what is asked for is checked", options },
	{ "lengths, kinds, checksums and recognition", frames },
	{ "the seed decides on every byte", seeded },
	{ "a batch is its frames in a row", batches },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("traffic/stream", setup, NULL, tests);
