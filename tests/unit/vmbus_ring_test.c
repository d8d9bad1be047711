// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/vmbus/ring.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/*
 * Two data pages that are not neighbours in guest memory, so that every packet over the page's end
 * and over the ring's end is a test of the copies. `shared` is the guest's view of the header.
 */
static uint8_t ram[4][LAB_PAGE_SIZE] __attribute__((aligned(LAB_PAGE_SIZE)));
static struct ring_header *const shared = (struct ring_header *)ram[0];
static const uint64_t pfn[] = { 0, 3, 1 };
static struct lab_mem mem;
static struct ring ring;
static uint8_t got[2 * LAB_PAGE_SIZE];

#define SIZE (2 * LAB_PAGE_SIZE)

static void map_as(bool writer)
{
	memset(ram, 0, sizeof(ram));
	memset(&mem, 0, sizeof(mem));
	lab_mem_add(&mem, 0, sizeof(ram), ram);
	CU_ASSERT_EQUAL_FATAL(ring_map(&ring, &mem, pfn, 3, writer), 0);
}

static void setup(void)
{
	map_as(false);
}

static void teardown(void)
{
	ring_unmap(&ring);
}

static void be_the_writer(void)
{
	ring_unmap(&ring);
	map_as(true);
}

static uint8_t *data_at(uint32_t index)
{
	return &ram[pfn[1 + index / LAB_PAGE_SIZE]][index % LAB_PAGE_SIZE];
}

/* The guest writes bytes into the data, over whatever ends. */
static void guest_bytes(uint32_t index, const void *src, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*data_at((index + i) % SIZE) = ((const uint8_t *)src)[i];
}

/* A packet of `len` bytes at write_index, with a payload that counts up from `seed`. */
static void guest_write(uint32_t len, uint8_t seed)
{
	struct ring_descriptor descriptor = {
		.type = 6,
		.offset8 = 2,
		.length8 = len / 8,
		.transaction = seed,
	};
	uint8_t payload[SIZE];

	for (uint32_t i = 0; i < len - 16; i++)
		payload[i] = seed + i;
	guest_bytes(shared->write_index, &descriptor, 16);
	guest_bytes(shared->write_index + 16, payload, len - 16);
	shared->write_index = (shared->write_index + len + RING_TRAILER) % SIZE;
}

static bool is_packet(int len, uint32_t want, uint8_t seed)
{
	if (len != (int)want)
		return false;
	for (uint32_t i = 16; i < want; i++)
		if (got[i] != (uint8_t)(seed + i - 16))
			return false;
	return true;
}

static void reads_over_every_end(void)
{
	bool signal;

	/* 24..4016 bytes with the trailer: the starts fall on every multiple of 8. */
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t len = 16 + i % 501 * 8;

		CU_ASSERT_EQUAL_FATAL(ring_get(&ring, got, &signal), 0);
		guest_write(len, i);
		guest_write(16, i);
		CU_ASSERT_FATAL(is_packet(ring_get(&ring, got, &signal), len, i));
		CU_ASSERT_FATAL(is_packet(ring_get(&ring, got, &signal), 16, i));
		CU_ASSERT_EQUAL_FATAL(shared->read_index, shared->write_index);
	}
}

static void full_ring_is_read(void)
{
	bool signal;

	for (uint32_t start = 0; start < SIZE; start += 1000) {
		ring_unmap(&ring);
		map_as(false);
		shared->write_index = shared->read_index = ring.index = start;
		guest_write(SIZE - 16, 3);
		CU_ASSERT(is_packet(ring_get(&ring, got, &signal), SIZE - 16, 3));
		CU_ASSERT_EQUAL(ring_get(&ring, got, &signal), 0);
	}
	CU_ASSERT_EQUAL(ring_packet_max(&ring), SIZE - 16);
}

