// SPDX-License-Identifier: BSD-3-Clause
/* The relay's frames: cut anywhere, of every length, and what is none. */
#include "../../tools/lab/nested/relay.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct relay relay;
static uint8_t stream[4 * (RELAY_DATA_MAX + sizeof(struct relay_head))];
static size_t len; /* of stream */

static struct {
	size_t bytes[3]; /* by descriptor */
	unsigned int calls;
	uint8_t last[RELAY_DATA_MAX];
	int ret;
} out;

static int take(void *ctx, int fd, const void *data, size_t n)
{
	CU_ASSERT_PTR_EQUAL(ctx, &out);
	CU_ASSERT_FATAL(fd == 1 || fd == 2);
	out.bytes[fd] += n;
	out.calls++;
	memcpy(out.last, data, n);
	return out.ret;
}

static void setup(void)
{
	memset(&out, 0, sizeof(out));
	memset(&relay, 0xa5, sizeof(relay));
	relay_init(&relay, take, &out);
	len = 0;
}

static void frame(uint32_t type, const void *data, uint32_t n)
{
	struct relay_head head = { type, n };

	memcpy(stream + len, &head, sizeof(head));
	if (n > 0)
		memcpy(stream + len + sizeof(head), data, n);
	len += sizeof(head) + n;
}

static void cut_anywhere(void)
{
	static const size_t steps[] = { 1, 3, 7, 8, 9, 100, 65536, sizeof(stream) };
	static uint8_t large[RELAY_DATA_MAX];
	uint32_t status = 7;

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 31);
	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		setup();
		frame(RELAY_READY, NULL, 0);
		frame(RELAY_STDERR, "hm", 2);
		frame(RELAY_STDOUT, NULL, 0);
		frame(RELAY_STDOUT, large, sizeof(large));
		frame(RELAY_EXIT, &status, sizeof(status));
		CU_ASSERT_FALSE(relay.ready);
		for (size_t at = 0; at < len; at += steps[s]) {
			size_t n = len - at < steps[s] ? len - at : steps[s];

			CU_ASSERT_EQUAL(relay.status, -1);
			CU_ASSERT_EQUAL(relay_feed(&relay, stream + at, n), 0);
		}
		CU_ASSERT_TRUE(relay.ready);
		CU_ASSERT_EQUAL(relay.status, 7);
		CU_ASSERT_EQUAL(out.bytes[2], 2);
		CU_ASSERT_EQUAL(out.bytes[1], sizeof(large));
		CU_ASSERT_EQUAL(memcmp(out.last, large, sizeof(large)), 0);
	}
}

static void truncated_frames_wait(void)
{
	frame(RELAY_STDOUT, "abcd", 4);
	CU_ASSERT_EQUAL(relay_feed(&relay, stream, 0), 0);
	for (size_t n = 0; n < len - 1; n++)
		CU_ASSERT_EQUAL(relay_feed(&relay, stream + n, 1), 0);
	CU_ASSERT_EQUAL(out.calls, 0);
	CU_ASSERT_EQUAL(relay_feed(&relay, stream + len - 1, 1), 0);
	CU_ASSERT_EQUAL(out.calls, 1);
}

static void no_frames(void)
{
	static const struct {
		uint32_t type, len, sent;
		const char *data;
		int ret;
	} row[] = {
		{ RELAY_STDOUT, RELAY_DATA_MAX + 1, 0, "", -EPROTO },
		{ RELAY_STDERR, UINT32_MAX, 0, "", -EPROTO },
		{ RELAY_EXIT, UINT32_MAX - 7, 0, "", -EPROTO },
		{ 0, 0, 0, "", -EPROTO },
		{ 5, 1, 1, "x", -EPROTO },
		{ UINT32_MAX, 4, 4, "abcd", -EPROTO },
		{ RELAY_EXIT, 0, 0, "", -EPROTO },
		{ RELAY_EXIT, 3, 3, "\0\0\0", -EPROTO },
		{ RELAY_EXIT, 5, 5, "\0\0\0\0\0", -EPROTO },
		{ RELAY_EXIT, 4, 4, "\0\1\0\0", -EPROTO }, /* no status is 256 */
		{ RELAY_READY, 1, 1, "x", -EPROTO },
		{ RELAY_STDOUT, RELAY_DATA_MAX, 1, "x", 0 }, /* the rest may come */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct relay_head head = { row[i].type, row[i].len };

		setup();
		memcpy(stream, &head, sizeof(head));
		memcpy(stream + sizeof(head), row[i].data, row[i].sent);
		CU_ASSERT_EQUAL(relay_feed(&relay, stream, sizeof(head) + row[i].sent), row[i].ret);
		CU_ASSERT_EQUAL(relay.status, -1);
		CU_ASSERT_EQUAL(out.calls, 0);
	}
}

static void nothing_follows_the_status(void)
{
	uint32_t status = 0;

	frame(RELAY_EXIT, &status, sizeof(status));
	frame(RELAY_STDOUT, "late", 4);
	frame(99, "?", 1);
	CU_ASSERT_EQUAL(relay_feed(&relay, stream, len), 0);
	CU_ASSERT_EQUAL(relay.status, 0);
	CU_ASSERT_EQUAL(relay_feed(&relay, stream, len), 0);
	CU_ASSERT_EQUAL(out.calls, 0);
}

static void a_reader_that_is_gone(void)
{
	uint32_t status = 0;

	out.ret = -EPIPE;
	frame(RELAY_STDOUT, "x", 1);
	frame(RELAY_EXIT, &status, sizeof(status));
	CU_ASSERT_EQUAL(relay_feed(&relay, stream, len), -EPIPE);
	CU_ASSERT_EQUAL(relay.status, -1);
}

/* Whatever comes: an error or not, never a byte beyond the buffer (ASan watches). */
static void noise(void)
{
	srand(1);
	for (unsigned int round = 0; round < 300; round++) {
		uint8_t bytes[64];

		setup();
		for (unsigned int i = 0; i < 40; i++) {
			for (size_t b = 0; b < sizeof(bytes); b++)
				bytes[b] = (uint8_t)(rand() % 4 == 0 ? rand() : rand() % 5);
			if (relay_feed(&relay, bytes, (size_t)rand() % sizeof(bytes)) != 0)
				break;
			CU_ASSERT(relay.have <= sizeof(relay.buf));
		}
	}
}

static CU_TestInfo tests[] = {
	{ "frames cut anywhere", cut_anywhere },
	{ "truncated frames wait for the rest", truncated_frames_wait },
	{ "what is no frame", no_frames },
	{ "nothing follows the status", nothing_follows_the_status },
	{ "a reader that is gone", a_reader_that_is_gone },
	{ "noise", noise },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/relay", setup, NULL, tests);
