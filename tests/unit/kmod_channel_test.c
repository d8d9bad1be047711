// SPDX-License-Identifier: BSD-3-Clause
/* Queues: how their rings are opened, what is ended when they close, and packets made of pages. */
#include "../../kmod/request.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

static struct an_queue *queue(void)
{
	return host_nic.queue[0];
}

static void opening(void)
{
	CU_ASSERT_EQUAL(an_queue_open(queue()), 0);
	CU_ASSERT_TRUE(queue()->open && queue()->napi.enabled);
	/* An interrupt may have come before NAPI was enabled. */
	CU_ASSERT_TRUE(queue()->napi.scheduled);
	CU_ASSERT_EQUAL(host.opens, 1);
	CU_ASSERT_EQUAL(kernel.warnings, 0);
	CU_ASSERT(host_channel.max_pkt_size >= 4624);
	an_queues_quiesce(&host_nic);
	CU_ASSERT_FALSE(queue()->napi.enabled);
	an_queues_close(&host_nic);
	CU_ASSERT_FALSE(queue()->open);
}

/* Rather a small ring than none: 128, 64, 32 pages. */
static void small_rings(void)
{
	host.ring_max = 40 * 4096;
	CU_ASSERT_EQUAL(an_queue_open(queue()), 0);
	CU_ASSERT_EQUAL(host.opens, 3);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
	an_queues_quiesce(&host_nic);
	an_queues_close(&host_nic);
	host.ring_max = 4096;
	CU_ASSERT_EQUAL(an_queue_open(queue()), -ENOMEM);
	CU_ASSERT_FALSE(queue()->open || queue()->napi.enabled);
}

static void memory_ends_anywhere(void)
{
	int n, ret = -ENOMEM;

	for (n = 0; n < 20 && ret; n++) {
		kernel.memory = n;
		ret = an_queue_create(&host_nic, 1, &host_channel);
		kernel.memory = -1;
		CU_ASSERT(!ret || ret == -ENOMEM);
		CU_ASSERT_EQUAL(!ret, host_nic.queue[1] != NULL);
	}
	CU_ASSERT_EQUAL(n, 6);
}

/* Of each kind one is open: what it holds is let go, once. ASan and LeakSanitizer look. */
static void closing_ends_what_is_open(void)
{
	struct an_request *request = an_request_create(true);
	u64 id;

	CU_ASSERT_PTR_NOT_NULL_FATAL(request);
	an_request_get(request);
	CU_ASSERT(an_queue_begin(queue(), AN_XACT_NVSP, (unsigned long)request));
	an_request_get(request);
	CU_ASSERT(an_queue_begin(queue(), AN_XACT_RNDIS, (unsigned long)request));
	CU_ASSERT(an_queue_begin(queue(), AN_XACT_PATH, 1));
	CU_ASSERT(an_queue_hold(queue(), kernel_alloc(1)));
	id = an_queue_hold(queue(), kernel_alloc(1));
	an_queue_arm(queue(), id);
	an_queues_close(&host_nic);
	CU_ASSERT_EQUAL(queue()->xact.used, 0);
	CU_ASSERT_EQUAL(refcount_read(&request->refs), 1);
	an_request_put(request);
}

/* Up to its arming a frame is the sender's: the host cannot complete it. */
static void a_frame_is_held_until_it_is_armed(void)
{
	u64 id = an_queue_hold(queue(), (struct sk_buff *)&host);

	CU_ASSERT_FALSE(an_queue_is_data(queue(), id));
	CU_ASSERT_EQUAL(an_queue_end(queue(), id).kind, AN_XACT_FREE);
	an_queue_arm(queue(), id);
	CU_ASSERT_TRUE(an_queue_is_data(queue(), id));
	CU_ASSERT_EQUAL(an_queue_end(queue(), id).cookie, (unsigned long)&host);
	CU_ASSERT_EQUAL(an_queue_end(queue(), id).kind, AN_XACT_FREE);
	id = an_queue_hold(queue(), (struct sk_buff *)&host);
	CU_ASSERT_EQUAL(an_queue_cancel(queue(), id).kind, AN_XACT_HELD);
}

