// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include "../../tools/lab/verbs/words.h"

#include <fcntl.h>
#include <poll.h>

static struct world_tx tx;
static bool after_revocation; /* objects were dealt with by the test */

static void setup(void)
{
	world_setup();
	world_tx_create(&tx);
	after_revocation = false;
	fcntl(world.context->async_fd, F_SETFL, O_NONBLOCK);
}

static void teardown(void)
{
	if (!after_revocation)
		world_tx_destroy(&tx);
	world_teardown();
}

/* What hostctl would say; the text must contain `want` unless that is NULL. */
static int say(const char *words, const char *want)
{
	char request[256], *text = NULL;
	size_t len = strlen(words) + 1, size = 0;
	FILE *out = open_memstream(&text, &size);
	int status;

	memcpy(request, words, len);
	for (size_t i = 0; i < len; i++)
		if (request[i] == ' ')
			request[i] = '\0';
	machine_lock(world.machine);
	status = words_run(world.machine, request, len, out);
	machine_unlock(world.machine);
	fclose(out);
	if (want != NULL)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, want));
	free(text);
	return status;
}

static void expect_event(enum ibv_event_type type)
{
	struct ibv_async_event event = { .event_type = (enum ibv_event_type)-1 };

	CU_ASSERT_EQUAL(ibv_get_async_event(world.context, &event), 0);
	CU_ASSERT_EQUAL(event.event_type, type);
	ibv_ack_async_event(&event);
}

static void expect_no_event(int error)
{
	struct ibv_async_event event;

	errno = 0;
	CU_ASSERT_EQUAL(ibv_get_async_event(world.context, &event), -1);
	CU_ASSERT_EQUAL(errno, error);
}

static void link_changes_are_events(void)
{
	struct pollfd fd = { .fd = world.context->async_fd, .events = POLLIN };

	expect_no_event(EAGAIN);
	CU_ASSERT_EQUAL(say("link down 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(poll(&fd, 1, 0), 0);
	world_poll(); /* the event queue is the device's to fill and the kernel's to read */
	CU_ASSERT_EQUAL(poll(&fd, 1, 0), 1);
	expect_event(IBV_EVENT_PORT_ERR);
	CU_ASSERT_EQUAL(say("link up 0", NULL), WORDS_DONE);
	world_poll();
	expect_event(IBV_EVENT_PORT_ACTIVE);
	expect_no_event(EAGAIN);
}

/* Everything the program has is refused; what it wrote to stays there to be written to. */
static void expect_gone(void)
{
	uint8_t byte[64];
	struct ibv_device_attr attr;
	struct frame_spec spec = world_udp(1, 2);
	struct ibv_device **list;
	int n = -1;

	CU_ASSERT_EQUAL(ibv_query_device(world.context, &attr), EIO);
	CU_ASSERT_PTR_NULL(ibv_alloc_pd(world.context));
	CU_ASSERT_EQUAL(errno, EIO);
	CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, byte, sizeof(byte), IBV_ACCESS_LOCAL_WRITE));
	CU_ASSERT_PTR_NULL(ibv_create_cq(world.context, 16, NULL, NULL, 0));
	list = ibv_get_device_list(&n);
	CU_ASSERT_PTR_NOT_NULL(list);
	CU_ASSERT_EQUAL(n, 0);
	ibv_free_device_list(list);
	/* The rings are the program's: writing them does nothing, and does not crash. */
	world_tx_ring(&tx, world_tx_write(&tx, frames_build(tx.frame, &spec)));
	world_poll();
	CU_ASSERT_PTR_NULL(world_cqe(&tx.dcq, tx.consumer));
	CU_ASSERT_EQUAL(ibv_dereg_mr(tx.mr), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(tx.qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(tx.cq), 0);
	after_revocation = true;
}

static void eject_at_once(void)
{
	CU_ASSERT_EQUAL(say("fault eject-delay 0", NULL), WORDS_DONE);
}

/* The netdev and the data path go first; the RDMA device works until its turn comes. */
static void ejected_function_works_on(void)
{
	struct ibv_device_attr attr;

	CU_ASSERT_EQUAL(say("fault eject-delay 3600000", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf eject 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(fabric_datapath(world.machine->port), FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(say("vf eject 0", "no VF"), WORDS_CANNOT);
	CU_ASSERT_EQUAL(ibv_query_device(world.context, &attr), 0);
	expect_no_event(EAGAIN);
	world.machine->faults.gone_at = 1; /* long ago */
	world_poll();
	expect_event(IBV_EVENT_DEVICE_FATAL);
	expect_gone();
}

static void announced_revocation(void)
{
	eject_at_once();
	CU_ASSERT_EQUAL(fabric_datapath(world.machine->port), FABRIC_VF);
	CU_ASSERT_EQUAL(say("vf eject 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(fabric_datapath(world.machine->port), FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(say("vf eject 0", "no VF"), WORDS_CANNOT);
	expect_event(IBV_EVENT_DEVICE_FATAL);
	expect_no_event(EIO);
	expect_gone();
	CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), 0);
	world.pd = NULL;
}

/* Without RDMAV_ALLOW_DISASSOC_DESTROY what is gone cannot be destroyed. */
static void destroys_fail_unless_allowed_before(void)
{
	eject_at_once();
	CU_ASSERT_TRUE(world.machine->forgives);
	world.machine->forgives = false;
	CU_ASSERT_EQUAL(say("vf eject 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(ibv_dereg_mr(tx.mr), EIO);
	CU_ASSERT_EQUAL(ibv_destroy_qp(tx.qp), EIO);
	CU_ASSERT_EQUAL(ibv_destroy_cq(tx.cq), EIO);
	CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), EIO);
	world.machine->forgives = true; /* so that nothing leaks */
	expect_gone();
}

static void wait_for_return(void)
{
	CU_ASSERT_EQUAL(say("fault add-delay 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf add 0", NULL), WORDS_DONE);
	world_poll();
	CU_ASSERT_EQUAL(say("wait vf 0", NULL), WORDS_DONE);
}

static void returned_function_is_another_device(void)
{
	struct ibv_context *old = world.context;
	struct frame_spec spec = world_udp(1, 2);

	eject_at_once();
	CU_ASSERT_EQUAL(say("vf add 0", "already"), WORDS_CANNOT);
	CU_ASSERT_EQUAL(say("vf eject 0", NULL), WORDS_DONE);
	expect_gone();
	CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), 0);
	wait_for_return();
	world.context = world_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.context);
	CU_ASSERT_PTR_NOT_EQUAL(world.context->device, old->device);
	CU_ASSERT_EQUAL(ibv_query_device(old, &(struct ibv_device_attr){ 0 }), EIO);
	CU_ASSERT_EQUAL(ibv_close_device(old), 0);
	world.pd = ibv_alloc_pd(world.context);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.pd);
	world_tx_create(&tx);
	after_revocation = false;
	world_tx_send(&tx, &spec);
	CU_ASSERT_EQUAL(world_kernel_frames(NULL, 0), 1); /* back from the peer, unsteered */
}

