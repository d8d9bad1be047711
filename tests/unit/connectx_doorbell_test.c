// SPDX-License-Identifier: BSD-3-Clause
/* Strict doorbells: what rings an SQ and what does not, with trapped and with polled UAR pages. */
#include "connectx_sender.h"

#define OTHER_UAR (CX_UAR_FIRST + 1)

static struct sender s, neighbour;
static struct cx_object uar, other_uar;
static uint8_t pages[3 * 4096] __attribute__((aligned(4096)));

static void setup_mode(enum cx_doorbells mode)
{
	world_setup();
	memset(pages, 0, sizeof(pages));
	world.cx.uar = pages;
	world.cx.config.doorbells = mode;
	world_add(&uar, CX_UAR);
	world_add(&other_uar, CX_UAR);
	CU_ASSERT_EQUAL_FATAL(uar.number, CX_UAR_FIRST);
	sender_init(&s, 5);
	s.sq.uar = uar.number;
}

static void setup(void)
{
	setup_mode(CX_DOORBELLS_POLLED);
}

/* A guest's store of 4 or 8 bytes at that place of the UAR pages. */
static void store(unsigned int at, uint64_t value, unsigned int size)
{
	if (world.cx.config.doorbells == CX_DOORBELLS_TRAPPED)
		cx_bar_write(&world.cx, CX_UAR_FIRST * 4096u + at, value, size);
	else
		memcpy(pages + at, &value, size);
}

static void post(struct sender *from)
{
	static const uint8_t frame[64];

	sender_begin(from, WQE_SEND);
	sender_data(from, frame, sizeof(frame));
	sender_post(from);
}

static void record(struct sender *from)
{
	world_record(from->sq.wq.dbr, 4, from->producer);
}

/* The first eight bytes of the control segment of the last WQE that was posted. */
static uint64_t doorbell(const struct sender *from)
{
	uint64_t value;

	memcpy(&value, from->wqe, sizeof(value));
	return value;
}

static unsigned int sent(void)
{
	unsigned int n;

	cx_poll(&world.cx);
	n = world.frames;
	world.frames = 0;
	return n;
}

#define BOTH(name) \
	static void name##_polled(void) { name(); } \
	static void name##_trapped(void) \
	{ world_teardown(); setup_mode(CX_DOORBELLS_TRAPPED); name(); }

static void a_send_waits_for_its_doorbell(void)
{
	post(&s);
	record(&s);
	CU_ASSERT_EQUAL(sent(), 0);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
	post(&s); /* two at once: one doorbell, of the last */
	post(&s);
	record(&s);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 2);
}
BOTH(a_send_waits_for_its_doorbell)

/* Both buffers of both registers, and those called fast path. */
static void every_register_rings(void)
{
	for (unsigned int at = 0x800; at < 0x1000; at += 0x100) {
		post(&s);
		record(&s);
		store(at, doorbell(&s), 8);
		CU_ASSERT_EQUAL(sent(), 1);
	}
}
BOTH(every_register_rings)

/* BlueFlame: the whole WQE is copied there; its first eight bytes are the doorbell. */
static void a_copied_wqe_rings(void)
{
	post(&s);
	record(&s);
	for (unsigned int at = 8; at < 64; at += 8) {
		uint64_t value;

		memcpy(&value, s.wqe + at, sizeof(value));
		store(0x900 + at, value, 8);
		CU_ASSERT_EQUAL(sent(), 0);
	}
	store(0x900, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(a_copied_wqe_rings)

static void what_does_not_ring(void)
{
	static const unsigned int place[] = { 0x0, 0x20, 0x40, 0x7f8, 0x808, 0x840, 0xa08, 0xff8,
					      0x1800 };

	post(&s);
	record(&s);
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		store(place[i], doorbell(&s), 8);
		CU_ASSERT_EQUAL(sent(), 0);
	}
	store(0x800, __builtin_bswap64(doorbell(&s)), 8);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s) << 32 | doorbell(&s) >> 32, 8); /* halves exchanged */
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, (uint32_t)doorbell(&s), 8); /* no number */
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s) & ~(0x3full << 56), 8); /* no size */
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s) + (1u << 16), 8); /* the next WQE, which is not announced */
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 4);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(what_does_not_ring)

static void the_record_comes_first(void)
{
	post(&s);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 0);
	record(&s);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(the_record_comes_first)