/* Frames leave some for control messages. */
static void some_are_spared(void)
{
	u32 held = 0, begun = 0;

	while (an_queue_hold(queue(), NULL))
		held++;
	while (an_queue_begin(queue(), AN_XACT_PATH, 0))
		begun++;
	CU_ASSERT_EQUAL(held, AN_XACTS - AN_XACTS_SPARE);
	CU_ASSERT_EQUAL(begun, AN_XACTS_SPARE);
}

static u64 owed;

static void complete_after_100_ms(void)
{
	static u32 ticks;

	if (++ticks % 50 == 0)
		an_queue_end(queue(), owed);
}

static void waiting_until_it_is_idle(void)
{
	u64 begun = kernel.us;

	an_queues_wait_idle(&host_nic);
	CU_ASSERT_EQUAL(kernel.us, begun);
	owed = an_queue_begin(queue(), AN_XACT_PATH, 1);
	kernel.tick = complete_after_100_ms;
	an_queues_wait_idle(&host_nic);
	kernel.tick = NULL;
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, 100);
	begun = kernel.us;
	an_queue_begin(queue(), AN_XACT_PATH, 1);
	an_queues_wait_idle(&host_nic);
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, AN_IDLE_MS);
	begun = kernel.us;
	host_channel.rescind = true;
	an_queues_wait_idle(&host_nic);
	CU_ASSERT_EQUAL(kernel.us, begun);
}

static void pages_of_a_packet(void)
{
	const struct hv_mpb_array *range;
	struct an_gpa gpa;
	u32 i;

	an_gpa_init(&gpa);
	CU_ASSERT_TRUE(an_gpa_add(&gpa, 5, 0, 0));	/* nothing */
	CU_ASSERT_EQUAL(gpa.pages, 0);
	CU_ASSERT_TRUE(an_gpa_add(&gpa, 100, 4000, 97));
	CU_ASSERT_TRUE(an_gpa_add(&gpa, 200, 0, 4096));
	CU_ASSERT_EQUAL(gpa.pages, 3);
	CU_ASSERT_EQUAL(gpa.packet.rangecount, 2);
	range = &gpa.packet.range;
	CU_ASSERT(range->offset == 4000 && range->len == 97);
	CU_ASSERT(range->pfn_array[0] == 100 && range->pfn_array[1] == 101);
	range = (const void *)&range->pfn_array[2];
	CU_ASSERT(range->offset == 0 && range->len == 4096 && range->pfn_array[0] == 200);
	CU_ASSERT_PTR_EQUAL((const u8 *)&range->pfn_array[1], gpa.room + gpa.len);
	/* As many as there is room for, each in a range of its own. */
	for (i = 3; i < AN_GPA_PAGES; i++)
		CU_ASSERT_TRUE(an_gpa_add(&gpa, i, 0, 1));
	CU_ASSERT_EQUAL(gpa.len, sizeof(gpa.room) - sizeof(*range));
	CU_ASSERT_FALSE(an_gpa_add(&gpa, 1, 0, 1));
	CU_ASSERT_EQUAL(gpa.pages, AN_GPA_PAGES);
	an_gpa_init(&gpa);
	CU_ASSERT_FALSE(an_gpa_add(&gpa, 1, 1, AN_GPA_PAGES * 4096));
	CU_ASSERT_TRUE(an_gpa_add(&gpa, 1, 0, AN_GPA_PAGES * 4096));
}

static CU_TestInfo tests[] = {
	{ "opening", opening },
	{ "small rings", small_rings },
	{ "memory ends anywhere", memory_ends_anywhere },
	{ "closing ends what is open", closing_ends_what_is_open },
	{ "a frame is held until it is armed", a_frame_is_held_until_it_is_armed },
	{ "some are spared", some_are_spared },
	{ "waiting until it is idle", waiting_until_it_is_idle },
	{ "pages of a packet", pages_of_a_packet },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/channel", host_setup, host_teardown, tests);