static void surprise_is_silent_until_the_kernel_gives_up(void)
{
	struct frame_spec spec = world_udp(1, 2);
	uint64_t before;

	CU_ASSERT_EQUAL(say("fault surprise-delay 50", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf surprise 0", NULL), WORDS_DONE);
	before = lab_clock_now(NULL);
	CU_ASSERT_EQUAL(fabric_datapath(world.machine->port), FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(say("wait present 0", NULL), WORDS_DONE); /* the kernel thinks so */
	world_tx_ring(&tx, world_tx_write(&tx, frames_build(tx.frame, &spec)));
	world_poll();
	CU_ASSERT_PTR_NULL(world_cqe(&tx.dcq, 0));
	expect_no_event(EAGAIN);
	/* A call waits as long as the kernel's command does. */
	CU_ASSERT_PTR_NULL(ibv_alloc_pd(world.context));
	CU_ASSERT_EQUAL(errno, EIO);
	CU_ASSERT_TRUE(lab_clock_now(NULL) - before >= 50 * LAB_MS);
	expect_event(IBV_EVENT_DEVICE_FATAL);
	expect_no_event(EIO);
	expect_gone();
}

static void return_waits_for_the_kernel_to_let_go(void)
{
	CU_ASSERT_EQUAL(say("fault surprise-delay 40", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("fault add-delay 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf surprise 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf add 0", NULL), WORDS_DONE);
	world_poll();
	CU_ASSERT_EQUAL(say("wait vf 0", "not vf"), WORDS_AGAIN);
	while (say("wait vf 0", NULL) == WORDS_AGAIN)
		world_poll();
	expect_event(IBV_EVENT_DEVICE_FATAL);
	CU_ASSERT_EQUAL(ibv_dereg_mr(tx.mr), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(tx.qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(tx.cq), 0);
	after_revocation = true;
}

static void flaps_end_settled(void)
{
	CU_ASSERT_EQUAL(say("fault add-delay 0", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("vf flap 0 2", NULL), WORDS_DONE);
	CU_ASSERT_EQUAL(say("wait settled 0", NULL), WORDS_AGAIN);
	while (say("wait settled 0", NULL) == WORDS_AGAIN)
		world_poll();
	expect_event(IBV_EVENT_DEVICE_FATAL);
	CU_ASSERT_PTR_NOT_NULL(world.machine->devices);
	CU_ASSERT_EQUAL(ibv_dereg_mr(tx.mr), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(tx.qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(tx.cq), 0);
	after_revocation = true;
}

/* A program's receiving side: one queue, one flow of our unicast to it. */
struct receiver {
	struct world_rx rx;
	struct ibv_rwq_ind_table *table;
	struct ibv_qp *qp;
	struct ibv_flow *flow;
};

static void receiver_create(struct receiver *r)
{
	struct world_flow to_us = world_flow_to(world_mac);

	world_rx_create(&r->rx);
	r->table = world_table(&r->rx, 1, 0);
	r->qp = world_rss(r->table, 0);
	r->flow = ibv_create_flow(r->qp, &to_us.attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->flow);
}

static void receiver_destroy(struct receiver *r)
{
	CU_ASSERT_EQUAL(ibv_destroy_flow(r->flow), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(r->qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(r->table), 0);
	world_rx_destroy(&r->rx);
}

static void expect_received(unsigned int first, unsigned int second, unsigned int kernel,
			    struct receiver r[2])
{
	world_receive(world_mac, world_udp(1, 2));
	CU_ASSERT_EQUAL(world_rx_drain(&r[0].rx), first);
	if (r[1].flow != NULL)
		CU_ASSERT_EQUAL(world_rx_drain(&r[1].rx), second);
	CU_ASSERT_EQUAL(world_kernel_frames(NULL, 0), kernel);
}

static void steering_survives_no_revocation(void)
{
	static struct receiver r[2];
	struct ibv_context *old = world.context;
	struct ibv_pd *old_pd = world.pd;

	memset(r, 0, sizeof(r));
	receiver_create(&r[0]);
	expect_received(1, 0, 0, r);
	eject_at_once();
	CU_ASSERT_EQUAL(say("vf eject 0", NULL), WORDS_DONE);
	wait_for_return();
	expect_received(0, 0, 1, r);
	world.context = world_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.context);
	world.pd = ibv_alloc_pd(world.context);
	receiver_create(&r[1]);
	expect_received(0, 1, 0, r);
	/* What is destroyed now is of another function, and harms the new one in nothing. */
	receiver_destroy(&r[0]);
	world_tx_destroy(&tx);
	CU_ASSERT_EQUAL(ibv_dealloc_pd(old_pd), 0);
	CU_ASSERT_EQUAL(ibv_close_device(old), 0);
	after_revocation = true;
	world_receive(world_mac, world_udp(1, 2));
	CU_ASSERT_EQUAL(world_rx_drain(&r[1].rx), 1);
	receiver_destroy(&r[1]);
}

static void words(void)
{
	static const struct { const char *words; int status; const char *text; } row[] = {
		{ "help", WORDS_DONE, "vf surprise NIC" },
		{ "stats", WORDS_DONE, "{\"nics\":[{\"vf\":{\"rx\":{\"packets\":" },
		{ "policy add 100 out deny udp any any", WORDS_DONE, NULL },
		{ "policy list", WORDS_DONE, "100" },
		{ "vf add 1", WORDS_WRONG, "from 0 to 0" },
		{ "vf add", WORDS_WRONG, "usage: hostctl vf add NIC" },
		{ "vf fly 0", WORDS_WRONG, "no such word" },
		{ "wait blue 1", WORDS_WRONG, "not one of" },
		{ "wait vf x", WORDS_WRONG, "a number" },
		{ "fault clear", WORDS_DONE, NULL },
		{ "datapath synthetic 0", WORDS_DONE, NULL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(say(row[i].words, row[i].text), row[i].status);
	CU_ASSERT_EQUAL(fabric_datapath(world.machine->port), FABRIC_SYNTHETIC);
}

static CU_TestInfo tests[] = {
	{ "link changes are events", link_changes_are_events },
	{ "an ejected function works until its turn comes", ejected_function_works_on },
	{ "announced revocation", announced_revocation },
	{ "destroys fail unless allowed before", destroys_fail_unless_allowed_before },
	{ "a returned function is another device", returned_function_is_another_device },
	{ "a surprise is silent for a while", surprise_is_silent_until_the_kernel_gives_up },
	{ "the return waits for the kernel", return_waits_for_the_kernel_to_let_go },
	{ "flaps end settled", flaps_end_settled },
	{ "no steering survives", steering_survives_no_revocation },
	{ "words", words },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/fault", setup, teardown, tests);