/* Posted behind the doorbell's WQE: not yet. And an old doorbell rings nothing. */
static void only_as_far_as_was_rung(void)
{
	uint64_t first;

	post(&s);
	first = doorbell(&s);
	post(&s);
	record(&s);
	store(0x800, first, 8);
	CU_ASSERT_EQUAL(sent(), 1);
	store(0x800, first, 8);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x900, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(only_as_far_as_was_rung)

/* mlx5e after an error: the same eight bytes as before, and again a doorbell. */
static void a_reset_queue_starts_over(void)
{
	uint64_t first;

	post(&s);
	record(&s);
	first = doorbell(&s);
	store(0x800, first, 8);
	CU_ASSERT_EQUAL(sent(), 1);
	post(&s);
	record(&s);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_ERR); /* flushes what was never rung */
	CU_ASSERT_EQUAL(s.sq.consumer, 2);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
	s.producer = 0;
	post(&s);
	record(&s);
	CU_ASSERT_EQUAL(doorbell(&s), first);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, first, 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(a_reset_queue_starts_over)

/* Rounds of the ring and of the 16-bit index. */
static void laps(void)
{
	for (unsigned int i = 0; i < 70000; i++) {
		sender_begin(&s, WQE_NOP);
		s.wqe[WQE_FM_CE_SE] = 0;
		sender_post(&s);
		if (i % 7 != 0 && i % 31 != 30)
			continue;
		record(&s);
		store(0x800 + i % 2 * 0x200, doorbell(&s), 8);
		cx_poll(&world.cx);
		CU_ASSERT_EQUAL_FATAL(s.sq.consumer, s.producer);
	}
}
BOTH(laps)

static void add_neighbour(uint32_t page)
{
	sender_init(&neighbour, 5);
	neighbour.sq.uar = page;
}

/* Memory keeps the last store only: a neighbour's may have covered ours. */
static void a_shared_register_polled(void)
{
	add_neighbour(uar.number);
	post(&s);
	record(&s);
	post(&neighbour);
	record(&neighbour);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	store(0x800, doorbell(&neighbour), 8);
	CU_ASSERT_EQUAL(sent(), 2);
	/* Rubbish covers nothing: it is no doorbell. */
	post(&s);
	record(&s);
	store(0x800, ~0ull, 8);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}

static void a_shared_register_trapped(void)
{
	world_teardown();
	setup_mode(CX_DOORBELLS_TRAPPED);
	add_neighbour(uar.number);
	post(&s);
	record(&s);
	post(&neighbour);
	record(&neighbour);
	store(0x800, doorbell(&neighbour), 8);
	CU_ASSERT_EQUAL(sent(), 1); /* each for itself */
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}

/* A queue is rung from its own page. */
static void another_page(void)
{
	add_neighbour(OTHER_UAR);
	post(&s);
	record(&s);
	post(&neighbour);
	record(&neighbour);
	store(0x1800, doorbell(&s), 8);
	store(0x800, doorbell(&neighbour), 8);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x1a00, doorbell(&neighbour), 8);
	CU_ASSERT_EQUAL(sent(), 1);
	store(0x800, doorbell(&s), 8);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(another_page)

/* A 32-bit processor stores the halves one after the other. */
static void two_halves(void)
{
	post(&s);
	record(&s);
	store(0x800, (uint32_t)doorbell(&s), 4);
	CU_ASSERT_EQUAL(sent(), 0);
	store(0x804, doorbell(&s) >> 32, 4);
	CU_ASSERT_EQUAL(sent(), 1);
}
BOTH(two_halves)

static void records_alone(void)
{
	world.cx.config.doorbells = CX_DOORBELLS_RECORDS;
	post(&s);
	record(&s);
	CU_ASSERT_EQUAL(sent(), 1);
}

#define TEST_BOTH(text, name) \
	{ text ", polled", name##_polled }, { text ", trapped", name##_trapped }

static CU_TestInfo tests[] = {
	TEST_BOTH("a send waits for its doorbell", a_send_waits_for_its_doorbell),
	TEST_BOTH("every register rings", every_register_rings),
	TEST_BOTH("a copied WQE rings", a_copied_wqe_rings),
	TEST_BOTH("what does not ring", what_does_not_ring),
	TEST_BOTH("the record comes first", the_record_comes_first),
	TEST_BOTH("only as far as was rung", only_as_far_as_was_rung),
	TEST_BOTH("a reset queue starts over", a_reset_queue_starts_over),
	TEST_BOTH("laps", laps),
	TEST_BOTH("a shared register", a_shared_register),
	TEST_BOTH("another page", another_page),
	TEST_BOTH("two halves", two_halves),
	{ "records alone", records_alone },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/doorbell", setup, world_teardown, tests);