static void lies_of_a_writer(void)
{
	static const struct {
		uint32_t write;
		uint16_t offset8, length8;
		int result;
	} row[] = {
		{ 32, 2, 3, 24 },
		{ 24, 2, 2, 16 },
		{ 40, 2, 3, 24 }, /* something more behind it */
		{ 8, 2, 2, -EPROTO }, /* no packet is so short */
		{ 16, 2, 2, -EPROTO }, /* no trailer */
		{ 32, 2, 4, -EPROTO }, /* the packet is there, its trailer not */
		{ 32, 2, 5, -EPROTO },
		{ 32, 2, UINT16_MAX, -EPROTO },
		{ 32, 2, 0, -EPROTO },
		{ 32, 2, 1, -EPROTO },
		{ 32, 0, 3, -EPROTO },
		{ 32, 1, 3, -EPROTO },
		{ 32, 3, 3, 24 }, /* all extension, no payload */
		{ 32, 4, 3, -EPROTO },
		{ 32, UINT16_MAX, 3, -EPROTO },
		{ 33, 2, 3, -EPROTO },
		{ 36, 2, 3, -EPROTO },
		{ SIZE, 2, 3, -EPROTO },
		{ SIZE + 32, 2, 3, -EPROTO },
		{ UINT32_MAX, 2, 3, -EPROTO },
		{ UINT32_MAX - 7, 2, 3, -EPROTO },
		{ SIZE - 8, 2, (SIZE - 16) / 8, SIZE - 16 },
		{ SIZE - 8, 2, (SIZE - 8) / 8, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ring_descriptor descriptor = { 6, row[i].offset8, row[i].length8, 0, 0 };
		bool signal;

		ring_unmap(&ring);
		map_as(false);
		guest_bytes(0, &descriptor, sizeof(descriptor));
		shared->write_index = row[i].write;
		CU_ASSERT_EQUAL(ring_get(&ring, got, &signal), row[i].result);
	}
}

/* The guest's read_index in the ring it writes is ours: what it stores there changes nothing. */
static void our_index_is_ours(void)
{
	bool signal;

	guest_write(32, 1);
	shared->read_index = 4000;
	CU_ASSERT(is_packet(ring_get(&ring, got, &signal), 32, 1));
	CU_ASSERT_EQUAL(shared->read_index, 40);
}

/* Does reading a 40-byte packet (with trailer) signal a guest that waits for `pending` bytes? */
static void signals_for_room(void)
{
	static const struct {
		uint32_t features, pending, used; /* used: bytes in the ring before the read */
		bool signal;
	} row[] = {
		{ 1, 0, SIZE - 8, false }, /* nobody waits */
		{ 1, 40, SIZE - 8, true }, /* free: 8, then 48 */
		{ 1, 47, SIZE - 8, true },
		{ 1, 48, SIZE - 8, false }, /* exactly full does not fit */
		{ 1, 100, SIZE - 8, false }, /* not enough yet */
		{ 1, 8, SIZE - 8, true }, /* 8 were free, more than 8 are needed */
		{ 1, 7, SIZE - 8, false }, /* was enough before: it has been told */
		{ 1, 100, 400, false },
		{ 1, UINT32_MAX, SIZE - 8, false },
		{ 0, 40, SIZE - 8, false }, /* the guest polls */
		{ 2, 40, SIZE - 8, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool signal;

		ring_unmap(&ring);
		map_as(false);
		shared->features = row[i].features;
		shared->pending_send = row[i].pending;
		guest_write(32, 0);
		shared->write_index = row[i].used;
		CU_ASSERT_EQUAL(ring_get(&ring, got, &signal), 32);
		CU_ASSERT_EQUAL(signal, row[i].signal);
	}
}

static void masking(void)
{
	CU_ASSERT_FALSE(ring_mask(&ring, true));
	CU_ASSERT_EQUAL(shared->interrupt_mask, 1);
	guest_write(32, 0);
	CU_ASSERT(ring_mask(&ring, false));
	CU_ASSERT_EQUAL(shared->interrupt_mask, 0);
}

static int put(uint32_t len, uint8_t seed, bool *signal)
{
	struct ring_descriptor descriptor = { 6, 2, len / 8, 0, seed };
	uint8_t payload[SIZE];
	const struct ring_piece piece[] = {
		{ &descriptor, 16 }, { NULL, 0 }, { payload, len - 16 },
	};

	for (uint32_t i = 0; i < len - 16; i++)
		payload[i] = seed + i;
	return ring_put(&ring, piece, 3, signal);
}

static void writes_over_every_end(void)
{
	uint32_t start = 0;
	bool signal;

	be_the_writer();
	CU_ASSERT_EQUAL(shared->features, RING_FEATURE_PENDING_SEND);
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t len = 16 + i % 501 * 8;
		uint32_t trailer[2];

		CU_ASSERT_EQUAL_FATAL(put(len, i, &signal), 0);
		CU_ASSERT_FATAL(signal);
		for (uint32_t j = 0; j < len; j++)
			got[j] = *data_at((start + j) % SIZE);
		CU_ASSERT_FATAL(is_packet(len, len, i));
		for (uint32_t j = 0; j < 8; j++)
			((uint8_t *)trailer)[j] = *data_at((start + len + j) % SIZE);
		CU_ASSERT_EQUAL_FATAL(trailer[0], 0);
		CU_ASSERT_EQUAL_FATAL(trailer[1], start);
		start = (start + len + 8) % SIZE;
		CU_ASSERT_EQUAL_FATAL(shared->write_index, start);
		shared->read_index = start;
	}
}

static void full(void)
{
	bool signal;

	be_the_writer();
	CU_ASSERT_EQUAL(put(SIZE - 8, 0, &signal), -EAGAIN); /* would look empty */
	CU_ASSERT_EQUAL(put(SIZE - 16, 0, &signal), 0);
	CU_ASSERT_EQUAL(shared->write_index, SIZE - 8);
	CU_ASSERT_EQUAL(put(16, 0, &signal), -EAGAIN);
	CU_ASSERT_EQUAL(shared->pending_send, 24);
	CU_ASSERT_FALSE(signal);
	shared->read_index = 16; /* 24 free: not more than 24 */
	CU_ASSERT_EQUAL(put(16, 0, &signal), -EAGAIN);
	shared->read_index = 24;
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_EQUAL(shared->pending_send, 0);
	CU_ASSERT_EQUAL(shared->write_index, 16);
}

static void waiting_outlasts_smaller_packets(void)
{
	bool signal;

	be_the_writer();
	CU_ASSERT_EQUAL(put(SIZE - 64, 0, &signal), 0); /* 56 free */
	CU_ASSERT_EQUAL(ring_room(&ring, 2000), -EAGAIN);
	CU_ASSERT_EQUAL(shared->pending_send, 2008);
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_EQUAL(shared->pending_send, 2008);
	shared->read_index = 4000;
	CU_ASSERT_EQUAL(put(2000, 0, &signal), 0);
	CU_ASSERT_EQUAL(shared->pending_send, 0);
}

static void signals_for_packets(void)
{
	bool signal;

	be_the_writer();
	shared->interrupt_mask = 1;
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_FALSE(signal); /* masked */
	shared->interrupt_mask = 0;
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_FALSE(signal); /* was not empty */
	shared->read_index = 24;
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_FALSE(signal);
	shared->read_index = 72;
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT(signal); /* empty -> non-empty */
}

static void lies_of_a_reader(void)
{
	static const uint32_t lie[] = { 4, SIZE, SIZE + 8, UINT32_MAX, UINT32_MAX - 7 };
	bool signal;

	be_the_writer();
	for (size_t i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
		shared->read_index = lie[i];
		CU_ASSERT_EQUAL(put(16, 0, &signal), -EPROTO);
		CU_ASSERT_EQUAL(ring_room(&ring, 16), -EPROTO);
	}
	shared->read_index = 0;
	shared->write_index = 4000; /* ours */
	CU_ASSERT_EQUAL(put(16, 0, &signal), 0);
	CU_ASSERT_EQUAL(shared->write_index, 24);
}

static void unmappable(void)
{
	static const struct {
		uint64_t pfn[3];
		uint32_t pages, write, read;
		int result;
	} row[] = {
		{ { 0, 3, 1 }, 3, 0, 0, 0 },
		{ { 0, 3, 1 }, 3, 8, 4096, 0 },
		{ { 0, 3, 1 }, 1, 0, 0, -EINVAL },
		{ { 0, 3, 1 }, 0, 0, 0, -EINVAL },
		{ { 4, 3, 1 }, 3, 0, 0, -EFAULT },
		{ { 0, 4, 1 }, 3, 0, 0, -EFAULT },
		{ { 0, 3, UINT64_MAX }, 3, 0, 0, -EFAULT },
		{ { 0, 3, 1ull << 52 }, 3, 0, 0, -EFAULT },
		{ { 0, 3, 1 }, 3, SIZE, 0, -EINVAL },
		{ { 0, 3, 1 }, 3, 0, SIZE, -EINVAL },
		{ { 0, 3, 1 }, 3, 12, 0, -EINVAL },
		{ { 0, 3, 1 }, 3, 0, UINT32_MAX, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ring_unmap(&ring);
		shared->write_index = row[i].write;
		shared->read_index = row[i].read;
		CU_ASSERT_EQUAL(ring_map(&ring, &mem, row[i].pfn, row[i].pages, i & 1),
				row[i].result);
		CU_ASSERT_EQUAL(ring.header != NULL, row[i].result == 0);
		if (row[i].result == 0)
			CU_ASSERT_EQUAL(ring.index, i & 1 ? row[i].write : row[i].read);
	}
}

static CU_TestInfo tests[] = {
	{ "reads over every end", reads_over_every_end },
	{ "a full ring is read", full_ring_is_read },
	{ "lies of a writer", lies_of_a_writer },
	{ "our index is ours", our_index_is_ours },
	{ "signals for room", signals_for_room },
	{ "masking", masking },
	{ "what cannot be mapped", unmappable },
	{ "writes over every end", writes_over_every_end },
	{ "full", full },
	{ "waiting outlasts smaller packets", waiting_outlasts_smaller_packets },
	{ "signals for packets", signals_for_packets },
	{ "lies of a reader", lies_of_a_reader },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/ring", setup, teardown, tests);
